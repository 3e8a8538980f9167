"""What stands behind a prefix list that was not read: found, and never certain."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Path, Verdict
from tests.network.across import to_database, two_vpcs
from tests.network.test_way_out import BPA, behind_a_nat_gateway
from tests.network.world import INTERNET, World, codes, route, tcp

UNREAD = ["PrefixLists", "ManagedPrefixListEntries"]
DYNAMODB = "52.94.5.10"


@pytest.fixture
def world() -> World:
    """Build a way out by NAT, and a gateway endpoint in the tables of both subnets."""
    world = behind_a_nat_gateway()
    world.prefix_list("pl-ddb", "dynamodb", ["52.94.5.0/24"])
    world.endpoint("dynamodb", RouteTableIds=["rtb-app", "rtb-public"])
    for table in ("rtb-app", "rtb-public"):
        world.routes(table).append(route("pl-ddb", "vpce-a"))
    return world


def close(world: World) -> None:
    """Turn on Block Public Access, behind the NAT gateway."""
    states = {"InternetGatewayBlockMode": "block-bidirectional"}
    for subnet in ("subnet-app", "subnet-public"):
        world.entry("Subnets", subnet)["BlockPublicAccessStates"] = states


def unread(world: World, to: str = INTERNET, **more: Any) -> Path:
    """Walk without any list's blocks."""
    return world.walk("subnet-app", ["sg-fn"], to, without=UNREAD, **more)


def test_what_closes_the_way_that_the_target_most_likely_takes_is_found(world: World) -> None:
    """The list might hold the partner's address: so it is undetermined, and says on what."""
    close(world)

    path = unread(world)

    (blocker,) = path.blockers
    assert path.verdict is Verdict.UNDETERMINED
    assert (blocker.code, blocker.partial) == (BPA, True)
    assert blocker.supposing == f"pl-ddb, which was not read, does not hold {INTERNET}"
    assert "nat-a" in [hop.component for hop in path.hops]


def test_the_same_with_the_list_read_is_certain(world: World) -> None:
    """Then nothing has to be supposed."""
    close(world)

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert path.verdict is Verdict.UNREACHABLE
    assert path.blockers[0].supposing is None


def test_open_way_behind_the_list_stays_undetermined(world: World) -> None:
    """Nothing is closed on it, and whether it is the way is not known."""
    path = unread(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_what_the_way_behind_the_list_lacks_is_named_too(world: World) -> None:
    """Whoever may read the list next has to read this as well."""
    path = world.walk("subnet-app", ["sg-fn"], INTERNET, without=[*UNREAD, "NatGateways"])

    assert {gap.needs for gap in path.undetermined} >= {"ec2:DescribeNatGateways"}


def test_list_of_a_gateway_endpoint_holds_the_services_own_addresses(world: World) -> None:
    """Packets to DynamoDB do not go by NAT, whatever is closed there."""
    close(world)

    assert unread(world, DYNAMODB, service="dynamodb").blockers == ()


def test_gateway_endpoint_that_does_not_work_is_found(world: World) -> None:
    """If it is this endpoint's list that holds the address."""
    world.entry("VpcEndpoints", "vpce-a")["State"] = "failed"

    path = unread(world, DYNAMODB, service="dynamodb")

    assert path.verdict is Verdict.UNDETERMINED
    assert codes(path) == ["endpoint-not-available"]
    assert path.blockers[0].supposing == f"pl-ddb, which was not read, holds {DYNAMODB}"


def test_customers_list_may_hold_the_target_or_not() -> None:
    """Both ways are walked: the one by the list, and the one without it."""
    world = two_vpcs()
    world.peering("pcx-ab", "vpc-a", "vpc-b", Status={"Code": "pending-acceptance"})
    world.routes("rtb-app").append(route("pl-ours", "pcx-ab"))

    path = to_database(world, without=UNREAD)

    supposed = {one.code: one.supposing for one in path.blockers if one.supposing}
    assert path.verdict is Verdict.UNDETERMINED
    assert "does not hold" in (supposed["no-route-to-target"] or "")
    assert "pl-ours, which was not read, holds" in (supposed["peering-not-active"] or "")


def in_its_vpc(world: World, **more: Any) -> Path:
    """Walk to a database in the function's own VPC."""
    return world.walk("subnet-app", ["sg-fn"], "10.0.5.10", 5432, **more)


@pytest.fixture
def database(world: World) -> World:
    """Add the database, in a subnet with an ACL of its own."""
    world.subnet("subnet-data", "10.0.5.0/24")
    world.group("sg-data", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-data", "10.0.5.10", "subnet-data", ["sg-data"])
    rule = (100, "in", "6", "allow", "0.0.0.0/0", None)
    world.acl("acl-data", "vpc-a", [rule], subnets=["subnet-data"])
    return world


def test_what_the_way_inside_the_vpc_meets_is_found_without_its_table(database: World) -> None:
    """Every table has the local route, and another may take a part of the VPC elsewhere."""
    path = in_its_vpc(database, without=["RouteTables"])

    (blocker,) = path.blockers
    assert path.verdict is Verdict.UNDETERMINED
    assert (blocker.code, blocker.component) == ("nacl-blocks-return", "acl-data")
    assert blocker.supposing == (
        "no route of the tables that were not read is more specific than the VPC's local one"
    )
    assert blocker.supposing in path.assumptions


def test_with_its_table_read_it_is_certain(database: World) -> None:
    """Near miss: nothing has to be supposed."""
    path = in_its_vpc(database)

    assert path.verdict is Verdict.UNREACHABLE
    assert path.blockers[0].supposing is None
    assert path.assumptions == ()


def test_an_open_way_inside_the_vpc_stays_undetermined_without_its_table(database: World) -> None:
    """Nothing is closed on it, and whether it is the way is not known."""
    database.lists["NetworkAcls"] = [
        acl for acl in database.lists["NetworkAcls"] if acl["NetworkAclId"] != "acl-data"
    ]

    path = in_its_vpc(database, without=["RouteTables"])

    assert (path.verdict, path.blockers) == (Verdict.UNDETERMINED, ())
    assert {gap.needs for gap in path.undetermined} >= {"ec2:DescribeRouteTables"}
    assert "sg-data" in [hop.component for hop in path.hops if hop.action == "allow"]


def test_what_is_outside_the_vpc_ends_at_a_table_that_was_not_read(database: World) -> None:
    """Near miss: nothing is supposed of the way to the internet, or to another VPC."""
    for address in (INTERNET, "10.8.1.10"):
        path = database.walk("subnet-app", ["sg-fn"], address, 443, without=["RouteTables"])

        assert (path.blockers, path.assumptions) == ((), ())
