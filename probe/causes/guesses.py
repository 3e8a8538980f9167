"""The families that make one guess together, each with how to read what its one command answers.

Packets do not tell the families of a guess apart, and one command does. Numbers are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guess:
    """Families that are guessed at together; the likelier one first."""

    families: tuple[str, ...]
    tells: str = ""  # how to read the answer of the one command, where it tells several apart


def one(family: str) -> Guess:
    """Guess at one family by itself."""
    return Guess((family,))


_WHOSE = "Look up whose network interface has the address."
_NOBODYS = (
    "A service of somebody else's may have an endpoint there, with groups of its own. If there is"
    " no interface, the host is gone and the address is an old one. A database that is stopped or"
    " listens on another port keeps its interface, and so does an instance that is stopped: see its"
    " own status and port."
)
# What a load balancer says of its targets to whom it answers, and where nobody hears it.
_ANSWERED = (
    "with no target registered the answer is 503, with one that refuses or hangs up 502, with a"
    " silent one 504."
)

OWN_GROUP = one("own-group")
ACL = one("acl")
TARGET_GROUP = one("target-group")
OTHER_NETWORK = one("other-network")
FIREWALL = one("firewall")
ALLOW_LIST = one("allow-list")
ENDPOINT_GROUP = one("endpoint-group")
PUBLIC_ANSWER = one("public-answer")
PLACEMENT = one("placement")
RESOLVER = one("resolver")
DNS_LOAD = one("dns-load")
DNS_FIREWALL = one("dns-firewall")
NAME = one("name")
# One name that has no address here, while others have theirs: who answered so.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-rule-actions.html
ONE_NAME = Guess(
    ("name", "dns-firewall"),
    "A private hosted zone of the VPC that holds the domain hides the public one, and knows only"
    " what is in it. Where no such zone is to blame, see whether rule groups of DNS Firewall are"
    " associated with the VPC (aws route53resolver list-firewall-rule-group-associations): for what"
    " a rule blocks, the answer is that there is no address or no such name.",
)
HOST = one("host")
IPV6 = Guess(("ipv6", "way-out-route"))
ACL_PORTS = one("acl-ports")
NAT_LOAD = one("nat-load")
ONE_SUBNET = one("one-subnet")
GATEWAY_ENDPOINT = one("gateway-endpoint")
# Whose interface has the address, in which VPC, with which groups, or nobody's: one question.
FAR_SIDE = Guess(
    ("target-group", "endpoint-group", "other-network", "host"),
    f"{_WHOSE} If it is in another VPC, look at the routes on both sides. If it is in this VPC,"
    f" look at its security groups. {_NOBODYS}",
)
NEAR_HOST = Guess(
    ("target-group", "endpoint-group", "host"),
    f"{_WHOSE} If there is one, look at its security groups. {_NOBODYS}",
)
FAR_SIDE_IPV6 = Guess(
    ("target-group", "other-network"),
    f"{_WHOSE} Its security groups need rules for IPv6. If it is in another VPC, both sides need"
    " routes for IPv6 as well.",
)
# What several targets of one other network have in common.
THE_WAY_THERE = Guess(
    ("other-network", "outside"),
    "They have the way to their network in common: the route there in the subnet's table, what it"
    " leads to (a peering connection, a transit gateway, a VPN or a leased line, which may be down"
    " while AWS shows all as it should be), that network's own firewall, and its way back.",
)
# Where a packet goes first stands in the subnet's route table: to a gateway endpoint, to NAT, to a
# transit gateway, into a hole, or nowhere.
WAY_OUT = Guess(
    (
        "way-out-route",
        "way-out-gateway",
        "way-out-nat",
        "way-out-transit",
        "gateway-endpoint",
    ),
    "The route that applies tells more: there is none, it is a blackhole, it leads to an internet"
    " gateway, or to what is to be looked at next: a NAT gateway with the table and the ACL of its"
    " subnet, a NAT instance, or a transit gateway whose tables must know the way out and back."
    " Where all that is right, VPC Block Public Access may be on.",
)
# Whether the VPC has an endpoint for the service, for which tables and with which names.
ENDPOINT = Guess(
    ("interface-endpoint", "gateway-endpoint"),
    "The list of endpoints tells more: there is none for this service, its private DNS is off, it"
    " is not available, or, for a gateway endpoint, not associated with the subnet's route table.",
)
# The ACLs of the VPC: that of the function's subnet, and that of NAT's.
ACLS = Guess(
    ("acl", "nat-filter"),
    "The ACL of the function's subnet counts, and where NAT is the way out so does that of NAT's"
    " subnet; a NAT instance has a security group as well.",
)
# The subnet that one dead address of several lies in: the others have the same groups, mostly.
_BOTH_WAYS = (
    "The subnet of the address that is dead tells more. Its ACL and that of the function's subnet"
    " must pass both ways: requests to this address, and its answers. An outbound rule of the"
    " function's group may list other addresses, or one zone's range."
)
SUBNET_OF_ITS_OWN = Guess(("acl", "own-group"), _BOTH_WAYS)
FAR_SUBNET_OF_ITS_OWN = Guess(
    ("acl", "own-group", "other-network"),
    f"{_BOTH_WAYS} Where the address is in another VPC, its zone and the route table that its"
    " answers go by count as well.",
)
# What names one address: a firewall that the route leads to, or a route of its own.
BY_ADDRESS = Guess(
    ("firewall", "way-out-route", "way-out-nat", "way-out-transit"),
    "The route that applies to this address tells more: it leads to a firewall, whose rules then"
    " decide, or elsewhere than the route of those that work.",
)
# The host that one dead address of a name of one's own belongs to, or belonged to.
ONE_HOST = Guess(
    ("host", "target-group"),
    "Look up whose network interface has the dead address. If there is none, the name holds an old"
    " record: whoever had the address is gone, or has another one now. If it is an instance's, see"
    " whether that runs. If it runs, compare its security groups with those of the others.",
)
BALANCER = Guess(("balancer",), f"The reason in the target health tells more: {_ANSWERED}")
# Of one that does not answer itself, such as a network one: silence or refusal is its target's.
PASSED_ON = Guess(
    ("balancer",),
    "The reason in the target health tells more: Target.Timeout is a group or an ACL on the way to"
    " the target, or a target that is down; and without cross-zone load balancing each of its"
    " addresses needs a healthy target in its own zone.",
)
# What opened and then died behind it: its own packets to a target are stopped, or the target is.
BEHIND_BALANCER = Guess(
    ("balancer", "acl"),
    "The reason in the target health tells more: Target.Timeout is a group or an ACL between the"
    " load balancer's subnets and the target's, or a target that is down; where it answers in its"
    f" own name, {_ANSWERED}",
)
# Of one that passes connections on, and opened none. Where its targets are addresses, they see it
# in place of the clients, and a health check may have a port of its own:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
SILENT_BALANCER = Guess(
    ("balancer", "acl"),
    "A Network Load Balancer passes connections on, so silence may be its targets'. The reason in"
    " the target health tells more. Target.Timeout is a group or an ACL between the load balancer's"
    " subnets and the target's, or a target that is down. Where no target is registered, nobody"
    " answers. Where all are healthy, the target's group may admit the port of the health check"
    " alone, or the clients' addresses where it is the load balancer's that arrive.",
)
# Of one that opens connections itself, and opened none: what stands before it, or whether it works.
UNOPENED_BALANCER = Guess(
    ("balancer", "acl"),
    "An Application or Classic Load Balancer opens connections itself, whatever its targets do:"
    " look at its state, at its listeners, and at what its own security group and the ACL of its"
    " subnets let in and out.",
)
REFUSING_BALANCER = Guess(
    ("balancer",),
    "An Application or Classic Load Balancer opens connections itself, whatever its targets do:"
    " one that refuses has no listener on this port, or is not active.",
)
