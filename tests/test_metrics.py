"""The numbers of a report, before anything writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.metrics import Record, records
from probe.model import (
    Confidence,
    Failure,
    Finding,
    Observation,
    Placement,
    Report,
    Stage,
    Status,
    Step,
    Unknown,
)

PLACEMENT = Placement(function="probe", region="eu-west-1", in_vpc=True)
PASSED = Observation(
    "http",
    "https://api.example.com/",
    Status.PASS,
    steps=(Step(Stage.RESOLVE, 2.0), Step(Stage.CONNECT, 10.5)),
)
FAILED = Observation("rds", "db.example.internal:5432", Status.FAIL)
SKIPPED = Observation("tcp", "[2001:db8::1]:80", Status.SKIPPED)
REPORT = Report("1", "2026-01-01T00:00:00Z", 12.5, Status.FAIL, PLACEMENT)


def made(report: Report) -> list[Record]:
    """Give all records."""
    return list(records(report))


def numbers(record: Record) -> dict[str, float]:
    """Give a record's values by name."""
    return {value.name: value.value for value in record.values}


def test_each_check_counts_by_kind_and_by_target() -> None:
    """Failure and latency of an observation are counted under its check and under its target."""
    first, _ = made(replace(REPORT, observations=(PASSED,)))

    by_check = {"function": "probe", "check": "http"}
    assert first.dimensions == (by_check, {**by_check, "target": "https://api.example.com/"})
    assert numbers(first) == {"Failure": 0, "Latency": 12.5}


def test_a_failure_is_one() -> None:
    """A failed check counts one, without a latency when no stage was timed."""
    first, _ = made(replace(REPORT, observations=(FAILED,)))

    assert numbers(first) == {"Failure": 1}


def test_what_was_not_tried_is_no_number() -> None:
    """A skipped check is neither a success nor a failure."""
    assert [numbers(one) for one in made(replace(REPORT, observations=(SKIPPED,)))] == [
        {"Heartbeat": 1}
    ]


def test_findings_are_counted_by_code_once() -> None:
    """The same cause twice is one finding more in the graph, not two."""
    finding = Finding("no-route-to-internet", Confidence.PROVEN, "rtb-1", "No route", (), ())
    first, *_ = made(replace(REPORT, findings=(finding, replace(finding, component="rtb-2"))))

    assert first.dimensions == ({"function": "probe", "code": "no-route-to-internet"},)
    assert numbers(first) == {"Finding": 1}
    assert len(made(replace(REPORT, findings=(finding, finding)))) == 2


def test_the_heartbeat_comes_last_and_only_after_a_run() -> None:
    """A bad event beats no heart: the alarm must notice a schedule that does nothing."""
    assert numbers(made(REPORT)[-1]) == {"Heartbeat": 1}
    assert made(replace(REPORT, error="The event is no object.")) == []


@pytest.mark.parametrize(
    ("target", "dimension"),
    [
        ("tcp://münchen.example:80", "tcp://m\\xfcnchen.example:80"),
        ("a\nb\x00c", "a?b?c"),
        ("   ", "?"),
        ("x" * 3000, "x" * 1024),
    ],
)
def test_dimensions_are_what_cloudwatch_takes(target: str, dimension: str) -> None:
    """Names that CloudWatch would refuse are made visible instead of losing the number."""
    first, _ = made(replace(REPORT, observations=(replace(PASSED, target=target),)))

    assert first.dimensions[1]["target"] == dimension


def test_a_function_without_a_name_still_counts() -> None:
    """Outside Lambda the function's dimension says that it is unknown."""
    nameless = replace(PLACEMENT, function=Unknown("not running in Lambda"))

    assert made(replace(REPORT, placement=nameless))[0].dimensions == ({"function": "unknown"},)


def test_zone_outcome_and_stages_stand_beside_the_numbers() -> None:
    """For queries of the log: none of them is a dimension, which would be billed as a metric."""
    seen = replace(FAILED, stage=Stage.CONNECT, failure=Failure.TIMEOUT, steps=PASSED.steps)
    here = replace(PLACEMENT, az_id="euw1-az2")
    first, *_ = made(replace(REPORT, placement=here, observations=(seen,)))

    assert first.properties == {
        "zone": "euw1-az2",
        "outcome": "connect timeout",
        "resolve_ms": 2.0,
        "connect_ms": 10.5,
    }
    assert first.properties.keys().isdisjoint({name for one in first.dimensions for name in one})


def test_a_zone_that_is_not_known_is_left_out() -> None:
    """As is the outcome of what passed."""
    here = replace(PLACEMENT, az_id=Unknown("no metadata endpoint"))
    first, *_ = made(replace(REPORT, placement=here, observations=(PASSED,)))

    assert first.properties.keys() == {"resolve_ms", "connect_ms"}
