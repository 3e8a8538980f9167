"""Packets that are led to where nobody has their address, as far as may be seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.model import Path, Verdict
from probe.network.collector.collect import collect
from probe.network.snapshot import Snapshot, dump, load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.across import two_vpcs
from tests.network.aws import Aws
from tests.network.world import ANYWHERE, World, codes, route, tcp

OLD = "10.0.2.37"  # of an instance that was replaced
SUBNETS = "SubnetNetworkInterfaces"


@pytest.fixture
def world() -> World:
    """Build a function's subnet, and one with the machine that is there now."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24", zone="b")
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    world.group("sg-fn")
    world.group("sg-web", ingress=[tcp(8080, group="sg-fn")])
    world.interface("eni-web", "10.0.2.90", "subnet-data", ["sg-web"])
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "fn",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return world


def read(world: World, to: str = OLD, **more: Any) -> Snapshot:
    """Read it as AWS tells it."""
    return collect(Aws(world, **more), function="fn", addresses=[to])


def to(snapshot: Snapshot, address: str = OLD) -> Path:
    """Walk to an address in it."""
    source, destination = Source("subnet-app", ("sg-fn",)), Destination(address, 8080)
    return walk(Network(snapshot), source, destination)


def test_an_address_that_no_interface_has_is_nobodys(world: World) -> None:
    """All interfaces of its subnet were asked for; what may be hidden stays a condition."""
    snapshot = read(world)

    path = to(snapshot)

    assert codes(path) == ["target-address-unused"]
    assert path.verdict is Verdict.UNDETERMINED
    assert "no interface that this account does not see" in str(path.blockers[0].supposing)
    assert not path.undetermined  # no permission is missing
    assert codes(to(load(json.dumps(dump(snapshot)), name="saved"))) == codes(path)


def test_an_address_that_an_interface_has_is_its_own(world: World) -> None:
    """And then the other interfaces of its subnet are nobody's business."""
    snapshot = read(world, "10.0.2.90")

    assert to(snapshot, "10.0.2.90").verdict is Verdict.REACHABLE
    assert SUBNETS not in dump(snapshot)


@pytest.mark.parametrize(
    ("rule", "found"),
    [(tcp(8080, group="sg-fn"), []), (tcp(22, group="sg-fn"), ["target-security-group-blocks"])],
)
def test_an_address_out_of_a_prefix_is_that_of_its_interface(
    world: World, rule: dict[str, Any], found: list[str]
) -> None:
    """Such as a pod has: EC2 finds no interface by it, and the node's groups guard it."""
    world.group("sg-node", ingress=[rule])
    prefix = [{"Ipv4Prefix": "10.0.2.32/28"}]
    world.interface("eni-node", "10.0.2.5", "subnet-data", ["sg-node"], Ipv4Prefixes=prefix)

    path = to(read(world))

    assert codes(path) == found
    assert path.verdict is (Verdict.UNREACHABLE if found else Verdict.REACHABLE)


def test_what_was_not_read_is_not_absent(world: World) -> None:
    """Interfaces may not be read, or only some were saved."""
    denied = to(read(world, denied=["DescribeNetworkInterfaces"]))
    saved = world.walk("subnet-app", ["sg-fn"], OLD, 8080)

    for path in (denied, saved):
        assert codes(path) == []
        assert path.undetermined[0].needs == "ec2:DescribeNetworkInterfaces"


def test_an_address_that_aws_keeps_is_not_said_to_be_unused(world: World) -> None:
    """Nobody can have it at all, which is told by itself."""
    path = to(read(world, "10.0.2.255"), "10.0.2.255")

    assert codes(path) == ["no-route-to-target"]
    assert not [gap for gap in path.undetermined if gap.needs]


@pytest.fixture
def peered() -> World:
    """Let a peering take a part of the range that the data centre behind a VPN has."""
    world = two_vpcs()
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    attached = [{"VpcId": "vpc-a", "State": "attached"}]
    world.lists["VpnGateways"].append({"VpnGatewayId": "vgw-a", "VpcAttachments": attached})
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-ab"))
    world.routes("rtb-app").append(route("10.0.0.0/8", "vgw-a"))
    world.routes("rtb-db").append(route("10.0.0.0/16", "pcx-ab"))
    world.lists["FunctionConfiguration"]["VpcConfig"] = {
        "SubnetIds": ["subnet-app"],
        "SecurityGroupIds": ["sg-fn"],
    }
    return world


@pytest.mark.parametrize("address", ["10.8.7.20", "10.8.1.77"])
def test_a_route_into_a_vpc_that_has_no_such_address_hides_a_shorter_one(
    peered: World, address: str
) -> None:
    """In none of its subnets, or in one of them and nobody's."""
    path = to(read(peered, address), address)

    assert codes(path) == ["more-specific-route"]
    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers[0].component == "rtb-app"
    assert path.blockers[0].facts["shadowed"] == ["10.0.0.0/8 -> vgw-a"]
    assert path.blockers[0].supposing
    assert not path.undetermined


def test_without_a_shorter_route_nothing_is_hidden(peered: World) -> None:
    """Then it is nobody's: in no subnet of that VPC, or in one of them and on no interface."""
    peered.routes("rtb-app").pop()

    outside, inside = (to(read(peered, one), one) for one in ("10.8.7.20", "10.8.1.77"))

    for path in (outside, inside):
        assert codes(path) == ["target-address-unused"]
        assert path.verdict is Verdict.UNDETERMINED
    assert "vpc-b has no subnets besides" in str(outside.blockers[0].supposing)
    assert not outside.blockers[0].facts["kept_by_local_route"]


@pytest.mark.parametrize("wider", [None, "vgw-a"])
def test_an_address_of_the_own_range_outside_the_subnets_is_nobodys(
    world: World, wider: str | None
) -> None:
    """The local route keeps it in the VPC, whatever wider route leads to another network."""
    if wider is not None:
        attached = [{"VpcId": "vpc-a", "State": "attached"}]
        world.lists["VpnGateways"].append({"VpnGatewayId": wider, "VpcAttachments": attached})
        world.routes("rtb-app").append(route("10.0.0.0/8", wider))

    path = to(read(world, "10.0.77.7"), "10.0.77.7")

    assert codes(path) == ["target-address-unused"]
    assert path.verdict is Verdict.UNDETERMINED
    assert not path.undetermined
    assert path.blockers[0].supposing == "vpc-a has no subnets besides those that were read"
    assert path.blockers[0].facts["kept_by_local_route"]
    assert ("wins over 10.0.0.0/8 -> vgw-a" in path.blockers[0].why) is bool(wider)


def test_a_vpc_whose_subnets_were_not_read_is_not_empty(world: World) -> None:
    """The near miss: then nobody knows in which of them the address is."""
    path = to(read(world, "10.0.77.7", denied=["DescribeSubnets"]), "10.0.77.7")

    assert codes(path) == []
    assert path.undetermined[0].needs == "ec2:DescribeSubnets"


def test_a_far_vpc_whose_subnets_were_not_read_is_not_empty(peered: World) -> None:
    """Such as one of another account."""
    peered.lists["Subnets"] = [one for one in peered.lists["Subnets"] if one["VpcId"] != "vpc-b"]

    path = to(read(peered, "10.8.7.20"), "10.8.7.20")

    assert codes(path) == []
    assert path.verdict is Verdict.UNDETERMINED


PARTNER = "203.0.113.140"


def behind_vpn(world: World, **routes: str) -> World:
    """Attach a virtual private gateway and a NAT gateway, and route to them."""
    attached = [{"VpcId": "vpc-a", "State": "attached"}]
    world.lists["VpnGateways"].append({"VpnGatewayId": "vgw-a", "VpcAttachments": attached})
    world.igw()
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.routes("rtb-app").extend(route(cidr, target) for cidr, target in routes.items())
    return world


def test_a_public_address_that_is_led_into_a_private_network_may_be_lost_there(
    world: World,
) -> None:
    """What a network outside AWS does nobody tells; the default route leads to the internet."""
    routes = {"203.0.113.128/25": "vgw-a", "192.168.0.0/16": "vgw-a", ANYWHERE: "nat-a"}
    snapshot = read(behind_vpn(world, **routes), PARTNER)

    partner, office = to(snapshot, PARTNER), to(snapshot, "192.168.7.7")

    assert codes(partner) == ["more-specific-route"]
    assert "behind vgw-a does not lead to it" in str(partner.blockers[0].supposing)
    assert partner.verdict is Verdict.UNDETERMINED
    assert codes(office) == []  # a private address is just what it is for


def test_a_public_address_without_another_way_is_led_there_on_purpose(world: World) -> None:
    """Such as that of a company whose internet is behind its VPN."""
    path = to(read(behind_vpn(world, **{ANYWHERE: "vgw-a"}), PARTNER), PARTNER)

    assert codes(path) == []
    assert path.verdict is Verdict.UNDETERMINED
