"""Broken ways between networks of which two have one range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.network.entries import database
from tests.network.world import route
from tests.remedy.cases_between import FAR, side, transit, transit_route

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.remedy.case import Case


def twin_of(block: str, table: str, peer: str, *, hub: bool = True) -> Case:
    """Peer a VPC with one that has the other's range, and lead that range into the peering.

    The route to the hub has that very range as well, or a broader one.
    """
    case = transit()
    case.vpc(block, "vpc-twin")
    case.lists["VpcPeeringConnections"].append(
        {
            "VpcPeeringConnectionId": "pcx-twin",
            "Status": {"Code": "active"},
            "RequesterVpcInfo": side(peer, "10.0.0.0/16" if peer == "vpc-a" else "10.1.0.0/16"),
            "AccepterVpcInfo": side("vpc-twin", block),
        }
    )
    case.routes(table).pop()
    case.routes(table).append(route(block, "pcx-twin"))
    if hub:
        case.routes(table).append(route("10.0.0.0/8", "tgw-a"))
    return case


def asked_of_twin(*, hub: bool) -> Case:
    """Lead requests into the peering; the database's record tells that it is elsewhere."""
    case = twin_of("10.1.0.0/16", "rtb-app", "vpc-a", hub=hub)
    host = "far.abc.eu-west-1.rds.amazonaws.com"
    case.targets.clear()
    case.wants(f"rds {host}:5432", FAR, 5432, host=host)
    case.lists["DBInstances"].append(database(host, "sg-far", vpc="vpc-b", subnet="subnet-far"))
    return case


def twin_at_the_hub() -> Case:
    """Let the transit gateway answer into a third VPC that has the function's range."""
    case = transit()
    case.vpc("10.0.0.0/16", "vpc-twin")
    case.subnet("subnet-twin", "10.0.128.0/24", vpc="vpc-twin")
    case.table("rtb-twin", "vpc-twin", {}, subnets=["subnet-twin"])
    attachment = case.entry("TransitGatewayVpcAttachments", "tgw-attach-b")
    case.lists["TransitGatewayVpcAttachments"].insert(
        0,
        {
            **attachment,
            "TransitGatewayAttachmentId": "tgw-attach-twin",
            "VpcId": "vpc-twin",
            "SubnetIds": ["subnet-twin"],
        },
    )
    case.lists["TransitGatewayRoutes"][0]["Routes"][0] = transit_route(
        "10.0.0.0/16", "tgw-attach-twin", "vpc-twin"
    )
    return case


TWINS: dict[str, tuple[str, Callable[[], Case]]] = {
    "peering with a twin, answers": (
        "no-return-route",
        lambda: twin_of("10.0.0.0/16", "rtb-far", "vpc-b"),
    ),
    "peering with a twin, requests": ("more-specific-route", lambda: asked_of_twin(hub=True)),
    "peering with a twin, no other way": ("no-route-to-target", lambda: asked_of_twin(hub=False)),
    "transit to a twin": ("transit-gateway-no-route", twin_at_the_hub),
}
