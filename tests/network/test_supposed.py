"""What stands behind a prefix list that was not read: found, and never certain."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Path, Verdict
from tests.network.across import to_database, two_vpcs
from tests.network.test_way_out import BPA, behind_a_nat_gateway
from tests.network.world import INTERNET, World, codes, route

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
