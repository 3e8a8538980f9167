"""A function in several subnets, for a person: one line for each zone, with its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Status, SubnetVerdict, Unknown
from probe.report.summary import sometimes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.report.pen import Pen


def lines(verdicts: Iterable[SubnetVerdict], pen: Pen) -> Iterator[str]:
    """Give the section; nothing where there is but one subnet."""
    for number, verdict in enumerate(verdicts):
        if not number:
            yield pen.paint("SUBNETS", "bold")
        status = status_of(verdict)
        first, *rest = pen.wrap(said(verdict), f"{pen.sign(status)} ")
        yield pen.marked(status, first)
        yield from rest


def status_of(verdict: SubnetVerdict) -> Status:
    """Give a zone's status; what was not seen is undetermined."""
    return Status.UNDETERMINED if isinstance(verdict.status, Unknown) else verdict.status


def said(verdict: SubnetVerdict) -> str:
    """Say in a line what was seen from one zone."""
    several = len(verdict.subnet_ids) > 1
    alike = ", which cannot be told apart" if several else ""
    named = " and ".join(verdict.subnet_ids) or "one of the subnets"
    where = f"{named} ({verdict.az_id}{alike})"
    if isinstance(verdict.status, Unknown):
        return f"{where}: not seen, {verdict.status.reason}"
    failed = sum(one.status is Status.FAIL for one in verdict.observations)
    why = f": {', '.join(verdict.findings)}" if verdict.findings else ""
    if failed:
        some = sum(map(sometimes, verdict.observations))
        partly = "" if not some else " sometimes" if some == failed else f", {some} only sometimes"
        return f"{where}: {failed} of {len(verdict.observations)} checks fail{partly}{why}"
    if verdict.status is Status.PASS:
        return f"{where}: all {len(verdict.observations)} checks pass"
    return f"{where}: undetermined"
