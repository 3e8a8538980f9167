"""What one benchmark says: measured, the peer's, the ratio, the goal, and whether it is met."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `met` is None for what is told and has no goal."""

    name: str
    what: str
    measured: float
    unit: str
    goal: str
    met: bool | None
    peer: float | None = None
    against: str = ""  # what the peer is, with its version
    note: str = ""
    part_of: str = ""  # the benchmark that it came out of

    @property
    def ratio(self) -> float | None:
        """Give the measured value over the peer's."""
        return self.measured / self.peer if self.peer else None

    def document(self) -> dict[str, Any]:
        """Give its JSON form."""
        return {**asdict(self), "ratio": self.ratio}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Row:
        """Take it back from its JSON form."""
        return cls(**{key: value for key, value in document.items() if key != "ratio"})

    def cells(self) -> tuple[str, ...]:
        """Give what a table shows of it."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x"
        peer = "" if self.peer is None else f"{number(self.peer)} {self.unit}".strip()
        verdict = {True: "met", False: "not met", None: ""}[self.met]
        measured = f"{number(self.measured)} {self.unit}".strip()
        return (self.name, self.what, measured, peer, ratio, self.goal, verdict)


HEAD = ("benchmark", "what", "measured", "peer", "ratio", "goal", "")


def number(value: float) -> str:
    """Write a number with about three digits."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def quantile(values: list[float], part: float) -> float:
    """Give the value that this part of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
