"""A scenario in AWS's own words: what the describe calls would answer, without any API between.

For the random networks, where a thousand resources through an API would take minutes. Pure. Ids
are made of the scenario's names, so that whoever reads a disagreement finds the part at once.
Names no verdict: what AWS shows is written down here, not what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.describe.filters import network_acls, prefix_lists, security_groups
from tests.lab.describe.firewalls import firewall_endpoints, firewalls
from tests.lab.describe.machines import interface_id, load_balancers, machines
from tests.lab.describe.routes import route_tables

if TYPE_CHECKING:
    from ipaddress import IPv6Network

    from tests.lab.describe.machines import Health
    from tests.lab.kernel.plan import Plan
    from tests.lab.parts import Attachment, Endpoint, NatGateway, Subnet, TransitGateway, Vpc
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
OWNER = "123456789012"


def describe(scenario: Scenario, plan: Plan, health: Health | None = None) -> dict[str, Any]:
    """Return the snapshot of a scenario's network: every list, also the empty ones.

    `health`: what the load balancers' health checks see, where somebody looked.
    """
    vpcs = scenario.vpcs.values()
    return {
        "Vpcs": [_vpc(vpc) for vpc in vpcs],
        "VpcAttributes": [_attributes(vpc) for vpc in vpcs],
        "Subnets": [_subnet(scenario, subnet) for subnet in scenario.subnets.values()],
        "RouteTables": route_tables(scenario),
        "SecurityGroups": security_groups(scenario),
        "NetworkAcls": network_acls(scenario),
        "PrefixLists": [
            {"PrefixListId": i, "PrefixListName": n} for i, n, _ in prefix_lists(scenario)
        ],
        "ManagedPrefixListEntries": [
            {"PrefixListId": i, "Entries": [{"Cidr": c} for c in cidrs]}
            for i, _, cidrs in prefix_lists(scenario)
        ],
        "InternetGateways": [_internet_gateway(v) for v in vpcs if v.internet_gateway],
        "EgressOnlyInternetGateways": [
            {"EgressOnlyInternetGatewayId": f"eigw-{v.name}", "Attachments": _attached(v)}
            for v in vpcs
            if v.egress_only_internet_gateway
        ],
        "VpnGateways": [_vpn_gateway(v) for v in vpcs if v.virtual_private_gateway],
        "NatGateways": [_nat(scenario, plan, nat) for nat in scenario.nat_gateways.values()],
        "VpcEndpoints": [
            *(_endpoint(scenario, endpoint) for endpoint in scenario.endpoints.values()),
            *firewall_endpoints(scenario),
        ],
        "DhcpOptions": [_dhcp(v) for v in vpcs],
        **_peerings(scenario),
        **_transit(scenario),
        **_public_access(scenario),
        **machines(scenario, plan),
        **load_balancers(scenario, plan, health or {}),
        **firewalls(scenario),
        "FunctionConfiguration": _function(scenario),
        "DBInstances": [],
    }


def _function(scenario: Scenario) -> Entry:
    function = scenario.function
    return {
        "FunctionName": "function",
        "State": "Active",
        "VpcConfig": {
            "SubnetIds": [f"subnet-{name}" for name in function.subnets],
            "SecurityGroupIds": [f"sg-{name}" for name in function.security_groups],
            "VpcId": next((f"vpc-{scenario.subnets[s].vpc}" for s in function.subnets), ""),
            "Ipv6AllowedForDualStack": function.ipv6,
        },
    }


def _vpc(vpc: Vpc) -> Entry:
    return {
        "VpcId": f"vpc-{vpc.name}",
        "CidrBlock": str(vpc.cidr),
        "CidrBlockAssociationSet": [
            {"CidrBlock": str(cidr), "CidrBlockState": {"State": "associated"}}
            for cidr in vpc.cidrs
        ],
        "Ipv6CidrBlockAssociationSet": _ipv6(vpc.ipv6_cidr),
        "DhcpOptionsId": f"dopt-{vpc.name}",
        "OwnerId": OWNER,
        "State": "available",
    }


def _ipv6(cidr: IPv6Network | None) -> list[Entry]:
    associated = {"Ipv6CidrBlock": str(cidr), "Ipv6CidrBlockState": {"State": "associated"}}
    return [associated] if cidr else []


def _attributes(vpc: Vpc) -> Entry:
    return {
        "VpcId": f"vpc-{vpc.name}",
        "EnableDnsSupport": {"Value": vpc.dns_support},
        "EnableDnsHostnames": {"Value": vpc.dns_hostnames},
    }


def _dhcp(vpc: Vpc) -> Entry:
    servers = [{"Value": server} for server in vpc.dns_servers or ("AmazonProvidedDNS",)]
    return {
        "DhcpOptionsId": f"dopt-{vpc.name}",
        "DhcpConfigurations": [{"Key": "domain-name-servers", "Values": servers}],
    }


def _zone(scenario: Scenario, letter: str) -> Entry:
    return {
        "AvailabilityZone": f"{scenario.region}{letter}",
        "AvailabilityZoneId": f"lab1-az{ord(letter) - ord('a') + 1}",
    }


def _subnet(scenario: Scenario, subnet: Subnet) -> Entry:
    return {
        "SubnetId": f"subnet-{subnet.name}",
        "VpcId": f"vpc-{subnet.vpc}",
        "CidrBlock": str(subnet.cidr),
        "Ipv6CidrBlockAssociationSet": _ipv6(subnet.ipv6_cidr),
        "OwnerId": OWNER,
        "State": "available",
        "AvailableIpAddressCount": 200,
        **_zone(scenario, subnet.az),
    }


def _attached(vpc: Vpc) -> list[Entry]:
    return [{"State": "attached", "VpcId": f"vpc-{vpc.name}"}]


def _internet_gateway(vpc: Vpc) -> Entry:
    attachments = [{"State": "available", "VpcId": f"vpc-{vpc.name}"}]
    held = attachments if vpc.internet_gateway == "attached" else []
    return {"InternetGatewayId": f"igw-{vpc.name}", "Attachments": held}


def _vpn_gateway(vpc: Vpc) -> Entry:
    held = _attached(vpc) if vpc.virtual_private_gateway == "attached" else []
    return {"VpnGatewayId": f"vgw-{vpc.name}", "State": "available", "VpcAttachments": held}


def _nat(scenario: Scenario, plan: Plan, nat: NatGateway) -> Entry:
    entry: Entry = {
        "NatGatewayId": f"nat-{nat.name}",
        "VpcId": f"vpc-{nat.vpc}",
        "State": nat.state,
        "ConnectivityType": nat.connectivity,
        "AvailabilityMode": nat.mode,
    }
    if nat.subnet:
        eni = plan.eni("nat-gateway", nat.name)
        address = {"PrivateIp": str(eni.address), "NetworkInterfaceId": interface_id(eni)}
        public = {"PublicIp": str(eni.public)} if eni.public else {}
        entry |= {"SubnetId": f"subnet-{nat.subnet}", "NatGatewayAddresses": [address | public]}
    else:
        entry |= _regional(scenario, plan, nat)
    if nat.state == "failed":
        entry["FailureCode"] = "Gateway.NotAttached"
    return entry


def _regional(scenario: Scenario, plan: Plan, nat: NatGateway) -> Entry:
    """Show a NAT gateway without a subnet: one address in each zone that it has grown to."""
    zones = nat.zones or sorted({s.az for s in scenario.subnets.values() if s.vpc == nat.vpc})
    public = {"PublicIp": str(plan.regional[nat.name])}
    return {
        "RouteTableId": f"rtb-regional@{nat.name}",
        "AutoProvisionZones": "disabled" if nat.zones else "enabled",
        "NatGatewayAddresses": [{**public, **_zone(scenario, zone)} for zone in zones],
    }


def _endpoint(scenario: Scenario, endpoint: Endpoint) -> Entry:
    interfaces = [f"eni-endpoint-{endpoint.name}-{subnet}" for subnet in endpoint.subnets]
    host = f"{endpoint.service}.{scenario.region}.amazonaws.com"
    return {
        "VpcEndpointId": f"vpce-{endpoint.name}",
        "VpcEndpointType": endpoint.type.capitalize(),
        "VpcId": f"vpc-{endpoint.vpc}",
        "ServiceName": f"com.amazonaws.{scenario.region}.{endpoint.service}",
        "State": endpoint.state,
        "RouteTableIds": [f"rtb-{table}" for table in endpoint.route_tables],
        "SubnetIds": [f"subnet-{subnet}" for subnet in endpoint.subnets],
        "Groups": [{"GroupId": f"sg-{group}"} for group in endpoint.security_groups],
        "NetworkInterfaceIds": interfaces,
        "PrivateDnsEnabled": endpoint.private_dns,
        "DnsEntries": [{"DnsName": host}] if endpoint.private_dns else [],
    }


def _peerings(scenario: Scenario) -> Entry:
    def side(vpc: str, *, dns: bool) -> Entry:
        return {
            "VpcId": f"vpc-{vpc}",
            "OwnerId": OWNER,
            "Region": scenario.region,
            "CidrBlockSet": [{"CidrBlock": str(cidr)} for cidr in scenario.vpcs[vpc].cidrs],
            "Ipv6CidrBlockSet": [
                {"Ipv6CidrBlock": str(cidr)} for cidr in [scenario.vpcs[vpc].ipv6_cidr] if cidr
            ],
            "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": dns},
        }

    return {
        "VpcPeeringConnections": [
            {
                "VpcPeeringConnectionId": f"pcx-{peering.name}",
                "Status": {"Code": peering.state},
                "RequesterVpcInfo": side(peering.between[0], dns=peering.dns_resolution),
                "AccepterVpcInfo": side(peering.between[1], dns=peering.dns_resolution),
            }
            for peering in scenario.peerings.values()
        ]
    }


def _transit(scenario: Scenario) -> Entry:
    gateways = scenario.transit_gateways.values()
    return {
        "TransitGateways": [
            {
                "TransitGatewayId": f"tgw-{gateway.name}",
                "State": "available",
                "Options": {"SecurityGroupReferencingSupport": "disable"},
            }
            for gateway in gateways
        ],
        "TransitGatewayVpcAttachments": [
            {
                "TransitGatewayAttachmentId": f"tgw-attach-{attachment.name}",
                "TransitGatewayId": f"tgw-{gateway.name}",
                "VpcId": f"vpc-{attachment.vpc}",
                "SubnetIds": [f"subnet-{subnet}" for subnet in attachment.subnets],
                "State": attachment.state,
                "Options": {
                    "ApplianceModeSupport": "disable",
                    "SecurityGroupReferencingSupport": "disable",
                },
            }
            for gateway in gateways
            for attachment in gateway.attachments.values()
        ],
        "TransitGatewayAttachments": [
            _association(gateway, name) for gateway in gateways for name in gateway.attachments
        ],
        "TransitGatewayRouteTables": [
            {"TransitGatewayRouteTableId": f"tgw-rtb-{name}", "TransitGatewayId": f"tgw-{g.name}"}
            for g in gateways
            for name in g.tables
        ],
        "TransitGatewayRoutes": [
            {
                "TransitGatewayRouteTableId": f"tgw-rtb-{name}",
                "Routes": _transit_routes(scenario, gateway, name),
            }
            for gateway in gateways
            for name in gateway.tables
        ],
    }


def _association(gateway: TransitGateway, name: str) -> Entry:
    attachment = gateway.attachments[name]
    entry: Entry = {
        "TransitGatewayAttachmentId": f"tgw-attach-{name}",
        "TransitGatewayId": f"tgw-{gateway.name}",
        "ResourceType": "vpc",
        "ResourceId": f"vpc-{attachment.vpc}",
        "State": attachment.state,
    }
    if attachment.table:
        entry["Association"] = {
            "TransitGatewayRouteTableId": f"tgw-rtb-{attachment.table}",
            "State": "associated",
        }
    return entry


def _transit_routes(scenario: Scenario, gateway: TransitGateway, table: str) -> list[Entry]:
    """List a table's static routes and those that attachments propagate, as a search does.

    A static route and a propagated one for the same range: only the static one is in use.
    https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
    """
    found: dict[str, Entry] = {}
    for attachment in gateway.attachments.values():
        if table in attachment.propagates and attachment.state == "available":
            for cidr in scenario.vpcs[attachment.vpc].ranges:
                found[str(cidr)] = _transit_route(str(cidr), attachment, "propagated")
    for destination, name in gateway.tables[table].routes.items():
        leads = gateway.attachments[name] if name else None
        found[str(destination)] = _transit_route(str(destination), leads, "static")
    return list(found.values())


def _transit_route(cidr: str, attachment: Attachment | None, kind: str) -> Entry:
    entry: Entry = {"DestinationCidrBlock": cidr, "Type": kind, "State": "blackhole"}
    if attachment:
        entry["State"] = "active"
        entry["TransitGatewayAttachments"] = [
            {
                "TransitGatewayAttachmentId": f"tgw-attach-{attachment.name}",
                "ResourceType": "vpc",
                "ResourceId": f"vpc-{attachment.vpc}",
            }
        ]
    return entry


def _public_access(scenario: Scenario) -> Entry:
    access = scenario.block_public_access
    kinds = dict.fromkeys(scenario.vpcs, "vpc") | dict.fromkeys(scenario.subnets, "subnet")
    return {
        "VpcBlockPublicAccessOptions": {
            "InternetGatewayBlockMode": access.mode,
            "State": "update-complete",
        },
        "VpcBlockPublicAccessExclusions": [
            {
                "ExclusionId": f"vpcbpa-exclude-{name}",
                "InternetGatewayExclusionMode": mode,
                "ResourceArn": (
                    f"arn:aws:ec2:{scenario.region}:{OWNER}:{kinds[name]}/{kinds[name]}-{name}"
                ),
                "State": "create-complete",
            }
            for name, mode in access.exclusions.items()
        ],
    }
