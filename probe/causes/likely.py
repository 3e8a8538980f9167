"""How well each family of causes fits one observation, beside what else works. Numbers and rules.

Only the order of the numbers matters, and each has its reason beside it: what the other checks rule
out, and else how often a mistake is made, by the threads in which people ask for help. Families
that the pattern leaves equal, and that one command tells apart, make one guess together.
"""

from __future__ import annotations

from dataclasses import replace
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
from probe.causes.guesses import (
    ACL,
    ACL_PORTS,
    ACLS,
    ALLOW_LIST,
    BALANCER,
    BEHIND_BALANCER,
    BY_ADDRESS,
    DNS_FIREWALL,
    DNS_LOAD,
    ENDPOINT,
    ENDPOINT_GROUP,
    FAR_SIDE,
    FAR_SIDE_IPV6,
    FAR_SUBNET_OF_ITS_OWN,
    FIREWALL,
    GATEWAY_ENDPOINT,
    HOST,
    IPV6,
    NAME,
    NAT_LOAD,
    NEAR_HOST,
    ONE_HOST,
    ONE_NAME,
    ONE_SUBNET,
    OTHER_NETWORK,
    OWN_GROUP,
    PASSED_ON,
    PLACEMENT,
    PUBLIC_ANSWER,
    REFUSING_BALANCER,
    RESOLVER,
    SILENT_BALANCER,
    SUBNET_OF_ITS_OWN,
    TARGET_GROUP,
    THE_WAY_THERE,
    UNOPENED_BALANCER,
    WAY_OUT,
    Guess,
)
from probe.causes.losses import by_address, died_open, lost_over
from probe.causes.pattern import UNRESOLVED
from probe.model import Failure

if TYPE_CHECKING:
    from probe.causes.pattern import Pattern
    from probe.model import Observation

# How well each guess fits.
Weights = dict[Guess, float]

# IPv6 needs a route for `::/0`, and rules for `::/0` beside those for 0.0.0.0/0.
OVER_IPV6: Weights = {IPV6: 0.95, OWN_GROUP: 0.8, ACL: 0.75}
# A host that has a private address as well stands in a VPC, where IPv6 needs no way out.
OVER_IPV6_INSIDE: Weights = {FAR_SIDE_IPV6: 0.95, OWN_GROUP: 0.8, ACL: 0.75}


def fits(pattern: Pattern, o: Observation) -> Weights:
    """Weigh the families that can bring about this symptom."""
    seen = pattern.seen
    lost, tried = seen.tally(o, SILENCE)
    if 0 < lost < tried:
        return _now_and_then(pattern, o)
    symptom = seen.symptom(o)
    if symptom in UNRESOLVED:
        return _names(pattern, o)
    if symptom in NO_NAME_LATER:
        return {NAME: 0.8, DNS_LOAD: 0.7, DNS_FIREWALL: 0.6, RESOLVER: 0.5}
    if kinds.is_ipv6(o) and (symptom in SILENCE or o.failure is Failure.UNREACHABLE):
        return OVER_IPV6
    if symptom in SILENCE:
        return _silent(pattern, o)
    if symptom in REFUSAL:
        return _refused(pattern, o)
    if symptom in CUT_OFF:
        # A load balancer takes the connection itself, whatever becomes of the one to its target.
        if kinds.is_cut_within(o) and not seen.hops(o, "firewall"):
            return {FIREWALL: 0.3}
        return {FIREWALL: 0.8, BEHIND_BALANCER: 0.95 if kinds.is_balancer(o) else 0.0}
    if o.failure is Failure.HTTP_STATUS:
        return _balancer(o, 0.6)
    return {}


def _refused(pattern: Pattern, o: Observation) -> Weights:
    # Behind one that opens connections itself nobody's refusal is heard.
    listed = {REFUSING_BALANCER if kinds.opens_itself(o) else PASSED_ON: 0.7}
    balanced = listed if kinds.is_balancer(o) else {}
    if pattern.seen.passes_elsewhere(o):  # so somebody listens there
        return {FIREWALL: 0.9, **balanced}
    if all(by_address(o)):
        # A firewall that rejects one of a name's hosts is rarer than a host without its service.
        return {HOST: 0.5, FIREWALL: 0.3, **balanced}
    return {FIREWALL: 0.5, HOST: 0.4, **balanced}


def _silent(pattern: Pattern, o: Observation) -> Weights:
    if pattern.seen.in_vpc is False:
        # Lambda's own way out is open, and its addresses are on nobody's list.
        return {NEAR_HOST: 0.96} if kinds.is_public(o) and kinds.is_private_service(o) else {}
    return _private(pattern, o) if kinds.is_private(o) else _public(pattern, o)


def _balancer(o: Observation, weight: float) -> Weights:
    return {BALANCER: weight} if kinds.is_balancer(o) else {}


def _now_and_then(pattern: Pattern, o: Observation) -> Weights:
    dead, alive = by_address(o)
    if lost_over(o, ipv6=True):
        return OVER_IPV6_INSIDE if any(map(kinds.private, alive)) else OVER_IPV6
    if dead and lost_over(o, ipv6=False):
        # Each version has a way of its own: this one is as silent as if the host had no other.
        return _silent(pattern, replace(o, address=dead[0]))
    found: Weights
    if dead and alive and kinds.is_private(o):
        # Ports and load do not choose between addresses; each has a subnet and groups of its own.
        near = pattern.is_foreign(o) is False
        found = {SUBNET_OF_ITS_OWN if near else FAR_SUBNET_OF_ITS_OWN: 0.8}
        # Hosts behind one name share their groups, mostly; and who writes records himself forgets
        # them. What AWS writes follows what it is for.
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
        found |= {ONE_HOST: 0.85} if kinds.may_be_unused(o) else {TARGET_GROUP: 0.5}
    elif dead and alive:
        # A rule that names addresses may know the old one only: here, on the way, or there.
        found = {BY_ADDRESS: 0.8, ALLOW_LIST: 0.6, OWN_GROUP: 0.55}
    elif died_open(o):
        # Rules about ports, and a NAT gateway without any left, stop the first packet or none.
        found = {}
    elif pattern.others_are_spared(o):
        # A rule about ports asks for no address; a NAT gateway counts ports for each by itself.
        # https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
        found = {NAT_LOAD: 0.6 if kinds.is_public(o) else 0.0, ACL_PORTS: 0.2}
    else:
        # A narrowed range loses some connections at any load, a NAT gateway at a high one.
        found = {ACL_PORTS: 0.8, NAT_LOAD: 0.78 if kinds.is_public(o) else 0.0}
    if kinds.is_balancer(o) and not kinds.opens_itself(o):
        found[PASSED_ON] = 0.9  # each of its addresses is a node in a zone of its own
    return found


def _names(pattern: Pattern, o: Observation) -> Weights:
    """Weigh the way of names: every name at once is the resolver, a single one is its zone."""
    seen = pattern.seen
    symptom = seen.symptom(o)
    if seen.in_vpc is False:
        return {NAME: 0.9}  # Lambda's own resolver is nobody's to break
    lost, tried = seen.tally(o, NO_RESOLVER | RESOLVER_ERROR)
    if 0 < lost < tried:
        return {DNS_LOAD: 0.9, RESOLVER: 0.5}
    if symptom in NO_RESOLVER | RESOLVER_ERROR:
        # DNS Firewall always answers, if only that there is no such name.
        if seen.names_work:
            return {DNS_LOAD: 0.8, RESOLVER: 0.6}
        # An error is an answer: that nobody can be asked fits it less than what it says itself.
        return {RESOLVER: 0.95 if symptom in NO_RESOLVER else 0.6}
    if seen.names_work:
        # Outside a VPC no private hosted zone is asked.
        outside = {PLACEMENT: 0.7} if _may_be_outside(pattern) else {}
        one_name = len(pattern.unresolved) == 1  # several have more in common than that they lack
        found = {ONE_NAME: 0.9} if one_name else {NAME: 0.9, DNS_FIREWALL: 0.8}
        return {**found, RESOLVER: 0.5, **outside}
    return {RESOLVER: 0.9, DNS_FIREWALL: 0.7, NAME: 0.6}


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
        return {GATEWAY_ENDPOINT: 0.95, OWN_GROUP: 0.7, ACL: 0.3}
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
        found[ONE_SUBNET] = 0.2
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
        return {**found, OWN_GROUP: 0.45, FIREWALL: 0.4, ACL: 0.2}
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
        return {OWN_GROUP: 0.8, GATEWAY_ENDPOINT: 0.6, ACL: 0.55, ENDPOINT_GROUP: 0.5}
    listed = _balancer(o, 0.6) if kinds.is_aws(o) or kinds.is_balancer(o) else {ALLOW_LIST: 0.55}
    if not pattern.port_works(o):
        # Nothing was reached on this port: a rule that names ports is the likeliest. But the
        # address is another one as well, and may have a route, or no route, of its own.
        return {OWN_GROUP: 0.8, ACLS: 0.7, BY_ADDRESS: 0.6, **listed}
    # The port is open to others: what names this address decides, here or there. A firewall that
    # knows names lets the connection open, and takes it away when it has read one. An ACL can deny
    # a range among others; a group can only leave it out.
    return {**listed, BY_ADDRESS: 0.5, ACLS: 0.46, OWN_GROUP: 0.45}


def _private(pattern: Pattern, o: Observation) -> Weights:
    """Weigh a silent private address."""
    works = pattern.internet_works or pattern.private_works or pattern.gateway_works
    if kinds.is_aws(o):
        nothing = {OWN_GROUP: 0.95, ACL: 0.8, ENDPOINT_GROUP: 0.7}
        # Another endpoint that is reached leaves to the function's own rules only those that name
        # the groups or addresses of endpoints.
        others = (
            {OWN_GROUP: 0.45, ACL: 0.35} if pattern.port_works(o) else {OWN_GROUP: 0.5, ACL: 0.45}
        )
        return {ENDPOINT_GROUP: 0.95, **others} if works else nothing
    foreign = pattern.is_foreign(o)
    far_side = NEAR_HOST if foreign else FAR_SIDE
    if not works and (pattern.seen.passing or len(pattern.silent) > 1):
        # Nothing at all gets through: look at what everything passes.
        return {OWN_GROUP: 0.95, far_side: 0.65, ACL: 0.5}
    # Most new clients are forgotten in the target's group; ACLs are left open by most people.
    found = {far_side: 0.9, OWN_GROUP: 0.6, ACL: 0.5}
    if foreign and pattern.shares_its_silence(o):
        # Their hosts and groups have nothing in common, nor do their ports.
        found |= {THE_WAY_THERE: 0.95, far_side: 0.55}
    elif foreign:
        found[OTHER_NETWORK] = 0.95  # it needs routes on both sides, and whatever joins them
    if pattern.falls_silent_with_others(o):
        # One ACL of the subnets that they share, where a group would lack a rule for each port.
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
        found[ACL] = 0.65
    if pattern.port_works(o):
        found[OWN_GROUP] = 0.4  # a rule for this port lets others through
    if kinds.is_balancer(o):
        found[UNOPENED_BALANCER if kinds.opens_itself(o) else SILENT_BALANCER] = 0.7
    if _may_be_outside(pattern) and (pattern.internet_works or pattern.gateway_works):
        found[PLACEMENT] = 0.7
    return found
