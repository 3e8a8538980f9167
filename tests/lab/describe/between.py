"""Peering connections and transit gateways, as the describe calls show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lab.parts import Attachment, TransitGateway
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
OWNER = "123456789012"


def peerings(scenario: Scenario) -> Entry:
    """List peering connections."""

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


def _word(gateway: TransitGateway) -> str:
    return "enable" if gateway.references else "disable"


def transit_gateways(scenario: Scenario) -> Entry:
    """List transit gateways with their attachments, tables and routes."""
    gateways = scenario.transit_gateways.values()
    return {
        "TransitGateways": [
            {
                "TransitGatewayId": f"tgw-{gateway.name}",
                "State": "available",
                "Options": {"SecurityGroupReferencingSupport": _word(gateway)},
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
                    "Ipv6Support": "enable",
                    "SecurityGroupReferencingSupport": _word(gateway),
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
