"""Ways to the internet: gateways, NAT in all its kinds, Block Public Access, IPv6."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Direction, Verdict
from tests.network.world import ANYWHERE, INTERNET, World, codes, route

BPA = "block-public-access"
V6 = "2001:db8:1:1::/64"
V6_INTERNET = "2606:4700::1"


@pytest.fixture
def world() -> World:
    """Build a private subnet that reaches the internet through a NAT gateway."""
    return behind_a_nat_gateway()


def behind_a_nat_gateway() -> World:
    """Build a private subnet that reaches the internet through a NAT gateway."""
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.group("sg-fn")
    return world


def out(world: World, **more: Any) -> Any:
    """Walk to the internet."""
    return world.walk("subnet-app", ["sg-fn"], more.pop("to", INTERNET), **more)


def test_nat_gateway_and_back(world: World) -> None:
    """Open: out by the NAT gateway, and the answer home."""
    path = out(world)

    assert path.verdict is Verdict.REACHABLE, path
    kinds = [hop.kind for hop in path.hops if hop.direction is Direction.FORWARD]
    assert kinds == [
        "security-group",
        "network-acl",
        "route-table",
        "network-acl",
        "nat-gateway",
        "network-acl",
        "route-table",
        "internet",
    ]


@pytest.mark.parametrize(
    "without",
    ["Subnets", "RouteTables", "SecurityGroups", "NetworkAcls", "NatGateways", "InternetGateways"],
)
def test_every_list_on_the_way_is_needed(world: World, without: str) -> None:
    """What was not read leaves the path undetermined, and names its permission."""
    path = out(world, without=[without])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()
    assert f"ec2:Describe{without}" in {one.needs for one in path.undetermined}


@pytest.mark.parametrize("without", ["Vpcs", "NetworkInterfaces", "VpcEndpoints", "DhcpOptions"])
def test_lists_beside_the_way_are_not_needed(world: World, without: str) -> None:
    """A denied call makes undetermined exactly what depends on it."""
    assert out(world, without=[without]).verdict is Verdict.REACHABLE


@pytest.mark.parametrize(
    ("state", "code"), [("failed", "nat-gateway-failed"), ("deleted", "nat-gateway-deleted")]
)
def test_nat_gateway_that_does_not_work(world: World, state: str, code: str) -> None:
    """Failed and deleted gateways carry nothing."""
    world.entry("NatGateways", "nat-a").update(State=state, FailureCode="Gateway.NotAttached")

    path = out(world)

    assert codes(path) == [code]
    assert path.blockers[0].ra_code == "BAD_STATE"
    assert path.blockers[0].facts["nat_gateway_id"] == "nat-a"


@pytest.mark.parametrize("state", ["pending", "deleting"])
def test_nat_gateway_on_the_way_between_states(world: World, state: str) -> None:
    """It may carry packets or not: nobody knows until it has settled."""
    world.entry("NatGateways", "nat-a")["State"] = state

    assert out(world).verdict is Verdict.UNDETERMINED


def test_deleted_nat_gateway_behind_a_blackhole(world: World) -> None:
    """AWS marks the route and keeps the gateway for an hour: the gateway is what is wrong."""
    world.entry("NatGateways", "nat-a")["State"] = "deleted"
    world.routes("rtb-app")[1]["State"] = "blackhole"

    assert codes(out(world)) == ["nat-gateway-deleted"]


def test_blackhole_whose_target_nobody_may_read(world: World) -> None:
    """Closed for certain; what would name the reason was not read, so no reason is named."""
    world.routes("rtb-app")[1]["State"] = "blackhole"

    path = out(world, without=["NatGateways"])

    assert (path.verdict, path.blockers) == (Verdict.UNREACHABLE, ())
    assert [one.needs for one in path.undetermined] == ["ec2:DescribeNatGateways"]


def test_blackhole_whose_target_is_gone(world: World) -> None:
    """The gateway is in no list any more."""
    world.routes("rtb-app")[1] = route(ANYWHERE, "nat-gone", State="blackhole")

    path = out(world)

    assert codes(path) == ["blackhole-route"]
    assert path.blockers[0].ra_code == "BAD_STATE_ROUTE"


def test_active_route_to_a_gateway_that_no_list_holds(world: World) -> None:
    """The list may have been read with a filter: what is missing is not gone."""
    world.routes("rtb-app")[1] = route(ANYWHERE, "nat-elsewhere")

    assert out(world).verdict is Verdict.UNDETERMINED


def test_route_state_filtered_is_not_understood(world: World) -> None:
    """AWS documents the word and not what it does."""
    world.routes("rtb-app")[1]["State"] = "filtered"

    assert out(world).verdict is Verdict.UNDETERMINED


def test_private_nat_gateway_never_reaches_the_internet(world: World) -> None:
    """It has no public address, and the internet gateway drops what it sends."""
    nat = world.entry("NatGateways", "nat-a")
    nat |= {"ConnectivityType": "private", "NatGatewayAddresses": [{"PrivateIp": "10.0.9.9"}]}

    assert codes(out(world)) == ["nat-gateway-private"]


def test_private_nat_gateway_in_a_subnet_without_a_way_out(world: World) -> None:
    """A route alone would not help it, nor would a public address."""
    nat = world.entry("NatGateways", "nat-a")
    nat |= {"ConnectivityType": "private", "NatGatewayAddresses": [{"PrivateIp": "10.0.9.9"}]}
    world.routes("rtb-public").pop()

    assert sorted(codes(out(world))) == ["nat-gateway-private", "nat-subnet-no-internet-route"]


def test_nat_gateway_in_its_own_private_subnet(world: World) -> None:
    """The classic: the NAT gateway's subnet leads back to the NAT gateway."""
    world.entry("NatGateways", "nat-a")["SubnetId"] = "subnet-app"

    path = out(world)

    assert codes(path) == ["nat-subnet-no-internet-route"]
    assert path.blockers[0].ra_code == "CANNOT_ROUTE"


def test_internet_gateway_of_the_nat_subnet_is_detached(world: World) -> None:
    """The route is there, the gateway is attached to nothing."""
    world.entry("InternetGateways", "igw-a")["Attachments"] = []

    path = out(world)

    assert codes(path) == ["internet-gateway-detached"]


NACL_OPEN = [
    (100, "out", "-1", "allow", ANYWHERE, None),
    (100, "in", "-1", "allow", ANYWHERE, None),
]


@pytest.mark.parametrize(
    ("rules", "direction"),
    [
        # The request does not get into the NAT gateway's subnet.
        ([NACL_OPEN[0], (100, "in", "6", "allow", ANYWHERE, (1024, 65535))], Direction.FORWARD),
        # It does not get out of it.
        ([(100, "out", "6", "allow", "10.0.0.0/16", (0, 65535)), NACL_OPEN[1]], Direction.FORWARD),
        # The answer does not get back in from the internet.
        ([NACL_OPEN[0], (100, "in", "6", "allow", "10.0.0.0/16", (0, 65535))], Direction.RETURN),
        # The answer does not get out to the function.
        ([(100, "out", "6", "allow", ANYWHERE, (443, 443)), NACL_OPEN[1]], Direction.RETURN),
    ],
)
def test_acl_of_the_nat_subnet_is_passed_four_times(
    world: World, rules: list[Any], direction: Direction
) -> None:
    """In from the function, out to the internet, in from the internet, out to the function."""
    world.acl("acl-nat", "vpc-a", rules, subnets=["subnet-public"])

    path = out(world)

    assert codes(path) == ["nat-subnet-nacl-blocks"]
    assert path.blockers[0].direction is direction
    assert path.blockers[0].facts["role"] == "nat"


def test_function_and_nat_gateway_in_one_subnet_meet_no_acl_between_them(world: World) -> None:
    """Traffic inside a subnet never crosses its border; this subnet leads to both, by prefix."""
    world.table("rtb-both", "vpc-a", {ANYWHERE: "igw-a", "203.0.113.0/24": "nat-a"})
    path = out(world)

    assert path.verdict is Verdict.REACHABLE


def test_regional_nat_gateway_needs_no_public_subnet(world: World) -> None:
    """It has a route table of its own."""
    nat = world.entry("NatGateways", "nat-a")
    del nat["SubnetId"]
    nat |= {"AvailabilityMode": "regional", "RouteTableId": "rtb-nat"}
    world.table("rtb-nat", "vpc-a", {ANYWHERE: "igw-a"})

    assert out(world).verdict is Verdict.REACHABLE


def test_regional_nat_gateway_without_a_way_out(world: World) -> None:
    """Its own table is what counts."""
    nat = world.entry("NatGateways", "nat-a")
    del nat["SubnetId"]
    nat |= {"AvailabilityMode": "regional", "RouteTableId": "rtb-nat"}
    world.table("rtb-nat", "vpc-a", {})

    path = out(world)

    assert codes(path) == ["nat-subnet-no-internet-route"]
    assert path.blockers[0].component == "rtb-nat"
    assert "the NAT gateway's own route table, rtb-nat, has no route" in path.blockers[0].why


@pytest.mark.parametrize(
    ("provision", "zone", "found"),
    [
        ("disabled", "euw1-az-b", ["nat-gateway-not-in-zone"]),
        ("disabled", "euw1-az-a", []),
        ("enabled", "euw1-az-b", []),
    ],
)
def test_regional_nat_gateway_kept_to_zones_by_hand(
    world: World, provision: str, zone: str, found: list[str]
) -> None:
    """Where AWS provisions zones it extends by itself, and serves across zones until then."""
    nat = world.entry("NatGateways", "nat-a")
    del nat["SubnetId"]
    nat |= {
        "AvailabilityMode": "regional",
        "RouteTableId": "rtb-nat",
        "AutoProvisionZones": provision,
        "NatGatewayAddresses": [{"PublicIp": "198.51.100.7", "AvailabilityZoneId": zone}],
    }
    world.table("rtb-nat", "vpc-a", {ANYWHERE: "igw-a"})

    path = out(world)

    assert codes(path) == found
    assert not found or path.blockers[0].ra_code == "REGIONAL_NGW_ROUTE_AZ_RESTRICTION"


# NAT instances


# Public subnets


def test_public_subnet_gives_lambda_no_public_address(world: World) -> None:
    """The route looks right and does nothing."""
    world.routes("rtb-app")[1] = route(ANYWHERE, "igw-a")

    path = out(world)

    assert codes(path) == ["public-subnet-no-public-ip"]
    assert path.blockers[0].component == "rtb-app"
    assert path.blockers[0].facts["subnet_id"] == "subnet-app"


def test_public_address_given_to_lambdas_interface_by_hand(world: World) -> None:
    """It works until Lambda makes the interface anew: undetermined, and said."""
    world.routes("rtb-app")[1] = route(ANYWHERE, "igw-a")
    world.interface(
        "eni-fn", "10.0.1.30", "subnet-app", ["sg-fn"], kind="lambda", public="198.51.100.30"
    )

    path = out(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers[0].partial
    assert "by hand" in path.assumptions[0]


@pytest.mark.parametrize(
    ("to", "ra_code"),
    [
        ("10.77.0.1", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"),
        ("100.64.0.1", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"),
    ],
)
def test_the_internet_carries_no_private_addresses(world: World, to: str, ra_code: str) -> None:
    """A default route is no way to a private address of another network."""
    path = out(world, to=to)

    assert codes(path) == ["no-route-to-target"]
    assert path.blockers[0].ra_code == ra_code


PREMISES = "192.168.7.20"


@pytest.mark.parametrize("beyond", [{ANYWHERE: "igw-a"}, {}], ids=["internet", "nothing"])
def test_private_address_that_the_default_route_takes_to_nat(
    world: World, beyond: dict[str, str]
) -> None:
    """The table that lacks the route is the function's: NAT is there for the internet."""
    world.routes("rtb-public")[1:] = [route(*one) for one in beyond.items()]

    (blocker,) = out(world, to=PREMISES).blockers

    assert (blocker.code, blocker.component) == ("no-route-to-target", "rtb-app")
    assert blocker.facts["subnet_id"] == "subnet-app"
    assert "the default route 0.0.0.0/0 -> nat-a takes it to NAT" in blocker.why
    assert "rtb-public" in blocker.why


def test_nat_gateway_as_a_way_to_another_network_is_one(world: World) -> None:
    """Where its own subnet leads on, a default route to NAT is as good as any."""
    world.lists["VpnGateways"].append(
        {"VpnGatewayId": "vgw-a", "VpcAttachments": [{"VpcId": "vpc-a", "State": "attached"}]}
    )
    world.routes("rtb-public").append(route("192.168.0.0/16", "vgw-a"))

    assert codes(out(world, to=PREMISES)) == []


@pytest.mark.parametrize("meant", ["by route", "private"])
def test_nat_gateway_that_is_meant_for_another_network_lacks_its_own_route(
    world: World, meant: str
) -> None:
    """A route for the network itself, or a private NAT gateway, says that NAT is the way."""
    if meant == "private":
        world.entry("NatGateways", "nat-a")["ConnectivityType"] = "private"
    else:
        world.routes("rtb-app").append(route("192.168.0.0/16", "nat-a"))

    (blocker,) = out(world, to=PREMISES).blockers

    assert (blocker.code, blocker.component) == ("no-route-to-target", "rtb-public")


# Block Public Access


# IPv6


# Not in a VPC


def test_function_in_no_vpc_reaches_the_internet() -> None:
    """Lambda's own network leads there, whatever the account holds."""
    assert World().walk(None, [], INTERNET).verdict is Verdict.REACHABLE


def test_function_in_no_vpc_never_reaches_private_addresses() -> None:
    """Nothing in a VPC can be reached from outside it by a private address."""
    assert codes(World().walk(None, [], "10.0.2.10", 5432)) == ["function-not-in-vpc"]
