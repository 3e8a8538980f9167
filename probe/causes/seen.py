"""The evidence as a rule reads it: what failed how, who else saw it, what stands near it.

Questions and their answers, each in a line or two. Concludes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from probe.causes import kinds
from probe.causes.cause import NO_NAME, NO_RESOLVER, RESOLVER_ERROR, SILENCE
from probe.model import Failure, Stage, Status, Unknown, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.cause import Symptoms
    from probe.model import Attempt, Evidence, Observation, Path

T = TypeVar("T")

ONE_DIRECTION = "one-direction"  # the kind of hop at which a firewall sees half a connection
_METRICS = "NatGatewayMetrics"
_UNRESOLVED = NO_NAME | NO_RESOLVER | RESOLVER_ERROR
_NEVER_SENT = frozenset({Failure.NOT_ATTEMPTED, Failure.FORBIDDEN_TARGET})
# A kernel sends its first packet again after a second; silence before that says little.
# https://www.rfc-editor.org/rfc/rfc6298#section-2
_LONG_ENOUGH_MS = 1000


@dataclass(frozen=True)
class Seen:
    """One evidence, asked many times."""

    evidence: Evidence

    # --- the placement ---

    @property
    def facts(self) -> Mapping[str, Any]:
        """Facts beside the packet way."""
        return self.evidence.facts

    def rows(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """Return the entries of a list that was read; none when it was not."""
        found = self.facts.get(name)
        rows = found if isinstance(found, list | tuple) else ()
        return tuple(row for row in rows if isinstance(row, Mapping))

    @property
    def function_was_read(self) -> bool:
        """Whether Lambda's own configuration of the function is known."""
        return isinstance(self.evidence.function, Mapping) and bool(self.evidence.function)

    @property
    def function(self) -> Mapping[str, Any]:
        """The function's configuration; empty when it was not read."""
        return self.evidence.function if isinstance(self.evidence.function, Mapping) else {}

    @property
    def function_name(self) -> str | None:
        """The function's name."""
        return known(self.evidence.placement.function)

    @property
    def region(self) -> str | None:
        """The Region of the function."""
        return known(self.evidence.placement.region)

    @property
    def in_vpc(self) -> bool | None:
        """Whether the function is attached to a VPC; None when that is not known."""
        return known(self.evidence.placement.in_vpc)

    @property
    def subnets(self) -> tuple[str, ...]:
        """The subnets the function may run in; empty when they are not known."""
        return known(self.evidence.placement.subnet_ids) or ()

    @property
    def subnet(self) -> str | None:
        """The subnet that the packets left from, where that is certain."""
        own = known(self.evidence.placement.subnet_id)
        return own or (self.subnets[0] if len(self.subnets) == 1 else None)

    @property
    def security_groups(self) -> tuple[str, ...]:
        """The function's security groups; empty when they are not known."""
        return known(self.evidence.placement.security_group_ids) or ()

    @property
    def vpc(self) -> str | None:
        """The VPC that the function is attached to."""
        return known(self.evidence.placement.vpc_id)

    @property
    def invoke_error(self) -> tuple[str, str]:
        """Type and message of the error that Invoke answered with; empty when it did not."""
        error = self.facts.get("invoke_error")
        if not isinstance(error, Mapping):
            return "", ""
        return str(error.get("type") or ""), str(error.get("message") or "")

    def port_allocation_errors(self) -> dict[str, float]:
        """ErrorPortAllocation of the NAT gateways whose metrics were read."""
        found = {r.get("NatGatewayId"): r.get("ErrorPortAllocation") for r in self.rows(_METRICS)}
        return {str(k): float(v) for k, v in found.items() if k and isinstance(v, int | float)}

    # --- what was observed ---

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Everything that was observed."""
        return self.evidence.observations

    @cached_property
    def _by_label(self) -> dict[str, Observation]:
        return {o.label: o for o in self.observations}

    @cached_property
    def failing(self) -> tuple[Observation, ...]:
        """Observations of packets that did not do what they should."""
        return tuple(o for o in self.observations if o.status is Status.FAIL and sent(o))

    @cached_property
    def passing(self) -> tuple[Observation, ...]:
        """Observations that passed."""
        return tuple(o for o in self.observations if o.status is Status.PASS)

    def symptom(self, o: Observation) -> tuple[Stage, Failure] | None:
        """Where it failed and how; None when it did not."""
        if o.status is not Status.FAIL or o.stage is None or o.failure is None:
            return None
        return o.stage, o.failure

    def tally(self, o: Observation, symptoms: Symptoms) -> tuple[int, int]:
        """Count the attempts that failed in one of these ways, and all that were made."""
        made = [a for a in o.attempts if a.status is not Status.SKIPPED and sent(a)]
        if not made:
            said = sent(o) and o.stage is not None
            return int(said and self.symptom(o) in symptoms), int(said)
        return sum((a.stage, a.failure) in symptoms for a in made), len(made)

    @cached_property
    def names_work(self) -> bool:
        """Whether any name was resolved. A literal address says nothing of that."""
        return any(o.host and o.address and o.host != o.address for o in self.observations)

    def control_of(self, o: Observation) -> Observation | None:
        """Return the same check made from outside the VPC."""
        return next((c for c in self.evidence.control or () if c.label == o.label), None)

    def fails_everywhere(self, o: Observation) -> bool:
        """Whether the control failed in the same way."""
        control = self.control_of(o)
        if control is None or self.symptom(control) != self.symptom(o) or o not in self.failing:
            return False
        # What some attempts reach is not down, however many others were lost.
        return self._never_passed(o) and self._never_passed(control)

    def _never_passed(self, o: Observation) -> bool:
        return not any(attempt.status is Status.PASS for attempt in o.attempts)

    def is_down(self, o: Observation) -> bool:
        """Whether it fails for everybody, and everybody was meant to come in."""
        closed = kinds.is_private_service(o) and o.failure is Failure.TIMEOUT
        return self.fails_everywhere(o) and not closed

    def passes_elsewhere(self, o: Observation) -> bool:
        """Whether the control passed."""
        control = self.control_of(o)
        return control is not None and control.status is Status.PASS

    def is_kept_out(self, o: Observation) -> bool:
        """Whether it is silent for everybody who asked: it is down, or knows neither of them.

        Whoever drops what is not on a list looks like a host that is down; so this proves nothing.
        """
        return self.is_down(o) and self.symptom(o) in SILENCE

    def beside(self, o: Observation) -> tuple[str, ...]:
        """Say what the control saw, where there was one."""
        outside = "another function without a VPC" if self.in_vpc is False else "outside the VPC"
        if self.fails_everywhere(o):
            return (f"The same check fails in the same way from {outside}.",)
        if self.passes_elsewhere(o):
            return (f"The same check passes from {outside}.",)
        return ()

    # --- what was said ---

    def detail(self, o: Observation, key: str) -> Any:  # noqa: ANN401 - JSON
        """Return a fact of the observation, or of the attempt that has it."""
        return next((part[key] for part in _details(o) if part.get(key) is not None), None)

    def words(self, o: Observation) -> str:
        """Return what the other side said: error code and message."""
        parts = [self.detail(o, key) for key in ("error_code", "message", "error")]
        return ": ".join(str(part) for part in parts if part)

    # --- the walks ---

    def paths(self, label: str) -> tuple[Path, ...]:
        """Every walk for this observation."""
        return tuple(p for p in self.evidence.paths if p.target == label)

    def own_paths(self, label: str) -> tuple[Path, ...]:
        """Return the walks from where the packets left, or all when that is not known."""
        found = self.paths(label)
        own = tuple(p for p in found if p.subnet_id in (self.subnet, None))
        return own or found if self.subnet else found

    def ways(self, label: str) -> tuple[Path, ...]:
        """Return the walks of the stage it came to: the way of its name, or that of its packets."""
        o = self._by_label.get(label)
        found = self.own_paths(label)
        if o is None:
            return found
        naming = o.stage is Stage.RESOLVE and o.failure is not None
        return tuple(p for p in found if p.destination is None or is_dns(p, o) == naming)

    def is_settled(self, label: str) -> bool:
        """Whether the configuration was read far enough to say what the network does."""
        if self.in_vpc is False:
            return self.function_was_read  # there is no VPC on the way
        found = self.ways(label)
        return bool(found) and all(
            p.verdict is not Verdict.UNDETERMINED or self._is_answered(p) for p in found
        )

    def lacks_an_address_alone(self, label: str) -> bool:
        """Whether the name's way was read to its end, where only the answer itself is not known."""
        o, found = self._by_label.get(label), self.ways(label)
        nameless = o is not None and self.symptom(o) in _UNRESOLVED
        return nameless and bool(found) and all(map(self._is_answered, found))

    def lacks_a_direction_alone(self, label: str) -> bool:
        """Whether all that the walks leave open is what firewalls make of half a connection."""
        found = self.ways(label)
        return bool(found) and all(map(_sees_half, found))

    def _is_answered(self, path: Path) -> bool:
        """Whether all that a walk lacks is a name's address, and nobody gave the packets one."""
        nameless = {o.host for o in self.failing if self.symptom(o) in _UNRESOLVED}
        gaps = {gap.what for gap in path.undetermined}
        return not path.blockers and gaps <= {f"address of {host}" for host in nameless}

    def is_open(self, label: str) -> bool:
        """Whether every walk from where the packets left is open, as far as the packets came."""
        o, found = self._by_label.get(label), self.ways(label)
        silent = o is not None and o.stage is Stage.CONNECT and o.failure is not None
        return bool(found) and all(
            p.verdict is Verdict.REACHABLE or (silent and _lets_open(p)) for p in found
        )

    def resolvers(self, o: Observation) -> tuple[str, ...]:
        """Return the DNS servers, other than Amazon's, that the VPC's DHCP options name."""
        return self.hops(o, "dns-server")

    def hops(self, o: Observation, kind: str) -> tuple[str, ...]:
        """Name what the walks for this observation met of one kind."""
        hops = [hop for path in self.own_paths(o.label) for hop in path.hops]
        return tuple(dict.fromkeys(hop.component for hop in hops if hop.kind == kind))

    def lacks_witness(self, o: Observation) -> bool:
        """Whether something that could tell why, beside the network, was not read."""
        needed = []
        if kinds.is_database(o):
            needed.append("DBClusters" if ".cluster-" in (o.host or "") else "DBInstances")
        if any(hop.component.startswith("nat-") for p in self.own_paths(o.label) for hop in p.hops):
            needed.append(_METRICS)
        return any(key not in self.facts for key in needed) or self.may_be_stopped(o)

    def may_be_stopped(self, o: Observation) -> bool:
        """Whether an EC2 instance has the address, and whether it runs was not read."""
        hops = [hop for path in self.own_paths(o.label) for hop in path.hops]
        return any(hop.kind == "instance" and hop.action == "unknown" for hop in hops)

    def may_be_ours(self, o: Observation) -> bool:
        """Whether a public address may be one of our own interfaces', which could not be read."""
        unread = any(gap.what == "NetworkInterfaces" for gap in self.evidence.unread)
        return unread and kinds.is_public(o) and not kinds.is_aws(o)

    def way_outside(self, o: Observation) -> str | None:
        """Name the gateway by which a way leaves AWS for a network of which nothing is told."""
        return next(iter(self.hops(o, "network")), None)

    def passes_through(self, o: Observation, component: str) -> bool:
        """Whether a walk for this observation leads over a component."""
        return any(hop.component == component for p in self.own_paths(o.label) for hop in p.hops)


def _sees_half(path: Path) -> bool:
    halves = sum(hop.kind == ONE_DIRECTION for hop in path.hops)
    return not path.blockers and 0 < len(path.undetermined) <= halves


def _lets_open(path: Path) -> bool:
    """Whether all that stands in a way lets connections open, and stops what is said over them."""
    rules = {blocker.facts.get("rule") for blocker in path.blockers}
    return (
        bool(path.blockers)
        and all(blocker.opens for blocker in path.blockers)
        and rules.issuperset(gap.what for gap in path.undetermined)
    )


def known(value: T | Unknown) -> T | None:
    """Return a value that was read; None for one that was not."""
    return None if isinstance(value, Unknown) else value


def sent(o: Observation | Attempt) -> bool:
    """Whether anything was tried at all, and for so long that its end says something."""
    tried = o.status is not Status.SKIPPED and o.failure not in _NEVER_SENT
    return tried and not broken_off(o)


def broken_off(o: Observation | Attempt) -> bool:
    """Whether the deadline came before silence meant anything."""
    waited = sum(step.ms for step in o.steps if step.stage is o.stage)
    return is_cut_short(o) and waited < _LONG_ENOUGH_MS


def is_cut_short(o: Observation | Attempt) -> bool:
    """Whether the deadline ended the waiting before the stage's own time was up."""
    return o.failure is Failure.TIMEOUT and bool(o.detail.get("cut_short"))


def is_dns(path: Path, o: Observation) -> bool:
    """Whether a walk is about the name of a target, not about the packets to it."""
    to = path.destination or ""
    return to == o.host or (to.endswith(":53") and o.port != 53)


def _details(o: Observation) -> Iterator[Mapping[str, Any]]:
    yield o.detail
    for attempt in o.attempts:
        yield attempt.detail
