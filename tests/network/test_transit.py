"""Transit gateways: attachments and their zones, tables, groups named across, what lies beyond."""

from __future__ import annotations

import pytest

from probe.model import Direction, Verdict
from tests.network.across import by_group, join, to_database, two_vpcs
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, tcp, transit_route


@pytest.fixture
def world() -> World:
    """Build two VPCs with a function in the one and a database in the other."""
    return two_vpcs()


@pytest.fixture
def attached(world: World) -> World:
    """Connect the two by a transit gateway."""
    join(world)
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


def test_every_door_is_closed_by_something_of_its_own(wide: World) -> None:
    """The one by an ACL, the other by a blackhole: whichever it is, packets are lost."""
    wide.acl("acl-tgw-d", "vpc-b", [], subnets=["subnet-tgw-d"])
    hole = route("10.8.1.0/24", "eni-gone", State="blackhole")
    wide.table("rtb-tgw-c", "vpc-b", {}, subnets=["subnet-tgw-c"])
    wide.routes("rtb-tgw-c").append(hole)

    path = to_database(wide)

    assert path.verdict is Verdict.UNREACHABLE
    assert {one.component for one in path.blockers} == {"acl-tgw-d", "rtb-tgw-c"}
    assert not any(one.partial for one in path.blockers)


def test_a_door_that_loses_packets_hides_nothing_behind_the_other(wide: World) -> None:
    """The database's group refuses whoever comes through."""
    wide.table("rtb-tgw-c", "vpc-b", {}, subnets=["subnet-tgw-c"])
    wide.routes("rtb-tgw-c").append(route("10.8.1.0/24", "eni-gone", State="blackhole"))
    wide.entry("SecurityGroups", "sg-db")["IpPermissions"] = []

    path = to_database(wide)

    assert path.verdict is Verdict.UNREACHABLE
    assert "target-security-group-blocks" in codes(path)


def test_doors_that_lead_to_different_places(wide: World) -> None:
    """Behind each its own NAT gateway: what becomes of packets hangs on which one takes them."""
    wide.igw("vpc-b", "igw-b")
    back = {ANYWHERE: "igw-b", "10.0.0.0/16": "tgw-1"}
    wide.table("rtb-public-b", "vpc-b", back, subnets=["subnet-nat-c", "subnet-nat-d"])
    for zone, network in (("c", "10.8.20"), ("d", "10.8.21")):
        wide.subnet(f"subnet-nat-{zone}", f"{network}.0/24", vpc="vpc-b", zone=zone)
        wide.nat(f"subnet-nat-{zone}", name=f"nat-{zone}", address=f"{network}.9")
        door = [f"subnet-tgw-{zone}"]
        wide.table(f"rtb-tgw-{zone}", "vpc-b", {ANYWHERE: f"nat-{zone}"}, subnets=door)
    wide.routes("rtb-app").append(route(ANYWHERE, "tgw-1"))
    wide.transit_routes("tgw-rtb-1").append(
        transit_route(ANYWHERE, "tgw-attach-vpc-b", "vpc-b", Type="static")
    )

    path = wide.walk("subnet-app", ["sg-fn"], INTERNET)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.undetermined[0].what == "by which of subnet-tgw-c, subnet-tgw-d packets leave"


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


@pytest.mark.parametrize(("block", "lost"), [(1, "the packets"), (0, "the target's answers")])
def test_a_transit_blackhole_says_what_it_drops(attached: World, block: int, lost: str) -> None:
    """Which is not what the function sent, where it is on the way back; and it leads nowhere."""
    route = attached.transit_routes("tgw-rtb-1")[block]
    route.update(State="blackhole", TransitGatewayAttachments=[])

    (blocker,) = to_database(attached).blockers

    cidr = route["DestinationCidrBlock"]
    assert blocker.why == f"the route for {cidr} is a blackhole, which drops {lost}"


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


@pytest.mark.parametrize("referencing", ["enable", "disable"])
@pytest.mark.parametrize("stale", [{}, {"PeeringStatus": "deleted"}])
def test_outbound_rules_never_name_groups_across_a_transit_gateway(
    attached: World, referencing: str, stale: dict[str, str]
) -> None:
    """What is turned on there is for inbound rules only: it is the own group that lets none out.

    Also where the rule is left of a peering, which is not the way that packets take now.
    """
    attached.entry("TransitGateways", "tgw-1")["Options"] = {
        "SecurityGroupReferencingSupport": referencing
    }
    named = tcp(5432, group="sg-db", **stale)
    attached.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [named]

    path = to_database(attached)

    assert codes(path) == ["own-security-group-blocks"]
    assert (path.blockers[0].component, path.blockers[0].direction) == ("sg-fn", Direction.FORWARD)
    assert "tgw-1 carries references to groups for inbound rules only" in path.blockers[0].why
    assert path.blockers[0].facts["destination_group_ids"] == []


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
