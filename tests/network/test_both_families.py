"""IPv6 beside IPv4: names that have both, and addresses of VPCs that are public as they are."""

from __future__ import annotations

from typing import Any

import pytest

from probe import asking
from probe.model import Verdict
from probe.network.collector.collect import collect
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.aws import Aws
from tests.network.world import ANYWHERE, World, codes, permission, route, tcp, transit_route

THERE = "2001:db8:8:1::10"


@pytest.fixture
def world() -> World:
    """Build two VPCs that have both families and an internet gateway each, and nothing between."""
    world = World()
    world.vpc()
    world.vpc("10.8.0.0/16", "vpc-b")
    world.igw()
    world.igw("vpc-b", "igw-b")
    world.subnet("subnet-app", "10.0.1.0/24", ipv6="2001:db8:1:1::/64")
    world.subnet("subnet-far", "10.8.1.0/24", vpc="vpc-b", ipv6="2001:db8:8:1::/64")
    world.group("sg-fn")
    world.group("sg-far", vpc="vpc-b", ingress=[tcp(443, cidr6="2001:db8:1::/48")])
    world.interface("eni-far", THERE, "subnet-far", ["sg-far"])
    world.table("rtb-app", "vpc-a", {"::/0": "igw-a"}, subnets=["subnet-app"])
    world.table("rtb-far", "vpc-b", {"::/0": "igw-b"}, subnets=["subnet-far"])
    world.lists["FunctionConfiguration"]["VpcConfig"] = {"Ipv6AllowedForDualStack": True}
    return world


def over(world: World, **more: Any) -> Any:
    """Walk over the internet to the other VPC's machine."""
    return world.walk("subnet-app", ["sg-fn"], THERE, **more)


def test_an_ipv6_address_of_another_vpc_is_reached_over_the_internet(world: World) -> None:
    """Both gateways, both tables, and a rule for the range that the packets come from."""
    assert over(world).verdict is Verdict.REACHABLE


def test_an_ipv6_address_of_a_vpc_without_a_way_back(world: World) -> None:
    """It is one of ours, and nothing leads out of its subnet."""
    world.routes("rtb-far").pop()

    assert codes(over(world)) == ["no-return-route"]


def test_the_internet_does_not_lead_into_a_vpc_without_a_gateway(world: World) -> None:
    """The table here sends to the internet what only a route of its own would bring there."""
    world.lists["InternetGateways"].pop()

    (stop,) = over(world).blockers

    assert (stop.code, stop.component) == ("no-route-to-target", "rtb-app")
    assert over(world, without=["InternetGateways"]).verdict is Verdict.UNDETERMINED


def test_an_egress_only_gateway_carries_no_answers_to_strangers(world: World) -> None:
    """It lets connections out, and this one came in.

    https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
    """
    world.eigw("vpc-b", "eigw-b")
    world.routes("rtb-far")[-1] = route("::/0", "eigw-b")

    assert codes(over(world)) == ["no-return-route"]


def test_answers_by_a_peering_to_what_came_over_the_internet(world: World) -> None:
    """They bear the right addresses; whether AWS delivers them it does not say."""
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    peering = world.entry("VpcPeeringConnections", "pcx-ab")
    for side, block in (("Requester", "2001:db8:1::/56"), ("Accepter", "2001:db8:8::/56")):
        peering[f"{side}VpcInfo"]["Ipv6CidrBlockSet"] = [{"Ipv6CidrBlock": block}]
    world.routes("rtb-far")[-1] = route("2001:db8:1::/56", "pcx-ab")

    path = over(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert [gap.reason for gap in path.undetermined] == ["their requests come over the internet"]


def test_the_group_of_an_ipv6_address_that_does_not_admit_us(world: World) -> None:
    """It is judged as that of any machine of ours."""
    world.entry("SecurityGroups", "sg-far")["IpPermissions"] = [tcp(443, cidr=ANYWHERE)]

    assert codes(over(world)) == ["target-security-group-blocks"]


@pytest.mark.parametrize("written", [THERE, "2001:DB8:8:1:0:0:0:10"])
def test_who_has_an_ipv6_address_is_asked_of_aws(world: World, written: str) -> None:
    """It has a filter of its own, and AWS knows addresses in their shortest form only.

    The VPC around it is read as that of any machine of ours.
    """
    world.lists["FunctionConfiguration"]["VpcConfig"] = {
        "SubnetIds": ["subnet-app"],
        "SecurityGroupIds": ["sg-fn"],
        "Ipv6AllowedForDualStack": True,
    }
    world.entry("SecurityGroups", "sg-far")["IpPermissions"] = [tcp(443, cidr=ANYWHERE)]

    network = Network(collect(Aws(world), function="fn", addresses=[written]))

    path = walk(network, Source("subnet-app", ("sg-fn",)), Destination(written, 443))
    assert (codes(path), path.undetermined) == (["target-security-group-blocks"], ())


def test_no_group_is_seen_over_the_internet(world: World) -> None:
    """A rule that names the sender's group does not match what came over the internet."""
    world.entry("SecurityGroups", "sg-far")["IpPermissions"] = [tcp(443, group="sg-fn")]

    assert codes(over(world)) == ["security-group-reference-lost"]


@pytest.mark.parametrize(
    ("support", "verdict"), [("enable", Verdict.REACHABLE), ("disable", Verdict.UNDETERMINED)]
)
def test_ipv6_over_a_transit_gateway(world: World, support: str, verdict: Verdict) -> None:
    """Attachments have an option for it, which is off unless it is turned on."""
    world.transit("tgw-1", "tgw-rtb", vpc_a=["subnet-app"], vpc_b=["subnet-far"])
    for cidr, vpc in (("2001:db8:8::/48", "vpc-b"), ("2001:db8:1::/48", "vpc-a")):
        world.transit_routes("tgw-rtb").append(transit_route(cidr, f"tgw-attach-{vpc}", vpc))
    for entry in world.lists["TransitGatewayVpcAttachments"]:
        entry["Options"]["Ipv6Support"] = support
    world.routes("rtb-app").append(route("2001:db8:8::/48", "tgw-1"))
    world.routes("rtb-far").append(route("2001:db8:1::/48", "tgw-1"))

    assert over(world).verdict is verdict


@pytest.fixture
def named(world: World) -> World:
    """Give a machine in the function's own VPC both families, and a name for both."""
    world.group("sg-db", ingress=[permission("-1", None, cidr="10.0.0.0/16")])
    world.interface("eni-db", "10.0.1.10", "subnet-app", ["sg-db"])
    world.entry("NetworkInterfaces", "eni-db")["Ipv6Addresses"] = [
        {"Ipv6Address": "2001:db8:1:1::10"}
    ]
    world.lists["HostedZones"].append(
        {"HostedZoneId": "Z1", "Name": "lab.internal.", "VPCs": [{"VPCId": "vpc-a"}]}
    )
    both = {"A": "10.0.1.10", "AAAA": "2001:db8:1:1::10"}
    records = [
        {"Name": "db.lab.internal.", "Type": kind, "ResourceRecords": [{"Value": value}]}
        for kind, value in both.items()
    ]
    zone = {"HostedZoneId": "Z1", "ResourceRecordSets": records}
    world.lists["ResourceRecordSets"].append(zone)
    return world


@pytest.mark.parametrize(
    ("allowed", "verdict"), [(False, Verdict.REACHABLE), (True, Verdict.UNDETERMINED)]
)
def test_a_name_of_both_families(named: World, *, allowed: bool, verdict: Verdict) -> None:
    """Without IPv6 a function takes the IPv4 address; with it, it may take the one that is shut."""
    named.lists["FunctionConfiguration"]["VpcConfig"]["Ipv6AllowedForDualStack"] = allowed

    found = asking.ask(Network(named.snapshot()), "subnet-app,sg-fn", "db.lab.internal:5432")

    assert found.verdict is verdict


def test_a_name_of_one_family_that_the_function_lacks(named: World) -> None:
    """An IPv6 address alone is the only one there is to try."""
    named.lists["FunctionConfiguration"]["VpcConfig"]["Ipv6AllowedForDualStack"] = False
    named.lists["ResourceRecordSets"][0]["ResourceRecordSets"].pop(0)

    found = asking.ask(Network(named.snapshot()), "subnet-app,sg-fn", "db.lab.internal:5432")

    assert "ipv6-not-allowed" in codes(found)
