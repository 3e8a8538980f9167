"""How well each family of causes fits one observation, beside what else works. Numbers and rules.

The weights say how often a family is behind such a symptom; they come from how often each cause
recurs in the threads in which people ask about it, and only their order matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import CUT_OFF, NO_RESOLVER, REFUSAL, RESOLVER_ERROR, SILENCE
from probe.causes.pattern import UNRESOLVED
from probe.model import Failure

if TYPE_CHECKING:
    from probe.causes.pattern import Pattern
    from probe.model import Observation

Weights = dict[str, float]


def fits(pattern: Pattern, o: Observation) -> Weights:
    """Weigh the families that can bring about this symptom."""
    seen = pattern.seen
    lost, tried = seen.tally(o, SILENCE)
    if 0 < lost < tried:
        return _now_and_then(o)
    symptom = seen.symptom(o)
    if symptom in UNRESOLVED:
        return _names(pattern, o)
    if ":" in (o.address or "") and (symptom in SILENCE or o.failure is Failure.UNREACHABLE):
        return {"ipv6": 0.95, "own-group": 0.4, "acl": 0.4}
    if symptom in SILENCE and seen.in_vpc is not False:
        return _private(pattern, o) if kinds.is_private(o) else _public(pattern, o)
    if symptom in REFUSAL:
        return {"firewall": 0.5, "host": 0.4}
    if symptom in CUT_OFF:
        return {"firewall": 0.8, "balancer": 0.5 if kinds.is_balancer(o) else 0.0}
    if o.failure is Failure.HTTP_STATUS and kinds.is_balancer(o):
        return {"balancer": 0.6}
    return {}


def _now_and_then(o: Observation) -> Weights:
    return {"acl-ports": 0.8, "nat-load": 0.7 if kinds.is_public(o) else 0.0}


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
    if kinds.is_private_service(o):
        return {"public-answer": 0.95, "target-group": 0.3}
    found = _way_out(pattern)
    if kinds.has_gateway(o):
        found["gateway-endpoint"] = 0.85
        found["prefix-list"] = 0.3
    elif kinds.is_aws(o):
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
    if kinds.is_private_service(o):
        return {"public-answer": 0.95, "target-group": 0.6, "own-group": 0.4}
    if kinds.has_gateway(o):
        return {"prefix-list": 0.8, "gateway-endpoint": 0.6, "acl": 0.55, "endpoint-group": 0.5}
    if not pattern.port_works(o):
        # Nothing was reached on this port: a rule that names ports is the likeliest.
        return {"own-group": 0.8, "acl": 0.7, "firewall": 0.5, "allow-list": 0.4}
    return {"firewall": 0.6, "allow-list": 0.55, "way-out-route": 0.5, "own-group": 0.4}


def _private(pattern: Pattern, o: Observation) -> Weights:
    """Weigh a silent private address."""
    works = pattern.internet_works or pattern.private_works or pattern.gateway_works
    if kinds.is_aws(o):
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
    if kinds.is_balancer(o):
        found["balancer"] = 0.7
    return found
