"""Reading AWS on from table to table: what stands behind firewalls, NAT gateways and hubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Verdict
from probe.network.collector.collect import collect
from probe.network.snapshot import Unread
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.across import two_vpcs
from tests.network.aws import Aws
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, transit_route

if TYPE_CHECKING:
    from probe.network.values import Entry, Snapshot

DATABASE = "10.8.1.10"
METRIC = {"GetMetricStatistics": {"Datapoints": [{"Sum": 3.0}]}}


def placed(world: World) -> World:
    """Place the function in its subnet."""
    world.lists["FunctionConfiguration"]["VpcConfig"] = {
        "SubnetIds": ["subnet-app"],
        "SecurityGroupIds": ["sg-fn"],
    }
    return world


@pytest.fixture
def walled() -> World:
    """Let the function's table know a firewall only, and the firewall's the transit gateway."""
    world = two_vpcs()
    world.subnet("subnet-fw", "10.0.6.0/28")
    world.subnet("subnet-tgw-a", "10.0.7.0/28")
    world.subnet("subnet-tgw-b", "10.8.7.0/28", vpc="vpc-b")
    world.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-fw"])
    world.transit("tgw-1", "tgw-rtb-1", vpc_a=["subnet-tgw-a"], vpc_b=["subnet-tgw-b"])
    world.routes("rtb-app").append({"DestinationCidrBlock": ANYWHERE, "GatewayId": "vpce-fw"})
    world.table("rtb-fw", "vpc-a", {"10.8.0.0/16": "tgw-1"}, subnets=["subnet-fw"])
    world.table("rtb-tgw", "vpc-a", {"10.0.1.0/24": "vpce-fw"}, subnets=["subnet-tgw-a"])
    return placed(world)


@pytest.fixture
def central() -> World:
    """Let the VPC leave by the NAT gateway of another, over a transit gateway."""
    world = two_vpcs()
    world.subnet("subnet-land", "10.8.7.0/28", vpc="vpc-b")
    world.subnet("subnet-public", "10.8.9.0/24", vpc="vpc-b")
    world.igw("vpc-b")
    world.nat("subnet-public")
    world.transit("tgw-1", "tgw-rtb-1", vpc_a=["subnet-app"], vpc_b=["subnet-land"])
    world.transit_routes("tgw-rtb-1").append(
        {
            "DestinationCidrBlock": ANYWHERE,
            "Type": "static",
            "State": "active",
            "TransitGatewayAttachments": [
                {
                    "TransitGatewayAttachmentId": "tgw-attach-vpc-b",
                    "ResourceType": "vpc",
                    "ResourceId": "vpc-b",
                }
            ],
        }
    )
    world.routes("rtb-app").append({"DestinationCidrBlock": ANYWHERE, "TransitGatewayId": "tgw-1"})
    world.table("rtb-land", "vpc-b", {ANYWHERE: "nat-a"}, subnets=["subnet-land"])
    world.table(
        "rtb-public",
        "vpc-b",
        {ANYWHERE: "igw-a", "10.0.0.0/16": "tgw-1"},
        subnets=["subnet-public"],
    )
    return placed(world)


def entries(found: Snapshot, name: str) -> tuple[Entry, ...]:
    """Return a list that was read."""
    value = found.get(name)
    assert isinstance(value, tuple)
    return value


def walked(aws: Aws, to: str, port: int) -> Any:
    """Walk through what is read of an account."""
    network = Network(collect(aws, function="fn", addresses=[to]))
    return walk(network, Source("subnet-app", ("sg-fn",)), Destination(to, port))


def test_a_transit_gateway_behind_a_firewall_is_read(walled: World) -> None:
    """The firewall's own table names it, and the function's does not.

    Its endpoint names no network firewall, so what the appliance does stays open; that answers
    take another way than their requests is not said, as they find none.
    """
    path = walked(Aws(walled), DATABASE, 5432)

    assert codes(path) == ["no-return-route"]
    assert {gap.what for gap in path.undetermined} == {"Firewalls"}


def test_a_transit_gateway_between_two_vpcs_is_read_whether_or_not_a_route_names_it(
    walled: World,
) -> None:
    """The firewall's table leads nowhere; what a route to the database could name is there."""
    walled.routes("rtb-fw").pop()

    found = collect(Aws(walled), function="fn", addresses=[DATABASE])

    assert {
        one["TransitGatewayRouteTableId"] for one in entries(found, "TransitGatewayRoutes")
    } == {"tgw-rtb-1"}


@pytest.mark.parametrize("state", ["available", "deleted"])
def test_a_transit_gateway_that_joins_nothing_wanted_is_not_followed(
    walled: World, state: str
) -> None:
    """Near miss: the target's VPC is attached to another one, or was attached to this one."""
    walled.routes("rtb-fw").pop()
    attachment = walled.entry("TransitGatewayVpcAttachments", "tgw-attach-vpc-b")
    attachment["State"] = state
    if state == "available":
        attachment["TransitGatewayId"] = "tgw-2"
    aws = Aws(walled)

    collect(aws, function="fn", addresses=[DATABASE])

    assert aws.asked.count("DescribeTransitGatewayVpcAttachments") == 1
    assert "DescribeTransitGatewayAttachments" not in aws.asked


@pytest.mark.parametrize("wanted", ["10.9.1.10", "10.0.1.10", INTERNET])
def test_transit_gateways_are_not_asked_about_for_a_target_in_no_other_vpc(
    walled: World, wanted: str
) -> None:
    """Near miss: no route names one, and there is no other VPC that one could lead to."""
    walled.routes("rtb-fw").pop()
    aws = Aws(walled)

    collect(aws, function="fn", addresses=[wanted])

    assert "DescribeTransitGatewayVpcAttachments" not in aws.asked


@pytest.fixture
def answered_elsewhere(walled: World) -> World:
    """Let the transit gateway lead a part of the function's VPC into a third one."""
    walled.vpc("10.0.0.0/16", "vpc-twin")
    walled.subnet("subnet-twin", "10.0.128.0/28", vpc="vpc-twin")
    attachment = walled.entry("TransitGatewayVpcAttachments", "tgw-attach-vpc-b")
    more = {"VpcId": "vpc-twin", "SubnetIds": ["subnet-twin"]}
    name = {"TransitGatewayAttachmentId": "tgw-attach-vpc-twin"}
    walled.lists["TransitGatewayVpcAttachments"].append({**attachment, **name, **more})
    walled.transit_routes("tgw-rtb-1").append(
        transit_route("10.0.1.0/24", "tgw-attach-vpc-twin", "vpc-twin")
    )
    return placed(walled)


def test_the_vpc_that_answers_are_led_into_is_read(answered_elsewhere: World) -> None:
    """It may carry them on, by an appliance, or be one that they are not for."""
    found = collect(Aws(answered_elsewhere), function="fn", addresses=[DATABASE])

    assert "subnet-twin" in {one["SubnetId"] for one in entries(found, "Subnets")}


def test_where_answers_go_is_not_asked_when_nothing_leaves_the_vpc(
    answered_elsewhere: World,
) -> None:
    """Near miss: the target is in the function's own VPC."""
    answered_elsewhere.routes("rtb-app")[-1] = route("10.8.0.0/16", "tgw-1")
    aws = Aws(answered_elsewhere)

    found = collect(aws, function="fn", addresses=["10.0.1.10"])

    assert "SearchTransitGatewayRoutes" in aws.asked
    assert "subnet-twin" not in {one["SubnetId"] for one in entries(found, "Subnets")}


def test_the_metric_of_a_nat_gateway_behind_a_hub_is_read(central: World) -> None:
    """Every account leaves by it, and so it is the first whose ports are used up."""
    aws = Aws(central, garbage=METRIC)

    found = collect(aws, function="fn", addresses=[INTERNET]).get("NatGatewayMetrics")

    assert found == ({"NatGatewayId": "nat-a", "ErrorPortAllocation": 3.0},)
    assert walked(aws, INTERNET, 443).verdict is Verdict.REACHABLE


def test_a_metric_behind_a_hub_that_cannot_be_read_is_unread(central: World) -> None:
    """Near miss: no number is not zero, and the permission that would tell is named."""
    aws = Aws(central, denied=["GetMetricStatistics"])

    found = collect(aws, function="fn", addresses=[INTERNET]).get("NatGatewayMetrics")

    assert isinstance(found, Unread)
    assert found.needs == "cloudwatch:GetMetricStatistics"


def test_what_nobody_asked_for_lacks_no_permission(central: World) -> None:
    """Nothing that was read named a VPN gateway: to allow reading them would change nothing."""
    found = collect(Aws(central), function="fn", addresses=[INTERNET]).get("VpnGateways")

    assert found == Unread("nothing that was read led to it")
