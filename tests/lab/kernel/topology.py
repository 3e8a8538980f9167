"""A scenario and its plan, put together as namespaces. Pure: nothing is made yet.

Order matters in one place only: what routes lead to is made before the routes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.kernel import gateways, passages
from tests.lab.kernel.plan import AMAZON_DNS, CONTROL, OUTSIDE
from tests.lab.kernel.routes import Ways
from tests.lab.kernel.spaces import BLACKHOLE, Space, Topology
from tests.lab.kernel.subnets import EPHEMERAL, EVERYWHERE, EVERYWHERE_6, interface, router
from tests.lab.parts import Route, RouteTable, Target

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.parts import NatGateway, Vpc
    from tests.lab.scenario import Scenario

# Drops everything, before anything else looks at it.
DEAD = """
table inet dead {
  chain arrive { type filter hook prerouting priority -400; policy drop; iifname "lo" accept; }
}
"""


@dataclass(slots=True)
class Wired:
    """A finished topology, and which namespace is what."""

    topology: Topology
    enis: dict[str, Space] = field(default_factory=dict)
    endpoints: dict[str, Space] = field(default_factory=dict)  # gateway endpoints
    resolvers: dict[str, Space] = field(default_factory=dict)  # VPC -> its Amazon resolver


def wire(
    scenario: Scenario, plan: Plan, *, resolvers: bool = True, keep_ports: bool = False
) -> Wired:
    """Put the whole network together. `keep_ports`: NAT keeps a source port where it can."""
    topology = Topology()
    made = Wired(topology)
    _internet(made, plan)
    routers = {name: router(topology, scenario, s) for name, s in scenario.subnets.items()}
    ways = Ways(topology, scenario, plan, routers)
    for eni in plan.enis.values():
        if eni.kind != "transit-gateway":
            at = routers[eni.subnet]
            made.enis[eni.key] = interface(topology, scenario, plan, at, eni)
            _equip(made.enis[eni.key], scenario, plan, eni, keep_ports=keep_ports)
    for vpc in scenario.vpcs.values():
        core = gateways.core(topology, vpc, routers.values())
        ways.cores[vpc.name] = core
        if vpc.internet_gateway or vpc.egress_only_internet_gateway:
            ways.edges[vpc.name] = gateways.edge(topology, scenario, plan, vpc, core)
        if vpc.virtual_private_gateway == "attached":
            hop = gateways.private_gateway(topology, plan, vpc, core)
            ways.private_gateways[vpc.name] = hop
    _passages(made, scenario, plan, ways)
    _tables(scenario, ways, keep_ports=keep_ports)
    for at in routers.values():
        at.finish()
    if resolvers:
        _resolvers(made, scenario, plan)
    return made


def _internet(made: Wired, plan: Plan) -> None:
    """Make the internet: public hosts and AWS services in one namespace, the control beside it."""
    internet = made.topology.space(gateways.INTERNET)
    internet.forwards = True
    internet.route(EVERYWHERE, BLACKHOLE)
    internet.route(EVERYWHERE_6, BLACKHOLE)
    for ipv4, ipv6 in plan.internet.values():
        for address in (ipv4, ipv6):
            if address:
                internet.address("lo", address)
    for address in plan.services.values():
        internet.address("lo", address)
    nowhere = made.topology.space("nowhere")  # premises that no gateway leads to
    for address in plan.on_premises.values():
        nowhere.address("lo", address)
    for name, address in (("control", CONTROL), ("outside", OUTSIDE)):
        space = made.topology.space(name)
        space.sysctls["net/ipv4/ip_local_port_range"] = EPHEMERAL
        space.address("lo", address)
        gateways.uplink(made.topology, space, [str(address)])


def _equip(space: Space, scenario: Scenario, plan: Plan, eni: Eni, *, keep_ports: bool) -> None:
    """Make what stands behind an interface what it is."""
    if eni.kind == "nat-gateway":
        gateways.nat_gateway(space, scenario, plan, eni, keep_ports=keep_ports)
    elif eni.kind == "nat-instance":
        passages.nat_instance(space, eni, keep_ports=keep_ports)
        dead = scenario.nat_instances[eni.name].state != "running"
        space.filters += [DEAD] if dead else []
    elif eni.kind == "firewall":
        passages.firewall(space, scenario.firewalls[eni.name])
    elif eni.kind == "load-balancer":
        balancer = scenario.load_balancers[eni.name]
        if balancer.type == "network":
            passages.network_load_balancer(space, scenario, plan, eni, balancer)
        space.filters += [DEAD] if balancer.state != "active" else []
    elif eni.kind == "endpoint":
        dead = not scenario.endpoints[eni.name].answers_in(scenario.subnets[eni.subnet].az)
        space.filters += [DEAD] if dead else []
    elif eni.kind == "host":
        dead = scenario.hosts[eni.name].state != "running"
        space.filters += [DEAD] if dead else []


def _passages(made: Wired, scenario: Scenario, plan: Plan, ways: Ways) -> None:
    """Make what routes lead to and what stands in no subnet."""
    topology = made.topology
    for peering in scenario.peerings.values():
        if peering.state == "active":
            hop = passages.peering(topology, scenario, peering, ways.cores)
            ways.peerings[peering.name] = hop
    for gateway in scenario.transit_gateways.values():
        passages.transit_gateway(topology, scenario, plan, gateway, ways.routers)
    for endpoint in scenario.endpoints.values():
        if endpoint.type == "gateway" and endpoint.state == "available":
            space = topology.space(f"endpoint-{endpoint.name}")
            ways.endpoints[endpoint.name] = topology.port(space)
            made.endpoints[endpoint.name] = space
            vpc = scenario.vpcs[endpoint.vpc]
            space.route(EVERYWHERE, BLACKHOLE)
            gateways.local_routes(space, vpc, ways.cores[vpc.name])
            space.address("lo", plan.services[endpoint.service])
            space.filters.append(_members_only([str(cidr) for cidr in vpc.cidrs]))


def _members_only(cidrs: list[str]) -> str:
    """Write that a gateway endpoint serves its own VPC and nobody beyond it.

    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    return f"""
table inet members {{
  chain arrive {{
    type filter hook prerouting priority 0; policy accept;
    iifname "fab" meta nfproto ipv4 ip saddr != {{ {", ".join(cidrs)} }} drop
  }}
}}
"""


def _tables(scenario: Scenario, ways: Ways, *, keep_ports: bool) -> None:
    """Lay the route tables: the subnets', those of gateways, and regional NAT gateways' own."""
    for nat in scenario.nat_gateways.values():
        if nat.mode == "regional" and nat.state == "available":
            space, hop = gateways.regional_nat_gateway(
                ways.topology,
                scenario,
                ways.plan,
                nat.name,
                ways.edges.get(nat.vpc),
                keep_ports=keep_ports,
            )
            ways.regional[nat.name] = hop
            ways.lay(space, regional_table(scenario, nat), None)
    for at in ways.routers.values():
        ways.lay(at.space, scenario.route_tables[at.subnet.route_table], at)
    for table in scenario.route_tables.values():
        if table.gateway and table.vpc in ways.edges:
            space = ways.edges[table.vpc].space
            for route in table.routes:
                if not isinstance(route.destination, str):
                    space.route(route.destination, ways.way(route.target, table.vpc, None))


def regional_table(scenario: Scenario, nat: NatGateway) -> RouteTable:
    """Give the route table of a regional NAT gateway: to the internet gateway unless written.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
    """
    routes = nat.routes
    if routes is None and scenario.vpcs[nat.vpc].internet_gateway:
        routes = (Route(EVERYWHERE, Target("internet-gateway")),)
    return RouteTable(f"regional@{nat.name}", nat.vpc, routes or ())


def resolver_addresses(vpc: Vpc) -> list[IPv4Address]:
    """Give the addresses of a VPC's Amazon resolver."""
    return [AMAZON_DNS, vpc.cidr[2]]


def _resolvers(made: Wired, scenario: Scenario, plan: Plan) -> None:
    """Make each VPC's Amazon resolver, on a way of its own that no filter and no route touches.

    https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
    """
    for vpc in scenario.vpcs.values():
        addresses = resolver_addresses(vpc)
        members = [
            (made.enis[eni.key], eni.address)
            for eni in plan.enis.values()
            if eni.kind in ("host", "function") and scenario.subnets[eni.subnet].vpc == vpc.name
        ]
        space = made.resolvers[vpc.name] = _resolver(made, vpc.name, addresses, members)
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
        space.filters += [] if vpc.dns_support else [DEAD]
    outside = [
        (made.topology.spaces[n], a) for n, a in (("control", CONTROL), ("outside", OUTSIDE))
    ]
    made.resolvers[""] = _resolver(made, "outside", [AMAZON_DNS], outside)


def _resolver(
    made: Wired, name: str, addresses: list[IPv4Address], members: list[tuple[Space, IPv4Address]]
) -> Space:
    space = made.topology.space(f"resolver-{name}")
    for address in addresses:
        space.address("lo", address)
    for at, (member, own) in enumerate(members):
        made.topology.link(member, "dns0", space, f"r{at}")
        space.commands.append(f"route add {own}/32 dev r{at}")
        for address in addresses:
            member.commands.append(f"route add {address}/32 dev dns0 src {own}")
    return space
