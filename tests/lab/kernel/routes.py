"""Route tables as kernel routes.

The longest prefix wins; among equal destinations a static route wins over one through a prefix
list, and that over a propagated one.
https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.kernel.filters import prefixes
from tests.lab.kernel.plan import PREFIX_LISTS
from tests.lab.kernel.spaces import BLACKHOLE, Space, Topology
from tests.lab.kernel.subnets import handed, through

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.kernel.gateways import Edge
    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.kernel.subnets import Router
    from tests.lab.parts import Route, RouteTable, Target
    from tests.lab.reading import Network
    from tests.lab.scenario import Scenario


@dataclass(slots=True)
class Ways:
    """Everything that a route can lead to, once it was made; values are next hops."""

    topology: Topology
    scenario: Scenario
    plan: Plan
    routers: dict[str, Router]
    cores: dict[str, str] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    private_gateways: dict[str, str] = field(default_factory=dict)
    peerings: dict[str, str] = field(default_factory=dict)
    regional: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    handovers: dict[str, str] = field(default_factory=dict)  # interface -> hop into its subnet

    def lay(self, space: Space, table: RouteTable, at: Router | None) -> None:
        """Write a route table into a namespace; `at` is the subnet whose table it is, if one's."""
        local = f"{self.cores[table.vpc]}%fab"
        chosen = {
            **{ipaddress.ip_network(everywhere): BLACKHOLE for everywhere in ("0.0.0.0/0", "::/0")},
            **dict(self._propagated(table)),
            **dict(self._through_lists(table, at)),
            **dict(self._written(table.routes, table.vpc, at)),
            **dict.fromkeys(self.scenario.vpcs[table.vpc].ranges, local),
        }
        for destination, way in chosen.items():
            space.route(destination, way)

    def _propagated(self, table: RouteTable) -> Iterable[tuple[Network, str]]:
        hop = self.private_gateways.get(table.vpc)
        if table.propagated and hop:
            for cidr in self.scenario.vpcs[table.vpc].on_premises:
                yield cidr, f"{hop}%fab"

    def _through_lists(self, table: RouteTable, at: Router | None) -> Iterable[tuple[Network, str]]:
        for endpoint in self.scenario.endpoints.values():
            if table.name in endpoint.route_tables and endpoint.type == "gateway":
                hop = self.endpoints.get(endpoint.name)
                for prefix in PREFIX_LISTS[endpoint.service]:
                    yield ipaddress.ip_network(prefix), f"{hop}%fab" if hop else BLACKHOLE
        for route in table.routes:
            if isinstance(route.destination, str):
                way = self.way(route.target, table.vpc, at)
                for prefix in prefixes(self.scenario, route.destination):
                    yield ipaddress.ip_network(prefix), way

    def _written(
        self, routes: Iterable[Route], vpc: str, at: Router | None
    ) -> Iterable[tuple[Network, str]]:
        for route in routes:
            if not isinstance(route.destination, str):
                yield route.destination, self.way(route.target, vpc, at)

    def way(self, target: Target, vpc: str, at: Router | None) -> str:
        """Give the way to a target; one that is gone or does not work is a silent end."""
        hop: str | None = None
        name = target.name or ""
        if target.kind == "internet-gateway":
            attached = self.scenario.vpcs[vpc].internet_gateway == "attached"
            hop = self.edges[vpc].internet_gateway if attached else None
        elif target.kind == "egress-only-internet-gateway":
            hop = self.edges[vpc].egress_only
        elif target.kind == "virtual-private-gateway":
            hop = self.private_gateways.get(vpc)
        elif target.kind == "peering":
            hop = self.peerings.get(name)
        elif target.kind == "nat-gateway" and name in self.plan.regional:
            zones = self.scenario.nat_gateways[name].zones
            there = zones is None or at is None or at.subnet.az in zones
            hop = self.regional.get(name) if there else None
        elif target.kind == "transit-gateway":
            eni = self._attachment(name, at)
            return self._handed(eni, at) if eni else BLACKHOLE
        elif target.kind != "blackhole" and self._works(target):
            return self._handed(self.plan.eni(target.kind, name), at)
        return f"{hop}%fab" if hop else BLACKHOLE

    def _works(self, target: Target) -> bool:
        """Tell whether a machine that a route leads to is there at all."""
        name = target.name or ""
        if target.kind == "nat-gateway":
            return self.scenario.nat_gateways[name].state == "available"
        if target.kind == "firewall":
            return self.scenario.firewalls[name].state == "available"
        machines = self.scenario.hosts if target.kind == "host" else self.scenario.nat_instances
        return machines[name].state == "running"

    def _attachment(self, gateway: str, at: Router | None) -> Eni | None:
        """Find the attachment's interface in the zone of a subnet: there is no way from another.

        https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
        """
        for attachment in self.scenario.transit_gateways[gateway].attachments.values():
            for subnet in attachment.subnets:
                there = self.scenario.subnets[subnet]
                same = at and (there.vpc, there.az) == (at.subnet.vpc, at.subnet.az)
                if same and attachment.state == "available":
                    return self.plan.eni("transit-gateway", gateway, attachment.name, subnet)
        return None

    def _handed(self, eni: Eni, at: Router | None) -> str:
        """Give the way to an interface: directly in its own subnet, else past its subnet's edge."""
        there = self.routers[eni.subnet]
        if at is there:
            return handed(there, eni)
        if eni.key not in self.handovers:
            self.handovers[eni.key] = through(self.topology, there, eni)
        return f"{self.handovers[eni.key]}%fab"
