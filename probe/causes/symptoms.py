"""Symptoms alone: which causes fit what packets did, the likeliest first. Nothing here is proven.

Packets tell families of causes apart, not causes: whatever is wrong with a NAT gateway looks the
same from the function. So families are ranked, by how well they fit each failing observation and
how many they account for; then one command tells the causes of a family apart. What was read is not
suggested again: a cause stays possible only while something that it depends on is unread.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from probe.causes.cause import CUT_OFF, NO_RESOLVER, REFUSAL, RESOLVER_ERROR, SILENCE
from probe.causes.claim import Claim
from probe.causes.pattern import UNRESOLVED, Pattern
from probe.model import Confidence, Failure, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.causes.cause import Cause
    from probe.causes.seen import Seen
    from probe.model import Observation, Path

Weights = dict[str, float]  # of families; how often each is behind such a symptom
_LEAST = 0.1
_AMAZON_RESOLVERS = ("169.254.", "fd00:ec2:")
# Of a family, where it is not the first that a packet would meet.
_LIKELIEST = {
    "acl": "nacl-blocks-return",
    "interface-endpoint": "interface-endpoint-missing",
    "public-answer": "public-answer-for-private-target",
}
# Families about something that a route must lead to, by the kind of its hop.
_ON_THE_WAY = {
    "way-out-nat": ("nat",),
    "other-network": ("peering", "transit", "vpn", "virtual"),
    "firewall": ("firewall", "middlebox", "vpc-endpoint", "gateway-load-balancer"),
}


def claims(seen: Seen, causes: Mapping[str, Cause], open_questions: set[str]) -> list[Claim]:
    """Rank families over the observations that nothing proven explains."""
    pattern = Pattern(seen)
    ask = [o for o in seen.observations if o.label in open_questions and _says_something(seen, o)]
    votes: dict[str, dict[str, float]] = defaultdict(dict)
    for o in ask:
        for family, weight in _fits(pattern, o).items():
            for code in _family(seen, causes, family, o)[:1]:
                votes[code][o.label] = weight
    found = [
        _claim(pattern, causes, code, labels).but(weight=sum(labels.values()) / len(ask))
        for code, labels in votes.items()
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


def _says_something(seen: Seen, o: Observation) -> bool:
    """Leave out what fails for everybody: that says nothing about this VPC."""
    lost = o.status is Status.FAIL or seen.tally(o, SILENCE)[0] > 0
    return lost and not seen.fails_everywhere(o)


def _claim(
    pattern: Pattern, causes: Mapping[str, Cause], code: str, labels: Mapping[str, float]
) -> Claim:
    seen, family = pattern.seen, causes[code].family or ""
    same: dict[str, None] = {}
    for o in seen.observations:
        if o.label in labels:
            same.update(dict.fromkeys(_family(seen, causes, family, o)))
    same.pop(code, None)
    return Claim(
        code=code,
        component=None,
        confidence=Confidence.POSSIBLE,
        explains=tuple(labels),
        because=(pattern.sentence(),),
        ra_code=causes[code].ra_code,
        same_symptom=tuple(same),
    )


def _family(seen: Seen, causes: Mapping[str, Cause], family: str, o: Observation) -> list[str]:
    """Name the causes of a family that what was read has not ruled out for this observation."""
    members = [cause for cause in causes.values() if cause.family == family]
    members.sort(key=lambda cause: cause.code != _likeliest(seen, family, o))
    paths = seen.own_paths(o.label)
    if not paths:
        return [cause.code for cause in members]
    unread = {u.needs for path in paths for u in path.undetermined if u.needs}
    mixed = any(p.verdict is Verdict.UNDETERMINED and not p.blockers for p in paths)
    if mixed and not unread:  # the walk ended at something that it does not know at all
        return [cause.code for cause in members]
    if "ec2:DescribeRouteTables" not in unread and not _is_on_the_way(paths, family):
        return []
    return [c.code for c in members if not c.needs or not unread.isdisjoint(c.needs)]


def _likeliest(seen: Seen, family: str, o: Observation) -> str | None:
    """Name the one of a family to begin with, where it is not the first that a packet meets."""
    if family == "resolver":
        asked = seen.detail(o, "nameservers") or ()
        foreign = any(not str(server).startswith(_AMAZON_RESOLVERS) for server in asked)
        answered = seen.symptom(o) not in NO_RESOLVER  # with DNS support off nobody answers
        return "custom-resolver-unreachable" if foreign or answered else None
    if family == "ipv6" and seen.symptom(o) in SILENCE:
        return "no-egress-only-gateway"  # it had an address to send from
    return _LIKELIEST.get(family)


def _is_on_the_way(paths: tuple[Path, ...], family: str) -> bool:
    """Tell whether routes that were read lead to what the family is about."""
    kinds = _ON_THE_WAY.get(family)
    hops = [hop.kind for path in paths for hop in path.hops]
    return kinds is None or any(kind.startswith(kinds) for kind in hops)


def _fits(pattern: Pattern, o: Observation) -> Weights:
    """Choose the rule for this symptom."""
    seen = pattern.seen
    lost, tried = seen.tally(o, SILENCE)
    if 0 < lost < tried:
        return _now_and_then(pattern, o)
    symptom = seen.symptom(o)
    if symptom in UNRESOLVED:
        return _names(pattern, o)
    if ":" in (o.address or "") and (symptom in SILENCE or o.failure is Failure.UNREACHABLE):
        return {"ipv6": 0.95, "own-group": 0.4, "acl": 0.4}
    if symptom in SILENCE and seen.in_vpc is not False:
        return _private(pattern, o) if seen.is_private(o) else _public(pattern, o)
    if symptom in REFUSAL:
        return {"firewall": 0.5, "host": 0.4}
    if symptom in CUT_OFF:
        return {"firewall": 0.8, "balancer": 0.5 if seen.is_balancer(o) else 0.0}
    if o.failure is Failure.HTTP_STATUS and seen.is_balancer(o):
        return {"balancer": 0.6}
    return {}


def _now_and_then(pattern: Pattern, o: Observation) -> Weights:
    public = pattern.seen.is_public(o)
    return {"acl-ports": 0.8, "nat-load": 0.7 if public else 0.0}


def _names(pattern: Pattern, o: Observation) -> Weights:
    """Weigh the way of names: every name at once is the resolver, a single one is its zone."""
    symptom = pattern.seen.symptom(o)
    lost, tried = pattern.seen.tally(o, NO_RESOLVER | RESOLVER_ERROR)
    if 0 < lost < tried:
        return {"dns-load": 0.9, "resolver": 0.5}
    if symptom in NO_RESOLVER | RESOLVER_ERROR:
        if pattern.names_work:
            return {"dns-load": 0.8, "dns-firewall": 0.7, "resolver": 0.6}
        return {"resolver": 0.95, "dns-load": 0.4, "dns-firewall": 0.4}
    if pattern.names_work:
        return {"name": 0.9, "dns-firewall": 0.8, "resolver": 0.5}
    return {"resolver": 0.9, "dns-firewall": 0.7, "name": 0.6}


def _public(pattern: Pattern, o: Observation) -> Weights:
    """Weigh a silent public address."""
    seen = pattern.seen
    if pattern.internet_works:
        return _public_but_others_work(pattern, o)
    if seen.is_private_service(o):
        return {"public-answer": 0.95, "target-group": 0.3}
    found = _way_out(pattern)
    if seen.has_gateway(o):
        found["gateway-endpoint"] = 0.85
        found["prefix-list"] = 0.3
    elif seen.is_aws(o):
        found["interface-endpoint"] = 0.85
    if len(seen.subnets) > 1:
        found["one-subnet"] = 0.2
    return found


def _way_out(pattern: Pattern) -> Weights:
    if pattern.private_silent and not pattern.private_works and not pattern.gateway_works:
        # Nothing at all gets through: look at what everything passes.
        return {
            "own-group": 0.95,
            "acl": 0.8,
            "way-out-route": 0.6,
            "way-out-gateway": 0.5,
            "way-out-nat": 0.45,
        }
    return {
        "way-out-route": 0.9,
        "way-out-gateway": 0.8,
        "way-out-nat": 0.75,
        "acl": 0.55,
        "own-group": 0.5,
        "firewall": 0.2,
    }


def _public_but_others_work(pattern: Pattern, o: Observation) -> Weights:
    """Weigh one silent public address beside others that answer: the way out is open."""
    seen = pattern.seen
    if seen.is_private_service(o):
        return {"public-answer": 0.95, "target-group": 0.6, "own-group": 0.4}
    if seen.has_gateway(o):
        return {"prefix-list": 0.8, "gateway-endpoint": 0.6, "acl": 0.55, "endpoint-group": 0.5}
    if not pattern.port_works(o):
        # Nothing was reached on this port: a rule that names ports is the likeliest.
        return {"own-group": 0.8, "acl": 0.7, "firewall": 0.5, "allow-list": 0.4}
    return {"firewall": 0.6, "allow-list": 0.55, "way-out-route": 0.5, "own-group": 0.4}


def _private(pattern: Pattern, o: Observation) -> Weights:
    """Weigh a silent private address."""
    seen = pattern.seen
    works = pattern.internet_works or pattern.private_works or pattern.gateway_works
    if seen.is_aws(o):
        nothing = {"own-group": 0.95, "acl": 0.8, "endpoint-group": 0.7}
        return {"endpoint-group": 0.95, "own-group": 0.5, "acl": 0.45} if works else nothing
    if not works and (pattern.seen.passing or len(pattern.silent) > 1):
        return {"own-group": 0.95, "acl": 0.8, "target-group": 0.65, "other-network": 0.5}
    found = {"target-group": 0.9, "own-group": 0.6, "acl": 0.5, "other-network": 0.55, "host": 0.3}
    foreign = pattern.is_foreign(o)
    if foreign is not None:
        found["other-network"] = 0.95 if foreign else 0.1
    if pattern.port_works(o):
        found["own-group"] = 0.4
    if seen.is_balancer(o):
        found["balancer"] = 0.7
    return found
