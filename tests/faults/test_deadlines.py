"""Never a `Task timed out` of our own: the report leaves before Lambda kills the function."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks import sandbox

pytestmark = pytest.mark.lab


# Seconds that Lambda gives; what a thousand cost to tell takes its time where others work, too.
@pytest.mark.parametrize(
    ("seconds", "count"), [(0.5, 1), (1.0, 1), (1.0, 100), (3.0, 100), (10.0, 1000)]
)
def test_lambda_never_kills_the_probe(seconds: float, count: int) -> None:
    """Two thirds of the targets hang: each is in the report, told as what it was."""
    run: dict[str, Any] = sandbox.run(
        "tests.faults.deadlines", str(seconds), str(count), seconds=120
    )

    assert run["error"] is None, run["said"]
    assert sum(run["seen"].values()) == count
    assert set(run["seen"]) <= {"pass None", "fail timeout", "skipped not_attempted"}
    assert "fail timeout" in run["seen"]
