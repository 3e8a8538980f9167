"""What routes lead to beyond a VPC's own gateways: NAT, endpoints, peerings, transit gateways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.lab.cloud.network import add_routes
from tests.lab.machines.names import own_names, private_names, service_name

if TYPE_CHECKING:
    from tests.lab.cloud.base import Cloud
    from tests.lab.parts import Endpoint, NatGateway, Peering, TransitGateway

DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def nat_gateways(cloud: Cloud) -> None:
    """Create the NAT gateways, and what routes to nowhere shall have had as their targets."""
    for nat in cloud.scenario.nat_gateways.values():
        _nat_gateway(cloud, nat)
    for table in cloud.scenario.route_tables.values():
        lost = [route for route in table.routes if route.target.kind == "blackhole"]
        homes = [s.name for s in cloud.scenario.subnets.values() if s.vpc == table.vpc]
        # NAT gateways take IPv4, and IPv6 for NAT64 only; ::/0 leads to an egress-only gateway.
        # https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
        if any(route.is_ipv6 for route in lost) and f"blackhole-ipv6 {table.vpc}" not in cloud.ids:
            outward = cloud.ec2.create_egress_only_internet_gateway(
                VpcId=cloud.id("vpc", table.vpc)
            )
            cloud.ids[f"blackhole-ipv6 {table.vpc}"] = outward["EgressOnlyInternetGateway"][
                "EgressOnlyInternetGatewayId"
            ]
        ipv4 = any(not route.is_ipv6 for route in lost)
        if ipv4 and homes and f"blackhole {table.vpc}" not in cloud.ids:
            made = cloud.ec2.create_nat_gateway(
                SubnetId=cloud.id("subnet", homes[0]), ConnectivityType="private"
            )
            cloud.ids[f"blackhole {table.vpc}"] = made["NatGateway"]["NatGatewayId"]


def _nat_gateway(cloud: Cloud, nat: NatGateway) -> None:
    if nat.mode == "regional":
        _regional(cloud, nat)
        return
    eni = cloud.plan.eni("nat-gateway", nat.name)
    more = {"AllocationId": cloud.elastic_ip(str(eni.public))} if eni.public else {}
    made = cloud.ec2.create_nat_gateway(
        SubnetId=cloud.id("subnet", eni.subnet),
        ConnectivityType=nat.connectivity,
        PrivateIpAddress=str(eni.address),
        **more,
    )["NatGateway"]["NatGatewayId"]
    cloud.ids[f"nat-gateway {nat.name}"] = made
    if any((fault.at, fault.kind) == (nat.name, "ports") for fault in cloud.scenario.faults):
        _count_refused(cloud, made)


def _count_refused(cloud: Cloud, gateway: str) -> None:
    """Have CloudWatch know of connections for which the gateway had no port left.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway-cloudwatch.html
    """
    cloud.aws("cloudwatch").put_metric_data(
        Namespace="AWS/NATGateway",
        MetricData=[
            {
                "MetricName": "ErrorPortAllocation",
                "Dimensions": [{"Name": "NatGatewayId", "Value": gateway}],
                "Value": 42.0,
                "Unit": "Count",
            }
        ],
    )


def _regional(cloud: Cloud, nat: NatGateway) -> None:
    """Make a regional gateway out of a zonal one: moto knows no other.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
    """
    ec2, home = cloud.ec2, cloud.id("vpc", nat.vpc)
    subnet = next(s.name for s in cloud.scenario.subnets.values() if s.vpc == nat.vpc)
    made = ec2.create_nat_gateway(
        SubnetId=cloud.id("subnet", subnet),
        AllocationId=cloud.elastic_ip(str(cloud.plan.regional[nat.name])),
    )["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=home)["RouteTable"]["RouteTableId"]
    cloud.ids[f"nat-gateway {nat.name}"] = made
    cloud.ids[f"route-table {nat.name}"] = table
    if nat.routes is not None:
        add_routes(cloud, table, nat.vpc, nat.routes)
    elif cloud.scenario.vpcs[nat.vpc].internet_gateway:
        gateway = cloud.id("internet-gateway", nat.vpc)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    cloud.account.overrides[table] = {
        "Associations": [
            {
                "Main": False,
                "RouteTableId": table,
                "GatewayId": made,
                "AssociationState": {"State": "associated"},
            }
        ]
    }
    model = cloud.account.ec2.nat_gateways[made]
    model.availability_mode, model.route_table_id, model.subnet_id = "regional", table, None
    model.address_set = [
        {
            "allocationId": address["allocationId"],
            "publicIp": address["publicIp"],
            "availabilityZone": f"{cloud.scenario.region}{zone}",
        }
        for address in model.address_set
        for zone in nat.zones or _zones(cloud, nat.vpc)
    ]
    del cloud.account.ec2.enis[model._eni.id]
    model.auto_scaling_ips = "enabled"
    # Kept to some zones by hand it stays there; else it grows to every zone with interfaces.
    model.auto_provision_zones = "disabled" if nat.zones else "enabled"


def _zones(cloud: Cloud, vpc: str) -> list[str]:
    """List the zones in which a VPC has subnets."""
    return sorted({s.az for s in cloud.scenario.subnets.values() if s.vpc == vpc})


def settle_nat_gateways(cloud: Cloud) -> None:
    """Bring the gateways into their states: AWS accepts no route to a failed one beforehand."""
    for nat in cloud.scenario.nat_gateways.values():
        identifier = cloud.id("nat-gateway", nat.name)
        model = cloud.account.ec2.nat_gateways[identifier]
        if nat.state == "deleted":
            cloud.ec2.delete_nat_gateway(NatGatewayId=identifier)
        model.state = nat.state
        if nat.state == "failed":
            model.failure_code = "InsufficientFreeAddressesInSubnet"
            model.failure_message = "The subnet has no free address for the NAT gateway"
    for key, identifier in cloud.ids.items():
        # About an hour after its end AWS forgets a gateway; routes to it stay, as black holes.
        # https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
        if key.startswith("blackhole "):
            gone = cloud.account.ec2.nat_gateways.pop(identifier)
            del cloud.account.ec2.enis[gone._eni.id]
        if key.startswith("blackhole-ipv6 "):
            cloud.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=identifier)


def endpoints(cloud: Cloud) -> None:
    """Create the VPC endpoints."""
    for endpoint in cloud.scenario.endpoints.values():
        policy = DENY if endpoint.policy == "deny" else endpoint.policy
        more = {} if policy == "allow" else {"PolicyDocument": json.dumps(policy)}
        made = cloud.ec2.create_vpc_endpoint(
            VpcId=cloud.id("vpc", endpoint.vpc),
            ServiceName=service_name(cloud.scenario.region, endpoint),
            **_kind(cloud, endpoint),
            **more,
        )["VpcEndpoint"]["VpcEndpointId"]
        cloud.ids[f"endpoint {endpoint.name}"] = made
        cloud.account.ec2.vpc_end_points[made].state = endpoint.state
        if endpoint.type == "interface":
            own, *_ = own_names(cloud.scenario, endpoint, made)
            cloud.host_names[endpoint.name] = own
            private = private_names(cloud.scenario, endpoint)
            cloud.account.private_names[service_name(cloud.scenario.region, endpoint)] = private


def _kind(cloud: Cloud, endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.type == "gateway":
        tables = [cloud.id("route-table", name) for name in endpoint.route_tables]
        return {"VpcEndpointType": "Gateway", "RouteTableIds": tables}
    chosen = [
        {
            "SubnetId": cloud.id("subnet", subnet),
            "Ipv4": str(cloud.plan.eni("endpoint", endpoint.name, subnet).address),
        }
        for subnet in endpoint.subnets
    ]
    return {
        "VpcEndpointType": "Interface",
        "SubnetIds": [one["SubnetId"] for one in chosen],
        "SubnetConfigurations": chosen,
        "SecurityGroupIds": [cloud.id("security-group", g) for g in endpoint.security_groups],
        "PrivateDnsEnabled": endpoint.private_dns,
    }


def peerings(cloud: Cloud) -> None:
    """Create the peering connections."""
    for peering in cloud.scenario.peerings.values():
        made = cloud.ec2.create_vpc_peering_connection(
            VpcId=cloud.id("vpc", peering.between[0]), PeerVpcId=cloud.id("vpc", peering.between[1])
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        cloud.ids[f"peering {peering.name}"] = made
        cloud.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
        if peering.dns_resolution:
            options = {"AllowDnsResolutionFromRemoteVpc": True}
            cloud.ec2.modify_vpc_peering_connection_options(
                VpcPeeringConnectionId=made,
                AccepterPeeringConnectionOptions=options,
                RequesterPeeringConnectionOptions=options,
            )


def settle_peerings(cloud: Cloud) -> None:
    """Bring the peerings into their states, once routes lead to them."""
    for peering in cloud.scenario.peerings.values():
        _settle_peering(cloud, peering)


def _settle_peering(cloud: Cloud, peering: Peering) -> None:
    status = cloud.account.ec2.vpc_pcxs[cloud.id("peering", peering.name)]._status
    if peering.state != "active":
        status.code, status.message = peering.state, peering.state.replace("-", " ").capitalize()


def transit_gateways(cloud: Cloud) -> None:
    """Create the transit gateways with their attachments and tables."""
    for gateway in cloud.scenario.transit_gateways.values():
        made = cloud.ec2.create_transit_gateway(
            Options={
                "DefaultRouteTableAssociation": "disable",
                "DefaultRouteTablePropagation": "disable",
                "SecurityGroupReferencingSupport": "enable" if gateway.references else "disable",
            }
        )["TransitGateway"]["TransitGatewayId"]
        cloud.ids[f"transit-gateway {gateway.name}"] = made
        for name in gateway.tables:
            table = cloud.ec2.create_transit_gateway_route_table(TransitGatewayId=made)
            cloud.ids[f"transit-table {gateway.name} {name}"] = table["TransitGatewayRouteTable"][
                "TransitGatewayRouteTableId"
            ]
        _attachments(cloud, gateway)
        _transit_routes(cloud, gateway)


def _attachments(cloud: Cloud, gateway: TransitGateway) -> None:
    for attachment in gateway.attachments.values():
        made = cloud.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=cloud.id("transit-gateway", gateway.name),
            VpcId=cloud.id("vpc", attachment.vpc),
            SubnetIds=[cloud.id("subnet", subnet) for subnet in attachment.subnets],
        )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
        cloud.ids[f"attachment {gateway.name} {attachment.name}"] = made
        for name in (attachment.table,) if attachment.table else ():
            cloud.ec2.associate_transit_gateway_route_table(
                TransitGatewayRouteTableId=cloud.id("transit-table", f"{gateway.name} {name}"),
                TransitGatewayAttachmentId=made,
            )
        for name in attachment.propagates:
            cloud.ec2.enable_transit_gateway_route_table_propagation(
                TransitGatewayRouteTableId=cloud.id("transit-table", f"{gateway.name} {name}"),
                TransitGatewayAttachmentId=made,
            )
        for subnet in attachment.subnets:
            eni = cloud.plan.eni("transit-gateway", gateway.name, attachment.name, subnet)
            interface = cloud.interface(
                eni, f"Network Interface for Transit Gateway Attachment {made}"
            )
            cloud.managed(interface, "transit_gateway", "amazon-aws")
        cloud.account.ec2.transit_gateway_attachments[made].state = attachment.state


def _transit_routes(cloud: Cloud, gateway: TransitGateway) -> None:
    for table in gateway.tables.values():
        for destination, attachment in table.routes.items():
            way: dict[str, Any] = {"Blackhole": True}
            if attachment:
                named = cloud.id("attachment", f"{gateway.name} {attachment}")
                way = {"TransitGatewayAttachmentId": named}
            cloud.ec2.create_transit_gateway_route(
                TransitGatewayRouteTableId=cloud.id(
                    "transit-table", f"{gateway.name} {table.name}"
                ),
                DestinationCidrBlock=str(destination),
                **way,
            )
