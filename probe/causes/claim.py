"""A cause said of some observations, before all claims are weighed against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe.model import Confidence

if TYPE_CHECKING:
    from probe.model import Direction


@dataclass(frozen=True, slots=True)
class Claim:
    """What one look at the evidence says; claims of one cause about one component become one."""

    code: str
    component: str | None
    confidence: Confidence
    explains: tuple[str, ...] = ()  # labels of the observations that it accounts for
    because: tuple[str, ...] = ()  # what was read, or answered
    direction: Direction | None = None
    ra_code: str | None = None
    same_symptom: tuple[str, ...] = ()
    weight: float = 1.0  # among possible ones
    told: bool = False  # `because` says already what was seen of all packets together
    elsewhere: tuple[str, ...] = ()  # subnets that it is about, where no packet was sent from them
    further: tuple[str, ...] = ()  # subnets on the way that it is in, where none is the function's
    remedy: str | None = None  # as in `Match`
    confirm: str | None = None  # the command that settles it, where it is not the cause's own
    # It was read in the configuration: a proven cause beside it does not make it less true.
    keeps: bool = False

    def but(self, **changes: Any) -> Claim:
        """Return the same claim with some fields changed."""
        return replace(self, **changes)

    def joined(self, other: Claim) -> Claim:
        """Return one claim for two of the same cause, component and confidence."""
        return replace(
            self,
            explains=tuple(dict.fromkeys(self.explains + other.explains)),
            because=tuple(dict.fromkeys(self.because + other.because)),
            direction=self.direction or other.direction,
            ra_code=self.ra_code or other.ra_code,
            same_symptom=tuple(dict.fromkeys(self.same_symptom + other.same_symptom)),
            weight=max(self.weight, other.weight),
            # What is also true where packets were sent from is not about elsewhere.
            elsewhere=tuple(dict.fromkeys(self.elsewhere + other.elsewhere))
            if self.elsewhere and other.elsewhere
            else (),
            further=tuple(dict.fromkeys(self.further + other.further))
            if self.further and other.further
            else (),
            remedy=self.remedy or other.remedy,
            confirm=self.confirm or other.confirm,
            keeps=self.keeps or other.keeps,
        )

    @property
    def is_proven(self) -> bool:
        """Whether it was read and explains the packets, or was answered."""
        return self.confidence is Confidence.PROVEN
