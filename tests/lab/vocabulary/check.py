"""What must hold between the parts of a scenario: what AWS would refuse is refused here.

Works on a scenario that was read; every single value in it is already of its type.
"""

from __future__ import annotations

import ipaddress
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.parts import RouteTable, Subnet
    from tests.lab.reading import Node, ScenarioError
    from tests.lab.scenario import Scenario


def check(root: Node, scenario: Scenario) -> None:
    """Raise ScenarioError for the first thing that does not fit together."""
    _Checks(root, scenario).run()


class _Checks:
    def __init__(self, root: Node, scenario: Scenario) -> None:
        self.root = root
        self.s = scenario

    def bad(self, path: str, value: object, accepted: str) -> ScenarioError:
        return type(self.root)(self.root.file, path, value).bad(accepted)

    def run(self) -> None:
        self.vpcs()
        self.subnets()
        self.tables()
        self.endpoints()
        self.groups()
        self.addresses()
        self.public_addresses()
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
                if server not in self.s.hosts and not _is_address(server):
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

    def same_vpc(self, at: str, name: str, its: str, wanted: str) -> None:
        if its != wanted:
            raise self.bad(at, name, f"one of VPC {wanted}, and this one belongs to VPC {its}")

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

    def groups(self) -> None:
        placed = [
            *((f"hosts.{h.name}", h.security_groups, h.subnet) for h in self.s.hosts.values()),
            *(
                (f"nat_instances.{n.name}", n.security_groups, n.subnet)
                for n in self.s.nat_instances.values()
            ),
            *(
                (f"load_balancers.{b.name}", b.security_groups, b.subnets[0])
                for b in self.s.load_balancers.values()
            ),
            *(
                (f"endpoints.{e.name}", e.security_groups, e.subnets[0])
                for e in self.s.endpoints.values()
                if e.subnets
            ),
            *(
                ("function", self.s.function.security_groups, subnet)
                for subnet in self.s.function.subnets
            ),
        ]
        for at, groups, subnet in placed:
            for group in groups:
                home = self.s.security_groups[group].vpc
                self.same_vpc(
                    f"{at}.security_groups", group, home, self.s.subnets[subnet or ""].vpc
                )
        for balancer in self.s.load_balancers.values():
            for subnet in balancer.subnets:
                home = self.s.subnets[balancer.subnets[0]].vpc
                at = f"load_balancers.{balancer.name}.subnets"
                self.same_vpc(at, subnet, self.s.subnets[subnet].vpc, home)

    def addresses(self) -> None:
        taken: dict[tuple[str, object], str] = {}
        placed = [(f"hosts.{h.name}", h.subnet, h.address) for h in self.s.hosts.values()]
        placed += [
            (f"nat_instances.{n.name}", n.subnet, n.address) for n in self.s.nat_instances.values()
        ]
        for at, name, address in placed:
            if not name or address is None:
                continue
            subnet = self.s.subnets[name]
            # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
            kept = [subnet.cidr[i] for i in (0, 1, 2, 3, -1)]
            if address not in subnet.cidr or address in kept:
                accepted = f"an address of {subnet.cidr} other than its first four and its last"
                raise self.bad(f"{at}.address", str(address), accepted)
            if (subnet.vpc, address) in taken:
                accepted = f"another address than {taken[subnet.vpc, address]} has"
                raise self.bad(f"{at}.address", str(address), accepted)
            taken[subnet.vpc, address] = at
        for host in self.s.hosts.values():
            if isinstance(host.ipv6, ipaddress.IPv6Address) or host.ipv6 is True:
                whole = self.s.subnets[host.subnet or ""].ipv6_cidr
                if whole is None or (host.ipv6 is not True and host.ipv6 not in whole):
                    accepted = f"an address of its subnet's ipv6_cidr ({whole or 'it has none'})"
                    raise self.bad(f"hosts.{host.name}.ipv6", str(host.ipv6), accepted)

    def public_addresses(self) -> None:
        taken: dict[object, str] = {}
        placed: list[tuple[str, object]] = [
            *((f"hosts.{h.name}", h.public) for h in self.s.hosts.values()),
            *((f"hosts.{h.name}", h.public_ipv6) for h in self.s.hosts.values()),
            *((f"nat_gateways.{n.name}", n.public) for n in self.s.nat_gateways.values()),
            *((f"nat_instances.{n.name}", n.public) for n in self.s.nat_instances.values()),
        ]
        for at, address in placed:
            if address is None or isinstance(address, bool):
                continue
            if address in taken:
                accepted = f"another address than {taken[address]} has"
                raise self.bad(f"{at}.public", str(address), accepted)
            taken[address] = at

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


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
