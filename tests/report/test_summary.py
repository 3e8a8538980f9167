"""The first sentence of a report says no more than was tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import Observation, Report, Stage, Status, SubnetVerdict, Unknown
from probe.report.summary import sentence
from tests.causes.build import PLACEMENT

PASSED = Observation("logs", "logs", Status.PASS, stage=Stage.EXCHANGE)
UNSET = Unknown("PROBE_SUBNET_IDS is not set", "lambda:GetFunctionConfiguration")
ONE = SubnetVerdict(("subnet-a",), "use1-az1", Status.PASS)
OTHER = SubnetVerdict(("subnet-b",), "use1-az2", Unknown("none of 8 invocations ran there"))


def passed(**placement: object) -> Report:
    """Return a report of one check that passed, from this placement."""
    return Report(
        id="1",
        started_at="2026-01-01T00:00:00.000Z",
        duration_ms=1.0,
        status=Status.PASS,
        placement=replace(PLACEMENT, **placement),  # type: ignore[arg-type]
        observations=(PASSED,),
    )


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (passed(), "orders reaches logs."),
        (passed(in_vpc=False, subnet_ids=()), "orders reaches logs."),
        (
            passed(in_vpc=UNSET, subnet_ids=UNSET),
            (
                "orders reaches logs from where it ran; whether it has other subnets, untried, is"
                " not known."
            ),
        ),
        (
            passed(subnet_ids=("subnet-a", "subnet-b")),
            "orders reaches logs from one of its 2 subnets; the rest is untried.",
        ),
        (
            replace(passed(subnet_ids=("subnet-a", "subnet-b")), subnets=(ONE, OTHER)),
            "orders reaches logs from 1 of its 2 zones; the rest is untried.",
        ),
        (
            replace(
                passed(subnet_ids=("subnet-a", "subnet-b")),
                subnets=(ONE, replace(OTHER, status=Status.PASS)),
            ),
            "orders reaches logs.",
        ),
    ],
)
def test_what_was_reached_is_said_of_where_it_was_tried(report: Report, said: str) -> None:
    """Another subnet of the function may have another table, and nobody asked from there."""
    assert sentence(report) == said
