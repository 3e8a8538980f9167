"""Three VPCs, two of which have one range: packets that come into the other one never arrive."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from tests.network.across import join, to_database, two_vpcs
from tests.network.entries import database
from tests.network.world import World, codes, route, transit_route

DATABASE = "orders.abc.eu-west-1.rds.amazonaws.com"


@pytest.fixture
def attached() -> World:
    """Join function and database by a transit gateway; whom others peer with has a range twice."""
    world = two_vpcs()
    join(world)
    world.routes("rtb-app").append(route("10.0.0.0/8", "tgw-1"))
    world.routes("rtb-db").append(route("10.0.0.0/8", "tgw-1"))
    return world


@pytest.fixture
def answered(attached: World) -> World:
    """Peer the database's VPC with one that has the range of the function's."""
    attached.vpc("10.0.0.0/16", "vpc-twin")
    attached.peering("pcx-bt", "vpc-b", "vpc-twin")
    attached.routes("rtb-db").append(route("10.0.0.0/16", "pcx-bt"))
    return attached


@pytest.fixture
def asked(attached: World) -> World:
    """Peer the function's VPC with one that has the range of the database's, known by its name."""
    attached.vpc("10.8.0.0/16", "vpc-twin")
    attached.subnet("subnet-twin", "10.8.1.0/24", vpc="vpc-twin")
    attached.peering("pcx-at", "vpc-a", "vpc-twin")
    attached.table("rtb-twin", "vpc-twin", {"10.0.0.0/16": "pcx-at"}, subnets=["subnet-twin"])
    attached.routes("rtb-app").append(route("10.8.0.0/16", "pcx-at"))
    attached.lists["DBInstances"].append(
        database(DATABASE, "sg-db", vpc="vpc-b", subnet="subnet-db")
    )
    return attached


def found(world: World, **more: Any) -> list[tuple[str, str]]:
    """Walk to the database, and name what stops packets where."""
    path = to_database(world, **more)
    assert path.undetermined == ()
    return [(blocker.code, blocker.component) for blocker in path.blockers]


def test_the_transit_gateway_carries_both_ways(attached: World) -> None:
    """Without the third VPC everything is open."""
    assert to_database(attached).verdict is Verdict.REACHABLE


@pytest.mark.parametrize("subnet", [None, "10.0.1.0/24", "10.0.128.0/24"])
def test_answers_that_are_led_into_a_vpc_of_the_same_range(
    answered: World, subnet: str | None
) -> None:
    """Whatever subnets it has, and whether they were read, the table that leads there is at fault.

    https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html
    """
    if subnet:
        answered.subnet("subnet-twin", subnet, vpc="vpc-twin")

    assert found(answered) == [("no-return-route", "rtb-db")]


def test_the_ranges_of_the_other_vpc_need_not_be_read(answered: World) -> None:
    """The peering connection tells that its other end is not the function's VPC."""
    answered.lists["Vpcs"].pop()

    assert found(answered) == [("no-return-route", "rtb-db")]


def test_a_narrower_route_back_wins(answered: World) -> None:
    """Near miss: AWS's own way to live with ranges that are found twice."""
    answered.routes("rtb-db").append(route("10.0.1.0/24", "tgw-1"))

    assert to_database(answered).verdict is Verdict.REACHABLE


def test_subnets_that_another_account_shares_are_of_the_same_vpc(answered: World) -> None:
    """Near miss: who owns a VPC does not matter, only which it is."""
    answered.routes("rtb-db").pop()
    answered.entry("Vpcs", "vpc-a")["OwnerId"] = "444455556666"
    answered.entry("Subnets", "subnet-app")["OwnerId"] = "444455556666"

    assert to_database(answered).verdict is Verdict.REACHABLE


@pytest.mark.parametrize("subnet", ["10.0.1.0/24", "10.0.128.0/24"])
def test_answers_that_the_transit_gateway_leads_into_a_vpc_of_the_same_range(
    attached: World, subnet: str
) -> None:
    """Its own table has to lead back, as the function's VPC is attached to it as well."""
    attached.vpc("10.0.0.0/16", "vpc-twin")
    attached.subnet("subnet-twin", subnet, vpc="vpc-twin")
    attached.table("rtb-twin", "vpc-twin", {}, subnets=["subnet-twin"])
    attached.transit("tgw-1", "tgw-rtb-2", vpc_twin=["subnet-twin"])
    attached.transit_routes("tgw-rtb-1")[0] = transit_route(
        "10.0.0.0/16", "tgw-attach-vpc-twin", "vpc-twin"
    )

    assert found(attached) == [("transit-gateway-no-route", "tgw-rtb-1")]


def test_answers_to_the_range_of_the_databases_own_vpc(attached: World) -> None:
    """Its local route keeps them, wherever the request came from."""
    attached.entry("Vpcs", "vpc-b")["CidrBlockAssociationSet"] = [
        {"CidrBlock": block, "CidrBlockState": {"State": "associated"}}
        for block in ("10.8.0.0/16", "10.0.0.0/16")
    ]
    attached.routes("rtb-db").append(
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    )

    assert found(attached) == [("no-return-route", "rtb-db")]


def test_a_request_that_is_led_into_a_vpc_of_the_same_range(asked: World) -> None:
    """The database's record and its interface tell where it is; the next route leads there."""
    assert found(asked, host=DATABASE) == [("more-specific-route", "rtb-app")]


def test_a_request_that_has_no_other_route(asked: World) -> None:
    """The same where no broader route would lead to the database."""
    asked.routes("rtb-app")[:] = [
        one for one in asked.routes("rtb-app") if "TransitGatewayId" not in one
    ]

    assert found(asked, host=DATABASE) == [("no-route-to-target", "rtb-app")]


@pytest.mark.parametrize("host", [None, "db.example.internal"])
def test_a_request_of_which_nobody_knows_whom_it_is_for(asked: World, host: str | None) -> None:
    """Near miss: somebody in the VPC across may have this address, and be meant."""
    path = to_database(asked, host=host)

    assert path.verdict is Verdict.UNDETERMINED
    assert codes(path) == []


def test_a_request_by_a_name_whose_interface_was_not_read(asked: World) -> None:
    """Near miss: a name may lead elsewhere than where its record says."""
    asked.lists["NetworkInterfaces"].clear()

    assert "more-specific-route" not in codes(to_database(asked, host=DATABASE))
