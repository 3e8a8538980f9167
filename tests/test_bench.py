"""The benchmarks run, at a size that takes no time; what they measure is not judged here."""

from __future__ import annotations

import re

from tests.bench import calls, large, saved
from tests.bench.row import Row, quantile


def test_a_row_survives_being_saved() -> None:
    """What is written as JSON is read back as it was."""
    row = Row("name", "what", 2.0, "ms", "at most 3 ms", met=True, peer=4.0)

    assert Row.read(row.document()) == row
    assert row.document()["ratio"] == 0.5


def test_the_large_account_is_walked_and_diagnosed() -> None:
    """Both rows of paths and the one of the diagnosis come out, however small the account."""
    names = [row.name for row in large.rows(1 / 20, 1)]

    assert names == ["path-first", "path-further", "diagnosis"]


def test_reading_one_placement_takes_fewer_calls_than_reading_everything() -> None:
    """Calls are counted, not timed."""
    (row,) = calls.rows(1 / 4)

    assert row.peer is not None
    assert row.measured < row.peer


def test_the_quantile_is_a_value_that_was_measured() -> None:
    """Of a hundred values, the 99th percentile is the largest but none."""
    assert quantile([float(n) for n in range(100)], 0.99) == 99.0


def test_a_saved_result_is_shown_with_its_command_and_versions() -> None:
    """A goal that is not met stands there as well; without a result no figure does."""
    row = Row("name", "what", 2.0, "ms", "at most 1 ms", met=False, peer=4.0)
    versions = {"Python": "3.13", "blackbox_exporter": None}
    result = {"machine": "2 cores", "load": 0.1, "versions": versions, "rows": [row.document()]}

    shown = saved.markdown(result)

    assert "| name | what | 2 ms | 4 ms | 0.50 x | at most 1 ms | not met |" in shown
    assert shown.endswith(f"`{saved.COMMAND}` on 2 cores, under a load of 0.1, with Python 3.13.")
    assert not re.search(r"\d", saved.markdown(None))
