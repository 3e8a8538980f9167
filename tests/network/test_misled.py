"""A transit gateway's broad route that takes packets to a VPC from which they cannot go on."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from tests.network.across import join, to_database, two_vpcs
from tests.network.world import ANYWHERE, World, codes, route, transit_route


@pytest.fixture
def isolated() -> World:
    """Let the function's attachment have a table of its own: a default route to an egress VPC."""
    attached = two_vpcs()
    join(attached)
    attached.routes("rtb-app").append(route("10.8.0.0/16", "tgw-1"))
    attached.routes("rtb-db").append(route("10.0.0.0/16", "tgw-1"))
    attached.vpc("10.255.0.0/22", "vpc-out")
    attached.subnet("subnet-land", "10.255.0.0/28", vpc="vpc-out")
    attached.subnet("subnet-public", "10.255.1.0/24", vpc="vpc-out")
    attached.igw("vpc-out")
    attached.nat("subnet-public")
    attached.transit("tgw-2", "tgw-rtb-isolated", vpc_out=["subnet-land"])
    attached.lists["TransitGateways"].pop()
    for name in ("TransitGatewayVpcAttachments", "TransitGatewayAttachments"):
        attached.entry(name, "tgw-attach-vpc-out")["TransitGatewayId"] = "tgw-1"
    own = attached.entry("TransitGatewayAttachments", "tgw-attach-vpc-a")
    own["Association"]["TransitGatewayRouteTableId"] = "tgw-rtb-isolated"
    attached.transit_routes("tgw-rtb-isolated")[:] = [
        transit_route(ANYWHERE, "tgw-attach-vpc-out", "vpc-out", Type="static")
    ]
    attached.table("rtb-land", "vpc-out", {ANYWHERE: "nat-a"}, subnets=["subnet-land"])
    attached.table("rtb-public", "vpc-out", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    return attached


def test_a_default_route_of_the_hub_that_takes_what_is_for_another_attachment(
    isolated: World,
) -> None:
    """The table that lacks the route is the transit gateway's, not that of the egress VPC."""
    (blocker,) = to_database(isolated).blockers

    assert (blocker.code, blocker.component) == ("transit-gateway-no-route", "tgw-rtb-isolated")
    assert "0.0.0.0/0 -> vpc-out" in blocker.why
    assert "tgw-attach-vpc-b" in blocker.why


def test_a_landing_table_without_any_route_is_no_other_case(isolated: World) -> None:
    """What they meet in the egress VPC makes no difference."""
    isolated.routes("rtb-land").pop()

    assert codes(to_database(isolated)) == ["transit-gateway-no-route"]


def test_a_destination_that_no_attachment_has_ends_where_it_ends(isolated: World) -> None:
    """Near miss: to which attachment the hub should lead it, nothing says."""
    isolated.routes("rtb-app").append(route("10.99.0.0/16", "tgw-1"))

    (blocker,) = to_database(isolated, to="10.99.0.1").blockers

    assert (blocker.code, blocker.component) == ("no-route-to-target", "rtb-land")


def test_a_landing_vpc_that_routes_on(isolated: World) -> None:
    """Near miss: a VPC through which all has to go sends it back to the hub."""
    isolated.routes("rtb-land").append(route("10.8.0.0/16", "tgw-1"))
    out = isolated.entry("TransitGatewayAttachments", "tgw-attach-vpc-out")
    out["Association"]["TransitGatewayRouteTableId"] = "tgw-rtb-1"

    assert to_database(isolated).verdict is Verdict.REACHABLE


def test_a_firewall_vpc_whose_own_table_lacks_the_way_on(isolated: World) -> None:
    """Near miss: the hub leads to an appliance on purpose, and behind it a route is missing."""
    isolated.subnet("subnet-fw", "10.255.2.0/28", vpc="vpc-out")
    isolated.endpoint(
        "fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-fw"], VpcId="vpc-out"
    )
    isolated.routes("rtb-land").pop()
    isolated.routes("rtb-land").append(route(ANYWHERE, "vpce-fw"))
    isolated.table("rtb-fw", "vpc-out", {}, subnets=["subnet-fw"])

    found = [(one.code, one.component) for one in to_database(isolated).blockers]

    assert ("no-route-to-target", "rtb-fw") in found
    assert "transit-gateway-no-route" not in [code for code, _ in found]
