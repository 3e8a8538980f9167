"""Which numbers a report becomes. Writes nothing: `probe.handler` hands them to Powertools.

Few dimensions on purpose: addresses and ids belong in the report, and CloudWatch bills each
combination of dimension values as a metric of its own.
https://aws.amazon.com/cloudwatch/pricing/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probe.model import Observation, Status

if TYPE_CHECKING:
    from probe.model import Report

NAMESPACE = "LambdaProbe"

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
_LONGEST_VALUE = 1024

Dimensions = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Value:
    """One number under its metric's name."""

    name: str
    value: float
    unit: str = "Count"


@dataclass(frozen=True, slots=True)
class Record:
    """Numbers that are counted once for each set of dimensions: one line of the log."""

    dimensions: tuple[Dimensions, ...]
    values: tuple[Value, ...]
    # For CloudWatch Logs Insights: beside the numbers in the line, and no metric of its own.
    properties: Mapping[str, str | float] = field(default_factory=dict)


def records(report: Report) -> Iterator[Record]:
    """Give every metric of a report that was really made. A skipped check is no number at all."""
    if report.error:
        return
    name = report.placement.function
    function = {"function": _dimension(name if isinstance(name, str) else "unknown")}
    for seen in report.observations:
        if values := _values(seen):
            check = {**function, "check": _dimension(seen.check)}
            sets = (check, {**check, "target": _dimension(seen.target)})
            yield Record(sets, values, dict(_properties(seen, report)))
    for code in sorted({finding.code for finding in report.findings}):
        yield Record(({**function, "code": _dimension(code)},), (Value("Finding", 1),))
    yield Record((function,), (Value("Heartbeat", 1),))


def _values(seen: Observation) -> tuple[Value, ...]:
    """Latency is the time until the outcome, whichever it was: a timeout shows as its length."""
    if seen.status not in (Status.PASS, Status.FAIL):
        return ()
    failure = Value("Failure", int(seen.status is Status.FAIL))
    if not seen.steps:
        return (failure,)
    return failure, Value("Latency", sum(step.ms for step in seen.steps), "Milliseconds")


def _properties(seen: Observation, report: Report) -> Iterator[tuple[str, str | float]]:
    """Give the zone, the stage and failure, and how long each stage took."""
    zone = report.placement.az_id
    if isinstance(zone, str):
        yield "zone", zone
    if seen.failure:
        yield "outcome", f"{seen.stage} {seen.failure}" if seen.stage else str(seen.failure)
    for step in seen.steps:
        yield f"{step.stage}_ms", step.ms


def _dimension(text: str) -> str:
    """CloudWatch takes ASCII without control characters, and not only blanks."""
    visible = text.encode("ascii", "backslashreplace").decode()
    clean = "".join(letter if letter.isprintable() else "?" for letter in visible)
    return clean.strip()[:_LONGEST_VALUE] or "?"
