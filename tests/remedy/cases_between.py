"""Broken ways between networks, and functions that stand in the wrong place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.network.world import ANYWHERE, route, tcp
from tests.remedy.case import INTERNET, WEB, Case, placement, with_nat

if TYPE_CHECKING:
    from collections.abc import Callable

FAR = "10.1.2.10"
V6 = "2001:db8:ffff::10"


def two_vpcs() -> Case:
    """Build a second VPC with a database in it, and the function in the first."""
    case = placement()
    case.vpc("10.1.0.0/16", "vpc-b")
    case.subnet("subnet-far", "10.1.2.0/24", vpc="vpc-b")
    case.table("rtb-far", "vpc-b", {}, subnets=["subnet-far"])
    case.group("sg-far", vpc="vpc-b", ingress=[tcp(5432, cidr="10.0.0.0/16")])
    case.interface("eni-far", FAR, "subnet-far", ["sg-far"])
    case.wants("rds far.example.internal:5432", FAR, 5432, host="far.example.internal")
    return case


def peered(status: str = "active", *, forth: bool = True, back: bool = True) -> Case:
    """Peer the two VPCs."""
    case = two_vpcs()
    case.lists["VpcPeeringConnections"].append(
        {
            "VpcPeeringConnectionId": "pcx-ab",
            "Status": {"Code": status},
            "RequesterVpcInfo": side("vpc-a", "10.0.0.0/16"),
            "AccepterVpcInfo": side("vpc-b", "10.1.0.0/16"),
        }
    )
    if forth:
        case.routes("rtb-app").append(route("10.1.0.0/16", "pcx-ab"))
    if back:
        case.routes("rtb-far").append(route("10.0.0.0/16", "pcx-ab"))
    return case


def peered_behind_nat() -> Case:
    """Give the function's table a default route to NAT, and none to the peering connection."""
    case = with_nat(peered(forth=False))
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    return case


def side(vpc: str, cidr: str) -> dict[str, Any]:
    """One end of a peering connection."""
    return {
        "VpcId": vpc,
        "CidrBlock": cidr,
        "CidrBlockSet": [{"CidrBlock": cidr}],
        "Region": "eu-west-1",
        "OwnerId": "111122223333",
        "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": True},
    }


def peering_of_others() -> Case:
    """Lead the target's block to a peering connection with a third VPC."""
    case = two_vpcs()
    case.vpc("10.2.0.0/16", "vpc-c")
    case.lists["VpcPeeringConnections"].append(
        {
            "VpcPeeringConnectionId": "pcx-ac",
            "Status": {"Code": "active"},
            "RequesterVpcInfo": side("vpc-a", "10.0.0.0/16"),
            "AccepterVpcInfo": side("vpc-c", "10.2.0.0/16"),
        }
    )
    case.routes("rtb-app").append(route("10.1.0.0/16", "pcx-ac"))
    return case


def peering_to_the_internet() -> Case:
    """Lead everything to the peered VPC, which has a database and a NAT gateway."""
    case = peered(forth=False)
    case.routes("rtb-app").append(route(ANYWHERE, "pcx-ab"))
    case.wants(WEB, INTERNET)
    return case


def stale_route_inside_the_vpc() -> Case:
    """Let a dead route for a part of the VPC win over the local one."""
    case = placement()
    case.routes("rtb-app").append(route("10.0.2.0/24", "nat-gone", State="blackhole"))
    case.wants("rds db:5432", "10.0.2.10", 5432)
    return case


def shadowed() -> Case:
    """Let a dead route for the target's subnet win over the good one for its VPC."""
    case = peered()
    case.routes("rtb-app").append(route("10.1.2.0/24", "nat-gone", State="blackhole"))
    return case


def transit(*, zones: tuple[str, ...] = ("subnet-app", "subnet-data")) -> Case:
    """Join the two VPCs by a transit gateway."""
    case = two_vpcs()
    case.lists["TransitGateways"].append(
        {
            "TransitGatewayId": "tgw-a",
            "State": "available",
            "Options": {"SecurityGroupReferencingSupport": "disable"},
        }
    )
    case.lists["TransitGatewayRouteTables"].append(
        {"TransitGatewayRouteTableId": "tgw-rtb-a", "TransitGatewayId": "tgw-a"}
    )
    for vpc, name, subnets in (
        ("vpc-a", "tgw-attach-a", list(zones)),
        ("vpc-b", "tgw-attach-b", ["subnet-far"]),
    ):
        common = {
            "TransitGatewayAttachmentId": name,
            "TransitGatewayId": "tgw-a",
            "State": "available",
        }
        case.lists["TransitGatewayVpcAttachments"].append(
            {
                **common,
                "VpcId": vpc,
                "SubnetIds": subnets,
                "Options": {"SecurityGroupReferencingSupport": "disable"},
            }
        )
        association = {"TransitGatewayRouteTableId": "tgw-rtb-a", "State": "associated"}
        case.lists["TransitGatewayAttachments"].append(
            {**common, "ResourceType": "vpc", "ResourceId": vpc, "Association": association}
        )
    case.lists["TransitGatewayRoutes"].append(
        {
            "TransitGatewayRouteTableId": "tgw-rtb-a",
            "Routes": [
                transit_route("10.0.0.0/16", "tgw-attach-a", "vpc-a"),
                transit_route("10.1.0.0/16", "tgw-attach-b", "vpc-b"),
            ],
        }
    )
    case.routes("rtb-app").append(route("10.1.0.0/16", "tgw-a"))
    case.routes("rtb-far").append(route("10.0.0.0/16", "tgw-a"))
    return case


def transit_route(block: str, attachment: str, vpc: str, **more: Any) -> dict[str, Any]:
    """One propagated route of a transit gateway route table."""
    return {
        "DestinationCidrBlock": block,
        "Type": "propagated",
        "State": "active",
        "TransitGatewayAttachments": [
            {
                "TransitGatewayAttachmentId": attachment,
                "ResourceType": "vpc",
                "ResourceId": vpc,
            }
        ],
        **more,
    }


def transit_without_association() -> Case:
    """Associate the function's attachment with no table."""
    case = transit()
    del case.entry("TransitGatewayAttachments", "tgw-attach-a")["Association"]
    return case


def transit_waiting() -> Case:
    """Leave the attachment of the function's VPC unaccepted."""
    case = transit()
    case.entry("TransitGatewayVpcAttachments", "tgw-attach-a")["State"] = "pendingAcceptance"
    return case


def transit_without_route() -> Case:
    """Take the route to the target's VPC from the transit gateway's table."""
    case = transit()
    case.lists["TransitGatewayRoutes"][0]["Routes"].pop()
    return case


def transit_unnamed() -> Case:
    """Attach both VPCs to the transit gateway, and lead neither to it."""
    case = transit()
    for table in ("rtb-app", "rtb-far"):
        case.routes(table).pop()
    return case


def transit_blackhole() -> Case:
    """Drop the target's subnet in the transit gateway's table."""
    case = transit()
    case.lists["TransitGatewayRoutes"][0]["Routes"].append(
        {
            "DestinationCidrBlock": "10.1.2.0/24",
            "Type": "static",
            "State": "blackhole",
            "TransitGatewayAttachments": [],
        }
    )
    return case


def reference_over_transit() -> Case:
    """Name the function's group in a rule that no transit gateway carries it to."""
    case = transit()
    case.entry("SecurityGroups", "sg-far")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    return case


def outside_any_vpc() -> Case:
    """Put the function into no VPC, and give the database a group that admits another one."""
    case = with_nat(placement())
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    case.group("sg-clients")
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-clients")]
    case.wants("rds db.example.internal:5432", "10.0.2.10", 5432)
    case.function([], [])
    return case


def outside_without_clients() -> Case:
    """Put the function into no VPC, and let the database's group admit nobody."""
    case = outside_any_vpc()
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = []
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


def ipv6(*, allowed: bool, gateway: bool, routed: bool) -> Case:
    """Give everything IPv6, as far as it is asked for."""
    case = placement()
    case.lists["Subnets"] = []
    case.entry("Vpcs", "vpc-a")["Ipv6CidrBlockAssociationSet"] = [
        {"Ipv6CidrBlock": "2001:db8:a::/56", "Ipv6CidrBlockState": {"State": "associated"}}
    ]
    case.subnet("subnet-app", "10.0.1.0/24", ipv6="2001:db8:a:1::/64")
    case.lists["FunctionConfiguration"]["VpcConfig"]["Ipv6AllowedForDualStack"] = allowed
    if gateway:
        case.eigw()
    if routed:
        case.routes("rtb-app").append(route("::/0", "eigw-a"))
    case.wants(WEB, V6, host="api.example.com")
    return case


def ipv6_gateway_deleted() -> Case:
    """Leave the route to an egress-only gateway that is gone."""
    case = ipv6(allowed=True, gateway=False, routed=True)
    case.routes("rtb-app")[-1]["State"] = "blackhole"
    return case


def block_public_access() -> Case:
    """Switch off all internet gateways of the account."""
    case = with_nat(placement())
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    states = {"InternetGatewayBlockMode": "block-bidirectional"}
    case.entry("Subnets", "subnet-public")["BlockPublicAccessStates"] = states
    case.lists["VpcBlockPublicAccessExclusions"] = []
    case.lists["VpcBlockPublicAccessOptions"] = states
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


def regional_nat_elsewhere() -> Case:
    """Keep a regional NAT gateway to another zone by hand."""
    case = placement()
    case.igw()
    case.table("rtb-nat", "vpc-a", {ANYWHERE: "igw-a"})
    case.lists["NatGateways"].append(
        {
            "NatGatewayId": "nat-a",
            "VpcId": "vpc-a",
            "State": "available",
            "ConnectivityType": "public",
            "AvailabilityMode": "regional",
            "AutoProvisionZones": "disabled",
            "RouteTableId": "rtb-nat",
            "NatGatewayAddresses": [
                {"AvailabilityZone": "eu-west-1b", "PublicIp": "198.51.100.7"},
            ],
        }
    )
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


BETWEEN: dict[str, tuple[str, Callable[[], Case]]] = {
    "not in a VPC": ("function-not-in-vpc", outside_any_vpc),
    "not in a VPC, no clients": ("function-not-in-vpc", outside_without_clients),
    "IPv6 not allowed": (
        "ipv6-not-allowed",
        lambda: ipv6(allowed=False, gateway=True, routed=True),
    ),
    "IPv6, no route": (
        "no-egress-only-gateway",
        lambda: ipv6(allowed=True, gateway=True, routed=False),
    ),
    "IPv6, no gateway": (
        "no-egress-only-gateway",
        lambda: ipv6(allowed=True, gateway=False, routed=False),
    ),
    "IPv6, gateway deleted": ("blackhole-route", ipv6_gateway_deleted),
    "Block Public Access": ("block-public-access", block_public_access),
    "regional NAT elsewhere": ("nat-gateway-not-in-zone", regional_nat_elsewhere),
    "VPCs apart": ("no-route-to-target", two_vpcs),
    "peering, no route": ("no-route-to-target", lambda: peered(forth=False)),
    "peering, NAT instead": ("no-route-to-target", peered_behind_nat),
    "peering, no way back": ("no-return-route", lambda: peered(back=False)),
    "peering waits": ("peering-not-active", lambda: peered("pending-acceptance")),
    "peering with others": ("peering-not-transitive", peering_of_others),
    "peering to the internet": ("peering-not-transitive", peering_to_the_internet),
    "dead route inside": ("more-specific-route", stale_route_inside_the_vpc),
    "shadowed route": ("more-specific-route", shadowed),
    "transit, zone": ("transit-gateway-not-in-zone", lambda: transit(zones=("subnet-data",))),
    "transit, no route names it": ("no-route-to-target", transit_unnamed),
    "transit waits": ("transit-gateway-attachment-not-available", transit_waiting),
    "transit, no table": ("transit-gateway-no-association", transit_without_association),
    "transit, no route": ("transit-gateway-no-route", transit_without_route),
    "transit, blackhole": ("transit-gateway-blackhole", transit_blackhole),
    "reference over transit": ("security-group-reference-lost", reference_over_transit),
}
