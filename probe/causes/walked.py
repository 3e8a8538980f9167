"""Closed places on walked paths become claims about what stopped the packets.

A blocker is blamed only for what it can do to packets, and only from where the packets left. What
the packets never came to is told as what the configuration says; what they came through is a
disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.causes.claim import Claim
from probe.causes.disagreement import CLOSED_BUT_ARRIVES
from probe.causes.seen import broken_off, sent
from probe.causes.standing import Place, Standing
from probe.causes.target import if_unused
from probe.model import Confidence, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from probe.causes.cause import Cause
    from probe.causes.seen import Seen
    from probe.model import Blocker, Observation, Path

_RARE = 0.05  # what is less likely than this is not called a fit
_ELSEWHERE = "No packet was seen from there: this is what the configuration says."
_NOT_SO_FAR = "The packets never came this far: this is what the configuration says."
_TOO_SHORT = "The check was cut short too soon to tell: this is what the configuration says."
_NONE_SENT = "No packets were sent: this is what the configuration says."


def claims(seen: Seen, causes: Mapping[str, Cause]) -> Iterator[Claim]:
    """Yield what the walks say, observation by observation."""
    observed = {o.label: o for o in seen.observations}
    for label in dict.fromkeys([*observed, *(p.target for p in seen.evidence.paths if p.target)]):
        case = _Case(seen, label, observed.get(label))
        for place in case.places():
            cause = causes.get(place.blocker.code)
            if cause is not None:
                yield from case.judge(place, cause)
        yield from case.closed_nobody_knows_where()


def is_told_within_aws(path: Path) -> bool:
    """Whether all that a walk leaves open is what a network outside AWS does.

    It judges every place of AWS on its way before it comes there, so none of those is in question.
    """
    outside = {hop.why for hop in path.hops if hop.kind == "network" and hop.action == "unknown"}
    return all(f"{gap.what}: {gap.reason}" in outside for gap in path.undetermined)


@dataclass(frozen=True)
class _Case:
    """One observation, or one target that only was walked to, and its walks."""

    seen: Seen
    label: str
    o: Observation | None

    def places(self) -> list[Place]:
        """Return each blocker once, with the walks that met it."""
        found: dict[tuple[str, str, object], Place] = {}
        for path in self.seen.paths(self.label):
            for blocker in path.blockers:
                key = blocker.code, blocker.component, blocker.supposing
                place = found.setdefault(key, Place(blocker))
                if place.blocker.partial and not blocker.partial:
                    place.blocker = blocker
                place.paths.append(path)
        return list(found.values())

    def judge(self, place: Place, cause: Cause) -> Iterator[Claim]:
        """Say how sure it is that this place stopped the packets."""
        blocker = place.blocker
        claim = Claim(
            code=cause.code,
            component=self._component(blocker),
            confidence=Confidence.PROVEN,
            because=(_sentence(blocker), *self._where(place)),
            direction=blocker.direction,
            ra_code=blocker.ra_code,
            further=place.further(),
            remedy=self._remedy(blocker),
            keeps=True,
        )
        if self._is_guesswork():
            failed = self.o is not None and self.o.status is Status.FAIL
            explains = (self.label,) if failed else ()
            yield claim.but(confidence=Confidence.POSSIBLE, keeps=False, explains=explains)
        elif (condition := blocker.supposing) is not None:
            yield from self._supposed(place, cause, claim, condition)
        elif blocker.partial:
            yield self._partly(place, cause, claim)
        elif not any(path in self._own for path in place.paths):
            yield self._elsewhere(place, claim)
        else:
            yield self._certain(place, cause, claim)

    def closed_nobody_knows_where(self) -> Iterator[Claim]:
        """Yield the disagreement about packets on a path that is certainly, namelessly closed."""
        nameless = all(p.verdict is Verdict.UNREACHABLE and not p.blockers for p in self._own)
        if self._own and nameless and self.o is not None and self.o.status is Status.PASS:
            yield Claim(CLOSED_BUT_ARRIVES, None, Confidence.PROVEN, explains=(self.label,))

    @property
    def _own(self) -> tuple[Path, ...]:
        return self.seen.own_paths(self.label)

    def _component(self, blocker: Blocker) -> str:
        name = self.seen.function_name
        return name if blocker.component == "function" and name else blocker.component

    def _remedy(self, blocker: Blocker) -> str | None:
        """Say what to do where it is not what the cause says in general."""
        if blocker.code != "target-address-unused":
            return None
        own_range = bool(blocker.facts.get("kept_by_local_route"))
        return if_unused(self.o, blocker.component, own_range=own_range)

    def _is_guesswork(self) -> bool:
        """Tell whether the walk started from a placement that is not Lambda's word."""
        # Read by Lambda's word only: a capacity provider would mean another network altogether.
        managed = bool(self.seen.function.get("CapacityProviderConfig"))
        return managed or not self.seen.function_was_read

    def _certain(self, place: Place, cause: Cause, claim: Claim) -> Claim:
        found = place.standing(cause, self.o)
        if found is Standing.EXPLAINS:
            # What nobody reaches may stay silent when this is mended.
            everywhere = self.o is not None and self.seen.is_down(self.o)
            beside = self.seen.beside(self.o) if self.o and everywhere else ()
            return claim.but(explains=(self.label,), because=(*claim.because, *beside))
        if found is Standing.UNFIT:
            return claim.but(confidence=Confidence.POSSIBLE, explains=(self.label,))
        if found is Standing.CONTRADICTED:
            return self._came_through(place, claim)
        if self.o is None:
            return claim.but(explains=(self.label,), because=(*claim.because, _NONE_SENT))
        words = _TOO_SHORT if broken_off(self.o) else _NOT_SO_FAR
        return claim.but(because=(*claim.because, words))

    def _came_through(self, place: Place, claim: Claim) -> Claim:
        """Say of packets that arrived: from another, open subnet, or against the walk."""
        open_ones = [p for p in self._own if all(b.partial for b in p.blockers)]
        if open_ones:
            return self._elsewhere(place, claim)
        return Claim(
            code=CLOSED_BUT_ARRIVES,
            component=claim.component,
            confidence=Confidence.PROVEN,
            explains=(self.label,),
            because=(_sentence(place.blocker),),
            direction=place.blocker.direction,
        )

    def _elsewhere(self, place: Place, claim: Claim) -> Claim:
        """Say of a closed place that no packet was sent from there."""
        subnets = tuple(sorted({p.subnet_id for p in place.paths if p.subnet_id}))
        return claim.but(because=(*claim.because, _ELSEWHERE), elsewhere=subnets)

    def _partly(self, place: Place, cause: Cause, claim: Claim) -> Claim:
        """Judge a place that loses some packets: k of n must be what such a place brings about."""
        symptoms = place.symptoms(cause)
        lost, tried = (0, 0) if self.o is None else self.seen.tally(self.o, symptoms)
        all_of_them = lost == tried > 0 and _share(place.blocker) ** tried >= _RARE
        fits = 0 < lost < tried or all_of_them or (lost > 0 and self._by_port(place))
        none = f"{self.label}: none of {tried} attempts was lost." if tried else _NOT_SO_FAR
        return claim.but(
            confidence=Confidence.PROVEN if fits else Confidence.POSSIBLE,
            explains=(self.label,) if lost else (),
            # How many were lost stands in what was seen of the packets.
            because=claim.because if lost else (*claim.because, none),
        )

    def _supposed(
        self, place: Place, cause: Cause, claim: Claim, condition: str
    ) -> Iterator[Claim]:
        """Judge a place on a way that the packets may have taken: it may have stopped them."""
        found = place.standing(cause, self.o)
        fits = self.o is None or found in (Standing.EXPLAINS, Standing.UNFIT)
        if fits and any(path in self._own for path in place.paths):
            yield claim.but(
                confidence=Confidence.POSSIBLE,
                keeps=False,
                explains=(self.label,),
                because=(*claim.because, f"This is so only if {condition}."),
            )

    def _by_port(self, place: Place) -> bool:
        """Tell whether every attempt was lost, or not, as the port that it came from would have it.

        Systems hand out ports in a row: twenty in the same closed range are no rare chance. Behind
        NAT the port is another one.
        """
        allowed = place.blocker.facts.get("allowed_port_ranges")
        if not allowed or self.o is None or any(map(_translates, place.paths)):
            return False
        made = [a for a in self.o.attempts if sent(a)]
        ports = [(a.detail.get("source_port"), a.status is Status.PASS) for a in made]
        return bool(ports) and all(
            isinstance(port, int) and any(low <= port <= high for low, high in allowed) == passed
            for port, passed in ports
        )

    def _where(self, place: Place) -> tuple[str, ...]:
        """Say which of several subnets this concerns, when it is not all of them."""
        every = {p.subnet_id for p in self.seen.paths(self.label) if p.subnet_id}
        here = {p.subnet_id for p in place.paths if p.subnet_id}
        if not here or here == every:
            return ()
        alike = self._alike(place, every - here)
        others = every - here - alike.keys()
        said = f"This concerns {', '.join(sorted(here))}"
        if others:
            said += f" and not {', '.join(sorted(others))}"
        if alike:
            said += f"; {' and '.join(alike[subnet_id] for subnet_id in sorted(alike))}"
        return (f"{said}.",)

    def _alike(self, place: Place, others: Collection[str]) -> dict[str, str]:
        """Say of other subnets that the same cause closes their way too, each at its own place."""
        found: dict[str, str] = {}
        for path in self.seen.paths(self.label):
            for blocker in path.blockers:
                same = blocker.code == place.blocker.code and blocker.supposing is None
                if same and (subnet_id := path.subnet_id) in others and subnet_id is not None:
                    at_ = f" at {blocker.component}" if blocker.component != subnet_id else ""
                    found[subnet_id] = f"{subnet_id} has the same fault{at_}"
        return found


def _sentence(blocker: Blocker) -> str:
    named = blocker.component in blocker.why
    return f"{blocker.why}." if named else f"{blocker.component}: {blocker.why or blocker.code}."


def _translates(path: Path) -> bool:
    return any(hop.action == "translate" for hop in path.hops)


def _share(blocker: Blocker) -> float:
    """Tell what share of ports the place closes; 0 when it is not about ports."""
    needed = blocker.facts.get("needed_port_range")
    allowed = blocker.facts.get("allowed_port_ranges")
    if not needed or not allowed:
        return 0.0
    through: int = sum(high - low + 1 for low, high in allowed)
    return 1 - through / (int(needed[1]) - int(needed[0]) + 1)
