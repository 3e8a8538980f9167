"""NAT gateways, their addresses, and VPC endpoints as AWS makes and describes them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


# Elastic IP addresses that somebody allocates without naming one: like AWS's own, and not among
# those that the plan of a scenario chooses.
FIRST_ELASTIC = ipaddress.IPv4Address("54.81.0.10")


def allocated_address(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Give out an address of the lab's internet; moto's are loopback addresses."""
    if call.parameters.get("Address"):
        return
    taken = {model.public_ip for model in account.ec2.addresses}
    free = (str(FIRST_ELASTIC + i) for i in range(4096))
    model = account.ec2.address_by_allocation([result["AllocationId"]])[0]
    model.public_ip = result["PublicIp"] = next(a for a in free if a not in taken)


def describe_nat_gateways(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Say public and zonal where moto says nothing, and the address of the interface.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
    """
    _ = call
    for nat in result["NatGateways"]:
        nat.setdefault("ConnectivityType", "public")
        nat.setdefault("AvailabilityMode", "zonal")
        for address in nat["NatGatewayAddresses"]:
            interface = account.ec2.enis.get(address.get("NetworkInterfaceId"))
            if interface:
                address["PrivateIp"] = interface.private_ip_address


def associate_nat_gateway_address(account: Account, call: Call) -> Response:
    """Give a gateway further addresses; a regional one serves the zone of each.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateNatGatewayAddress.html
    """
    gateway = account.ec2.nat_gateways[call.parameters["NatGatewayId"]]
    allocations = call.parameters["AllocationIds"]
    for model in account.ec2.address_by_allocation(allocations):
        address = {"allocationId": model.allocation_id, "publicIp": model.public_ip}
        zone = call.parameters.get("AvailabilityZone")
        gateway.address_set.append(address | ({"availabilityZone": zone} if zone else {}))
    told = [{"AllocationId": allocation, "Status": "succeeded"} for allocation in allocations]
    return wire.write(call, {"NatGatewayId": gateway.id, "NatGatewayAddresses": told})


def created_nat_gateway(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Give the gateway's interface an address of its subnet, a type and a name.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
    """
    identifier = result["NatGateway"]["NatGatewayId"]
    interface = account.ec2.nat_gateways[identifier]._eni
    address = call.parameters.get("PrivateIpAddress")
    account.settle(interface, address, f"Interface for NAT Gateway {identifier}", "nat_gateway")
    interface._group_set = []  # no security group guards a NAT gateway


def describe_endpoints(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Name interface endpoints as AWS does; a gateway endpoint has no private DNS.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
    """
    _ = call
    for endpoint in result["VpcEndpoints"]:
        if endpoint.setdefault("VpcEndpointType", "Gateway") == "Gateway":
            endpoint["PrivateDnsEnabled"] = False
            continue
        host = f"{endpoint['ServiceName'].rpartition('.')[2]}.{account.region}"
        zones = [
            f"-{account.ec2.get_subnet(subnet).availability_zone}"
            for subnet in endpoint["SubnetIds"]
        ]
        own = f"{endpoint['VpcEndpointId']}-lab"
        names = [f"{own}{zone}.{host}.vpce.amazonaws.com" for zone in ("", *zones)]
        if endpoint["PrivateDnsEnabled"]:
            usual = (f"{host}.amazonaws.com",)
            names += account.private_names.get(endpoint["ServiceName"], usual)
        endpoint["DnsEntries"] = [{"DnsName": n, "HostedZoneId": "Z7HUB22UULQXV"} for n in names]


def describe_endpoint_services(account: Account, call: Call) -> Response:
    """Name other people's services as they tell those whom they let in.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html
    """
    told = [
        {
            "ServiceName": name,
            "ServiceType": [{"ServiceType": "Interface"}],
            "PrivateDnsNames": [{"PrivateDnsName": one} for one in account.private_names[name]],
            "PrivateDnsNameVerificationState": "verified",
        }
        for name in call.parameters.get("ServiceNames", ())
        if name in account.private_names
    ]
    return wire.write(
        call, {"ServiceNames": [one["ServiceName"] for one in told], "ServiceDetails": told}
    )


def created_endpoint(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Give the endpoint's interfaces their addresses, their groups and a name.

    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """
    endpoint = account.ec2.vpc_end_points[result["VpcEndpoint"]["VpcEndpointId"]]
    chosen = call.parameters.get("SubnetConfigurations") or ()
    _settle(account, endpoint, {one["SubnetId"]: one.get("Ipv4") for one in chosen})


def modified_endpoint(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Carry a change through: moto changes the lists and neither interfaces nor routes.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html
    """
    _ = result
    endpoint = account.ec2.vpc_end_points[call.parameters["VpcEndpointId"]]
    if "PrivateDnsEnabled" in call.parameters:
        endpoint.private_dns_enabled = call.parameters["PrivateDnsEnabled"]
    listed = endpoint.destination_prefix_list_id
    for table in call.parameters.get("AddRouteTableIds") or ():
        account.ec2.create_route(
            table, None, gateway_id=endpoint.id, destination_prefix_list_id=listed
        )
    for table in call.parameters.get("RemoveRouteTableIds") or ():
        account.ec2.delete_route(table, None, None, listed)
    _settle(account, endpoint, {})


def _settle(account: Account, endpoint: Any, addresses: Mapping[str, str | None]) -> None:
    """Bring an endpoint's interfaces in line with its subnets and groups."""
    if endpoint.vpc_endpoint_type != "Interface":
        return
    ec2 = account.ec2
    held = {ec2.enis[i].subnet.id: ec2.enis[i] for i in endpoint.network_interface_ids}
    for subnet in set(held) - set(endpoint.subnet_ids):
        del ec2.enis[held.pop(subnet).id]
    for subnet in endpoint.subnet_ids:
        if subnet not in held:
            held[subnet] = ec2.create_network_interface(subnet, None)
        name = f"VPC Endpoint Interface {endpoint.id}"
        account.settle(held[subnet], addresses.get(subnet), name, "vpc_endpoint")
        held[subnet]._group_set = [
            ec2.get_security_group_from_id(group) for group in endpoint.security_group_ids
        ]
    endpoint.network_interface_ids = [held[subnet].id for subnet in endpoint.subnet_ids]
