"""The notebook of one walk: hops, blockers, what stayed open, and what was taken for granted.

It adds up, and judges only the sum: a certain blocker closes the path; failing that, anything
unread or only partly blocked leaves it undetermined; else it is open.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probe.model import Blocker, Direction, Hop, Path, Undetermined, Verdict
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass
class Trace:
    """What a walk has met so far."""

    hops: list[Hop] = field(default_factory=list)
    blockers: list[Blocker] = field(default_factory=list)
    undetermined: list[Undetermined] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    # Closed for certain, though what would name the reason was not read.
    closed: bool = False
    direction: Direction = Direction.FORWARD

    def hop(self, component: str, kind: str, action: str, why: str) -> None:
        """Note one decision."""
        self.hops.append(Hop(self.direction, component, kind, action, why))

    def block(
        self,
        code: str,
        component: str,
        kind: str,
        why: str,
        *,
        ra_code: str | None = None,
        partial: bool = False,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Note a place where packets are lost: all of them, or only some when `partial`."""
        blocker = Blocker(
            code=code,
            component=component,
            direction=self.direction,
            ra_code=ra_code,
            why=why,
            partial=partial,
            facts=dict(facts or {}),
        )
        self.hop(component, kind, "deny", why)
        if blocker not in self.blockers:
            self.blockers.append(blocker)

    def unknown(self, missing: NotRead, component: str | None = None, kind: str = "") -> None:
        """Note that something could not be decided."""
        found = missing.undetermined
        if component is not None:
            self.hop(component, kind, "unknown", f"{found.what}: {found.reason}")
        if found not in self.undetermined:
            self.undetermined.append(found)

    def assume(self, sentence: str) -> None:
        """Note what the walk takes for granted."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def absorb(self, other: Trace) -> None:
        """Add what another notebook holds behind what this one does."""
        self.hops += other.hops
        self.blockers += [one for one in other.blockers if one not in self.blockers]
        self.undetermined += [one for one in other.undetermined if one not in self.undetermined]
        self.assumptions += [one for one in other.assumptions if one not in self.assumptions]
        self.closed = self.closed or other.closed

    def perhaps(self) -> Trace:
        """Return the same as it is where only some packets come this way."""
        blockers = [replace(blocker, partial=True) for blocker in self.blockers]
        return replace(self, blockers=blockers, closed=False)

    def suppose(self, other: Trace, condition: str, *, drawn: bool) -> None:
        """Note what another walk met, which is this one's only if a condition holds.

        `drawn`: its hops are shown as well.
        """
        known = {(blocker.code, blocker.component) for blocker in self.blockers}
        self.blockers += [
            replace(one, partial=True, facts={**one.facts, "supposing": condition})
            for one in other.blockers
            if (one.code, one.component) not in known
        ]
        self.undetermined += [one for one in other.undetermined if one not in self.undetermined]
        if drawn:
            self.assumptions += [one for one in other.assumptions if one not in self.assumptions]
            self.hops += [hop for hop in other.hops if hop not in self.hops]

    @contextmanager
    def reading(self, component: str | None = None, kind: str = "") -> Iterator[None]:
        """Turn a NotRead inside into an undetermined, so that the walk goes on behind it."""
        try:
            yield
        except NotRead as missing:
            self.unknown(missing, component, kind)

    @contextmanager
    def returning(self) -> Iterator[None]:
        """Note everything inside as happening to the answer on its way back."""
        self.direction = Direction.RETURN
        try:
            yield
        finally:
            self.direction = Direction.FORWARD

    @property
    def verdict(self) -> Verdict:
        """The sum."""
        if self.closed or any(not blocker.partial for blocker in self.blockers):
            return Verdict.UNREACHABLE
        if self.undetermined or self.blockers:
            return Verdict.UNDETERMINED
        return Verdict.REACHABLE

    def path(self, *, subnet_id: str | None, destination: str) -> Path:
        """Return what was met as a value."""
        return Path(
            verdict=self.verdict,
            hops=tuple(self.hops),
            blockers=tuple(self.blockers),
            undetermined=tuple(self.undetermined),
            subnet_id=subnet_id,
            destination=destination,
            assumptions=tuple(self.assumptions),
        )
