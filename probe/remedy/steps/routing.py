"""Steps about where packets go: routes, route tables and subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.remedy.edit import Entry

# Field that names the target of a route, by the prefix of the target's id:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
_TARGETS = {
    "eigw": "EgressOnlyInternetGatewayId",
    "eni": "NetworkInterfaceId",
    "i": "InstanceId",
    "igw": "GatewayId",
    "nat": "NatGatewayId",
    "pcx": "VpcPeeringConnectionId",
    "tgw": "TransitGatewayId",
    "vgw": "GatewayId",
    "vpce": "VpcEndpointId",
}


def destination_field(destination: str) -> str:
    """Return the field of a route that holds this destination."""
    if destination.startswith("pl-"):
        return "DestinationPrefixListId"
    return "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"


def set_route(
    table_id: str,
    destination: str,
    target: str,
    *,
    exists: bool = False,
    depends_on: str | None = None,
) -> Step:
    """Lead a destination to a target; a route that exists must be replaced, not created."""
    field = destination_field(destination)
    parameters = {
        "RouteTableId": table_id,
        field: destination,
        _TARGETS[target.partition("-")[0]]: target,
    }
    route = {field: destination, _shown(target): target, "State": "active", "Origin": "CreateRoute"}

    def change(table: Entry) -> Entry:
        rest = edit.without_items(table, "Routes", lambda old: old.get(field) == destination)
        return edit.with_item(rest, "Routes", route)

    return Step(
        call("ec2", "replace-route" if exists else "create-route", parameters),
        edit.amended("RouteTables", table_id, change),
        Resource(_route_name(destination), "AWS::EC2::Route", parameters, depends_on),
    )


def _shown(target: str) -> str:
    # DescribeRouteTables shows an endpoint as GatewayId.
    field = _TARGETS[target.partition("-")[0]]
    return "GatewayId" if field == "VpcEndpointId" else field


def _route_name(destination: str) -> str:
    return "DefaultRoute" if destination in ("0.0.0.0/0", "::/0") else "RouteToTarget"


def create_table(table_id: str, vpc_id: str, local: tuple[Mapping[str, Any], ...]) -> Step:
    """Create a route table; AWS gives it the VPC's local routes."""
    entry = {"RouteTableId": table_id, "VpcId": vpc_id, "Associations": [], "Routes": list(local)}
    create = call("ec2", "create-route-table", {"VpcId": vpc_id})
    return Step(
        keep(table_id, create, "RouteTable.RouteTableId"),
        edit.added("RouteTables", entry),
        Resource(table_id, "AWS::EC2::RouteTable", {"VpcId": vpc_id}),
    )


def associate(table_id: str, subnet_id: str, association_id: str | None = None) -> Step:
    """Give a subnet this table; an association that it has already must be replaced."""
    parameters = {"SubnetId": subnet_id, "RouteTableId": table_id}
    command = call("ec2", "associate-route-table", parameters)
    if association_id is not None:
        replacing = {"AssociationId": association_id, "RouteTableId": table_id}
        command = call("ec2", "replace-route-table-association", replacing)

    def change(table: Entry) -> Entry:
        kept = edit.without_items(
            table, "Associations", lambda old: old.get("SubnetId") == subnet_id
        )
        if table.get("RouteTableId") != table_id:
            return kept
        return edit.with_item(
            kept,
            "Associations",
            {
                "SubnetId": subnet_id,
                "RouteTableId": table_id,
                "Main": False,
                "RouteTableAssociationId": f"rtbassoc-of-{subnet_id}",
                "AssociationState": {"State": "associated"},
            },
        )

    return Step(
        command,
        edit.every("RouteTables", change),
        Resource("TableOfSubnet", "AWS::EC2::SubnetRouteTableAssociation", parameters),
    )


def propagate(table_id: str, gateway_id: str, routes: tuple[Mapping[str, Any], ...]) -> Step:
    """Let a virtual private gateway write its routes into a table."""
    parameters = {"RouteTableId": table_id, "GatewayId": gateway_id}

    def change(table: Entry) -> Entry:
        new = [route for route in routes if route not in table["Routes"]]
        return edit.with_item(table, "Routes", *new)

    return Step(
        call("ec2", "enable-vgw-route-propagation", parameters),
        edit.amended("RouteTables", table_id, change),
        Resource(
            "Propagation",
            "AWS::EC2::VPNGatewayRoutePropagation",
            {"RouteTableIds": [table_id], "VpnGatewayId": gateway_id},
        ),
    )


def create_subnet(subnet_id: str, block: str, like: Entry, ipv6: str | None = None) -> Step:
    """Create a subnet in the zone of another one, dual-stack where it is given an IPv6 block."""
    vpc_id, zone = like["VpcId"], like.get("AvailabilityZone")
    blocks = {"CidrBlock": block, **({"Ipv6CidrBlock": ipv6} if ipv6 else {})}
    parameters = {"VpcId": vpc_id, **blocks, "AvailabilityZone": zone}
    create = call("ec2", "create-subnet", {k: v for k, v in parameters.items() if v})
    entry = {
        **like,
        "SubnetId": subnet_id,
        "CidrBlock": block,
        "Tags": [],
        "MapPublicIpOnLaunch": False,
    }
    state = {"Ipv6CidrBlockState": {"State": "associated"}}
    associations = [{"Ipv6CidrBlock": ipv6, **state}] if ipv6 else []
    entry["Ipv6CidrBlockAssociationSet"] = associations
    entry.pop("AvailableIpAddressCount", None)
    properties = {"VpcId": vpc_id, **blocks}
    if like.get("AvailabilityZoneId"):
        properties["AvailabilityZoneId"] = like["AvailabilityZoneId"]
    return Step(
        keep(subnet_id, create, "Subnet.SubnetId"),
        edit.added("Subnets", entry),
        Resource(subnet_id, "AWS::EC2::Subnet", properties),
    )


def delete_route(table_id: str, destination: str) -> Step:
    """Take a route from a table."""
    field = destination_field(destination)
    return Step(
        call("ec2", "delete-route", {"RouteTableId": table_id, field: destination}),
        edit.amended(
            "RouteTables",
            table_id,
            lambda table: edit.without_items(
                table,
                "Routes",
                lambda old: (
                    old.get(field) == destination
                    and old.get("Origin", "CreateRoute") == "CreateRoute"
                ),
            ),
        ),
    )
