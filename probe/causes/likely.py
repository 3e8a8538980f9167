"""How well each family of causes fits one observation, beside what else works. Numbers and rules.

Only the order of the numbers matters, and each has its reason beside it: what the other checks rule
out, and else how often a mistake is made, by the threads in which people ask for help. Families
that the pattern leaves equal, and that one command tells apart, make one guess together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import (
    CUT_OFF,
    NO_NAME_LATER,
    NO_RESOLVER,
    REFUSAL,
    RESOLVER_ERROR,
    SILENCE,
)
from probe.causes.losses import by_address
from probe.causes.pattern import UNRESOLVED
from probe.model import Failure, Status

if TYPE_CHECKING:
    from probe.causes.pattern import Pattern
    from probe.model import Observation

# The family that is guessed at; where one command tells several apart, the likelier one first.
Guess = tuple[str, ...]
Weights = dict[Guess, float]

# Each family by itself.
OWN_GROUP: Guess = ("own-group",)
ACL: Guess = ("acl",)
TARGET_GROUP: Guess = ("target-group",)
OTHER_NETWORK: Guess = ("other-network",)
# Whose interface has the address, in which VPC, with which groups, or nobody's: one question.
FAR_SIDE: Guess = ("target-group", "other-network", "host")
NEAR_HOST: Guess = ("target-group", "host")
FAR_SIDE_IPV6: Guess = ("target-group", "other-network")
# Where a packet goes first stands in the subnet's route table: to a gateway endpoint, to NAT, to a
# transit gateway, into a hole, or nowhere.
WAY_OUT: Guess = (
    "way-out-route",
    "way-out-gateway",
    "way-out-nat",
    "way-out-transit",
    "gateway-endpoint",
)
# Whether the VPC has an endpoint for the service, for which tables and with which names.
ENDPOINT: Guess = ("interface-endpoint", "gateway-endpoint")
# The ACLs of the VPC: that of the function's subnet, and that of NAT's.
ACLS: Guess = ("acl", "nat-filter")
# The subnet that one dead address of several lies in: the others have the same groups, mostly.
SUBNET_OF_ITS_OWN: Guess = ("acl", "other-network")
# What names one address: a firewall that the route leads to, or a route of its own.
BY_ADDRESS: Guess = ("firewall", "way-out-route", "way-out-nat", "way-out-transit")
FIREWALL: Guess = ("firewall",)
ALLOW_LIST: Guess = ("allow-list",)
BALANCER: Guess = ("balancer",)
# Silence from behind it: what stops its own packets to a target leaves the target unhealthy.
BEHIND_BALANCER: Guess = ("balancer", "acl")
ENDPOINT_GROUP: Guess = ("endpoint-group",)
PUBLIC_ANSWER: Guess = ("public-answer",)
PLACEMENT: Guess = ("placement",)
_STANDS = (
    " A database that is stopped or listens on another port keeps its interface, and so does an"
    " instance that is stopped: its own status and port tell that."
)
# How to read the answer of the one command, where it tells several families apart.
TELLS: dict[Guess, str] = {
    FAR_SIDE: "Whose interface has the address tells more: one of another VPC is a matter of routes"
    f" on both sides, one of this VPC of its groups, and none at all of the host.{_STANDS}",
    NEAR_HOST: "Whose interface has the address tells more: its groups decide, and if there is none"
    f" the host is gone.{_STANDS}",
    FAR_SIDE_IPV6: "Whose interface has the address tells more: its groups need rules for IPv6, and"
    " one of another VPC needs routes for IPv6 on both sides as well.",
    WAY_OUT: "The route that applies tells more: there is none, it is a blackhole, it leads to an"
    " internet gateway, or to what is to be looked at next: a NAT gateway with the table and the"
    " ACL of its subnet, a NAT instance, or a transit gateway whose tables must know the way out"
    " and back. Where all that is right, VPC Block Public Access may be on.",
    BY_ADDRESS: "The route that applies to this address tells more: it leads to a firewall, whose"
    " rules then decide, or elsewhere than the route of those that work.",
    BALANCER: "The reason in the target health tells more: with no target registered the answer is"
    " 503, a target that refuses or hangs up is 502, and one that is silent 504.",
    SUBNET_OF_ITS_OWN: "The subnet of the address that is dead tells more: its ACL, and, where it"
    " is in another VPC, its zone and the route table that its answers go by.",
    BEHIND_BALANCER: "The reason in the target health tells more: Target.Timeout is a group or an"
    " ACL between the load balancer's subnets and the target's, or a target that is down; with no"
    " target registered the answer is 503, with one that refuses 502, with a silent one 504.",
    ENDPOINT: "The list of endpoints tells more: there is none for this service, its private DNS is"
    " off, it is not available, or, for a gateway endpoint, not associated with the subnet's route"
    " table.",
    ACLS: "The ACL of the function's subnet counts, and where NAT is the way out so does that of"
    " NAT's subnet; a NAT instance has a security group as well.",
}
# Of what one entry holds, the first few are all that people read: in the order in which the threads
# speak of them.
OFTEN = (
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
# IPv6 needs a route for `::/0`, and rules for `::/0` beside those for 0.0.0.0/0.
IPV6: Weights = {("ipv6", "way-out-route"): 0.95, OWN_GROUP: 0.8, ACL: 0.75}
# A host that has a private address as well stands in a VPC, where IPv6 needs no way out.
IPV6_INSIDE: Weights = {FAR_SIDE_IPV6: 0.95, OWN_GROUP: 0.8, ACL: 0.75}


def fits(pattern: Pattern, o: Observation) -> Weights:
    """Weigh the families that can bring about this symptom."""
    seen = pattern.seen
    lost, tried = seen.tally(o, SILENCE)
    if 0 < lost < tried:
        return _now_and_then(o)
    symptom = seen.symptom(o)
    if symptom in UNRESOLVED:
        return _names(pattern, o)
    if symptom in NO_NAME_LATER:
        return {("name",): 0.8, ("dns-load",): 0.7, ("dns-firewall",): 0.6, ("resolver",): 0.5}
    if kinds.is_ipv6(o) and (symptom in SILENCE or o.failure is Failure.UNREACHABLE):
        return IPV6
    if symptom in SILENCE:
        return _silent(pattern, o)
    if symptom in REFUSAL:
        if seen.passes_elsewhere(o):  # so somebody listens there
            return {FIREWALL: 0.9, **_balancer(o, 0.7)}
        return {FIREWALL: 0.5, ("host",): 0.4, **_balancer(o, 0.7)}
    if symptom in CUT_OFF:
        # A load balancer takes the connection itself, whatever becomes of the one to its target.
        return {FIREWALL: 0.8, BEHIND_BALANCER: 0.95 if kinds.is_balancer(o) else 0.0}
    if o.failure is Failure.HTTP_STATUS:
        return _balancer(o, 0.6)
    return {}


def _silent(pattern: Pattern, o: Observation) -> Weights:
    if pattern.seen.in_vpc is False:
        # Lambda's own way out is open, and its addresses are on nobody's list.
        return {NEAR_HOST: 0.96} if kinds.is_public(o) and kinds.is_private_service(o) else {}
    return _private(pattern, o) if kinds.is_private(o) else _public(pattern, o)


def _balancer(o: Observation, weight: float) -> Weights:
    return {BALANCER: weight} if kinds.is_balancer(o) else {}


def _ipv6_alone(o: Observation) -> bool:
    """Tell whether all that was lost went over IPv6, and all that came through did not."""
    sent = [a for a in o.attempts if a.address is not None and a.status is not Status.SKIPPED]
    return all((":" in (a.address or "")) == (a.status is Status.FAIL) for a in sent)


def _now_and_then(o: Observation) -> Weights:
    dead, alive = by_address(o)
    if _ipv6_alone(o):
        return IPV6_INSIDE if any(map(kinds.private, alive)) else IPV6
    # A narrowed range of ports loses some connections at any load, a NAT gateway at a high one.
    found: Weights
    if dead and alive and kinds.is_private(o):
        # Ports and load do not choose between addresses; each has a subnet and groups of its own.
        found = {SUBNET_OF_ITS_OWN: 0.8, TARGET_GROUP: 0.5}
    elif dead and alive:
        # A rule that names addresses may know the old one only: here, on the way, or there.
        found = {BY_ADDRESS: 0.8, ALLOW_LIST: 0.6, OWN_GROUP: 0.55}
    else:
        found = {("acl-ports",): 0.8, ("nat-load",): 0.78 if kinds.is_public(o) else 0.0}
    if kinds.is_balancer(o):
        found[BALANCER] = 0.9  # each of its addresses is a node in a zone of its own
    return found


def _names(pattern: Pattern, o: Observation) -> Weights:
    """Weigh the way of names: every name at once is the resolver, a single one is its zone."""
    seen = pattern.seen
    symptom = seen.symptom(o)
    resolver, load, firewall = ("resolver",), ("dns-load",), ("dns-firewall",)
    if seen.in_vpc is False:
        return {("name",): 0.9}  # Lambda's own resolver is nobody's to break
    lost, tried = seen.tally(o, NO_RESOLVER | RESOLVER_ERROR)
    if 0 < lost < tried:
        return {load: 0.9, resolver: 0.5}
    if symptom in NO_RESOLVER | RESOLVER_ERROR:
        # DNS Firewall always answers, if only that there is no such name.
        return {load: 0.8, resolver: 0.6} if seen.names_work else {resolver: 0.95}
    if seen.names_work:
        # Outside a VPC no private hosted zone is asked.
        outside = {PLACEMENT: 0.7} if _may_be_outside(pattern) else {}
        return {("name",): 0.9, firewall: 0.8, resolver: 0.5, **outside}
    return {resolver: 0.9, firewall: 0.7, ("name",): 0.6}


def _may_be_outside(pattern: Pattern) -> bool:
    """Whether all is as it would be from a function that is in no VPC."""
    return pattern.seen.in_vpc is None and not pattern.private_works


def _public(pattern: Pattern, o: Observation) -> Weights:
    """Weigh a silent public address."""
    if pattern.way_out_works(o):
        return _public_but_others_work(pattern, o)
    if kinds.is_private_service(o):
        # Hardly anybody means a database to be reached over the internet.
        return {PUBLIC_ANSWER: 0.95, TARGET_GROUP: 0.3}
    found = _way_out(pattern, o)
    if kinds.has_gateway(o) and pattern.gateway_works:
        # Another service is reached at its public addresses: by a gateway endpoint of its own.
        return {("gateway-endpoint",): 0.95, OWN_GROUP: 0.7, ACL: 0.3}
    if kinds.is_aws(o):
        # Where other services are reached at endpoints, one is what is meant to carry this as well;
        # it says nothing of a host of somebody else's that is silent too.
        only = 0.55 if pattern.internet_silent else 0.85
        found[ENDPOINT] = 0.95 if pattern.endpoints_work else only
    if kinds.has_gateway(o):
        # Its endpoint is free, so it is what is meant to carry this, more often than a NAT gateway;
        # and then the group needs a rule for the service's addresses. The route shows the endpoint.
        found[OWN_GROUP] = max(found[OWN_GROUP], 0.7)
        if not pattern.services_silent:
            del found[ENDPOINT]
    if len(pattern.seen.subnets) > 1:
        found[("one-subnet",)] = 0.2
    return found


def _way_out(pattern: Pattern, o: Observation) -> Weights:
    if pattern.private_silent and not pattern.private_works and not pattern.gateway_works:
        # Nothing at all gets through: look at what everything passes. An ACL that stops it all is
        # rarer than two mistakes, one of which is that there is no way out.
        return {OWN_GROUP: 0.95, WAY_OUT: 0.72, ACL: 0.45}
    # No route at all is the usual state of a private subnet, a public subnet is the usual mistake,
    # and NAT needs the most to be right.
    found = {WAY_OUT: 0.9, FIREWALL: 0.2}
    if pattern.gateway_works and pattern.port_open(o):
        # The ACL lets this port out to public addresses and back; a group may name a prefix list.
        return {**found, OWN_GROUP: 0.5, FIREWALL: 0.45, ACL: 0.2}
    if pattern.private_works and pattern.port_open(o):
        # An ACL that forgets the answers of others than the VPC is made more often than a group
        # whose rule for this very port names the VPC only.
        return {**found, ACL: 0.5, OWN_GROUP: 0.45}
    # Tools that write groups leave them without any outbound rule unless they are told one; and
    # people write the rule for the database's port alone.
    return {**found, OWN_GROUP: 0.5, ACL: 0.45}


def _public_but_others_work(pattern: Pattern, o: Observation) -> Weights:
    """Weigh one silent public address beside others that answer: the way out is open."""
    if kinds.is_private_service(o):
        return {PUBLIC_ANSWER: 0.95, TARGET_GROUP: 0.6, OWN_GROUP: 0.4}
    if kinds.has_gateway(o):
        # A rule for named addresses lets others out; a route to the prefix list wins over NAT.
        return {OWN_GROUP: 0.8, ("gateway-endpoint",): 0.6, ACL: 0.55, ENDPOINT_GROUP: 0.5}
    listed = _balancer(o, 0.6) if kinds.is_aws(o) or kinds.is_balancer(o) else {ALLOW_LIST: 0.55}
    if not pattern.port_works(o):
        # Nothing was reached on this port: a rule that names ports is the likeliest.
        return {OWN_GROUP: 0.8, ACLS: 0.7, FIREWALL: 0.6, **listed}
    # The port is open to others: what names this address decides, here or there. A firewall that
    # knows names lets the connection open, and takes it away when it has read one. An ACL can deny
    # a range among others; a group can only leave it out.
    return {**listed, BY_ADDRESS: 0.5, ACLS: 0.46, OWN_GROUP: 0.45}


def _private(pattern: Pattern, o: Observation) -> Weights:
    """Weigh a silent private address."""
    works = pattern.internet_works or pattern.private_works or pattern.gateway_works
    if kinds.is_aws(o):
        nothing = {OWN_GROUP: 0.95, ACL: 0.8, ENDPOINT_GROUP: 0.7}
        return {ENDPOINT_GROUP: 0.95, OWN_GROUP: 0.5, ACL: 0.45} if works else nothing
    foreign = pattern.is_foreign(o)
    far_side = NEAR_HOST if foreign else FAR_SIDE
    if not works and (pattern.seen.passing or len(pattern.silent) > 1):
        # Nothing at all gets through: look at what everything passes.
        return {OWN_GROUP: 0.95, far_side: 0.65, ACL: 0.5}
    # Most new clients are forgotten in the target's group; ACLs are left open by most people.
    found = {far_side: 0.9, OWN_GROUP: 0.6, ACL: 0.5}
    if foreign:
        found[OTHER_NETWORK] = 0.95  # it needs routes on both sides, and whatever joins them
    if pattern.port_works(o):
        found[OWN_GROUP] = 0.4  # a rule for this port lets others through
    if kinds.is_balancer(o):
        found[BEHIND_BALANCER] = 0.7
    if _may_be_outside(pattern) and (pattern.internet_works or pattern.gateway_works):
        found[PLACEMENT] = 0.7
    return found
