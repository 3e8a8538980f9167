"""Every scenario file, played: real packets, the real command line, and what it must say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from probe.model import Confidence
from probe.network.snapshot import Unread, load
from probe.report import schemas
from probe.report.document import from_document
from probe.saved import again
from tests.lab.run import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.model import Report

pytestmark = pytest.mark.lab

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.fixture(scope="session")
def play() -> Iterator[Callable[[Path], dict[str, Any]]]:
    """Share one worker, and with it moto and the authorities, among all scenarios."""
    with Worker() as worker:

        @cache
        def played(file: Path) -> dict[str, Any]:
            return worker.play(file.read_text(), file.name, fix=True)

        yield played


# What one scenario is asked is asked in one process, so that it is played once.
each_scenario = pytest.mark.parametrize(
    "file",
    [pytest.param(one, id=one.stem, marks=pytest.mark.xdist_group(one.stem)) for one in SCENARIOS],
)


def proven(report: Report) -> set[tuple[str, str | None]]:
    """Give what a report is certain of."""
    return {(f.code, f.component) for f in report.findings if f.confidence is Confidence.PROVEN}


@each_scenario
def test_the_report_says_what_the_scenario_expects(
    play: Callable[[Path], dict[str, Any]], file: Path
) -> None:
    """The product, run as a user runs it, finds what is wrong, and its fixes open the path."""
    result = play(file)

    assert result["differences"] == []
    assert [done for done in result["fixes"] if not done["worked"]] == []
    jsonschema.validate(result["report"], schemas.load("report"))


@each_scenario
def test_any_piece_that_is_not_read_proves_nothing_else(
    play: Callable[[Path], dict[str, Any]], file: Path
) -> None:
    """Without one list of the snapshot, what is proven is part of what is proven with it."""
    result = play(file)
    report, snapshot = from_document(result["report"]), load(result["snapshot"], name=file.name)
    truth = proven(report)

    for name in snapshot.values:
        judged = again(report, snapshot.with_values(**{name: Unread("AccessDenied")}))
        assert proven(judged) <= truth, f"without {name}"
