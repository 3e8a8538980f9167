"""The ways out of a VPC: its edge to the internet, NAT, and the private gateway.

Each is a namespace on the fabric. What a gateway refuses it drops without a word.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.kernel.spaces import BLACKHOLE, Space, Topology
from tests.lab.kernel.subnets import EVERYWHERE, EVERYWHERE_6, Router

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.parts import Vpc
    from tests.lab.scenario import Scenario

INTERNET = "internet"
ALL_PORTS = 65535 - 1023  # that translation has to choose from
# Destinations that an internet gateway never forwards to.
# https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html (IGW_DESTINATION_...)
_PRIVATE = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16"


def core(topology: Topology, vpc: Vpc, subnets: Iterable[Router]) -> str:
    """Make the router that the local route leads to: it knows the subnets of the VPC, no more."""
    space = topology.router(f"vpc-{vpc.name}")
    hop = topology.port(space)
    space.route(EVERYWHERE, BLACKHOLE)
    for at in subnets:
        if at.subnet.vpc == vpc.name:
            space.route(at.subnet.cidr, f"{at.hop}%fab")
            if at.subnet.ipv6_cidr:
                space.route(at.subnet.ipv6_cidr, f"{at.hop}%fab")
    return hop


def local_routes(space: Space, vpc: Vpc, core_hop: str) -> None:
    """Lead a VPC's own ranges to its core."""
    for cidr in vpc.ranges:
        space.route(cidr, f"{core_hop}%fab")


def uplink(topology: Topology, space: Space, addresses: Iterable[str]) -> None:
    """Join a gateway to the internet, and the internet to the addresses behind it."""
    internet = topology.spaces[INTERNET]
    device = f"u{len(topology.links)}"
    topology.link(space, "wan", internet, device)
    space.commands.append("addr add fe80::2/64 dev wan nodad")
    internet.commands.append(f"addr add fe80::1/64 dev {device} nodad")
    space.route(EVERYWHERE, "fe80::1%wan")
    space.route(EVERYWHERE_6, "fe80::1%wan")
    for address in addresses:
        internet.route(ipaddress.ip_network(address), f"fe80::2%{device}")


@dataclass(slots=True)
class _Admitted:
    """What may pass the edge: freely, or on connections that it opened itself."""

    free: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)


def edge(topology: Topology, scenario: Scenario, plan: Plan, vpc: Vpc, core_hop: str) -> Edge:
    """Make the internet gateway and the egress-only internet gateway of a VPC.

    The internet gateway translates one to one, and only for those who have a public address: a
    private address without one is dropped, which is the fate of a function in a public subnet.
    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
    """
    space = topology.router(f"edge-{vpc.name}")
    made = Edge(space, topology.port(space), topology.port(space, "eo"))
    local_routes(space, vpc, core_hop)
    pairs, ipv4, ipv6, egress_only = [], _Admitted(), _Admitted(), _Admitted()
    for eni in plan.enis.values():
        if eni.public and scenario.subnets[eni.subnet].vpc == vpc.name:
            pairs.append((str(eni.address), str(eni.public)))
            carries = eni.kind == "nat-gateway"
            _admit(scenario, vpc.name, eni.subnet, str(eni.address), ipv4, carries=carries)
    for nat in scenario.nat_gateways.values():
        if nat.vpc == vpc.name and nat.name in plan.regional and nat.connectivity == "public":
            inner, public = plan.inner[nat.name], plan.regional[nat.name]
            pairs.append((str(inner), str(public)))
            _admit(scenario, vpc.name, "", str(inner), ipv4, carries=True)
    for subnet in scenario.subnets.values():
        if subnet.vpc == vpc.name and subnet.ipv6_cidr:
            cidr = str(subnet.ipv6_cidr)
            _admit(scenario, vpc.name, subnet.name, cidr, ipv6, carries=False)
            _admit(scenario, vpc.name, subnet.name, cidr, egress_only, carries=True)
    if vpc.internet_gateway != "attached":
        pairs, ipv4, ipv6 = [], _Admitted(), _Admitted()
    public6 = [str(vpc.ipv6_cidr)] if vpc.ipv6_cidr else []
    uplink(topology, space, [*(public for _, public in pairs), *public6])
    space.filters.append(_edge_filters(pairs, ipv4, ipv6, egress_only))
    return made


@dataclass(slots=True)
class Edge:
    """The edge of a VPC to the internet."""

    space: Space
    internet_gateway: str  # next hop
    egress_only: str  # next hop


def _admit(
    scenario: Scenario, vpc: str, subnet: str, address: str, to: _Admitted, *, carries: bool
) -> None:
    """Judge by VPC Block Public Access; `carries`: a gateway that opens connections outward only.

    Bidirectional: nothing passes. Ingress: only what NAT gateways and egress-only gateways carry.
    An exclusion frees a VPC or a subnet, wholly or for egress; the latter leaves it with what the
    ingress mode allows, since a subnet's state knows these three modes and no other.
    https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_BlockPublicAccessStates.html
    """
    mode = scenario.block_public_access.mode
    exclusions = scenario.block_public_access.exclusions
    freed = exclusions.get(subnet) or exclusions.get(vpc)
    if freed == "allow-egress" and mode == "block-bidirectional":
        mode = "block-ingress"
    if mode == "off" or freed == "allow-bidirectional":
        to.free.append(address)
    elif mode == "block-ingress" and carries:
        to.opened.append(address)


def _edge_filters(
    pairs: list[tuple[str, str]], ipv4: _Admitted, ipv6: _Admitted, egress_only: _Admitted
) -> str:
    outward = ", ".join(f"{private} : {public}" for private, public in pairs)
    inward = ", ".join(f"{public} : {private}" for private, public in pairs)
    nat = f"""
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    iifname "wan" dnat ip to ip daddr map {{ {inward} }}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "wan" snat ip to ip saddr map {{ {outward} }}
  }}"""
    lines = [
        f'iifname "fab" ip daddr {{ {_PRIVATE} }} oifname "wan" drop',
        *_passes('iifname "fab"', "ip", ipv4.free, "accept"),
        *_passes('iifname "fab"', "ip", ipv4.opened, "ct state established,related accept"),
        *_passes('iifname "fab"', "ip6", ipv6.free, "accept"),
        *_passes('iifname "fab"', "ip6", ipv6.opened, "ct state established,related accept"),
        # It lets connections out, not answers to connections that came in by the other gateway.
        # https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
        'iifname "eo" ct direction reply drop',
        *_passes(
            'iifname "eo"',
            "ip6",
            [*egress_only.free, *egress_only.opened],
            "ct state established,related accept",
        ),
    ]
    body = "\n".join(f"    {line}" for line in lines)
    return f"""
table inet edge {{{nat if pairs else ""}
  chain forward {{
    type filter hook forward priority 0; policy drop;
{body}
  }}
}}
"""


def _passes(entry: str, family: str, addresses: list[str], back: str) -> Iterable[str]:
    """Write that some may go out by an entry, and what may come back to them."""
    if addresses:
        some = f"{{ {', '.join(addresses)} }}"
        yield f'{entry} oifname "wan" {family} saddr {some} accept'
        yield f'iifname "wan" {family} daddr {some} {back}'


def nat_gateway(
    space: Space, scenario: Scenario, plan: Plan, eni: Eni, *, keep_ports: bool
) -> None:
    """Make an interface send on all that it is handed, from its own address and a port it chooses.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
    """
    left = [f.value for f in scenario.faults if (f.at, f.kind) == (eni.name, "ports")]
    few = left[0] if left else ALL_PORTS
    space.silence()
    space.filters.append(_no_chain(scenario, plan, scenario.nat_gateways[eni.name].vpc))
    space.filters.append(translating(str(eni.address), keep_ports=keep_ports, ports=few))


def regional_nat_gateway(
    topology: Topology,
    scenario: Scenario,
    plan: Plan,
    name: str,
    edge: Edge | None,
    *,
    keep_ports: bool,
) -> tuple[Space, str]:
    """Make a NAT gateway that stands in no subnet and has a route table of its own.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
    """
    space = topology.router(f"nat-gateway-{name}")
    hop = topology.port(space)
    inner = plan.inner[name]
    space.address("lo", inner)
    space.filters.append(_no_chain(scenario, plan, scenario.nat_gateways[name].vpc))
    space.filters.append(translating(str(inner), keep_ports=keep_ports))
    if edge:
        edge.space.route(ipaddress.ip_network(inner), f"{hop}%fab")
    return space, hop


def _no_chain(scenario: Scenario, plan: Plan, vpc: str) -> str:
    """Write that a NAT gateway takes nothing from another of its VPC: it needs a way out itself.

    Over a transit gateway it does: AWS describes NAT gateways that send to other VPCs.
    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
    """
    own = [nat.name for nat in scenario.nat_gateways.values() if nat.vpc == vpc]
    zonal = [eni for eni in plan.enis.values() if eni.kind == "nat-gateway" and eni.name in own]
    regional = [inner for name, inner in plan.inner.items() if name in own]
    others = ", ".join([*(str(eni.address) for eni in zonal), *map(str, regional)])
    return f"""
table inet chain_of_nat {{
  chain forward {{
    type filter hook forward priority 0; policy accept;
    ip saddr {{ {others} }} drop
  }}
}}
"""


def translating(address: str, *, keep_ports: bool, ports: int = ALL_PORTS) -> str:
    """Write source translation with ports from the range that NAT gateways use.

    Any port of it, as AWS chooses them; or, where a test wants to choose, the sender's own if free.
    """
    chosen = "" if keep_ports else " random"
    return f"""
table inet nat {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    meta l4proto {{ tcp, udp }} snat ip to {address}:1024-{1023 + ports}{chosen}
    meta l4proto icmp snat ip to {address}
  }}
}}
"""


def private_gateway(topology: Topology, plan: Plan, vpc: Vpc, core_hop: str) -> str:
    """Make a virtual private gateway, with the premises behind it in the same namespace."""
    space = topology.space(f"private-gateway-{vpc.name}")
    hop = topology.port(space)
    space.route(EVERYWHERE, BLACKHOLE)
    local_routes(space, vpc, core_hop)
    for address in plan.on_premises.values():
        if any(address in cidr for cidr in vpc.on_premises):
            space.address("lo", address)
    return hop
