"""The walk over the placements that every user meets first."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, tcp

PL = "pl-ddb"
DYNAMODB = "52.94.5.10"


@pytest.fixture
def world() -> World:
    """Build a VPC with an app and a data subnet, a function's group and a database."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24", zone="b")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    world.prefix_list(PL, "dynamodb", ["52.94.5.0/24"])
    return world


def test_database_that_admits_the_functions_group_is_reachable(world: World) -> None:
    """A rule that names the function's group lets its packets in."""
    path = world.walk("subnet-app", ["sg-fn"], "10.0.2.10", 5432)

    assert path.verdict is Verdict.REACHABLE, path


def test_isolated_subnet_has_no_route_to_the_internet(world: World) -> None:
    """Nothing but the local route: nothing outside is reached."""
    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["no-route-to-internet"]


def test_private_subnet_reaches_the_internet_through_nat(world: World) -> None:
    """Function, NAT gateway in a public subnet, internet gateway, and back."""
    world.igw()
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert path.verdict is Verdict.REACHABLE, path


def test_public_subnet_gives_no_public_address(world: World) -> None:
    """An internet gateway drops what has no public address."""
    world.igw()
    world.table("rtb-app", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-app"])

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["public-subnet-no-public-ip"]
    assert path.blockers[0].ra_code == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"


def test_gateway_endpoint_on_the_subnets_table_reaches_dynamodb(world: World) -> None:
    """The prefix-list route leads to the endpoint."""
    world.endpoint("dynamodb", RouteTableIds=["rtb-app"])
    world.table("rtb-app", "vpc-a", {PL: "vpce-a"}, subnets=["subnet-app"])

    path = world.walk("subnet-app", ["sg-fn"], DYNAMODB, service="dynamodb")

    assert path.verdict is Verdict.REACHABLE, path


def test_gateway_endpoint_on_another_table_only(world: World) -> None:
    """An endpoint helps only the tables that it is associated with."""
    world.endpoint("dynamodb", RouteTableIds=["rtb-other"])
    world.table("rtb-other", "vpc-a", {PL: "vpce-a"}, subnets=["subnet-data"])

    path = world.walk("subnet-app", ["sg-fn"], DYNAMODB, service="dynamodb")

    assert codes(path) == ["gateway-endpoint-not-associated"]


def test_nacl_that_lets_no_answer_back(world: World) -> None:
    """The request goes out and its answer is dropped at the subnet's border."""
    world.igw()
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.acl(
        "acl-app",
        "vpc-a",
        [
            (100, "out", "-1", "allow", ANYWHERE, None),
            (100, "in", "6", "allow", "10.0.0.0/16", (0, 65535)),
        ],
        subnets=["subnet-app"],
    )

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["nacl-blocks-return"]
    assert path.blockers[0].component == "acl-app"
    assert path.blockers[0].facts["role"] == "source"
    database = world.walk("subnet-app", ["sg-fn"], "10.0.2.10", 5432)
    assert database.verdict is Verdict.REACHABLE, database


def test_nat_gateway_whose_own_subnet_has_no_way_out(world: World) -> None:
    """`available` is not healthy."""
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["nat-subnet-no-internet-route"]
    assert path.blockers[0].why == (
        "the route table of the NAT gateway's own subnet, rtb-main-vpc-a, has no route to an "
        "internet gateway"
    )


def test_route_lists_are_not_mixed_up(world: World) -> None:
    """A blackhole whose target is gone is named as such."""
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    world.routes("rtb-app").append(route(ANYWHERE, "nat-gone", State="blackhole"))

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["blackhole-route"]


@pytest.mark.parametrize("read", [True, False])
def test_egress_only_gateway_that_was_deleted(world: World, read: bool) -> None:
    """Its route is a black hole; lost for certain, and for what reason only the list tells."""
    world.subnet("subnet-six", "10.0.6.0/24", ipv6="2600:1f00:60:6::/64")
    table = {"::/0": "eigw-gone"}
    world.table("rtb-six", "vpc-a", table, subnets=["subnet-six"])
    world.routes("rtb-six")[-1]["State"] = "blackhole"
    world.lists.setdefault("EgressOnlyInternetGateways", [])
    if not read:
        del world.lists["EgressOnlyInternetGateways"]

    path = world.walk("subnet-six", ["sg-fn"], "2600:9000::66", ipv6="2600:1f00:60:6::5")

    assert path.verdict is Verdict.UNREACHABLE
    assert codes(path) == (["blackhole-route"] if read else [])
