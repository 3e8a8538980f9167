"""What must hold between the parts of a scenario: what AWS would refuse is refused here.

Works on a scenario that was read; every single value in it is already of its type.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from tests.lab.vocabulary.check_machines import Machines
from tests.lab.vocabulary.checks import Checks, is_address

if TYPE_CHECKING:
    from tests.lab.parts import RouteTable, Subnet
    from tests.lab.reading import Node
    from tests.lab.scenario import Scenario


def check(root: Node, scenario: Scenario) -> None:
    """Raise ScenarioError for the first thing that does not fit together."""
    _Network(root, scenario).run()
    Machines(root, scenario).run()


class _Network(Checks):
    def run(self) -> None:
        self.vpcs()
        self.subnets()
        self.tables()
        self.endpoints()
        self.peerings()
        self.transit_gateways()
        self.function()

    def vpcs(self) -> None:
        for vpc in self.s.vpcs.values():
            for one, other in combinations(vpc.cidrs, 2):
                if one.overlaps(other):
                    raise self.bad(f"vpcs.{vpc.name}", str(other), f"no overlap with {one}")
            if vpc.ipv6_cidr and vpc.ipv6_cidr.prefixlen not in range(44, 61, 4):
                raise self.bad(
                    f"vpcs.{vpc.name}.ipv6_cidr", str(vpc.ipv6_cidr), "an IPv6 CIDR from /44 to /60"
                )
            for server in vpc.dns_servers:
                if server not in self.s.hosts and not is_address(server):
                    raise self.bad(
                        f"vpcs.{vpc.name}.dns_servers", server, "an address or a host of this file"
                    )

    def subnets(self) -> None:
        for subnet in self.s.subnets.values():
            at = f"subnets.{subnet.name}"
            vpc = self.s.vpcs[subnet.vpc]
            if not any(subnet.cidr.subnet_of(cidr) for cidr in vpc.cidrs):
                ranges = ", ".join(str(cidr) for cidr in vpc.cidrs)
                raise self.bad(f"{at}.cidr", str(subnet.cidr), f"a CIDR inside its VPC ({ranges})")
            if subnet.ipv6_cidr:
                self.subnet6(at, subnet)
            table = self.s.route_tables[subnet.route_table]
            self.same_vpc(f"{at}.route_table", table.name, table.vpc, subnet.vpc)
            if subnet.nacl:
                self.same_vpc(f"{at}.nacl", subnet.nacl, self.s.nacls[subnet.nacl].vpc, subnet.vpc)
        for one, other in combinations(self.s.subnets.values(), 2):
            if one.vpc == other.vpc and one.cidr.overlaps(other.cidr):
                accepted = f"no overlap with subnet {one.name} ({one.cidr})"
                raise self.bad(f"subnets.{other.name}.cidr", str(other.cidr), accepted)
            if one.vpc == other.vpc and one.ipv6_cidr and one.ipv6_cidr == other.ipv6_cidr:
                accepted = f"another range than subnet {one.name} has"
                raise self.bad(f"subnets.{other.name}.ipv6_cidr", str(one.ipv6_cidr), accepted)

    def subnet6(self, at: str, subnet: Subnet) -> None:
        whole = self.s.vpcs[subnet.vpc].ipv6_cidr
        assert subnet.ipv6_cidr
        if (
            whole is None
            or not subnet.ipv6_cidr.subnet_of(whole)
            or subnet.ipv6_cidr.prefixlen != 64
        ):
            accepted = f"a /64 inside the VPC's ipv6_cidr ({whole or 'it has none'})"
            raise self.bad(f"{at}.ipv6_cidr", str(subnet.ipv6_cidr), accepted)

    def tables(self) -> None:
        mains = [table for table in self.s.route_tables.values() if table.main]
        for one, other in combinations(mains, 2):
            if one.vpc == other.vpc:
                raise self.bad(f"route_tables.{other.name}.main", True, "one main table in a VPC")
        for table in self.s.route_tables.values():
            for route in table.routes:
                self.route(table, str(route.destination), route.target.kind, route.target.name)
                if (
                    not isinstance(route.destination, str)
                    and route.destination in self.s.vpcs[table.vpc].cidrs
                ):
                    at = f"route_tables.{table.name}.routes"
                    accepted = "another destination, since a VPC's own range is its local route"
                    raise self.bad(at, str(route.destination), accepted)

    def route(self, table: RouteTable, destination: str, kind: str, name: str | None) -> None:
        vpc = self.s.vpcs[table.vpc]
        at = f"route_tables.{table.name}.routes.{destination}"
        absent = {
            "internet-gateway": not vpc.internet_gateway,
            "egress-only-internet-gateway": not vpc.egress_only_internet_gateway,
            "virtual-private-gateway": not vpc.virtual_private_gateway,
        }
        if absent.get(kind):
            key = kind.replace("-", "_")
            raise self.bad(at, kind, f"this target only with {key}: true (or detached) in its VPC")
        if kind == "egress-only-internet-gateway" and ":" not in destination:
            raise self.bad(at, kind, "this target for IPv6 destinations only")
        if kind == "nat-gateway" and name:
            self.same_vpc(at, name, self.s.nat_gateways[name].vpc, table.vpc)
        if kind == "peering" and name and table.vpc not in self.s.peerings[name].between:
            raise self.bad(at, name, f"a peering of VPC {table.vpc}")
        if kind == "transit-gateway" and name:
            attached = {a.vpc for a in self.s.transit_gateways[name].attachments.values()}
            if table.vpc not in attached:
                raise self.bad(at, name, f"a transit gateway that VPC {table.vpc} is attached to")
        if kind in ("host", "nat-instance", "firewall") and name:
            subnet = self.subnet_of(kind, name)
            if subnet is None:
                raise self.bad(at, name, "a host that stands in a subnet")
            self.same_vpc(at, name, self.s.subnets[subnet].vpc, table.vpc)

    def subnet_of(self, kind: str, name: str) -> str | None:
        if kind == "host":
            return self.s.hosts[name].subnet
        if kind == "firewall":
            return self.s.firewalls[name].subnet
        return self.s.nat_instances[name].subnet

    def endpoints(self) -> None:
        taken: set[tuple[str, str]] = set()
        for endpoint in self.s.endpoints.values():
            at = f"endpoints.{endpoint.name}"
            for table in endpoint.route_tables:
                self.same_vpc(at, table, self.s.route_tables[table].vpc, endpoint.vpc)
                if (table, endpoint.service) in taken:
                    accepted = f"one gateway endpoint for {endpoint.service} on a route table"
                    raise self.bad(at, table, accepted)
                taken.add((table, endpoint.service))
            zones = [self.s.subnets[subnet].az for subnet in endpoint.subnets]
            for subnet in endpoint.subnets:
                self.same_vpc(at, subnet, self.s.subnets[subnet].vpc, endpoint.vpc)
            # https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
            if len(set(zones)) != len(zones):
                raise self.bad(f"{at}.subnets", endpoint.subnets, "one subnet of each zone")

    def peerings(self) -> None:
        for peering in self.s.peerings.values():
            one, other = (self.s.vpcs[name] for name in peering.between)
            # https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
            if any(a.overlaps(b) for a in one.cidrs for b in other.cidrs):
                accepted = f"VPCs whose ranges do not overlap, as {one.name} and {other.name} do"
                raise self.bad(f"peerings.{peering.name}.between", peering.between, accepted)

    def transit_gateways(self) -> None:
        for gateway in self.s.transit_gateways.values():
            vpcs = [attachment.vpc for attachment in gateway.attachments.values()]
            if len(set(vpcs)) != len(vpcs):
                at = f"transit_gateways.{gateway.name}.attachments"
                raise self.bad(at, vpcs, "one attachment for each VPC")
            for attachment in gateway.attachments.values():
                zones = [self.s.subnets[subnet].az for subnet in attachment.subnets]
                if len(set(zones)) != len(zones):
                    at = f"transit_gateways.{gateway.name}.attachments.{attachment.name}"
                    raise self.bad(at, attachment.subnets, "one subnet of each zone")

    def function(self) -> None:
        if self.s.function.ipv6:
            for name in self.s.function.subnets:
                # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
                if not self.s.subnets[name].ipv6_cidr:
                    raise self.bad("function.ipv6", True, f"subnets with ipv6_cidr, unlike {name}")
