"""The ways between VPCs, and the machines that routes lead through.

Peering, transit gateways, firewall endpoints, NAT instances, load balancers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.kernel.filters import NO_GROUP, protocol
from tests.lab.kernel.gateways import local_routes, translating
from tests.lab.kernel.spaces import BLACKHOLE, Space, Topology
from tests.lab.kernel.subnets import EVERYWHERE, EVERYWHERE_6

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.kernel.subnets import Router
    from tests.lab.parts import (
        Firewall,
        FirewallRule,
        LoadBalancer,
        Peering,
        TransitGateway,
        TransitTable,
    )
    from tests.lab.reading import Network
    from tests.lab.scenario import Scenario

# What a packet loses on its way through these: the mark of its sender's security group.
_FORGETS = f"""
table inet forgets {{
  chain forward {{
    type filter hook forward priority -150; policy accept;
    ip dscp set {NO_GROUP}
    ip6 dscp set {NO_GROUP}
  }}
}}
"""
# Where a firewall that looks into TLS answers for the servers beyond it.
INSPECTION_PORT = 8443
_INSPECTS = f"""
table inet inspection {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    iifname "eth0" tcp dport 443 redirect to :{INSPECTION_PORT}
  }}
}}
"""


def peering(
    topology: Topology, scenario: Scenario, peered: Peering, cores: Mapping[str, str]
) -> str:
    """Join two VPCs: only from a range of the one to a range of the other, and no further.

    https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
    """
    space = topology.router(f"peering-{peered.name}")
    hop = topology.port(space)
    one, other = (scenario.vpcs[name] for name in peered.between)
    lines = []
    for here, there in ((one, other), (other, one)):
        local_routes(space, here, cores[here.name])
        ours = ", ".join(str(cidr) for cidr in here.cidrs)
        theirs = ", ".join(str(cidr) for cidr in there.cidrs)
        lines.append(f"ip saddr {{ {ours} }} ip daddr {{ {theirs} }} accept")
        if here.ipv6_cidr and there.ipv6_cidr:
            lines.append(f"ip6 saddr {here.ipv6_cidr} ip6 daddr {there.ipv6_cidr} accept")
    space.filters.append(_forward("peering", lines, "drop"))
    return hop


def transit_gateway(
    topology: Topology,
    scenario: Scenario,
    plan: Plan,
    gateway: TransitGateway,
    routers: Mapping[str, Router],
) -> None:
    """Join VPCs: each attachment has an interface in one subnet of each of its zones.

    What comes in at an attachment is judged by the table that the attachment is associated with,
    and stays in its zone where the other attachment has an interface there.
    https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
    """
    space = topology.router(f"transit-gateway-{gateway.name}")
    space.filters += [] if gateway.references else [_FORGETS]
    ways: dict[tuple[str, str], str] = {}  # attachment, zone -> device
    for attachment in gateway.attachments.values():
        for subnet in attachment.subnets:
            eni = plan.eni("transit-gateway", gateway.name, attachment.name, subnet)
            at = routers[subnet]
            device, inner = f"a{len(ways)}", f"t{len(at.devices)}"
            at.devices[eni.key] = inner
            topology.link(space, device, at.space, inner)
            space.address(device, eni.address)
            space.commands.append(f"addr add fe80::2/64 dev {device} nodad")
            at.space.commands.append(f"addr add fe80::1/64 dev {inner} nodad")
            ways[attachment.name, at.subnet.az] = device
    for number, ((name, zone), device) in enumerate(ways.items(), 100):
        space.rule(10, f"iif {device}", number)
        space.rule(10, f"iif {device}", number, ipv6=True)
        attachment = gateway.attachments[name]
        table = gateway.tables.get(attachment.table or "")
        nowhere: dict[Network, str | None] = {EVERYWHERE: None, EVERYWHERE_6: None}
        for destination, leads in {**nowhere, **_routes(scenario, gateway, table)}.items():
            way = _out(gateway, leads, zone, ways, routers)
            space.route(destination, way, number)


def _routes(
    scenario: Scenario, gateway: TransitGateway, table: TransitTable | None
) -> Mapping[Network, str | None]:
    """List what a table knows: what attachments propagate, and over it the static routes."""
    if table is None:
        return {}
    found: dict[Network, str | None] = {}
    for attachment in gateway.attachments.values():
        if table.name in attachment.propagates and attachment.state == "available":
            vpc = scenario.vpcs[attachment.vpc]
            found |= dict.fromkeys(vpc.ranges, attachment.name)
    return {**found, **table.routes}


def _out(
    gateway: TransitGateway,
    leads: str | None,
    zone: str,
    ways: Mapping[tuple[str, str], str],
    routers: Mapping[str, Router],
) -> str:
    if leads is None or gateway.attachments[leads].state != "available":
        return BLACKHOLE
    subnets = [routers[name].subnet for name in gateway.attachments[leads].subnets]
    chosen = next((s for s in subnets if s.az == zone), subnets[0])
    return f"fe80::1%{ways[leads, chosen.az]}"


def firewall(space: Space, rules: Firewall) -> None:
    """Judge the first packet of every flow handed through; what belongs to a known one may pass.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-rules-engines.html
    """
    if rules.inspects:
        space.forwards = True  # and it speaks: as every server that is asked for
        space.filters.append(_INSPECTS)
    else:
        space.silence()
    space.filters.append(_FORGETS)
    lines = ["ct state established,related accept"]
    for rule in rules.rules:
        lines += _verdict(_condition(rule), rule.action)
    lines += _verdict("", rules.otherwise)
    space.filters.append(_forward("firewall", lines, "drop"))


def _condition(rule: FirewallRule) -> str:
    family = "ip" if rule.source.version == 4 else "ip6"
    parts = [
        f"{family} saddr {rule.source} " if rule.source.prefixlen else "",
        f"{family} daddr {rule.destination} " if rule.destination.prefixlen else "",
        protocol(rule, family),
    ]
    return "".join(parts)


def _verdict(condition: str, action: str) -> list[str]:
    """Drop is silence, reject is a reset where there is one, as Network Firewall does it."""
    if action == "pass":
        return [f"{condition}accept"]
    reset = [f"{condition}meta l4proto tcp reject with tcp reset"] if action == "reject" else []
    return [*reset, f"{condition}drop"]


def nat_instance(space: Space, eni: Eni, *, keep_ports: bool) -> None:
    """Make an instance forward and translate; its groups judge what it forwards, as any traffic.

    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_NAT_Instance.html
    """
    space.forwards = True
    space.filters.append(translating(str(eni.address), keep_ports=keep_ports))


def network_load_balancer(
    space: Space, scenario: Scenario, plan: Plan, eni: Eni, balancer: LoadBalancer
) -> None:
    """Make an interface send what its listeners receive to their targets, from its own address.

    Targets are registered by address, so that the client's is not kept.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
    """
    space.forwards = True
    zone = scenario.subnets[eni.subnet].az
    lines = []
    for listener in balancer.listeners.values():
        targets = []
        for name in listener.targets:
            if balancer.cross_zone or _zone(scenario, name) == zone:
                port = listener.target_port or scenario.hosts[name].port
                targets.append(f"{plan.eni('host', name).address} . {port}")
        if targets:
            some = ", ".join(f"{at} : {target}" for at, target in enumerate(targets))
            chosen = f"numgen inc mod {len(targets)} map {{ {some} }}"
            lines.append(f"tcp dport {listener.port} dnat ip addr . port to {chosen}")
    body = "\n".join(f"    {line}" for line in lines)
    space.filters.append(f"""
table inet balancer {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
{body}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ct status dnat snat ip to {eni.address}
  }}
  chain anew {{
    type filter hook postrouting priority -150; policy accept;
    ct status dnat ip dscp set 0 comment "its own connection, with its own groups"
  }}
  chain input {{
    type filter hook input priority 10; policy drop;
    iifname "lo" accept
    ct state established,related accept comment "of its own health checks"
  }}
}}
""")


def _zone(scenario: Scenario, host: str) -> str:
    subnet = scenario.hosts[host].subnet
    return scenario.subnets[subnet].az if subnet else ""


def _forward(name: str, lines: list[str], policy: str) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"""
table inet {name} {{
  chain forward {{
    type filter hook forward priority 0; policy {policy};
{body}
  }}
}}
"""
