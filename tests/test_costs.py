"""The README's table of costs: computed from what was measured, and from prices with a source."""

from __future__ import annotations

import pytest

from tests import costs
from tests.costs import Run, monthly, rows, saved

RUN = Run(ms=1000, log_bytes=10_000, metrics=10)


def test_a_month_is_what_runs_times_what_that_costs() -> None:
    """Every five minutes are 8640 runs; a second of 256 MB is a quarter of a GB-second."""
    month = monthly(RUN, 5)

    assert month["Lambda"] == pytest.approx(8640 * (0.2e-6 + 0.25 * 0.0000166667))
    assert month["schedule"] == pytest.approx(8640e-6)
    assert month["log"] == pytest.approx(8640 * 10_000 / 1e9 * 0.5)
    assert month["metrics"] == pytest.approx(3.0)
    assert month["alarms"] == pytest.approx(9 * 0.10 + 0.50)


def test_what_does_not_run_does_not_cost_more_when_it_runs_more_often() -> None:
    """Metrics, alarms and the dashboard have a price a month; the rest follows the schedule."""
    often, rarely = monthly(RUN, 1), monthly(RUN, 15)

    fixed = {"metrics", "alarms", "dashboard"}
    assert {name for name in often if often[name] == rarely[name]} == fixed
    assert all(often[name] == pytest.approx(15 * rarely[name]) for name in often.keys() - fixed)


@pytest.mark.parametrize("place", costs.PLACES)
def test_what_was_measured_is_a_run(place: str) -> None:
    """Time, log and metrics of one run in each place; where nothing is reached, a stage's wait."""
    run = Run(**saved()[place])

    assert run.log_bytes > 1000
    assert run.metrics >= 13  # three checks by two sets of dimensions, twice, and the heartbeat
    assert (run.ms > 3000) == (place == "cut off")


def test_each_row_has_a_figure_for_each_interval() -> None:
    """No cell is empty, and the totals are the sums of what stands below them."""
    found = list(rows())

    assert all(len(row) == 1 + len(costs.INTERVALS) for row in found)
    for total in range(0, 14, 7):
        for column in range(1, 4):
            cells = [row[column].strip("*$").replace(",", "") for row in found[total : total + 7]]
            assert float(cells[0]) == pytest.approx(sum(map(float, cells[1:])), abs=0.04)
