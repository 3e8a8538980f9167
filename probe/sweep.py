"""Has a probe look from every zone that its subnets are in; concludes nothing.

Nobody can choose in which subnet an invocation runs. But an environment that is busy takes no
second one: invocations side by side, each of which holds its environment until the others have
started, run in as many environments, and Lambda spreads those over the subnets.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from probe.aws import InvokeFailed
from probe.model import Report, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Look = Callable[[Mapping[str, Any]], Report]
    Tell = Callable[[str], None]

# Longer than a start takes, even a cold one: whoever is started last still finds the first busy.
HOLD_S = 2.0
MOST = 32  # side by side; an account may have a thousand at once, and they are not all ours


@dataclass(frozen=True, slots=True)
class Swept:
    """What the probe saw, by the zone that it was in, and why that was all."""

    reports: Mapping[str, Report]
    invocations: int
    stopped: str = ""  # in AWS's words, where it was not us


def sweep(
    look: Look,
    event: Mapping[str, Any],
    zones: Collection[str],
    *,
    subnets: int,
    deadline: float,
    tell: Tell,
) -> Swept:
    """Invoke until each zone has answered, or twice as many at once would be too many or too late.

    Where no zones are known, there are at most as many as subnets, and two rounds have to do: two
    subnets of one zone would have it go on for nothing. Raises InvokeFailed where none answered.
    """
    wanted, most = (len(zones), MOST) if zones else (subnets, 2 * subnets)
    event = {**event, "hold_s": HOLD_S}
    seen: dict[str, Report] = {}
    count, invocations, failed = wanted, 0, ""
    began = monotonic()
    while True:
        tell(f"{count} invocations side by side, {len(seen)} of {wanted} zones seen")
        reports, failures = _side_by_side(look, event, count)
        invocations += count
        if not (reports or seen):
            raise failures[0]
        failed = str(failures[0]) if failures else ""
        for report in reports:
            zone = report.placement.az_id
            if isinstance(zone, str) and _tells_more(report, seen.get(zone)):
                seen[zone] = report
        # Environments that have answered are idle now, and the next ones go there first.
        count *= 2
        took, began = monotonic() - began, monotonic()
        late = monotonic() + took > deadline
        done = len(seen) >= wanted and seen.keys() >= set(zones)
        if failed or late or count > most or not seen or done:
            return Swept(seen or {"": reports[0]}, invocations, failed)


def _side_by_side(
    look: Look, event: Mapping[str, Any], count: int
) -> tuple[list[Report], list[InvokeFailed]]:
    def ask(_: int) -> Report | InvokeFailed:
        try:
            return look(event)
        except InvokeFailed as failed:
            return failed

    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(ask, range(count)))
    failures = [one for one in answers if isinstance(one, InvokeFailed)]
    return [one for one in answers if isinstance(one, Report)], failures


def _tells_more(report: Report, known: Report | None) -> bool:
    """Keep the first of a zone, unless a later one fails more often."""
    return known is None or failures(report) > failures(known)


def failures(report: Report) -> int:
    """Count what failed."""
    return sum(one.status is Status.FAIL for one in report.observations)
