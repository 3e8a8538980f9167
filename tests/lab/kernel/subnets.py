"""Subnets, and the interfaces that stand in them.

A subnet is a router of its own: each interface is a cable to it, the route table is its main
table, and the network ACL stands between its cables and the fabric. Traffic between two interfaces
of one subnet meets neither, as in AWS.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.kernel.filters import nacl, security_groups
from tests.lab.kernel.spaces import BLACKHOLE, Space, Topology

if TYPE_CHECKING:
    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.parts import Subnet
    from tests.lab.scenario import Scenario

EVERYWHERE = ipaddress.ip_network("0.0.0.0/0")
EVERYWHERE_6 = ipaddress.ip_network("::/0")
# Tables of a subnet's namespace, beside its main one.
_INSIDE = 10
_THROUGH = 100
# The interface's side and the subnet's side of a cable, for IPv6.
_GATEWAY_6 = ipaddress.ip_address("fe80::1")
# Ports that Lambda and NAT gateways send from.
# https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
EPHEMERAL = "1024 65535"


@dataclass(slots=True)
class Router:
    """The namespace of one subnet while it is being wired."""

    subnet: Subnet
    space: Space
    hop: str  # how the fabric reaches it
    nacl: tuple[str, str]
    devices: dict[str, str] = field(default_factory=dict)  # key of an interface -> device
    through: int = 0
    checks: list[str] = field(default_factory=list)

    def finish(self) -> None:
        """Write the filters, once all interfaces are there.

        Devices are named by what is at their other end: e an interface, t a transit gateway, x the
        fabric for what is handed to an interface, fab the fabric.
        """
        inbound, outbound = self.nacl
        checks = "\n".join(f"    {line}" for line in self.checks)
        self.space.filters.append(f"""
table inet subnet {{
  chain inbound {{
{inbound}
  }}
  chain outbound {{
{outbound}
  }}
  chain forward {{
    type filter hook forward priority 0; policy accept;
{checks}
    oifname "e*" iifname {{ "e*", "t*" }} accept
    iifname {{ "e*", "t*" }} jump outbound
    oifname {{ "e*", "t*" }} jump inbound
  }}
}}
""")


def router(topology: Topology, scenario: Scenario, subnet: Subnet) -> Router:
    """Make the namespace of a subnet."""
    space = topology.router(f"subnet-{subnet.name}")
    hop = topology.port(space)
    space.address("lo", subnet.cidr[1])
    space.rule(10, f"to {subnet.cidr}", _INSIDE)
    space.rule(15, "iif fab", _INSIDE)
    space.route(EVERYWHERE, BLACKHOLE, _INSIDE)
    if subnet.ipv6_cidr:
        space.rule(10, f"to {subnet.ipv6_cidr}", _INSIDE, ipv6=True)
        space.rule(15, "iif fab", _INSIDE, ipv6=True)
        space.route(EVERYWHERE_6, BLACKHOLE, _INSIDE)
    return Router(subnet, space, hop, nacl(scenario.nacls[subnet.nacl] if subnet.nacl else None))


def interface(topology: Topology, scenario: Scenario, plan: Plan, at: Router, eni: Eni) -> Space:
    """Make the namespace of whatever stands in a subnet behind one interface."""
    space = topology.space(eni.key.replace(" ", "-"), ipv6=eni.ipv6 is not None)
    device = f"e{len(at.devices)}"
    at.devices[eni.key] = device
    if attended(scenario, eni):
        relay = topology.space(relay_of(eni), ipv6=False)
        topology.link(space, "eth0", relay, "machine")
        topology.link(relay, "network", at.space, device)
    else:
        topology.link(space, "eth0", at.space, device)
    space.sysctls["net/ipv4/ip_local_port_range"] = EPHEMERAL
    space.address("eth0", eni.address)
    space.route(EVERYWHERE, f"via {at.subnet.cidr[1]} dev eth0 onlink src {eni.address}")
    at.space.route(ipaddress.ip_network(eni.address), f"dev {device}", _INSIDE)
    own = [f"ip saddr != {eni.address}"], [f"ip daddr != {eni.address}"]
    if eni.ipv6:
        at.space.commands.append(f"addr add {_GATEWAY_6}/64 dev {device} nodad")
        space.address("eth0", eni.ipv6)
        space.commands.append("addr add fe80::2/64 dev eth0 nodad")
        space.route(EVERYWHERE_6, f"via {_GATEWAY_6} dev eth0 src {eni.ipv6}")
        at.space.route(ipaddress.ip_network(eni.ipv6), f"dev {device}", _INSIDE)
        own[0].append(f"ip6 saddr != {eni.ipv6}")
        own[1].append(f"ip6 daddr != {eni.ipv6}")
    if eni.source_dest_check:
        at.checks += [f'iifname "{device}" {line} drop' for line in own[0]]
        at.checks += [f'oifname "{device}" {line} drop' for line in own[1]]
    space.filters.append(security_groups(scenario, plan, eni))
    return space


def attended(scenario: Scenario, eni: Eni) -> bool:
    """Tell whether somebody has to sit at this cable who does what no rule of the kernel can."""
    if eni.kind == "firewall":
        return scenario.firewalls[eni.name].listens
    slow = [fault.at for fault in scenario.faults if fault.kind == "delay"]
    return eni.kind == "host" and eni.name in slow


def relay_of(eni: Eni) -> str:
    """Name the namespace in the middle of a cable."""
    return f"relay-{eni.key.replace(' ', '-')}"


def through(topology: Topology, at: Router, eni: Eni) -> str:
    """Give the fabric a way to hand packets to an interface that they are not addressed to.

    That is how a route to a NAT gateway, an instance or a firewall endpoint works: the packets
    enter that subnet, past its network ACL, and are given to the interface as they are.
    """
    at.through += 1
    device, table = f"x{at.through}", _THROUGH + at.through
    hop = topology.port(at.space, device)
    at.space.rule(5, f"iif {device}", table)
    at.space.route(EVERYWHERE, handed(at, eni), table)
    if at.subnet.ipv6_cidr or eni.kind == "transit-gateway":
        at.space.rule(5, f"iif {device}", table, ipv6=True)
        at.space.route(EVERYWHERE_6, f"fe80::2%{at.devices[eni.key]}", table)
    return hop


def handed(at: Router, eni: Eni) -> str:
    """Give the way from inside a subnet to an interface, for packets not addressed to it."""
    if eni.kind == "transit-gateway":
        return f"fe80::2%{at.devices[eni.key]}"  # it carries both families
    return f"via {eni.address} dev {at.devices[eni.key]} onlink"
