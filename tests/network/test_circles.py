"""Routes that lead back to where packets came from: NAT, firewalls, transit gateways."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Direction, Verdict
from tests.network.world import ANYWHERE, INTERNET, World, codes, permission, route, transit_route

LOOP = "routing-loop"
CUT_OFF = "nat-subnet-no-internet-route"


@pytest.fixture
def world() -> World:
    """Build a VPC with a private subnet, and one in which whatever NAT there is stands."""
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-nat", "10.0.9.0/24")
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    world.table("rtb-nat", "vpc-a", {}, subnets=["subnet-nat"])
    world.group("sg-fn")
    return world


def instance(world: World) -> None:
    """Add a NAT instance that works."""
    world.group("sg-nat", ingress=[permission("-1", None, cidr="10.0.0.0/16")])
    world.interface(
        "eni-nat",
        "10.0.9.20",
        "subnet-nat",
        ["sg-nat"],
        public="198.51.100.8",
        SourceDestCheck=False,
        Attachment={"InstanceId": "i-nat", "DeviceIndex": 0},
    )
    world.instance("i-nat")


def out(world: World, to: str = INTERNET) -> Any:
    """Walk from the private subnet."""
    return world.walk("subnet-app", ["sg-fn"], to)


@pytest.mark.parametrize("place", ["subnet-nat", "subnet-app"])
def test_nat_instance_whose_own_table_leads_to_it(world: World, place: str) -> None:
    """It gets back what it sends, whether it shares the function's table or has its own."""
    instance(world)
    world.entry("NetworkInterfaces", "eni-nat")["SubnetId"] = place
    for table in ("rtb-app", "rtb-nat"):
        world.routes(table).append(route(ANYWHERE, "eni-nat", InstanceId="i-nat"))

    path = out(world)

    assert codes(path) == [CUT_OFF]
    assert path.blockers[0].component == "eni-nat"
    assert path.blockers[0].ra_code == "CANNOT_ROUTE"


def test_nat_instance_that_leads_one_address_back_and_the_others_out(world: World) -> None:
    """The circle is judged for the packets that are in it: the longest prefix decides."""
    instance(world)
    world.routes("rtb-app").append(route(ANYWHERE, "eni-nat", InstanceId="i-nat"))
    world.routes("rtb-nat").append(route(ANYWHERE, "igw-a"))
    world.routes("rtb-nat").append(route("203.0.113.0/24", "eni-nat", InstanceId="i-nat"))

    assert codes(out(world)) == [CUT_OFF]
    assert out(world, "198.51.100.20").verdict is Verdict.REACHABLE


def test_two_nats_that_lead_to_each_other(world: World) -> None:
    """Neither has a way out, though each has a next hop that works."""
    instance(world)
    world.subnet("subnet-gateway", "10.0.8.0/24")
    world.nat("subnet-gateway", address="10.0.8.9")
    world.table("rtb-gateway", "vpc-a", {ANYWHERE: "eni-nat"}, subnets=["subnet-gateway"])
    world.routes("rtb-app").append(route(ANYWHERE, "eni-nat", InstanceId="i-nat"))
    world.routes("rtb-nat").append(route(ANYWHERE, "nat-a"))

    path = out(world)

    assert path.verdict is Verdict.UNREACHABLE
    assert codes(path) == [CUT_OFF]


def test_nat_instance_behind_a_nat_gateway(world: World) -> None:
    """A chain that ends at the internet gateway is no circle."""
    instance(world)
    world.subnet("subnet-gateway", "10.0.8.0/24")
    world.nat("subnet-gateway", address="10.0.8.9")
    world.table("rtb-gateway", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-gateway"])
    world.routes("rtb-app").append(route(ANYWHERE, "eni-nat", InstanceId="i-nat"))
    world.routes("rtb-nat").append(route(ANYWHERE, "nat-a"))

    assert out(world).verdict is Verdict.REACHABLE


def test_nat_gateway_behind_another_of_its_vpc_is_not_judged(world: World) -> None:
    """AWS asks for a route to the internet gateway and documents no chain."""
    world.subnet("subnet-gateway", "10.0.8.0/24")
    world.nat("subnet-nat")
    world.nat("subnet-gateway", name="nat-b", address="10.0.8.9")
    world.table("rtb-gateway", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-gateway"])
    world.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    world.routes("rtb-nat").append(route(ANYWHERE, "nat-b"))

    path = out(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_private_nat_gateway_keeps_sending_to_itself(world: World) -> None:
    """The other network is behind a route that leads back: no word of the internet."""
    world.nat("subnet-nat", public=None)
    world.routes("rtb-app").append(route("10.8.0.0/16", "nat-a"))
    world.routes("rtb-nat").append(route("10.8.0.0/16", "nat-a"))

    assert LOOP in codes(out(world, "10.8.1.10"))


def test_regional_nat_gateway_whose_table_leads_to_it(world: World) -> None:
    """It stands in no subnet; its own table is the circle."""
    world.nat("subnet-nat", AvailabilityMode="regional", RouteTableId="rtb-regional")
    del world.entry("NatGateways", "nat-a")["SubnetId"]
    world.table("rtb-regional", "vpc-a", {ANYWHERE: "nat-a"})
    world.routes("rtb-app").append(route(ANYWHERE, "nat-a"))

    assert codes(out(world)) == [CUT_OFF]


def test_firewall_endpoint_whose_own_table_leads_to_it(world: World) -> None:
    """The endpoint's subnet must lead on, not back.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/route-tables.html
    """
    world.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-nat"])
    for table in ("rtb-app", "rtb-nat"):
        world.routes(table).append(route(ANYWHERE, "vpce-fw"))

    path = out(world)

    assert path.verdict is Verdict.UNREACHABLE
    assert codes(path) == [LOOP]
    assert path.blockers[0].component == "rtb-nat"
    assert path.blockers[0].facts["target"] == "vpce-fw"


@pytest.fixture
def attached(world: World) -> World:
    """Join the VPC to another, which has the way to the internet."""
    world.vpc("10.8.0.0/16", "vpc-b")
    world.igw("vpc-b", "igw-b")
    world.subnet("subnet-tgw", "10.8.1.0/24", vpc="vpc-b")
    world.subnet("subnet-out", "10.8.2.0/24", vpc="vpc-b")
    world.nat("subnet-out", name="nat-b", address="10.8.2.9", public="198.51.100.9")
    world.table("rtb-tgw", "vpc-b", {ANYWHERE: "nat-b"}, subnets=["subnet-tgw"])
    home = {ANYWHERE: "igw-b", "10.0.0.0/16": "tgw-hub"}
    world.table("rtb-out", "vpc-b", home, subnets=["subnet-out"])
    world.transit("tgw-hub", "tgw-rtb", vpc_a=["subnet-nat"], vpc_b=["subnet-tgw"])
    world.transit_routes("tgw-rtb").append(transit_route(ANYWHERE, "tgw-attach-vpc-b", "vpc-b"))
    world.routes("rtb-app").append(route(ANYWHERE, "tgw-hub"))
    return world


def test_central_way_out(attached: World) -> None:
    """Open: over the transit gateway to the NAT gateway of another VPC, and back."""
    path = out(attached)

    assert path.verdict is Verdict.REACHABLE, path


def test_nat_gateway_that_sends_to_one_of_another_vpc(attached: World) -> None:
    """Open: NAT gateways may send to other VPCs over a transit gateway.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
    """
    attached.nat("subnet-nat", public=None)
    attached.routes("rtb-app")[-1] = route(ANYWHERE, "nat-a")
    attached.routes("rtb-nat").append(route(ANYWHERE, "tgw-hub"))

    path = out(attached)

    assert path.verdict is Verdict.REACHABLE, path


def test_vpc_that_leads_what_comes_from_a_transit_gateway_back_to_it(attached: World) -> None:
    """Its table sends the packets to the transit gateway, whose table sends them to the VPC."""
    attached.routes("rtb-tgw")[-1] = route(ANYWHERE, "tgw-hub")

    path = out(attached)

    assert path.verdict is Verdict.UNREACHABLE
    assert codes(path) == [LOOP]
    assert path.blockers[0].component == "rtb-tgw"


def test_answers_that_take_one_route_in_two_parts_go_in_no_circle(world: World) -> None:
    """A route in the middle of the function's range parts what another one takes, no more."""
    world.vpc("10.8.0.0/16", "vpc-b")
    world.subnet("subnet-db", "10.8.1.0/24", vpc="vpc-b")
    world.group("sg-db", vpc="vpc-b", ingress=[permission("-1", None, cidr="10.0.0.0/16")])
    world.interface("eni-db", "10.8.1.10", "subnet-db", ["sg-db"])
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-ab"))
    back = {"10.0.0.0/16": "pcx-ab", "10.0.1.64/28": "pcx-gone"}
    world.table("rtb-db", "vpc-b", back, subnets=["subnet-db"])
    world.routes("rtb-db")[-1]["State"] = "blackhole"

    path = out(world, "10.8.1.10")

    assert path.undetermined == ()
    assert [(b.code, b.partial, b.direction) for b in path.blockers] == [
        ("more-specific-route", True, Direction.RETURN)
    ]
