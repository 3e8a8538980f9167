"""What became of packets, held against what a closed place does to them.

A place explains a failure only where packets fail just as it makes them fail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from probe.causes.cause import CUT_OFF, NO_RESOLVER, SILENCE, at
from probe.causes.seen import sent
from probe.model import Failure, Stage, Status

if TYPE_CHECKING:
    from probe.causes.cause import Cause, Symptoms
    from probe.model import Blocker, Observation, Path

_ORDER = tuple(Stage)
# An answer came back, though not the one that was hoped for.
_ANSWERS = frozenset(
    {
        Failure.REFUSED,
        Failure.RESET,
        Failure.CLOSED,
        Failure.NAME_NOT_FOUND,
        Failure.NO_ADDRESS,
        Failure.SERVER_FAILURE,
    }
)


class Standing(Enum):
    """What the packets say of a place that the configuration closes."""

    EXPLAINS = auto()  # they failed just as this makes them fail
    UNSEEN = auto()  # they never came so far, or none were sent
    CONTRADICTED = auto()  # they came through
    UNFIT = auto()  # they failed in another way


def standing(symptoms: Symptoms, o: Observation | None) -> Standing:
    """Compare what a cause does to packets with what became of them."""
    if o is None or o.stage is None or not sent(o) or o.failure is Failure.UNCLASSIFIED:
        return Standing.UNSEEN
    if o.failure is None:
        return Standing.CONTRADICTED if o.status is Status.PASS else Standing.UNSEEN
    if (o.stage, o.failure) in symptoms:
        return Standing.EXPLAINS
    stages = [_ORDER.index(stage) for stage, _ in symptoms]
    reached = _ORDER.index(o.stage)
    if not stages or min(stages) > reached:
        return Standing.UNSEEN
    if max(stages) < reached or o.failure in _ANSWERS:
        return Standing.CONTRADICTED
    return Standing.UNFIT


@dataclass
class Place:
    """One blocker of one observation, as it stands in the walks from several subnets."""

    blocker: Blocker
    paths: list[Path] = field(default_factory=list)

    def further(self) -> tuple[str, ...]:
        """Name the subnets that it is in, where they are on the way and not where it begins."""
        same = self.blocker.code, self.blocker.component
        found = {
            blocker.facts.get("subnet_id"): path.subnet_id
            for path in self.paths
            for blocker in path.blockers
            if (blocker.code, blocker.component) == same
        }
        own = any(here in (None, begun) for here, begun in found.items())
        return () if own else tuple(str(here) for here in found)

    def symptoms(self, cause: Cause) -> Symptoms:
        """Say what the place does to packets; those to a DNS server are questions."""
        if self.blocker.opens:
            return _cut_off(self.blocker)
        if self.blocker.facts.get("listener") == "TLS":
            # AWS does not say whether TLS waits for a target before it begins.
            return cause.symptoms | CUT_OFF
        asks = any((path.destination or "").endswith(":53") for path in self.paths)
        return (
            cause.symptoms | NO_RESOLVER if asks and cause.symptoms >= SILENCE else cause.symptoms
        )

    def standing(self, cause: Cause, o: Observation | None) -> Standing:
        """Compare what it does to packets with what became of them."""
        symptoms = self.symptoms(cause)
        found = standing(symptoms, o)
        if not self.blocker.opens or o is None or found is Standing.UNSEEN:
            return found
        if o.failure is None and o.stage is not None:
            # That a connection opened says nothing of what would have been said over it.
            first = min(_ORDER.index(stage) for stage, _ in symptoms)
            return Standing.UNSEEN if _ORDER.index(o.stage) < first else found
        if o.failure is Failure.HTTP_STATUS and found is Standing.EXPLAINS:
            named = o.detail.get("http_status") in self.blocker.facts.get("statuses", ())
            return Standing.EXPLAINS if named else Standing.UNFIT
        if found is Standing.EXPLAINS:
            return found
        # What ends in another way there may still be lost; an answer is one to what was said.
        ended = (o.stage, o.failure) in CUT_OFF and o.stage in {stage for stage, _ in symptoms}
        return Standing.UNFIT if ended else Standing.CONTRADICTED


def _cut_off(blocker: Blocker) -> Symptoms:
    """Say what becomes of a connection that opens: what is said first over it is lost.

    A load balancer may say so, in HTTP.
    """
    stage = {"tls": Stage.TLS, "http": Stage.EXCHANGE}.get(blocker.facts.get("speaks") or "")
    silent = {"drops": True, "rejects": False}.get(blocker.facts.get("action") or "")
    lost = frozenset(
        (when, how)
        for when, how in CUT_OFF
        if stage in (None, when) and silent in (None, how is Failure.TIMEOUT)
    )
    said = at(Stage.EXCHANGE, Failure.HTTP_STATUS) if blocker.facts.get("statuses") else frozenset()
    return lost | said
