"""Symptoms alone: which causes fit what packets did, the likeliest first. Nothing here is proven.

Packets tell families of causes apart, not causes: whatever is wrong with a NAT gateway looks the
same from the function. So families are ranked, by how well they fit each failing observation and
how many they account for; then one command tells the causes of a family apart. What was read is not
suggested again: a cause stays possible only while something that it depends on is unread.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import NO_RESOLVER, SILENCE
from probe.causes.claim import Claim
from probe.causes.identity import other_region
from probe.causes.likely import fits
from probe.causes.losses import dead_for_all
from probe.causes.pattern import Pattern
from probe.causes.walked import is_told_within_aws
from probe.model import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probe.causes.cause import Cause
    from probe.causes.guesses import Guess
    from probe.causes.seen import Seen
    from probe.model import Observation, Path

_LEAST = 0.1
# Another Region in the name says why by itself; what fits any target fits this one less.
_ABROAD = 0.8
_AMAZON_RESOLVERS = ("169.254.", "fd00:ec2:")
# Without these no walk begins, and without route tables none comes past the function's own subnet.
_ROOTS = frozenset({"ec2:DescribeSubnets", "ec2:DescribeVpcs", "lambda:GetFunctionConfiguration"})
_TABLES = "ec2:DescribeRouteTables"
_BEFORE_ROUTES = frozenset({"own-group", "acl", "acl-ports"})
# Of a family, where it is not the first that a packet would meet.
_LIKELIEST = {
    "gateway-endpoint": "gateway-endpoint-not-associated",
    "interface-endpoint": "interface-endpoint-missing",
    "other-network": "no-route-to-target",
    "public-answer": "public-answer-for-private-target",
}
# Families, and causes, that only some targets can have.
_OF_ITS_KIND = {
    "gateway-endpoint": kinds.has_gateway,
    "interface-endpoint": kinds.wants_interface,
    "endpoint-group": kinds.may_be_an_endpoint,
}
_ONLY_FOR = {
    "egress-lacks-prefix-list": kinds.has_gateway,
    "database-stopped": kinds.may_be_stopped,
    "wrong-port": kinds.may_have_another_port,
    "target-instance-stopped": kinds.may_be_instance,
    "configuration-open-packets-lost": kinds.is_silent,
    "middlebox-unavailable": kinds.may_be_swallowed,
    "firewall-sees-one-direction": kinds.may_be_swallowed,
    "target-address-unused": kinds.may_be_unused,
    "endpoint-private-dns-off": kinds.may_have_private_dns,
    "endpoint-not-in-zone": kinds.may_lack_an_endpoint,
    "endpoint-not-available": kinds.may_have_a_closed_endpoint,
    "load-balancer-no-listener": kinds.is_unheard,
    "load-balancer-no-healthy-target": kinds.may_be_behind,
    "load-balancer-not-in-zone": kinds.is_passed_on,
    "load-balancer-not-active": kinds.is_unheard,
    "load-balancer-security-group-blocks": kinds.may_have_targets,
    "load-balancer-target-security-group-blocks": kinds.may_have_targets,
}
# Of what one entry holds, the first few are all that people read: in the order in which the threads
# speak of them.
_OFTEN = (
    "no-route-to-internet",
    "public-subnet-no-public-ip",
    "interface-endpoint-missing",
    "gateway-endpoint-missing",
    "target-security-group-blocks",
    "gateway-endpoint-not-associated",
    "nat-subnet-no-internet-route",
    "nat-gateway-deleted",
    "endpoint-private-dns-off",
    "database-stopped",
    "wrong-port",
    "no-return-route",
    "no-route-to-target",
    "transit-gateway-no-route",
)
_OF_A_NAME = "name-not-found"
# With DNS support off no name resolves at all.
_FOR_ALL_NAMES = frozenset({"vpc-dns-support-off"})
# Families of which no more is known where a walk loses its way at a hop of this kind.
_BEHIND = {
    "other-network": "transit-gateway",
    "way-out-transit": "transit-gateway",
    "firewall": "vpc-endpoint",
}
# Families about something that a route must lead to, by the kind of its hop.
_ON_THE_WAY = {
    "way-out-nat": ("nat",),
    "nat-filter": ("nat",),
    "way-out-transit": ("transit",),
    "other-network": ("peering", "transit", "vpn", "virtual"),
    "firewall": ("firewall", "middlebox", "vpc-endpoint", "gateway-load-balancer"),
}


def claims(seen: Seen, causes: Mapping[str, Cause], open_questions: set[str]) -> list[Claim]:
    """Rank families over the observations that nothing proven explains."""
    pattern = Pattern(seen)
    ask = [o for o in seen.observations if o.label in open_questions and _says_something(seen, o)]
    votes: dict[Guess, dict[str, float]] = defaultdict(dict)
    named: dict[Guess, dict[str, None]] = defaultdict(dict)
    for o in ask:
        for guess, weight in fits(pattern, o).items():
            if members := [code for f in guess.families for code in _family(pattern, causes, f, o)]:
                votes[guess][o.label] = weight * (_ABROAD if _is_astray(pattern, o) else 1.0)
                named[guess].update(dict.fromkeys(members))
    found = [
        _claim(causes, _often_first(named[guess]), tuple(labels)).but(
            weight=sum(labels.values()) / len(ask),
            because=(pattern.sentence(), guess.tells),
        )
        for guess, labels in votes.items()
    ]
    hosts = {o.label: o.host for o in ask}
    # The cause's own rule tells it of each name: of one name these are one claim.
    found = [
        c.but(component=hosts[c.explains[0]]) if c.code == _OF_A_NAME and c.same_symptom else c
        for c in found
    ]
    return [claim for claim in found if claim.weight >= _LEAST]


def in_turn(claims: list[Claim]) -> list[Claim]:
    """Order claims by weight, but let each observation be accounted for before it is again."""
    left = sorted(claims, key=lambda claim: -claim.weight)
    ordered: list[Claim] = []
    told: set[str] = set()
    while left:
        # What accounts for nothing but the rest fits it better than what accounts for all.
        untold = [c for c in left if not told.issuperset(c.explains)]
        chosen = min(untold, key=lambda c: not told.isdisjoint(c.explains), default=left[0])
        left.remove(chosen)
        ordered.append(chosen)
        told.update(chosen.explains)
    return ordered


def _is_astray(pattern: Pattern, o: Observation) -> bool:
    """Tell whether the name is another Region's, and no other Region is reached from here."""
    seen = pattern.seen
    reached = any(other_region(seen, other) for other in pattern.reached)
    return other_region(seen, o) is not None and not reached


def _says_something(seen: Seen, o: Observation) -> bool:
    """Leave out what fails for everybody: that says nothing about this VPC."""
    lost = o in seen.failing or seen.tally(o, SILENCE)[0] > 0
    return lost and not seen.is_down(o) and not dead_for_all(seen, o)


def _often_first(codes: Iterable[str]) -> tuple[str, ...]:
    """Leave the first where it is, and begin the look-alikes with what people meet most."""
    first, *others = codes
    rank = {code: at for at, code in enumerate(_OFTEN)}
    return (first, *sorted(others, key=lambda code: rank.get(code, len(_OFTEN))))


def _claim(causes: Mapping[str, Cause], codes: tuple[str, ...], labels: tuple[str, ...]) -> Claim:
    return Claim(
        code=codes[0],
        component=None,
        confidence=Confidence.POSSIBLE,
        explains=labels,
        told=True,
        ra_code=causes[codes[0]].ra_code,
        same_symptom=codes[1:],
    )


def _family(
    pattern: Pattern, causes: Mapping[str, Cause], family: str, o: Observation
) -> list[str]:
    """Name the causes of a family that what was read has not ruled out for this observation."""
    if not _OF_ITS_KIND.get(family, bool)(o):
        return []
    members = [c for c in causes.values() if family in c.families and _can_have(o, c.code)]
    if pattern.seen.names_work:
        members = [c for c in members if c.code not in _FOR_ALL_NAMES]
    first = _likeliest(pattern, family, o)
    members.sort(key=lambda cause: cause.code != first)
    paths = pattern.seen.own_paths(o.label)
    unread = {u.needs for path in paths for u in path.undetermined if u.needs}
    # From outside every VPC no walk comes to the far side.
    told = bool(paths) and all(map(is_told_within_aws, paths)) and pattern.seen.in_vpc is not False
    if not (unread or told) or not (_have_begun(paths) or unread.isdisjoint(_ROOTS)):
        return [cause.code for cause in members]  # no walk came far enough to rule anything out
    if _TABLES in unread:
        beyond = family not in _BEFORE_ROUTES
        return [c.code for c in members if beyond or not unread.isdisjoint(c.needs)]
    if not _is_on_the_way(paths, family):
        return []
    if family in _BEHIND and _ends_at(paths, _BEHIND[family]):
        return [c.code for c in members]  # whatever else it needs comes after that
    return [c.code for c in members if not c.needs or not unread.isdisjoint(c.needs)]


def _can_have(o: Observation, code: str) -> bool:
    wanted = _ONLY_FOR.get(code)
    return wanted is None or wanted(o)


def _likeliest(pattern: Pattern, family: str, o: Observation) -> str | None:
    """Name the one of a family to begin with, where it is not the first that a packet meets."""
    seen = pattern.seen
    if family == "resolver":
        asked = seen.detail(o, "nameservers")
        servers = asked if isinstance(asked, list | tuple) else ()
        foreign = any(not str(server).startswith(_AMAZON_RESOLVERS) for server in servers)
        answered = seen.symptom(o) not in NO_RESOLVER  # with DNS support off nobody answers
        return "custom-resolver-unreachable" if foreign or answered else None
    if family == "ipv6" and seen.symptom(o) in SILENCE:
        return "no-egress-only-gateway"  # it had an address to send from
    if family == "balancer" and seen.symptom(o) in SILENCE and not kinds.is_unheard(o):
        return "load-balancer-not-in-zone"  # each address is a node in a zone of its own
    if family == "balancer" and kinds.may_be_behind(o):
        # Its listeners are right from the first day on, mostly; its targets come and go.
        return "load-balancer-no-healthy-target"
    if family == "own-group" and kinds.has_gateway(o) and kinds.is_public(o):
        return "egress-lacks-prefix-list"
    if family == "acl" and not pattern.private_works:
        # Answers to everybody come to the same ports: where some arrive, a request was stopped.
        return "nacl-blocks-return"
    if family == "way-out-route" and pattern.way_out_works(o):
        return "more-specific-route"
    return _LIKELIEST.get(family)


def _have_begun(paths: tuple[Path, ...]) -> bool:
    """Tell whether every walk came past something: what was not read then lies further on."""
    return bool(paths) and all(any(hop.action == "allow" for hop in p.hops) for p in paths)


def _ends_at(paths: tuple[Path, ...], kind: str) -> bool:
    """Tell whether a walk lost its way at such a hop, because something was not read."""
    hops = [hop for path in paths for hop in path.hops]
    return any(hop.kind == kind and hop.action == "unknown" for hop in hops)


def _is_on_the_way(paths: tuple[Path, ...], family: str) -> bool:
    """Tell whether routes that were read lead to what the family is about."""
    wanted = _ON_THE_WAY.get(family)
    hops = [hop.kind for path in paths for hop in path.hops]
    return wanted is None or any(kind.startswith(wanted) for kind in hops)
