"""The way out through an instance that does NAT."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from tests.network.test_way_out import behind_a_nat_gateway, out
from tests.network.world import ANYWHERE, World, codes, permission, route, tcp


@pytest.fixture
def world() -> World:
    """Build a private subnet that reaches the internet through a NAT gateway."""
    return behind_a_nat_gateway()


@pytest.fixture
def instance(world: World) -> World:
    """Put a NAT instance in the place of the gateway."""
    world.group("sg-nat", ingress=[permission("-1", None, cidr="10.0.0.0/16")])
    world.interface(
        "eni-nat",
        "10.0.9.20",
        "subnet-public",
        ["sg-nat"],
        public="198.51.100.8",
        SourceDestCheck=False,
        Attachment={"InstanceId": "i-nat", "DeviceIndex": 0},
    )
    world.instance("i-nat")
    world.routes("rtb-app")[1] = route(ANYWHERE, "eni-nat", InstanceId="i-nat")
    return world


def test_nat_instance_forwards(instance: World) -> None:
    """Open: running, check off, group open, public address."""
    path = out(instance)

    assert path.verdict is Verdict.REACHABLE, path
    assert path.assumptions == ("i-nat forwards packets and does NAT",)


def test_route_may_name_the_instance_alone(instance: World) -> None:
    """Its interface is found by the instance."""
    instance.routes("rtb-app")[1] = route(ANYWHERE, "i-nat")

    assert out(instance).verdict is Verdict.REACHABLE


def test_nat_instance_with_its_check_on(instance: World) -> None:
    """EC2 drops what is not addressed to the instance."""
    instance.entry("NetworkInterfaces", "eni-nat")["SourceDestCheck"] = True

    path = out(instance)

    assert codes(path) == ["nat-instance-source-dest-check"]
    assert path.blockers[0].ra_code == "ENI_SOURCE_DEST_CHECK_RESTRICTION"


def test_nat_instance_that_is_stopped(instance: World) -> None:
    """AWS turns the route into a blackhole; the instance is what is wrong."""
    instance.entry("Instances", "i-nat")["State"] = {"Name": "stopped"}
    instance.routes("rtb-app")[1]["State"] = "blackhole"

    assert codes(out(instance)) == ["nat-instance-stopped"]


def test_nat_instance_whose_group_lets_nothing_in(instance: World) -> None:
    """A NAT instance has groups, unlike a gateway."""
    instance.entry("SecurityGroups", "sg-nat")["IpPermissions"] = []

    path = out(instance)

    assert codes(path) == ["nat-instance-security-group-blocks"]
    assert path.blockers[0].facts["direction"] == "ingress"
    assert path.blockers[0].ra_code == "SG_HAS_NO_RULES"


def test_nat_instance_whose_group_lets_nothing_out(instance: World) -> None:
    """And in the other direction."""
    instance.entry("SecurityGroups", "sg-nat")["IpPermissionsEgress"] = [tcp(80, cidr=ANYWHERE)]

    path = out(instance)

    assert codes(path) == ["nat-instance-security-group-blocks"]
    assert path.blockers[0].facts["direction"] == "egress"


def test_nat_instance_without_a_public_address(instance: World) -> None:
    """The internet gateway drops what it sends."""
    entry = instance.entry("NetworkInterfaces", "eni-nat")
    del entry["Association"], entry["PrivateIpAddresses"][0]["Association"]

    path = out(instance)

    assert codes(path) == ["public-subnet-no-public-ip"]
    assert path.blockers[0].facts["role"] == "nat"


def test_nat_instance_of_which_nobody_may_read_the_state(instance: World) -> None:
    """Whether it runs is not known."""
    path = out(instance, without=["Instances"])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.undetermined[0].needs == "ec2:DescribeInstances"


def test_appliance_for_private_addresses_is_not_walked(instance: World) -> None:
    """What a router inside an instance does is nothing that AWS tells."""
    instance.routes("rtb-app").append(route("10.9.0.0/16", "eni-nat"))

    assert out(instance, to="10.9.1.1").verdict is Verdict.UNDETERMINED


def test_block_ingress_stops_a_nat_instance(instance: World) -> None:
    """Only NAT gateways and egress-only gateways are left out of it."""
    states = {"InternetGatewayBlockMode": "block-ingress"}
    instance.entry("Subnets", "subnet-public")["BlockPublicAccessStates"] = states
    instance.lists["VpcBlockPublicAccessOptions"] = states

    assert codes(out(instance)) == ["block-public-access"]


@pytest.mark.parametrize("account", [{"InternetGatewayBlockMode": "block-bidirectional"}, None])
def test_what_an_egress_only_exclusion_allows_is_not_said(
    instance: World, account: dict[str, str] | None
) -> None:
    """A subnet shows block-ingress for it as well; AWS names no gateways that it is for."""
    states = {"InternetGatewayBlockMode": "block-ingress"}
    instance.entry("Subnets", "subnet-public")["BlockPublicAccessStates"] = states
    if account is not None:
        instance.lists["VpcBlockPublicAccessOptions"] = account

    path = out(instance)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()
