"""Steps about VPC endpoints, and about the VPC's attributes that their private names need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.remedy.edit import Change, Entry


def create_gateway_endpoint(
    endpoint_id: str, vpc_id: str, service_name: str, table_ids: Sequence[str], prefix_list_id: str
) -> Step:
    """Create a gateway endpoint; AWS adds its route to each of the tables."""
    parameters = {
        "VpcEndpointType": "Gateway",
        "VpcId": vpc_id,
        "ServiceName": service_name,
        "RouteTableIds": list(table_ids),
    }
    entry = {"VpcEndpointId": endpoint_id, **parameters, "State": "available"}
    create = call("ec2", "create-vpc-endpoint", parameters)
    return Step(
        keep(endpoint_id, create, "VpcEndpoint.VpcEndpointId"),
        edit.all_of(
            edit.added("VpcEndpoints", entry),
            *(_routed(table_id, endpoint_id, prefix_list_id) for table_id in table_ids),
        ),
        Resource(endpoint_id, "AWS::EC2::VPCEndpoint", parameters),
    )


def add_table(endpoint: Entry, table_id: str, prefix_list_id: str) -> Step:
    """Associate a gateway endpoint with one more route table."""
    identity = endpoint["VpcEndpointId"]
    tables = [*(endpoint.get("RouteTableIds") or ()), table_id]
    parameters = {"VpcEndpointId": identity, "AddRouteTableIds": [table_id]}
    properties = {
        "VpcEndpointType": "Gateway",
        "VpcId": endpoint["VpcId"],
        "ServiceName": endpoint["ServiceName"],
        "RouteTableIds": tables,
    }
    return Step(
        call("ec2", "modify-vpc-endpoint", parameters),
        edit.all_of(
            edit.amended("VpcEndpoints", identity, lambda e: {**e, "RouteTableIds": tables}),
            _routed(table_id, identity, prefix_list_id),
        ),
        Resource("GatewayEndpoint", "AWS::EC2::VPCEndpoint", properties),
    )


def _routed(table_id: str, endpoint_id: str, prefix_list_id: str) -> Change:
    route = {
        "DestinationPrefixListId": prefix_list_id,
        "GatewayId": endpoint_id,
        "State": "active",
        "Origin": "CreateRoute",
    }

    def change(table: Entry) -> Entry:
        rest = edit.without_items(
            table, "Routes", lambda old: old.get("DestinationPrefixListId") == prefix_list_id
        )
        return edit.with_item(rest, "Routes", route)

    return edit.amended("RouteTables", table_id, change)


def create_interface_endpoint(
    endpoint_id: str,
    service_name: str,
    names: Sequence[str],
    group_id: str,
    places: Sequence[tuple[Entry, str]],
) -> Step:
    """Create an interface endpoint whose private DNS takes over the service's usual names.

    `places`: the subnets, each with an address that is free in it; AWS will pick one of its own.
    """
    subnets = [subnet["SubnetId"] for subnet, _ in places]
    vpc_id = places[0][0]["VpcId"]
    parameters = {
        "VpcEndpointType": "Interface",
        "VpcId": vpc_id,
        "ServiceName": service_name,
        "SubnetIds": subnets,
        "SecurityGroupIds": [group_id],
        "PrivateDnsEnabled": True,
    }
    interfaces = [_interface(endpoint_id, subnet, address, group_id) for subnet, address in places]
    entry = {
        "VpcEndpointId": endpoint_id,
        "VpcEndpointType": "Interface",
        "VpcId": vpc_id,
        "ServiceName": service_name,
        "State": "available",
        "SubnetIds": subnets,
        "Groups": [{"GroupId": group_id}],
        "PrivateDnsEnabled": True,
        "NetworkInterfaceIds": [interface["NetworkInterfaceId"] for interface in interfaces],
        "DnsEntries": [{"DnsName": name} for name in names],
    }
    create = call("ec2", "create-vpc-endpoint", parameters)
    return Step(
        keep(endpoint_id, create, "VpcEndpoint.VpcEndpointId"),
        edit.all_of(
            edit.added("VpcEndpoints", entry),
            *(edit.added("NetworkInterfaces", interface) for interface in interfaces),
        ),
        Resource(endpoint_id, "AWS::EC2::VPCEndpoint", parameters),
    )


def _interface(endpoint_id: str, subnet: Entry, address: str, group_id: str) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": f"eni-{endpoint_id}-{subnet['SubnetId']}",
        "InterfaceType": "vpc_endpoint",
        "Description": f"VPC Endpoint Interface {endpoint_id}",
        "RequesterManaged": True,
        "Status": "in-use",
        "VpcId": subnet["VpcId"],
        "SubnetId": subnet["SubnetId"],
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}],
        "Groups": [{"GroupId": group_id}],
    }


def add_subnet(endpoint: Entry, subnet: Entry, address: str) -> Step:
    """Give an interface endpoint an interface in one more subnet."""
    identity, subnet_id = endpoint["VpcEndpointId"], subnet["SubnetId"]
    groups = endpoint.get("Groups") or ({"GroupId": "default"},)
    interface = _interface(identity, subnet, address, groups[0]["GroupId"])

    def change(entry: Entry) -> Entry:
        more = edit.with_item(entry, "SubnetIds", subnet_id)
        return edit.with_item(more, "NetworkInterfaceIds", interface["NetworkInterfaceId"])

    parameters = {"VpcEndpointId": identity, "AddSubnetIds": [subnet_id]}
    return Step(
        call("ec2", "modify-vpc-endpoint", parameters),
        edit.all_of(
            edit.amended("VpcEndpoints", identity, change),
            edit.added("NetworkInterfaces", interface),
        ),
    )


def delete_endpoint(endpoint: Entry) -> Step:
    """Delete an endpoint; its interfaces, or its routes, go with it."""
    identity = endpoint["VpcEndpointId"]
    interfaces = set(endpoint.get("NetworkInterfaceIds") or ())

    def unrouted(table: Entry) -> Entry:
        return edit.without_items(table, "Routes", lambda old: old.get("GatewayId") == identity)

    return Step(
        call("ec2", "delete-vpc-endpoints", {"VpcEndpointIds": [identity]}),
        edit.all_of(
            edit.removed("VpcEndpoints", lambda e: e.get("VpcEndpointId") == identity),
            edit.removed("NetworkInterfaces", lambda e: e.get("NetworkInterfaceId") in interfaces),
            edit.every("RouteTables", unrouted),
        ),
    )


def turn_on_private_dns(endpoint_id: str) -> Step:
    """Let an interface endpoint take over the service's usual names inside its VPC."""
    parameters = {"VpcEndpointId": endpoint_id, "PrivateDnsEnabled": True}
    return Step(
        call("ec2", "modify-vpc-endpoint", parameters),
        edit.amended("VpcEndpoints", endpoint_id, lambda e: {**e, "PrivateDnsEnabled": True}),
    )


def turn_on_attribute(vpc_id: str, attribute: str) -> Step:
    """Turn on EnableDnsSupport or EnableDnsHostnames of a VPC; one call sets one attribute."""
    parameters = {"VpcId": vpc_id, attribute: {"Value": True}}

    def change(entry: Entry) -> Entry:
        return {**entry, attribute: {"Value": True}}

    def flags(entry: Entry) -> Entry:  # where somebody wrote the attribute into Vpcs
        return change(entry) if attribute in entry else entry

    return Step(
        call("ec2", "modify-vpc-attribute", parameters),
        edit.all_of(
            edit.amended("VpcAttributes", vpc_id, change), edit.amended("Vpcs", vpc_id, flags)
        ),
    )
