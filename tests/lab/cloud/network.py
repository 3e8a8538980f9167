"""VPCs, their gateways, subnets and route tables."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from tests.lab.cloud.base import Cloud
    from tests.lab.parts import Route, RouteTable, Vpc

_RANDOM_CIDR = "moto.ec2.models.vpcs.random_ipv6_cidr"
_DRAWING = threading.Lock()


def vpcs(cloud: Cloud) -> None:
    """Create the VPCs with their gateways, attributes and DHCP options."""
    for vpc in cloud.scenario.vpcs.values():
        _vpc(cloud, vpc)
        _gateways(cloud, vpc)


def _vpc(cloud: Cloud, vpc: Vpc) -> None:
    ec2 = cloud.ec2
    # moto draws the IPv6 range at random, as AWS does; here the scenario has chosen it already.
    with _DRAWING, mock.patch(_RANDOM_CIDR, return_value=str(vpc.ipv6_cidr)):
        made = ec2.create_vpc(
            CidrBlock=str(vpc.cidr), AmazonProvidedIpv6CidrBlock=vpc.ipv6_cidr is not None
        )["Vpc"]["VpcId"]
    cloud.ids[f"vpc {vpc.name}"] = made
    for cidr in vpc.secondary_cidrs:
        ec2.associate_vpc_cidr_block(VpcId=made, CidrBlock=str(cidr))
    ec2.modify_vpc_attribute(VpcId=made, EnableDnsSupport={"Value": vpc.dns_support})
    ec2.modify_vpc_attribute(VpcId=made, EnableDnsHostnames={"Value": vpc.dns_hostnames})
    mine = [{"Name": "vpc-id", "Values": [made]}]
    tables = ec2.describe_route_tables(Filters=mine)["RouteTables"]
    for table in cloud.scenario.route_tables.values():
        if table.main and table.vpc == vpc.name:
            cloud.ids[f"route-table {table.name}"] = tables[0]["RouteTableId"]
    acl = ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["NetworkAclId"]
    cloud.ids[f"nacl default@{vpc.name}"] = acl
    if vpc.ipv6_cidr:
        _admit_ipv6(cloud, acl)
    group = ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
    cloud.ids[f"security-group {vpc.default_group}"] = group


def _admit_ipv6(cloud: Cloud, acl: str) -> None:
    """Add the rules that AWS adds to the default ACL of a VPC with IPv6.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html
    """
    for egress in (False, True):
        cloud.ec2.create_network_acl_entry(
            NetworkAclId=acl,
            Egress=egress,
            RuleNumber=101,
            RuleAction="allow",
            Protocol="-1",
            Ipv6CidrBlock="::/0",
        )


def dhcp_options(cloud: Cloud) -> None:
    """Give each VPC its DHCP options; moto's default set is one that it cannot describe."""
    for vpc in cloud.scenario.vpcs.values():
        servers = [_server(cloud, word) for word in vpc.dns_servers] or ["AmazonProvidedDNS"]
        made = cloud.ec2.create_dhcp_options(
            DhcpConfigurations=[{"Key": "domain-name-servers", "Values": servers}]
        )["DhcpOptions"]["DhcpOptionsId"]
        cloud.ec2.associate_dhcp_options(DhcpOptionsId=made, VpcId=cloud.id("vpc", vpc.name))
        cloud.ids[f"dhcp-options {vpc.name}"] = made


def _server(cloud: Cloud, word: str) -> str:
    host = cloud.scenario.hosts.get(word)
    if host is None:
        return word
    if host.subnet:
        return str(cloud.plan.eni("host", word).address)
    return str(host.address or host.public)


def _gateways(cloud: Cloud, vpc: Vpc) -> None:
    ec2, home = cloud.ec2, cloud.id("vpc", vpc.name)
    if vpc.internet_gateway:
        made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=home)
        cloud.ids[f"internet-gateway {vpc.name}"] = made
    if vpc.egress_only_internet_gateway:
        gateway = ec2.create_egress_only_internet_gateway(VpcId=home)
        cloud.ids[f"egress-only-internet-gateway {vpc.name}"] = gateway[
            "EgressOnlyInternetGateway"
        ]["EgressOnlyInternetGatewayId"]
    if vpc.virtual_private_gateway:
        made = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        ec2.attach_vpn_gateway(VpcId=home, VpnGatewayId=made)
        cloud.ids[f"virtual-private-gateway {vpc.name}"] = made
        cloud.account.learned[made] = tuple(str(cidr) for cidr in vpc.on_premises)


def detach(cloud: Cloud) -> None:
    """Detach the gateways that are to be detached: AWS accepts no route to one beforehand."""
    for vpc in cloud.scenario.vpcs.values():
        home = cloud.id("vpc", vpc.name)
        if vpc.internet_gateway == "detached":
            gateway = cloud.id("internet-gateway", vpc.name)
            cloud.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=home)
        if vpc.virtual_private_gateway == "detached":
            gateway = cloud.id("virtual-private-gateway", vpc.name)
            cloud.ec2.detach_vpn_gateway(VpnGatewayId=gateway, VpcId=home)


def subnets(cloud: Cloud) -> None:
    """Create the subnets."""
    for subnet in cloud.scenario.subnets.values():
        more = {"Ipv6CidrBlock": str(subnet.ipv6_cidr)} if subnet.ipv6_cidr else {}
        made = cloud.ec2.create_subnet(
            VpcId=cloud.id("vpc", subnet.vpc),
            CidrBlock=str(subnet.cidr),
            AvailabilityZone=cloud.zone(subnet.name),
            **more,
        )
        cloud.ids[f"subnet {subnet.name}"] = made["Subnet"]["SubnetId"]


def route_tables(cloud: Cloud) -> None:
    """Create the route tables and associate them; their routes come when their targets exist."""
    for table in cloud.scenario.route_tables.values():
        if not table.main:
            made = cloud.ec2.create_route_table(VpcId=cloud.id("vpc", table.vpc))
            cloud.ids[f"route-table {table.name}"] = made["RouteTable"]["RouteTableId"]
        if table.gateway:
            cloud.ec2.associate_route_table(
                RouteTableId=cloud.id("route-table", table.name),
                GatewayId=cloud.id(table.gateway, table.vpc),
            )
    for subnet in cloud.scenario.subnets.values():
        if subnet.explicit_table:
            cloud.ec2.associate_route_table(
                RouteTableId=cloud.id("route-table", subnet.route_table),
                SubnetId=cloud.id("subnet", subnet.name),
            )


def routes(cloud: Cloud) -> None:
    """Create the routes."""
    for table in cloud.scenario.route_tables.values():
        add_routes(cloud, cloud.id("route-table", table.name), table.vpc, table.routes)
        if table.propagated:
            _propagate(cloud, table)


def _propagate(cloud: Cloud, table: RouteTable) -> None:
    cloud.ec2.enable_vgw_route_propagation(
        RouteTableId=cloud.id("route-table", table.name),
        GatewayId=cloud.id("virtual-private-gateway", table.vpc),
    )


def add_routes(cloud: Cloud, table: str, vpc: str, wanted: tuple[Route, ...]) -> None:
    """Add routes to one table."""
    for route in wanted:
        cloud.ec2.create_route(
            RouteTableId=table, **_destination(cloud, route), **_target(cloud, route, vpc)
        )


def _destination(cloud: Cloud, route: Route) -> dict[str, str]:
    if isinstance(route.destination, str):
        return {"DestinationPrefixListId": cloud.id("prefix-list", route.destination)}
    if route.destination.version == 6:
        return {"DestinationIpv6CidrBlock": str(route.destination)}
    return {"DestinationCidrBlock": str(route.destination)}


# Kind of target -> the parameter of CreateRoute and the kind of id that it takes.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
_PARAMETERS = {
    "internet-gateway": "GatewayId",
    "virtual-private-gateway": "GatewayId",
    "egress-only-internet-gateway": "EgressOnlyInternetGatewayId",
    "nat-gateway": "NatGatewayId",
    "peering": "VpcPeeringConnectionId",
    "transit-gateway": "TransitGatewayId",
}


def _target(cloud: Cloud, route: Route, vpc: str) -> dict[str, Any]:
    kind, name = route.target.kind, route.target.name or vpc
    if kind == "blackhole" and route.is_ipv6:
        return {"EgressOnlyInternetGatewayId": cloud.id("blackhole-ipv6", vpc)}
    if kind == "blackhole":
        return {"NatGatewayId": cloud.id("blackhole", vpc)}
    if kind in ("host", "nat-instance"):
        return {"NetworkInterfaceId": cloud.id("network-interface", f"{kind} {name}")}
    if kind == "firewall":
        return {"VpcEndpointId": cloud.id("firewall", name)}
    return {_PARAMETERS[kind]: cloud.id(kind, name)}
