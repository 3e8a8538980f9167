"""The plan of a picture: where boxes and chips lie, in the picture's own units.

A VPC is a frame; its zones are bands in it; a subnet is a box in its band, its chips one below
another. Gateways stand on the frame's right edge, and what lies outside stands beyond them: so a
packet on its way out goes from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BOX, RAIL = 216, 18  # width of a box; room at its sides for the lines
HEAD, CHIP, TALL, GAP = 40, 26, 40, 7  # heights: of a box's head, a chip, a tall chip; between two
COLUMN, BAND = 52, 26  # between columns of boxes; height of a band's head
EDGE, FRAME_HEAD = 18, 34
SQUARE, SQUARE_GAP = 15, 5  # a subnet that no way touches, where there are many


@dataclass(frozen=True, slots=True)
class Chip:
    """One component in a box."""

    id: str
    kind: str
    title: str
    note: str = ""  # a second line
    about: str = ""  # shown when pointed at
    dim: bool = False

    @property
    def height(self) -> int:
        """Chips with two lines are taller."""
        return TALL if self.note else CHIP


@dataclass(slots=True)
class Box:
    """A frame around chips: a subnet, a gateway, or a place outside."""

    id: str
    kind: str
    title: str = ""
    note: str = ""
    about: str = ""
    chips: list[Chip] = field(default_factory=list)
    column: int = 0
    x: float = 0
    y: float = 0

    @property
    def head(self) -> int:
        """Height of its head; a gateway has none."""
        return HEAD if self.title else 0

    @property
    def height(self) -> int:
        """Of all of it."""
        inner = sum(chip.height + GAP for chip in self.chips)
        return self.head + inner + (GAP if self.title else -GAP)

    def tops(self) -> dict[str, float]:
        """Say where each chip begins."""
        found, y = {}, self.y + self.head
        for chip in self.chips:
            found[chip.id] = y
            y += chip.height + GAP
        return found


@dataclass(frozen=True, slots=True)
class Small:
    """A subnet that no way touches."""

    about: str
    x: float
    y: float


@dataclass(slots=True)
class Band:
    """One Availability Zone in a VPC."""

    title: str
    boxes: list[Box]
    others: Sequence[str] = ()  # what is to be said of the subnets that no way touches
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    small: list[Small] = field(default_factory=list)


@dataclass(slots=True)
class Frame:
    """One VPC."""

    id: str
    title: str
    note: str
    bands: list[Band]
    gateways: list[Box]
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything in its place."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    outside: tuple[Box, ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every box, wherever it stands."""
        inside = [box for f in self.frames for band in f.bands for box in band.boxes]
        return (*inside, *(box for f in self.frames for box in f.gateways), *self.outside)


def plan(frames: Sequence[Frame], outside: Sequence[Box]) -> Plan:
    """Put everything in its place: the first VPC, what is on its border, and what lies beyond."""
    x = y = height = right = 0.0
    for number, frame in enumerate(frames):
        _place_frame(frame, x, y)
        right = max(right, _edge(frame))
        height = max(height, frame.y + frame.height)
        if number == 0:
            x = right + COLUMN
        else:
            y = frame.y + frame.height + COLUMN / 2
    for box in outside:
        box.x, box.y = x, y + FRAME_HEAD
        y += box.height + COLUMN / 2
        right, height = max(right, x + BOX), max(height, box.y + box.height)
    return Plan(right, height, tuple(frames), tuple(outside))


def _edge(frame: Frame) -> float:
    return frame.x + frame.width + (BOX / 2 if frame.gateways else 0)


def _place_frame(frame: Frame, x: float, y: float) -> None:
    frame.x, frame.y = x, y
    columns = sorted({box.column for band in frame.bands for box in band.boxes}) or [0]
    width = len(columns) * (BOX + COLUMN) - COLUMN + 2 * EDGE
    below = y + FRAME_HEAD
    for band in frame.bands:
        band.x, band.y, band.width = x + EDGE, below, width
        _place_band(band, columns)
        below = band.y + band.height + EDGE
    frame.width = width + 2 * EDGE + (BOX / 2 if frame.gateways else 0)
    standing = sum(box.height + EDGE for box in frame.gateways)
    frame.height = max(below - y, FRAME_HEAD + standing + EDGE)
    _place_gateways(frame, standing)


def _place_band(band: Band, columns: Sequence[int]) -> None:
    stacked = dict.fromkeys(columns, band.y + BAND)
    for box in band.boxes:
        box.x = band.x + EDGE + columns.index(box.column) * (BOX + COLUMN)
        box.y = stacked[box.column]
        stacked[box.column] += box.height + EDGE
    below = max(stacked.values())
    step = SQUARE + SQUARE_GAP
    row = int((band.width - 2 * EDGE + SQUARE_GAP) // step)
    for number, about in enumerate(band.others):
        across, down = number % row, number // row
        band.small.append(Small(about, band.x + EDGE + across * step, below + down * step))
    if band.small:
        below = band.small[-1].y + SQUARE + EDGE
    band.height = max(below - band.y, BAND + EDGE)


def _place_gateways(frame: Frame, standing: float) -> None:
    """Spread them over the edge, not too far apart."""
    free = frame.height - FRAME_HEAD - standing
    gap = max(0.0, min(free / (len(frame.gateways) + 1), 2 * COLUMN))
    y = frame.y + FRAME_HEAD + gap
    for box in frame.gateways:
        box.x, box.y = frame.x + frame.width - BOX / 2, y
        y += box.height + EDGE + gap
