"""The picture of a report: a plan of its network, and on it each way as lines and marks.

Only coordinates and words; the template makes SVG of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from probe.model import Status
from probe.report.page import words
from probe.report.page.chips import Boxes
from probe.report.page.layout import BOX, EDGE, RAIL, Plan, plan
from probe.report.page.stops import Atlas, way
from probe.report.ways import shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probe.model import Report
    from probe.report import ways
    from probe.report.page.layout import Box
    from probe.report.page.stops import Stop, Way

SWING = 46  # how far a line swings out before it turns


@dataclass(frozen=True, slots=True)
class Line:
    """One leg of a way."""

    path: str
    words: str  # classes


class Dot(NamedTuple):
    """Where a way passes a chip, on its way there or back."""

    x: float
    y: float
    status: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A chip that a way passes: what was decided there."""

    x: float
    y: float
    height: float
    status: str  # pass | fail | part | unknown
    dots: tuple[Dot, ...]
    told: str


@dataclass(slots=True)
class Drawn:
    """One way on the picture."""

    way: ways.Way
    lines: list[Line] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Picture:
    """The plan, and the ways on it."""

    plan: Plan
    ways: tuple[Drawn, ...]


def draw(report: Report) -> Picture | None:
    """Draw the report's network; without paths there is nothing to draw."""
    if not report.paths:
        return None
    atlas = Atlas(report.network)
    found = shared(report.paths)
    placed = [[way(path, atlas) for path in one.paths] for one in found]
    boxes = Boxes(report, atlas, [one for members in placed for one in members])
    laid = plan(boxes.frames(), boxes.outside())
    standing = {box.id: box for box in laid.boxes}
    drawn = [_draw(one, members, standing) for one, members in zip(found, placed, strict=True)]
    return Picture(laid, tuple(drawn))


def _draw(one: ways.Way, members: Sequence[Way], standing: dict[str, Box]) -> Drawn:
    drawn = Drawn(one)
    told: dict[tuple[str, str], list[tuple[Stop, bool]]] = {}
    for member in members:
        # Where the request is lost, no answer comes: its way matters if it is closed as well.
        answer = member.back if not member.cut or any(s.closed for s in member.back) else ()
        lines = (
            *_legs(member.forward, standing, "forward", back=False),
            *_legs(answer, standing, "back ghost" if member.cut else "back", back=True),
        )
        drawn.lines += [line for line in lines if line not in drawn.lines]
        for stops, back in ((member.forward, False), (member.back, True)):
            for stop in stops:
                seen = told.setdefault((stop.box, stop.chip), [])
                if (stop, back) not in seen and not (back and member.cut and not stop.closed):
                    seen.append((stop, back))
    drawn.marks = [_mark(standing[box], chip, said) for (box, chip), said in told.items() if said]
    return drawn


def _legs(
    stops: Sequence[Stop], standing: dict[str, Box], direction: str, *, back: bool
) -> Iterator[Line]:
    unsure = False
    for one, other in pairwise(stops):
        unsure = unsure or bool(one.hop and one.hop.action == "unknown")
        lost = one.closed is not None
        classes = f"{direction}{' unsure' if unsure or lost else ''}"
        if (one.box, one.chip) != (other.box, other.chip):
            ends = standing[one.box], standing[other.box]
            rest = [box for box in standing.values() if box not in ends and box.title]
            path = _leg(ends[0], one.chip, ends[1], other.chip, rest, back=back)
            yield Line(path, classes)


def _at(box: Box, chip: str, *, back: bool) -> tuple[float, float]:
    height = next(one.height for one in box.chips if one.id == chip)
    return box.x + (RAIL / 2 if back else BOX - RAIL / 2), box.tops()[chip] + height / 2


def _leg(
    one: Box, chip: str, other: Box, next_chip: str, rest: Sequence[Box], *, back: bool
) -> str:
    x, y = _at(one, chip, back=back)
    to_x, to_y = _at(other, next_chip, back=back)
    if one is other:
        return f"M{x:g} {y:g}V{to_y:g}"
    # The edge at which the line comes in; from there it runs on behind the chip.
    edge = other.x + BOX if back else other.x
    if (edge >= x) if back else (edge <= x):
        swing = -SWING if back else SWING
        return f"M{x:g} {y:g}C{x + swing:g} {y:g} {to_x + swing:g} {to_y:g} {to_x:g} {to_y:g}"
    lane = _lane(x, y, edge, to_y, rest)
    if lane is None:
        return f"M{x:g} {y:g}{_bend(x, y, edge, to_y)}H{to_x:g}"
    near, far = (x - SWING, edge + SWING) if back else (x + SWING, edge - SWING)
    return f"M{x:g} {y:g}{_bend(x, y, near, lane)}H{far:g}{_bend(far, lane, edge, to_y)}H{to_x:g}"


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (to_x - x) / 2
    return f"C{x + half:g} {y:g} {to_x - half:g} {to_y:g} {to_x:g} {to_y:g}"


def _lane(x: float, y: float, to_x: float, to_y: float, rest: Sequence[Box]) -> float | None:
    """Find a height at which a line gets past the boxes that stand between; None: none does."""
    left, right = min(x, to_x), max(x, to_x)
    between = [b for b in rest if b.x >= left and b.x + BOX <= right]
    top, bottom = min(y, to_y), max(y, to_y)
    if not any(b.y < bottom and b.y + b.height > top for b in between):
        return None
    lanes = [edge for b in between for edge in (b.y - EDGE / 2, b.y + b.height + EDGE / 2)]
    free = [at for at in lanes if not any(b.y < at < b.y + b.height for b in between)]
    return min(free, key=lambda at: abs(at - y) + abs(at - to_y))


def _mark(box: Box, chip: str, said: Sequence[tuple[Stop, bool]]) -> Mark:
    height = next(one.height for one in box.chips if one.id == chip)
    about = next(one.about or one.title for one in box.chips if one.id == chip)
    lines = [about.split("\n")[0]]
    for stop, back in said:
        direction = "Answer" if back else "Request"
        if stop.hop:
            lines.append(words.decision(stop.hop, direction))
        if stop.closed:
            why = stop.closed.why if not stop.hop or stop.closed.why != stop.hop.why else ""
            lines.append(f"{why} [{stop.closed.code}]".strip())
    sides = {back: [one for one in said if one[1] is back] for back in (False, True)}
    dots = tuple(
        Dot(*_at(box, chip, back=back), _status(stops)) for back, stops in sides.items() if stops
    )
    y = box.tops()[chip]
    return Mark(box.x + RAIL, y, height, _status(said), dots, "\n".join(dict.fromkeys(lines)))


def _status(said: Sequence[tuple[Stop, bool]]) -> str:
    closed = [stop.closed for stop, _ in said if stop.closed]
    if closed:
        return "part" if all(one.partial for one in closed) else Status.FAIL.value
    if any(stop.hop and stop.hop.action == "unknown" for stop, _ in said):
        return "unknown"
    return Status.PASS.value
