"""Reports that are larger than Lambda's answer or a log event may be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.fitting import fitting
from probe.model import (
    Attempt,
    Blocker,
    Confidence,
    Direction,
    Finding,
    Observation,
    Path,
    Placement,
    Report,
    Stage,
    Status,
    Verdict,
)
from probe.report.document import to_document
from tests.report.validation import assert_report

PLACEMENT = Placement(function="probe", region="eu-west-1", in_vpc=False)


def document(targets: int, attempts: int) -> dict[str, Any]:
    """Make a report with so many targets of which every tenth fails, and findings for those."""
    tries = tuple(Attempt("203.0.113.9", Status.PASS, Stage.CONNECT) for _ in range(attempts))
    seen = tuple(
        Observation("tcp", f"host-{number}:80", status, Stage.CONNECT, attempts=tries)
        for number in range(targets)
        for status in [Status.FAIL if number % 10 == 0 else Status.PASS]
    )
    failed = tuple(one.label for one in seen if one.status is Status.FAIL)
    blocker = Blocker("no-route-to-internet", "rtb-1", Direction.FORWARD)
    return to_document(
        Report(
            "1",
            "2026-01-01T00:00:00Z",
            1.0,
            Status.FAIL,
            PLACEMENT,
            seen,
            findings=(Finding("x", Confidence.PROVEN, "rtb-1", "No route", ("why",), failed),),
            paths=(
                Path(Verdict.UNREACHABLE, blockers=(blocker,)),
                Path(Verdict.REACHABLE),
            ),
        )
    )


def test_what_fits_is_left_alone() -> None:
    """A report of usual size is the very same document."""
    whole = document(10, 1)

    assert fitting(whole, 100_000) is whole


@pytest.mark.parametrize(
    ("limit", "left_out"),
    [
        (200_000, "the attempts"),
        (20_000, "the attempts, the paths that are open, the checks that passed"),
    ],
)
def test_what_is_left_out_is_said(limit: int, left_out: str) -> None:
    """The document fits, is still a report, and names what is missing from it."""
    whole = document(400, 5)

    smaller = fitting(whole, limit)

    assert len(json.dumps(smaller)) <= limit + 200
    assert smaller["undetermined"][-1]["what"] == left_out
    assert_report(smaller)


def test_failures_and_findings_go_last() -> None:
    """What failed is still there when what passed is not."""
    smaller = fitting(document(400, 5), 20_000)

    assert [one["status"] for one in smaller["observations"]] == ["fail"] * 40
    assert smaller["findings"][0]["code"] == "x"
    assert [path["verdict"] for path in smaller["paths"]] == ["unreachable"]


def test_even_the_largest_report_is_cut_to_something() -> None:
    """When nothing else helps, the first of each kind remain, and the finding with them."""
    smaller = fitting(document(5000, 0), 10_000)

    assert len(json.dumps(smaller)) < 20_000
    assert len(smaller["observations"]) == 20
    assert len(smaller["findings"][0]["explains"]) == 20
    assert_report(smaller)


def test_the_verdict_of_each_subnet_outlives_what_was_seen_there() -> None:
    """It says which subnet is broken; the report has the observations of the worst one anyhow."""
    whole = document(400, 0)
    subnets = ({"subnet_ids": ["subnet-1"], "az_id": "euw1-az1", "status": "fail"},)
    more = {"findings": ["x"], "observations": whole["observations"]}
    whole = {**whole, "subnets": [{**one, **more} for one in subnets]}
    smaller = fitting(whole, len(json.dumps(whole)) - 1)

    assert smaller["undetermined"][-1]["what"] == "what each subnet saw"
    assert smaller["subnets"][0] == {**subnets[0], "findings": ["x"], "observations": []}
    assert len(smaller["observations"]) == 400
    assert_report(smaller)
