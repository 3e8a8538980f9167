"""Gateways, endpoints and Block Public Access, as the describe calls show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.describe.firewalls import firewall_endpoints
from tests.lab.describe.machines import interface_id
from tests.lab.describe.names import endpoint_id, endpoint_names
from tests.lab.machines.names import service_name

if TYPE_CHECKING:
    from tests.lab.kernel.plan import Plan
    from tests.lab.parts import Endpoint, NatGateway, Vpc
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
OWNER = "123456789012"


def gateways(scenario: Scenario, plan: Plan) -> Entry:
    """List everything by which packets leave a VPC."""
    vpcs = scenario.vpcs.values()
    return {
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
    }


def zone(scenario: Scenario, letter: str) -> Entry:
    """Name an Availability Zone in both of AWS's ways."""
    return {
        "AvailabilityZone": f"{scenario.region}{letter}",
        "AvailabilityZoneId": f"lab1-az{ord(letter) - ord('a') + 1}",
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
        "NatGatewayAddresses": [{**public, **zone(scenario, letter)} for letter in zones],
    }


def _endpoint(scenario: Scenario, endpoint: Endpoint) -> Entry:
    interfaces = [f"eni-endpoint-{endpoint.name}-{subnet}" for subnet in endpoint.subnets]
    names = endpoint_names(scenario, endpoint.name) if endpoint.type == "interface" else []
    return {
        "VpcEndpointId": endpoint_id(endpoint.name),
        "VpcEndpointType": endpoint.type.capitalize(),
        "VpcId": f"vpc-{endpoint.vpc}",
        "ServiceName": service_name(scenario.region, endpoint),
        "State": endpoint.state,
        "RouteTableIds": [f"rtb-{table}" for table in endpoint.route_tables],
        "SubnetIds": [f"subnet-{subnet}" for subnet in endpoint.subnets],
        "Groups": [{"GroupId": f"sg-{group}"} for group in endpoint.security_groups],
        "NetworkInterfaceIds": interfaces,
        "PrivateDnsEnabled": endpoint.private_dns,
        "DnsEntries": [{"DnsName": name} for name in names],
    }


def public_access(scenario: Scenario) -> Entry:
    """Describe Block Public Access and what is excluded from it."""
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
