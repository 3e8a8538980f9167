"""The worked examples of the VPC user guide give the outcome that the guide documents."""

from __future__ import annotations

from typing import Any

import pytest

from probe import asking
from probe.model import Verdict
from probe.network.vpc import Network
from tests.network.world import ANYWHERE, INTERNET, World, codes, permission, tcp

EPHEMERAL = (1024, 65535)


@pytest.fixture
def two_zones() -> World:
    """Build "private servers in two Availability Zones".

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-example-private-subnets-nat.html
    """
    world = World()
    world.vpc("10.0.0.0/16")
    world.igw()
    for zone, number in (("a", 0), ("b", 1)):
        world.subnet(f"subnet-public-{zone}", f"10.0.{16 * number}.0/20", zone=zone)
        private = f"10.0.{128 + 16 * number}.0/20"
        world.subnet(f"subnet-private-{zone}", private, zone=zone)
        world.nat(f"subnet-public-{zone}", name=f"nat-{zone}", address=f"10.0.{16 * number}.9")
        world.table(
            f"rtb-private-{zone}",
            "vpc-a",
            {ANYWHERE: f"nat-{zone}", "pl-s3": "vpce-s3"},
            subnets=[f"subnet-private-{zone}"],
        )
    world.table(
        "rtb-public",
        "vpc-a",
        {ANYWHERE: "igw-a"},
        subnets=["subnet-public-a", "subnet-public-b"],
    )
    world.prefix_list("pl-s3", "s3", ["52.218.0.0/17"])
    world.endpoint("s3", name="vpce-s3", RouteTableIds=["rtb-private-a", "rtb-private-b"])
    world.group("sg-fn")
    return world


@pytest.mark.parametrize("zone", ["a", "b"])
@pytest.mark.parametrize("address", [INTERNET, "52.218.1.1"])
def test_private_servers_reach_the_internet_and_s3(
    two_zones: World, zone: str, address: str
) -> None:
    """By the NAT gateway of their own zone, and by the gateway endpoint."""
    path = two_zones.walk(f"subnet-private-{zone}", ["sg-fn"], address)

    assert path.verdict is Verdict.REACHABLE, path
    through = {hop.component for hop in path.hops}
    assert (f"nat-{zone}" in through) is (address == INTERNET)
    assert ("vpce-s3" in through) is (address != INTERNET)


@pytest.mark.parametrize("zone", ["a", "b"])
def test_lambda_in_the_public_subnets_of_the_same_vpc(two_zones: World, zone: str) -> None:
    """Servers there have public addresses; Lambda's interfaces have none.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
    """
    path = two_zones.walk(f"subnet-public-{zone}", ["sg-fn"], INTERNET)

    assert codes(path) == ["public-subnet-no-public-ip"]


@pytest.fixture
def web_and_database() -> World:
    """Build "web and database servers": two tiers, groups that name each other.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-example-web-database-servers.html
    """
    world = World()
    world.vpc("10.0.0.0/16")
    world.subnet("subnet-app", "10.0.128.0/20")
    world.subnet("subnet-db", "10.0.144.0/20")
    world.group("sg-fn", egress=[tcp(3306, group="sg-db")])
    world.group("sg-db", ingress=[tcp(3306, group="sg-fn")], egress=[])
    world.interface("eni-db", "10.0.144.10", "subnet-db", ["sg-db"])
    return world


def test_tiers_whose_groups_name_each_other(web_and_database: World) -> None:
    """Groups are stateful: the database needs no egress rule for its answers."""
    path = web_and_database.walk("subnet-app", ["sg-fn"], "10.0.144.10", 3306)

    assert path.verdict is Verdict.REACHABLE


def test_another_member_of_the_subnet_is_not_admitted(web_and_database: World) -> None:
    """It is the group that is named, not the place."""
    web_and_database.group("sg-other")

    path = web_and_database.walk("subnet-app", ["sg-other"], "10.0.144.10", 3306)

    assert codes(path) == ["target-security-group-blocks"]


# https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
def acl_rules(back: tuple[int, int]) -> list[Any]:
    """Return the recommended rules: web traffic out, and answers back on these ports."""
    return [
        (100, "in", "6", "allow", ANYWHERE, (80, 80)),
        (110, "in", "6", "allow", ANYWHERE, (443, 443)),
        (140, "in", "6", "allow", ANYWHERE, back),
        (32767, "in", "-1", "deny", ANYWHERE, None),
        (100, "out", "6", "allow", ANYWHERE, (80, 80)),
        (110, "out", "6", "allow", ANYWHERE, (443, 443)),
        (140, "out", "6", "allow", ANYWHERE, back),
        (32767, "out", "-1", "deny", ANYWHERE, None),
    ]


@pytest.mark.parametrize(
    ("back", "found"),
    [
        # "A NAT gateway uses ports 1024-65535. AWS Lambda functions use ports 1024-65535."
        (EPHEMERAL, set()),
        # "Many Linux kernels use ports 32768-61000."
        ((32768, 61000), {"nacl-narrows-return-ports"}),
        # "Windows Server 2008 and later versions use ports 49152-65535."
        ((49152, 65535), {"nacl-narrows-return-ports"}),
        # The server's own port, as if answers went back to it: one of 64512, which nobody meets.
        ((5432, 5432), {"nacl-blocks-return"}),
    ],
)
def test_ephemeral_ports(two_zones: World, back: tuple[int, int], found: set[str]) -> None:
    """The range has to be the client's, and Lambda's and the NAT gateway's is the wide one."""
    two_zones.acl("acl-custom", "vpc-a", acl_rules(back), subnets=["subnet-private-a"])

    path = two_zones.walk("subnet-private-a", ["sg-fn"], INTERNET)

    assert set(codes(path)) == found


def test_rule_order_of_the_guides_example(two_zones: World) -> None:
    """A deny for one port inside the range of a later allow wins by its lower number."""
    rules = [(90, "out", "6", "deny", "203.0.113.0/24", (443, 443)), *acl_rules(EPHEMERAL)]
    two_zones.acl("acl-custom", "vpc-a", rules, subnets=["subnet-private-a"])

    path = two_zones.walk("subnet-private-a", ["sg-fn"], INTERNET)

    assert codes(path) == ["nacl-blocks-request"]
    assert path.blockers[0].facts["rule_number"] == 90


def test_route_priority_of_the_guides_example(two_zones: World) -> None:
    """Send 172.31.0.0/24 to the static route, not to the propagated one of the same block.

    https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
    """
    two_zones.routes("rtb-private-a").extend(
        [
            {
                "DestinationCidrBlock": "172.31.0.0/24",
                "GatewayId": "vgw-1",
                "Origin": "EnableVgwRoutePropagation",
            },
            {
                "DestinationCidrBlock": "172.31.0.0/24",
                "GatewayId": "igw-a",
                "Origin": "CreateRoute",
            },
        ]
    )

    path = two_zones.walk("subnet-private-a", ["sg-fn"], "172.31.0.5")

    assert path.blockers[0].facts["internet_gateway_id"] == "igw-a"


def test_default_security_group_of_a_vpc(two_zones: World) -> None:
    """Members of the default group reach each other and everything outside.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
    """
    two_zones.group("sg-default", ingress=[permission("-1", None, group="sg-default")])
    two_zones.interface("eni-peer", "10.0.144.20", "subnet-private-b", ["sg-default"])

    inside = two_zones.walk("subnet-private-a", ["sg-default"], "10.0.144.20", 9999)
    outside = two_zones.walk("subnet-private-a", ["sg-fn"], "10.0.144.20", 9999)

    assert inside.verdict is Verdict.REACHABLE
    assert codes(outside) == ["target-security-group-blocks"]


@pytest.fixture
def interface_endpoint(two_zones: World) -> World:
    """Build "an interface endpoint with a subnet in each zone", in a VPC with no other way out.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
    """
    for zone, address in (("a", "10.0.128.40"), ("b", "10.0.144.40")):
        del two_zones.routes(f"rtb-private-{zone}")[1:]  # but the local route
        two_zones.interface(f"eni-{zone}", address, f"subnet-private-{zone}", ["sg-endpoint"])
    two_zones.group("sg-endpoint", ingress=[tcp(443, cidr="10.0.0.0/16")])
    two_zones.endpoint(
        "ec2",
        name="vpce-ec2",
        kind="Interface",
        SubnetIds=["subnet-private-a", "subnet-private-b"],
        NetworkInterfaceIds=["eni-a", "eni-b"],
        Groups=[{"GroupId": "sg-endpoint"}],
        PrivateDnsEnabled=True,
        DnsEntries=[
            {"DnsName": "vpce-ec2-0a1b.ec2.eu-west-1.vpce.amazonaws.com"},
            {"DnsName": "ec2.eu-west-1.amazonaws.com"},
        ],
    )
    return two_zones


@pytest.mark.parametrize("zone", ["a", "b"])
@pytest.mark.parametrize("name", ["ec2", "vpce-ec2-0a1b.ec2"])
def test_a_service_by_its_own_name_and_by_the_endpoints(
    interface_endpoint: World, zone: str, name: str
) -> None:
    """With private DNS both lead to the endpoint's interfaces."""
    tail = "eu-west-1.vpce.amazonaws.com" if name.startswith("vpce") else "eu-west-1.amazonaws.com"
    network = Network(interface_endpoint.snapshot())

    found = asking.ask(network, f"subnet-private-{zone},sg-fn", f"{name}.{tail}:443")

    assert found.verdict is Verdict.REACHABLE, found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PrivateDnsEnabled": False}, "endpoint-private-dns-off"),
        ({"Groups": [{"GroupId": "sg-fn"}]}, "endpoint-security-group-blocks"),
    ],
)
def test_what_the_guide_asks_of_an_interface_endpoint(
    interface_endpoint: World, change: dict[str, Any], code: str
) -> None:
    """Private DNS for the service's own name, and a group that admits HTTPS from the VPC."""
    interface_endpoint.entry("VpcEndpoints", "vpce-ec2").update(change)
    for eni in ("eni-a", "eni-b"):
        groups = interface_endpoint.entry("VpcEndpoints", "vpce-ec2")["Groups"]
        interface_endpoint.entry("NetworkInterfaces", eni)["Groups"] = groups
    network = Network(interface_endpoint.snapshot())

    found = asking.ask(network, "subnet-private-a,sg-fn", "ec2.eu-west-1.amazonaws.com:443")

    assert found.verdict is Verdict.UNREACHABLE
    assert code in codes(found)
