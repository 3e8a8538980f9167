"""Rules that show only where two things meet: equal prefixes, nested zones, doubled addresses."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from probe.network.dns.names import resolve
from probe.network.vpc import Network
from probe.network.walk.path import Source
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, tcp

SIX = "2606:4700::1"


@pytest.fixture
def world() -> World:
    """Build a VPC with a private subnet that has both families, and a public one with a NAT."""
    world = World()
    world.vpc()
    world.igw()
    world.eigw()
    world.subnet("subnet-app", "10.0.1.0/24", ipv6="2001:db8:1:1::/64")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    app = {ANYWHERE: "nat-a", "::/0": "eigw-a"}
    world.table("rtb-app", "vpc-a", app, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.group("sg-fn")
    return world


def test_a_static_route_wins_over_a_prefix_list_of_the_same_range(world: World) -> None:
    """Neither is longer; the one that is written out is used.

    https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
    """
    world.prefix_list("pl-partners", "partners", ["203.0.113.0/24"])
    routes = world.routes("rtb-app")
    routes.append(
        {"DestinationPrefixListId": "pl-partners", "NatGatewayId": "nat-gone", "State": "blackhole"}
    )
    routes.append(route("203.0.113.0/24", "nat-a"))

    assert world.walk("subnet-app", ["sg-fn"], INTERNET).verdict is Verdict.REACHABLE


@pytest.mark.parametrize(
    ("mode", "found"), [("block-ingress", []), ("block-bidirectional", ["block-public-access"])]
)
def test_block_public_access_at_an_egress_only_gateway(
    world: World, mode: str, found: list[str]
) -> None:
    """It lets connections out only, so that it is left alone where the block is for what comes in.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
    """
    states = {"InternetGatewayBlockMode": mode}
    world.entry("Subnets", "subnet-app")["BlockPublicAccessStates"] = states

    path = world.walk("subnet-app", ["sg-fn"], SIX, ipv6=True)

    assert codes(path) == found
    assert path.verdict is (Verdict.UNREACHABLE if found else Verdict.REACHABLE)


def test_the_innermost_private_zone_answers(world: World) -> None:
    """Of two zones that hold a name the longer one is asked, and no other."""
    for zone, name, address in (
        ("Z1", "internal", "10.0.9.1"),
        ("Z2", "db.internal", "10.0.9.2"),
    ):
        world.lists["HostedZones"].append(
            {"HostedZoneId": zone, "Name": f"{name}.", "VPCs": [{"VPCId": "vpc-a"}]}
        )
        record = {
            "Name": "orders.db.internal.",
            "Type": "A",
            "ResourceRecords": [{"Value": address}],
        }
        world.lists["ResourceRecordSets"].append(
            {"HostedZoneId": zone, "ResourceRecordSets": [record]}
        )

    network = Network(world.snapshot())
    found = resolve(network, "orders.db.internal", Source("subnet-app", ("sg-fn",)))

    assert found.addresses == ("10.0.9.2",)


def test_answers_that_end_in_another_vpc_of_the_same_range(world: World) -> None:
    """Two peers of one VPC may have the same range; its route says which of them gets answers.

    https://docs.aws.amazon.com/vpc/latest/peering/peering-configurations-partial-access.html
    """
    world.vpc("10.8.0.0/16", "vpc-b")
    world.vpc("10.0.0.0/16", "vpc-twin")
    world.subnet("subnet-db", "10.8.1.0/24", vpc="vpc-b")
    world.subnet("subnet-twin", "10.0.1.0/24", vpc="vpc-twin")
    world.group("sg-db", vpc="vpc-b", ingress=[tcp(5432, cidr="10.0.0.0/16")])
    world.interface("eni-db", "10.8.1.10", "subnet-db", ["sg-db"])
    world.peering("pcx-ours", "vpc-a", "vpc-b")
    world.peering("pcx-twin", "vpc-twin", "vpc-b")
    world.routes("rtb-app").append(route("10.8.0.0/16", "pcx-ours"))
    world.table("rtb-db", "vpc-b", {"10.0.0.0/16": "pcx-twin"}, subnets=["subnet-db"])

    astray = world.walk("subnet-app", ["sg-fn"], "10.8.1.10", 5432)
    world.routes("rtb-db")[-1] = route("10.0.0.0/16", "pcx-ours")
    home = world.walk("subnet-app", ["sg-fn"], "10.8.1.10", 5432)

    assert codes(astray) == ["no-return-route"]
    assert home.verdict is Verdict.REACHABLE


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (tcp(443, group="sg-fn"), ["security-group-reference-lost"]),
        (tcp(443, group="sg-office"), ["target-security-group-blocks"]),
        (tcp(443, cidr="198.51.100.7/32"), []),
    ],
)
def test_a_group_is_not_seen_behind_a_public_address(
    world: World, rule: dict[str, object], found: list[str]
) -> None:
    """Over its public address a machine of our own sees the NAT gateway's address, and no group.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    world.group("sg-shop", ingress=[rule])
    world.interface("eni-shop", "10.0.9.30", "subnet-public", ["sg-shop"], public="198.51.100.30")

    assert codes(world.walk("subnet-app", ["sg-fn"], "198.51.100.30")) == found


@pytest.mark.parametrize(
    ("back", "verdict"),
    [((1024, 30000), Verdict.UNREACHABLE), ((1024, 40000), Verdict.UNDETERMINED)],
)
def test_two_narrow_acls_that_leave_no_port_between_them(
    world: World, back: tuple[int, int], verdict: Verdict
) -> None:
    """Each lets some answers pass, and no answer passes both; where they overlap, some do.

    https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
    """
    world.subnet("subnet-db", "10.0.2.0/24")
    world.group("sg-db", ingress=[tcp(5432, cidr="10.0.0.0/16")])
    world.interface("eni-db", "10.0.2.10", "subnet-db", ["sg-db"])
    for name, side, ports in (("app", "in", back), ("db", "out", (32768, 65535))):
        other = "out" if side == "in" else "in"
        rules = [
            (100, side, "6", "allow", ANYWHERE, ports),
            (100, other, "-1", "allow", ANYWHERE, None),
        ]
        world.acl(f"acl-{name}", "vpc-a", rules, subnets=[f"subnet-{name}"])

    path = world.walk("subnet-app", ["sg-fn"], "10.0.2.10", 5432)

    assert path.verdict is verdict
    assert set(codes(path)) == {"nacl-narrows-return-ports"}


@pytest.mark.parametrize(
    ("excluded", "verdict"),
    [
        (["subnet-public"], Verdict.UNDETERMINED),
        (["subnet-public", "subnet-wall"], Verdict.REACHABLE),
        ([], Verdict.UNREACHABLE),
    ],
)
def test_block_public_access_where_a_firewall_stands_before_the_gateway(
    world: World, excluded: list[str], verdict: Verdict
) -> None:
    """Of the NAT gateway's subnet and the firewall's AWS does not say which one counts."""
    world.subnet("subnet-wall", "10.0.8.0/24")
    world.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-wall"])
    world.firewall("vpce-fw")
    world.table("rtb-wall", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-wall"])
    world.routes("rtb-public")[-1] = route(ANYWHERE, "vpce-fw")
    world.table("rtb-edge", "vpc-a", {"10.0.9.0/24": "vpce-fw"})
    world.entry("RouteTables", "rtb-edge")["Associations"] = [{"GatewayId": "igw-a"}]
    for subnet in ("subnet-public", "subnet-wall"):
        mode = "off" if subnet in excluded else "block-bidirectional"
        states = {"InternetGatewayBlockMode": mode}
        world.entry("Subnets", subnet)["BlockPublicAccessStates"] = states

    assert world.walk("subnet-app", ["sg-fn"], INTERNET).verdict is verdict
