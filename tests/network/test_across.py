"""Ways to other networks: peering and virtual private gateways."""

from __future__ import annotations

import pytest

from probe.model import Direction, Verdict
from tests.network.across import by_group, to_database, two_vpcs
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, tcp


@pytest.fixture
def world() -> World:
    """Build two VPCs with a function in the one and a database in the other."""
    return two_vpcs()


@pytest.fixture
def peered(world: World) -> World:
    """Connect the two by peering, with routes on both sides."""
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-ab"))
    world.routes("rtb-db").append(route("10.0.0.0/16", "pcx-ab"))
    return world


def with_nat_for_everything(world: World) -> None:
    """Let a default route lead to a NAT gateway that works, for the internet."""
    world.igw()
    world.subnet("subnet-public", "10.0.9.0/24")
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.nat("subnet-public")
    world.routes("rtb-app").append(route(ANYWHERE, "nat-a"))


def test_no_way_to_another_vpc(world: World) -> None:
    """A private address, and no route for it."""
    path = to_database(world)

    assert codes(path) == ["no-route-to-target", "no-return-route"]
    assert path.blockers[0].ra_code == "NO_ROUTE_TO_DESTINATION"


def test_peering(peered: World) -> None:
    """Open: both tables, both groups."""
    path = to_database(peered)

    assert path.verdict is Verdict.REACHABLE, path


@pytest.mark.parametrize("asker", ["requester", "accepter"])
def test_peering_is_the_same_from_either_side(world: World, asker: str) -> None:
    """Who asked whom does not matter."""
    pair = ("vpc-a", "vpc-b") if asker == "requester" else ("vpc-b", "vpc-a")
    world.peering("pcx-ab", *pair)
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-ab"))
    world.routes("rtb-db").append(route("10.0.0.0/16", "pcx-ab"))

    assert to_database(world).verdict is Verdict.REACHABLE


def test_peering_without_a_return_route(peered: World) -> None:
    """The answer does not know its way: the table of the far side has to be mended."""
    peered.routes("rtb-db").pop()

    path = to_database(peered)

    assert codes(path) == ["no-return-route"]
    assert path.blockers[0].component == "rtb-db"
    assert path.blockers[0].direction is Direction.RETURN


def test_peering_whose_answers_go_to_the_internet(peered: World) -> None:
    """A default route on the far side is no way back."""
    peered.igw("vpc-b", "igw-b")
    peered.routes("rtb-db")[-1] = route(ANYWHERE, "igw-b")

    path = to_database(peered)

    assert codes(path) == ["no-return-route"]


@pytest.mark.parametrize("status", ["pending-acceptance", "expired", "deleted", "rejected"])
def test_peering_that_is_not_active(peered: World, status: str) -> None:
    """Only an active connection carries anything; it is told in both directions."""
    peered.entry("VpcPeeringConnections", "pcx-ab")["Status"] = {"Code": status}

    path = to_database(peered)

    assert set(codes(path)) == {"peering-not-active"}
    assert path.blockers[0].facts["status"] == status


def test_peering_carries_nothing_for_a_third_network(peered: World) -> None:
    """It is no way to what lies behind the other VPC."""
    peered.routes("rtb-app").append(route("10.9.0.0/16", "pcx-ab"))

    path = to_database(peered, to="10.9.1.1")

    assert codes(path) == ["peering-not-transitive"]
    assert path.blockers[0].ra_code == "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"


def test_more_specific_route_into_a_peering_that_cannot_deliver(peered: World) -> None:
    """The default route would do; a longer prefix takes the packets elsewhere."""
    with_nat_for_everything(peered)
    peered.routes("rtb-app").append(route("203.0.113.0/24", "pcx-ab"))

    path = peered.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["more-specific-route"]
    assert path.blockers[0].ra_code == "MORE_SPECIFIC_ROUTE"
    peered.routes("rtb-public").pop()  # the shorter route leads on to nothing, either
    path = peered.walk("subnet-app", ["sg-fn"], INTERNET)
    assert codes(path) == ["peering-not-transitive"]


def test_default_route_to_nat_is_no_way_to_a_private_address(peered: World) -> None:
    """It matches as well, and private addresses end at NAT: what is wrong is the dead route."""
    with_nat_for_everything(peered)
    peered.routes("rtb-app")[:] = [
        one for one in peered.routes("rtb-app") if one.get("VpcPeeringConnectionId") != "pcx-ab"
    ]
    peered.routes("rtb-app").append(route("10.8.0.0/16", "pcx-gone", State="blackhole"))

    path = to_database(peered)

    assert codes(path) == ["blackhole-route"]
    assert path.blockers[0].facts["shadowed"] == []


def test_answers_that_a_default_route_leads_to_nat_are_lost_by_that_table(peered: World) -> None:
    """The far subnet's table has a way out and none back; NAT is only where the answers end."""
    peered.igw("vpc-b", "igw-b")
    peered.subnet("subnet-out", "10.8.9.0/24", vpc="vpc-b")
    peered.table("rtb-out", "vpc-b", {ANYWHERE: "igw-b"}, subnets=["subnet-out"])
    peered.nat("subnet-out", name="nat-b")
    peered.routes("rtb-db")[-1] = route(ANYWHERE, "nat-b")

    (stop,) = to_database(peered).blockers

    assert (stop.code, stop.component) == ("no-return-route", "rtb-db")
    assert (stop.facts["vpc_id"], stop.facts["subnet_id"]) == ("vpc-b", "subnet-db")
    assert "nat-b, where they end" in stop.why


def test_shorter_route_that_is_dead_too_is_no_better(peered: World) -> None:
    """Two routes into holes are not one good route that another hides."""
    for one in peered.routes("rtb-app"):
        if one.get("VpcPeeringConnectionId") == "pcx-ab":
            one["VpcPeeringConnectionId"], one["State"] = "pcx-gone", "blackhole"
    peered.routes("rtb-app").append(route("10.8.1.0/24", "pcx-old", State="blackhole"))

    assert codes(to_database(peered)) == ["blackhole-route"]


def test_dead_peering_with_another_vpc_is_told_once(peered: World) -> None:
    """What it once led to does not matter any more."""
    with_nat_for_everything(peered)
    peered.entry("VpcPeeringConnections", "pcx-ab")["Status"] = {"Code": "deleted"}
    peered.routes("rtb-app").append(route("10.9.0.0/16", "pcx-ab", State="blackhole"))

    path = to_database(peered, to="10.9.1.1")

    assert codes(path) == ["peering-not-active"]


def test_more_specific_blackhole(peered: World) -> None:
    """A forgotten route to something that is gone."""
    peered.routes("rtb-app").append(route("10.8.1.0/24", "pcx-gone", State="blackhole"))

    path = to_database(peered)

    assert codes(path) == ["more-specific-route"]
    assert path.blockers[0].facts["shadowed"] == ["10.8.0.0/16 -> pcx-ab"]


def test_static_blackhole_wins_over_a_propagated_route(on_premises: World) -> None:
    """Between equals the static route comes first, also when it leads nowhere."""
    on_premises.routes("rtb-app").append(
        route("10.8.0.0/16", "vgw-a", Origin="EnableVgwRoutePropagation")
    )
    on_premises.routes("rtb-app").append(route("10.8.0.0/16", "pcx-gone", State="blackhole"))

    path = to_database(on_premises)

    assert codes(path)[0] == "blackhole-route"
    assert path.blockers[0].ra_code == "HIGHER_PRIORITY_ROUTE"


def test_a_hole_has_no_name_while_nobody_read_where_the_next_route_leads(world: World) -> None:
    """The gateway of the next route is unread: packets are lost, and why has to wait."""
    world.routes("rtb-app").append(route("10.8.0.0/16", "vgw-a"))
    world.routes("rtb-app").append(route("10.8.1.0/24", "pcx-gone", State="blackhole"))

    path = to_database(world)

    assert path.verdict is Verdict.UNREACHABLE
    assert "ec2:DescribeVpnGateways" in {gap.needs for gap in path.undetermined}
    assert not {"blackhole-route", "more-specific-route"} & set(codes(path))


def test_propagated_route_never_overrides_the_local_one(world: World) -> None:
    """Even a more specific one: the VPC's own addresses stay in the VPC."""
    world.subnet("subnet-near", "10.0.2.0/24")
    world.group("sg-near", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-near", "10.0.2.10", "subnet-near", ["sg-near"])
    world.routes("rtb-app").append(
        route("10.0.2.0/24", "vgw-a", Origin="EnableVgwRoutePropagation")
    )

    assert to_database(world, to="10.0.2.10").verdict is Verdict.REACHABLE


def test_groups_may_be_named_across_peering(peered: World) -> None:
    """Inside one Region."""
    by_group(peered)

    assert to_database(peered).verdict is Verdict.REACHABLE


def test_groups_may_not_be_named_across_regions(peered: World) -> None:
    """The rule is there and matches nothing."""
    by_group(peered)
    peered.entry("VpcPeeringConnections", "pcx-ab")["AccepterVpcInfo"]["Region"] = "us-east-1"

    path = to_database(peered)

    assert codes(path) == ["security-group-reference-lost"]
    assert path.blockers[0].ra_code == "SG_REFERENCES_NOT_PRESERVED"
    assert path.blockers[0].component == "sg-db"


@pytest.mark.parametrize(
    "without", ["VpcPeeringConnections", "Subnets", "RouteTables", "NetworkInterfaces"]
)
def test_peering_not_read(peered: World, without: str) -> None:
    """Every part is needed."""
    assert to_database(peered, without=[without]).verdict is Verdict.UNDETERMINED


def test_far_vpc_of_another_account(peered: World) -> None:
    """Its subnets, tables and groups are in no list: undetermined, not open."""
    for name in ("Subnets", "RouteTables", "NetworkInterfaces"):
        peered.lists[name] = [one for one in peered.lists[name] if one["VpcId"] == "vpc-a"]

    assert to_database(peered).verdict is Verdict.UNDETERMINED


# Virtual private gateways


@pytest.fixture
def on_premises(world: World) -> World:
    """Give the function's VPC a virtual private gateway."""
    world.lists["VpnGateways"].append(
        {
            "VpnGatewayId": "vgw-a",
            "State": "available",
            "VpcAttachments": [{"VpcId": "vpc-a", "State": "attached"}],
        }
    )
    world.routes("rtb-app").append(
        route("172.20.0.0/16", "vgw-a", Origin="EnableVgwRoutePropagation")
    )
    return world


def test_network_behind_a_virtual_private_gateway(on_premises: World) -> None:
    """AWS's part is open; the rest nobody here can tell."""
    path = to_database(on_premises, to="172.20.1.1")

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_virtual_private_gateway_that_is_detached(on_premises: World) -> None:
    """The route leads to a gateway of no VPC."""
    on_premises.entry("VpnGateways", "vgw-a")["VpcAttachments"] = [
        {"VpcId": "vpc-a", "State": "detached"}
    ]

    assert codes(to_database(on_premises, to="172.20.1.1")) == ["virtual-private-gateway-detached"]


def test_acl_towards_a_network_outside(on_premises: World) -> None:
    """Answers from outside AWS pass the function's own border."""
    on_premises.acl(
        "acl-app", "vpc-a", [(100, "out", "-1", "allow", ANYWHERE, None)], subnets=["subnet-app"]
    )

    assert codes(to_database(on_premises, to="172.20.1.1")) == ["nacl-blocks-return"]


def test_secondary_blocks_are_local(world: World) -> None:
    """Every block of the VPC has its own local route."""
    world.entry("Vpcs", "vpc-a")["CidrBlockAssociationSet"].append(
        {"CidrBlock": "100.64.0.0/16", "CidrBlockState": {"State": "associated"}}
    )
    world.subnet("subnet-second", "100.64.1.0/24")
    world.group("sg-second", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-second", "100.64.1.10", "subnet-second", ["sg-second"])
    local = {"DestinationCidrBlock": "100.64.0.0/16", "GatewayId": "local", "State": "active"}
    for name in ("rtb-app", "rtb-main-vpc-a"):
        world.routes(name).append(local)

    assert to_database(world, to="100.64.1.10").verdict is Verdict.REACHABLE


@pytest.mark.parametrize("target", ["lgw-1", "arn:aws:networkmanager::1:core-network/x"])
def test_targets_that_are_not_walked(world: World, target: str) -> None:
    """Named, and left undetermined."""
    entry = {"DestinationCidrBlock": "10.8.0.0/16", "State": "active"}
    field = "LocalGatewayId" if target.startswith("lgw") else "CoreNetworkArn"
    world.routes("rtb-app").append({**entry, field: target})

    path = to_database(world)

    assert target in path.undetermined[0].what
