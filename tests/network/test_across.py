"""Ways to other networks: peering, transit gateways, virtual private gateways."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Direction, Verdict
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, tcp, transit_route


@pytest.fixture
def world() -> World:
    """Build two VPCs with a function in the one and a database in the other."""
    world = World()
    world.vpc()
    world.vpc("10.8.0.0/16", "vpc-b")
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-db", "10.8.1.0/24", vpc="vpc-b")
    world.group("sg-fn")
    world.group("sg-db", vpc="vpc-b", ingress=[tcp(5432, cidr="10.0.0.0/16")])
    world.interface("eni-db", "10.8.1.10", "subnet-db", ["sg-db"])
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    world.table("rtb-db", "vpc-b", {}, subnets=["subnet-db"])
    return world


def to_database(world: World, **more: Any) -> Any:
    """Walk to the database across."""
    return world.walk("subnet-app", ["sg-fn"], more.pop("to", "10.8.1.10"), 5432, **more)


@pytest.fixture
def peered(world: World) -> World:
    """Connect the two by peering, with routes on both sides."""
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-ab"))
    world.routes("rtb-db").append(route("10.0.0.0/16", "pcx-ab"))
    return world


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
    peered.igw()
    peered.subnet("subnet-public", "10.0.9.0/24")
    peered.nat("subnet-public")
    peered.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    peered.routes("rtb-app").append(route("203.0.113.0/24", "pcx-ab"))

    path = peered.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["more-specific-route"]
    assert path.blockers[0].ra_code == "MORE_SPECIFIC_ROUTE"


def test_more_specific_blackhole(peered: World) -> None:
    """A forgotten route to something that is gone."""
    peered.routes("rtb-app").append(route("10.8.1.0/24", "pcx-gone", State="blackhole"))

    path = to_database(peered)

    assert codes(path) == ["more-specific-route"]
    assert path.blockers[0].facts["shadowed"] == ["10.8.0.0/16 -> pcx-ab"]


def test_static_blackhole_wins_over_a_propagated_route(world: World) -> None:
    """Between equals the static route comes first, also when it leads nowhere."""
    world.routes("rtb-app").append(
        route("10.8.0.0/16", "vgw-a", Origin="EnableVgwRoutePropagation")
    )
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-gone", State="blackhole"))

    path = to_database(world)

    assert codes(path)[0] == "blackhole-route"
    assert path.blockers[0].ra_code == "HIGHER_PRIORITY_ROUTE"


def test_propagated_route_never_overrides_the_local_one(world: World) -> None:
    """Even a more specific one: the VPC's own addresses stay in the VPC."""
    world.subnet("subnet-near", "10.0.2.0/24")
    world.group("sg-near", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-near", "10.0.2.10", "subnet-near", ["sg-near"])
    world.routes("rtb-app").append(
        route("10.0.2.0/24", "vgw-a", Origin="EnableVgwRoutePropagation")
    )

    assert to_database(world, to="10.0.2.10").verdict is Verdict.REACHABLE


def by_group(world: World) -> None:
    """Let the database admit the function by its group."""
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]


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


# Transit gateways


@pytest.fixture
def attached(world: World) -> World:
    """Connect the two by a transit gateway."""
    world.subnet("subnet-tgw-a", "10.0.7.0/28")
    world.subnet("subnet-tgw-b", "10.8.7.0/28", vpc="vpc-b")
    world.transit("tgw-1", "tgw-rtb-1", vpc_a=["subnet-tgw-a"], vpc_b=["subnet-tgw-b"])
    world.routes("rtb-app").append(route("10.8.0.0/16", "tgw-1"))
    world.routes("rtb-db").append(route("10.0.0.0/16", "tgw-1"))
    return world


def test_transit_gateway(attached: World) -> None:
    """Open: attachments, zones, table, and the way back."""
    path = to_database(attached)

    assert path.verdict is Verdict.REACHABLE, path


@pytest.mark.parametrize(
    "without",
    ["TransitGatewayVpcAttachments", "TransitGatewayAttachments", "TransitGatewayRoutes"],
)
def test_transit_gateway_not_read(attached: World, without: str) -> None:
    """Attachments, associations and routes are told by calls of their own."""
    path = to_database(attached, without=[without])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_transit_gateway_without_a_return_route(attached: World) -> None:
    """The far VPC's own table has to lead back."""
    attached.routes("rtb-db").pop()

    assert codes(to_database(attached)) == ["no-return-route"]


def test_transit_gateway_with_no_door_in_the_functions_zone(attached: World) -> None:
    """Packets enter only in a zone that the attachment has a subnet in."""
    attached.entry("Subnets", "subnet-tgw-a")["AvailabilityZoneId"] = "euw1-az-b"

    path = to_database(attached)

    assert codes(path) == ["transit-gateway-not-in-zone"]
    assert path.blockers[0].ra_code == "TGW_ROUTE_AZ_RESTRICTION"
    assert path.blockers[0].facts["zones"] == ["euw1-az-b"]


def test_transit_gateway_with_no_door_in_the_targets_zone(attached: World) -> None:
    """The answer cannot enter it there."""
    attached.entry("Subnets", "subnet-tgw-b")["AvailabilityZoneId"] = "euw1-az-b"

    path = to_database(attached)

    assert codes(path) == ["transit-gateway-not-in-zone"]
    assert path.blockers[0].direction is Direction.RETURN
    assert path.blockers[0].ra_code == "TGW_ATTACH_VPC_AZ_RESTRICTION"


@pytest.fixture
def wide(attached: World) -> World:
    """Let the far attachment have a door in two zones, neither of which is the function's."""
    attached.entry("Subnets", "subnet-tgw-b").update(AvailabilityZoneId="euw1-az-b")
    attached.subnet("subnet-tgw-c", "10.8.8.0/28", vpc="vpc-b", zone="c")
    attached.subnet("subnet-tgw-d", "10.8.9.0/28", vpc="vpc-b", zone="d")
    far = attached.entry("TransitGatewayVpcAttachments", "tgw-attach-vpc-b")
    far["SubnetIds"] = ["subnet-tgw-c", "subnet-tgw-d"]
    attached.entry("Subnets", "subnet-db")["AvailabilityZoneId"] = "euw1-az-c"
    near = attached.entry("TransitGatewayVpcAttachments", "tgw-attach-vpc-a")
    attached.subnet("subnet-tgw-a2", "10.0.8.0/28", zone="c")
    near["SubnetIds"].append("subnet-tgw-a2")
    return attached


def test_packets_may_come_out_in_any_zone(wide: World) -> None:
    """Open behind every door: it does not matter which one it is."""
    path = to_database(wide)

    assert path.verdict is Verdict.REACHABLE, path


def test_one_of_several_doors_is_closed(wide: World) -> None:
    """It works through the one and not through the other."""
    wide.acl("acl-tgw-d", "vpc-b", [], subnets=["subnet-tgw-d"])

    path = to_database(wide)

    assert path.verdict is Verdict.UNDETERMINED
    assert [(one.component, one.partial) for one in path.blockers] == [("acl-tgw-d", True)]


def test_every_door_is_closed(wide: World) -> None:
    """Then none is as good as another."""
    wide.acl("acl-tgw", "vpc-b", [], subnets=["subnet-tgw-c", "subnet-tgw-d"])

    assert to_database(wide).verdict is Verdict.UNREACHABLE


def test_attachment_that_is_not_available(attached: World) -> None:
    """Failed attachments carry nothing."""
    attached.entry("TransitGatewayVpcAttachments", "tgw-attach-vpc-b")["State"] = "failed"

    path = to_database(attached)

    assert set(codes(path)) == {"transit-gateway-attachment-not-available"}
    assert path.blockers[0].ra_code == "BAD_STATE_ATTACHMENT"


def test_attachment_without_an_association(attached: World) -> None:
    """No table decides about what comes out of it."""
    del attached.entry("TransitGatewayAttachments", "tgw-attach-vpc-a")["Association"]

    path = to_database(attached)

    assert codes(path)[0] == "transit-gateway-no-association"
    assert path.blockers[0].ra_code == "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"


def test_transit_table_without_a_route(attached: World) -> None:
    """Nothing was propagated."""
    del attached.transit_routes("tgw-rtb-1")[1]

    path = to_database(attached)

    assert codes(path)[0] == "transit-gateway-no-route"
    assert path.blockers[0].ra_code == "TGW_RTB_CANNOT_ROUTE"


def test_transit_table_that_leads_nowhere_at_all(attached: World) -> None:
    """Reachability Analyzer has a code of its own for a table without any way to an attachment."""
    attached.transit_routes("tgw-rtb-1").clear()

    path = to_database(attached)

    assert path.blockers[0].ra_code == "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"


@pytest.mark.parametrize(
    ("cidr", "ra_code"),
    [
        ("10.8.1.0/24", "TGW_RTB_MORE_SPECIFIC_ROUTE"),
        ("10.8.0.0/16", "TGW_RTB_HIGHER_PRIORITY_ROUTE"),
    ],
)
def test_transit_blackhole_before_a_route_that_works(
    attached: World, cidr: str, ra_code: str
) -> None:
    """A static blackhole wins by its length, or by being static."""
    attached.transit_routes("tgw-rtb-1").append(
        transit_route(cidr, None, None, Type="static", State="blackhole")
    )

    path = to_database(attached)

    assert codes(path)[0] == "transit-gateway-blackhole"
    assert path.blockers[0].ra_code == ra_code


def test_transit_blackhole_alone(attached: World) -> None:
    """The only route for the destination leads nowhere."""
    attached.transit_routes("tgw-rtb-1")[1].update(State="blackhole")

    assert to_database(attached).blockers[0].ra_code == "TGW_RTB_BAD_STATE_ROUTE"


def test_transit_routes_that_aws_did_not_return_whole(attached: World) -> None:
    """A route that is missing from a part of the list is not missing."""
    del attached.transit_routes("tgw-rtb-1")[1]
    attached.entry("TransitGatewayRoutes", "tgw-rtb-1")["AdditionalRoutesAvailable"] = True

    path = to_database(attached)

    assert "TGW_RTB_ROUTES_ARE_UNKNOWN" in path.undetermined[0].reason


def test_transit_routes_from_static_routes_and_propagations(attached: World) -> None:
    """Other tools save these two lists instead."""
    attached.lists["TransitGatewayRoutes"] = []
    attached.lists["TransitGatewayStaticRoutes"] = [
        {"TransitGatewayRouteTableId": "tgw-rtb-1", "Routes": []}
    ]
    attached.lists["TransitGatewayPropagations"] = [
        {
            "TransitGatewayRouteTableId": "tgw-rtb-1",
            "TransitGatewayRouteTablePropagations": [
                {
                    "ResourceId": vpc,
                    "ResourceType": "vpc",
                    "State": "enabled",
                    "TransitGatewayAttachmentId": f"tgw-attach-{vpc}",
                }
                for vpc in ("vpc-a", "vpc-b")
            ],
        }
    ]

    assert to_database(attached).verdict is Verdict.REACHABLE


def test_acl_of_the_attachments_subnet(attached: World) -> None:
    """Inbound for what enters the gateway, outbound for what leaves it; never the other two.

    https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html
    """
    attached.acl(
        "acl-tgw-a",
        "vpc-a",
        [
            (100, "in", "-1", "allow", "10.0.0.0/16", None),
            (100, "out", "-1", "allow", "10.0.0.0/16", None),
        ],
        subnets=["subnet-tgw-a"],
    )

    assert to_database(attached).verdict is Verdict.REACHABLE
    attached.entry("NetworkAcls", "acl-tgw-a")["Entries"] = []
    path = to_database(attached)
    assert [(b.code, b.direction.value, b.facts["role"]) for b in path.blockers] == [
        ("nacl-blocks-request", "forward", "transit"),
        ("nacl-blocks-return", "return", "transit"),
    ]


def test_groups_are_not_named_across_a_transit_gateway_by_default(attached: World) -> None:
    """Referencing is off until it is turned on at the gateway."""
    by_group(attached)

    path = to_database(attached)

    assert codes(path) == ["security-group-reference-lost"]
    assert path.blockers[0].ra_code == "SG_REFERENCING_SUPPORT"
    assert "tgw-1" in path.blockers[0].why


def test_groups_are_named_across_where_it_is_turned_on(attached: World) -> None:
    """At the gateway and at both attachments."""
    by_group(attached)
    attached.entry("TransitGateways", "tgw-1")["Options"] = {
        "SecurityGroupReferencingSupport": "enable"
    }

    assert to_database(attached).verdict is Verdict.REACHABLE
    unread = to_database(attached, without=["TransitGateways"])
    assert unread.undetermined[0].needs == "ec2:DescribeTransitGateways"


def test_outbound_rules_never_name_groups_across_a_transit_gateway(attached: World) -> None:
    """What is turned on there is for inbound rules only."""
    attached.entry("TransitGateways", "tgw-1")["Options"] = {
        "SecurityGroupReferencingSupport": "enable"
    }
    attached.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [tcp(5432, group="sg-db")]

    path = to_database(attached)

    assert codes(path) == ["security-group-reference-lost"]
    assert path.blockers[0].direction is Direction.FORWARD
    assert "inbound rules only" in path.blockers[0].why


def test_internet_through_a_shared_vpc(attached: World) -> None:
    """Central egress: the function's VPC has no gateway of its own.

    https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-nat-igw.html
    """
    attached.igw("vpc-b", "igw-b")
    attached.subnet("subnet-public-b", "10.8.9.0/24", vpc="vpc-b")
    attached.nat("subnet-public-b", name="nat-b", address="10.8.9.9")
    attached.table(
        "rtb-public-b",
        "vpc-b",
        {ANYWHERE: "igw-b", "10.0.0.0/16": "tgw-1"},
        subnets=["subnet-public-b"],
    )
    attached.table("rtb-tgw-b", "vpc-b", {ANYWHERE: "nat-b"}, subnets=["subnet-tgw-b"])
    attached.routes("rtb-app").append(route(ANYWHERE, "tgw-1"))
    attached.transit_routes("tgw-rtb-1").append(
        transit_route(ANYWHERE, "tgw-attach-vpc-b", "vpc-b", Type="static")
    )

    assert attached.walk("subnet-app", ["sg-fn"], INTERNET).verdict is Verdict.REACHABLE
    attached.routes("rtb-public-b").pop()
    path = attached.walk("subnet-app", ["sg-fn"], INTERNET)
    assert codes(path) == ["no-return-route"]
    assert path.blockers[0].component == "rtb-public-b"


def test_transit_gateway_to_a_network_outside_aws(attached: World) -> None:
    """What a VPN leads to is nothing that AWS tells."""
    attached.transit_routes("tgw-rtb-1")[1]["TransitGatewayAttachments"][0]["ResourceType"] = "vpn"

    assert to_database(attached).verdict is Verdict.UNDETERMINED


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
