"""Route tables, as the describe call shows them: local, written, learned, and by endpoint.

A route whose target is gone, detached or not agreed to shows as blackhole.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.kernel.topology import regional_table

if TYPE_CHECKING:
    from tests.lab.parts import Route, RouteTable, Target
    from tests.lab.reading import Network
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]


def route_tables(scenario: Scenario) -> list[Entry]:
    """List every route table; subnets on the main table appear nowhere, as in AWS."""
    regional = [
        regional_table(scenario, nat)
        for nat in scenario.nat_gateways.values()
        if nat.mode == "regional"
    ]
    return [_table(scenario, table) for table in (*scenario.route_tables.values(), *regional)]


def _table(scenario: Scenario, table: RouteTable) -> Entry:
    vpc = scenario.vpcs[table.vpc]
    routes = [
        {
            _key(cidr): str(cidr),
            "GatewayId": "local",
            "Origin": "CreateRouteTable",
            "State": "active",
        }
        for cidr in vpc.ranges
    ]
    routes += [_route(scenario, table, route) for route in table.routes]
    routes += _learned(scenario, table)
    routes += [
        {
            "DestinationPrefixListId": f"pl-{endpoint.service}",
            "GatewayId": f"vpce-{endpoint.name}",
            "Origin": "CreateRoute",
            "State": "active",
        }
        for endpoint in scenario.endpoints.values()
        if endpoint.type == "gateway" and table.name in endpoint.route_tables
    ]
    return {
        "RouteTableId": f"rtb-{table.name}",
        "VpcId": f"vpc-{table.vpc}",
        "Associations": _associations(scenario, table),
        "Routes": routes,
    }


def _associations(scenario: Scenario, table: RouteTable) -> list[Entry]:
    found: list[Entry] = [
        {"Main": False, "SubnetId": f"subnet-{s.name}", "RouteTableId": f"rtb-{table.name}"}
        for s in scenario.subnets.values()
        if s.explicit_table and s.route_table == table.name
    ]
    if table.main:
        found.append({"Main": True, "RouteTableId": f"rtb-{table.name}"})
    if table.gateway:
        found.append({"Main": False, "GatewayId": f"igw-{table.vpc}"})
    return [{**one, "AssociationState": {"State": "associated"}} for one in found]


def _route(scenario: Scenario, table: RouteTable, route: Route) -> Entry:
    entry: Entry = {"Origin": "CreateRoute"}
    if isinstance(route.destination, str):
        entry["DestinationPrefixListId"] = f"pl-{route.destination}"
    else:
        entry[_key(route.destination)] = str(route.destination)
    entry["State"] = "blackhole" if _gone(scenario, table, route.target) else "active"
    return entry | _target(table, route)


def _key(destination: Network) -> str:
    return "DestinationCidrBlock" if destination.version == 4 else "DestinationIpv6CidrBlock"


def _target(table: RouteTable, route: Route) -> Entry:
    target = route.target
    fields = {
        "internet-gateway": ("GatewayId", f"igw-{table.vpc}"),
        "egress-only-internet-gateway": ("EgressOnlyInternetGatewayId", f"eigw-{table.vpc}"),
        "virtual-private-gateway": ("GatewayId", f"vgw-{table.vpc}"),
        "nat-gateway": ("NatGatewayId", f"nat-{target.name}"),
        "peering": ("VpcPeeringConnectionId", f"pcx-{target.name}"),
        "transit-gateway": ("TransitGatewayId", f"tgw-{target.name}"),
        "nat-instance": ("NetworkInterfaceId", f"eni-nat-instance-{target.name}"),
        "host": ("NetworkInterfaceId", f"eni-host-{target.name}"),
        "firewall": ("GatewayId", f"vpce-{target.name}"),
        # What stood there was deleted; a NAT gateway is what people delete, and for IPv6 an
        # egress-only one: https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
        "blackhole": ("EgressOnlyInternetGatewayId", "eigw-gone")
        if route.is_ipv6
        else ("NatGatewayId", "nat-gone"),
    }
    key, value = fields[target.kind]
    found = {key: value}
    if target.kind == "nat-instance":
        found["InstanceId"] = f"i-{target.name}"
    return found


def _gone(scenario: Scenario, table: RouteTable, target: Target) -> bool:
    vpc = scenario.vpcs[table.vpc]
    name = target.name or ""
    match target.kind:
        case "blackhole":
            return True
        case "internet-gateway":
            return vpc.internet_gateway != "attached"
        case "virtual-private-gateway":
            return vpc.virtual_private_gateway != "attached"
        case "nat-gateway":
            return scenario.nat_gateways[name].state == "deleted"
        case "nat-instance":
            return scenario.nat_instances[name].state != "running"
        case "firewall":
            return scenario.firewalls[name].state != "available"
        case "peering":
            return scenario.peerings[name].state != "active"
        case "transit-gateway":
            attachments = scenario.transit_gateways[name].attachments.values()
            return not any(a.vpc == table.vpc and a.state == "available" for a in attachments)
    return False


def _learned(scenario: Scenario, table: RouteTable) -> list[Entry]:
    vpc = scenario.vpcs[table.vpc]
    if not table.propagated or vpc.virtual_private_gateway != "attached":
        return []
    return [
        {
            "DestinationCidrBlock": str(cidr),
            "GatewayId": f"vgw-{vpc.name}",
            "Origin": "EnableVgwRoutePropagation",
            "State": "active",
        }
        for cidr in vpc.on_premises
    ]
