"""Draws the observations for a terminal: one row each, its stages as a bar, its facts below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Failure, Stage, Status
from probe.report import summary
from probe.report.pen import TOGETHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Observation
    from probe.report.pen import Pen

SAID, BAR, TOTAL = 22, 14, 8  # widths of the columns; the target takes what is left

# What these have to say is in the word itself.
SAYS_ALL = frozenset(
    {Failure.TIMEOUT, Failure.REFUSED, Failure.RESET, Failure.NO_ANSWER, Failure.NAME_NOT_FOUND}
)


def lines(
    seen: tuple[Observation, ...], title: str, pen: Pen, *, own: bool = True
) -> Iterator[str]:
    """Draw the table, with the meaning of the bars' shades in its head."""
    if not seen:
        return
    legend = " ".join(
        f"{shade}{stage}" for shade, stage in zip(pen.sign("bars"), Stage, strict=True)
    )
    yield pen.paint(title, "bold") + pen.paint(legend.rjust(pen.width - len(title)), "dim")
    slowest = max(_total(one) for one in seen) or 1.0
    for one in seen:
        yield _row(one, slowest, pen)
        told = f" {pen.sign('dot')} ".join(facts(one, own=own))
        yield from (pen.paint(line, "dim") for line in pen.wrap(told, "    "))


def _row(one: Observation, slowest: float, pen: Pen) -> str:
    room = max(pen.width - 2 - SAID - BAR - TOTAL - 3, 16)
    times = [sum(step.ms for step in one.steps if step.stage is stage) for stage in Stage]
    row = (
        f"{pen.sign(one.status)} {pen.fit(summary.name(one), room)} {pen.fit(said(one), SAID)} "
        f"{pen.bar(times, slowest, BAR)} {shown(_total(one)) if one.steps else '':>{TOTAL}}"
    )
    return pen.marked(one.status, row.rstrip())


def said(one: Observation) -> str:
    """Say in a word or two how a check ended."""
    if one.status is not Status.PASS and (one.stage or one.failure):
        return " ".join(filter(None, (one.stage, one.failure)))
    return one.status.value


def facts(one: Observation, *, own: bool = True) -> list[str]:
    """Say where the packets went, how long each stage took, and how often it failed."""
    told = [one.address] if one.address else []
    told += [f"{step.stage} {shown(step.ms)}".replace(" ", TOGETHER) for step in one.steps]
    tried = [attempt for attempt in one.attempts if attempt.status is not Status.SKIPPED]
    failed = sum(attempt.status is Status.FAIL for attempt in tried)
    if len(tried) > 1 and failed:
        told.append(f"{failed} of {len(tried)} attempts failed")
    if one.failure and one.failure not in SAYS_ALL:
        told += [
            str(words) for words in [one.detail.get("error") or one.detail.get("message")] if words
        ]
    if one.failure is Failure.NOT_ATTEMPTED and not told:
        told.append("the deadline came first")
    printed = one.detail.get("stdout")
    if printed and own:
        told.append(f"what is printed: {printed}")
    return told


def _total(one: Observation) -> float:
    return sum(step.ms for step in one.steps)


def shown(ms: float) -> str:
    """Give a time with as many digits as it deserves."""
    if ms >= 9_995:
        return f"{ms / 1000:.0f} s"
    if ms >= 999.5:
        return f"{ms / 1000:.1f} s"
    return f"{ms:.0f} ms" if ms >= 9.95 else f"{ms:.1f} ms"
