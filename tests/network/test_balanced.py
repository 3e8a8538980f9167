"""Load balancers as targets, and targets of ours seen from outside."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from tests.network.entries import database
from tests.network.world import ANYWHERE, World, codes, tcp


@pytest.fixture
def world() -> World:
    """Build an internal load balancer with one healthy target."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-lb", "10.0.3.0/24")
    world.subnet("subnet-data", "10.0.2.0/24")
    world.group("sg-fn")
    world.group("sg-lb", ingress=[tcp(443, group="sg-fn")])
    world.group("sg-web", ingress=[tcp(8443, group="sg-lb")])
    world.balancer("front", SecurityGroups=["sg-lb"])
    world.interface(
        "eni-lb",
        "10.0.3.10",
        "subnet-lb",
        ["sg-lb"],
        kind="network_load_balancer",
        Description="ELB net/front/1",
    )
    world.interface("eni-web", "10.0.2.20", "subnet-data", ["sg-web"])
    world.target("front", "10.0.2.20")
    return world


def to_balancer(world: World, port: int = 443, **more: Any) -> Any:
    """Walk to the load balancer's address."""
    return world.walk("subnet-app", ["sg-fn"], "10.0.3.10", port, **more)


def test_load_balancer(world: World) -> None:
    """Open: a listener, a healthy target, groups that admit."""
    path = to_balancer(world)

    assert path.verdict is Verdict.REACHABLE, path


@pytest.mark.parametrize(
    "without", ["LoadBalancers", "Listeners", "TargetGroups", "TargetHealthDescriptions"]
)
def test_load_balancer_not_read(world: World, without: str) -> None:
    """Each of its parts is told by a call of its own."""
    path = to_balancer(world, without=[without])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_no_listener_on_the_port(world: World) -> None:
    """It listens on another one."""
    world.entry("SecurityGroups", "sg-lb")["IpPermissions"] = [tcp((1, 9999), cidr=ANYWHERE)]

    path = to_balancer(world, 8080)

    assert codes(path) == ["load-balancer-no-listener"]
    assert path.blockers[0].facts["listener_ports"] == [443]


def test_load_balancer_that_is_not_active(world: World) -> None:
    """Still being made, or failed."""
    world.lists["LoadBalancers"][0]["State"] = {"Code": "failed"}

    assert codes(to_balancer(world)) == ["load-balancer-not-active"]


@pytest.mark.parametrize(
    ("state", "reason", "verdict"),
    [
        ("healthy", None, "reachable"),
        ("unavailable", "Target.HealthCheckDisabled", "reachable"),
        ("unhealthy", "Target.Timeout", "unreachable"),
        ("unhealthy", "Target.ResponseCodeMismatch", "undetermined"),
        ("initial", "Elb.InitialHealthChecking", "undetermined"),
        ("draining", "Target.DeregistrationInProgress", "unreachable"),
        ("unused", "Target.NotInUse", "unreachable"),
    ],
)
def test_health_of_the_only_target(
    world: World, state: str, reason: str | None, verdict: str
) -> None:
    """Where all are unhealthy it tries them all the same: a wrong answer is still an answer."""
    descriptions = world.lists["TargetHealthDescriptions"][0]["TargetHealthDescriptions"]
    descriptions[0]["TargetHealth"] = {"State": state, **({"Reason": reason} if reason else {})}

    path = to_balancer(world)

    assert path.verdict == verdict
    blocked = state in ("unhealthy", "draining", "unused")
    assert codes(path) == ["load-balancer-no-healthy-target"] * blocked


def test_one_healthy_target_of_several_is_enough(world: World) -> None:
    """Connections go to it."""
    world.interface("eni-web-2", "10.0.2.21", "subnet-data", ["sg-web"])
    world.target("front", "10.0.2.21", "unhealthy", "Target.Timeout")

    assert to_balancer(world).verdict is Verdict.REACHABLE


def far(world: World) -> None:
    """Move the target to another zone than the load balancer's."""
    world.entry("Subnets", "subnet-data")["AvailabilityZone"] = "eu-west-1c"


def test_a_node_serves_the_targets_of_its_own_zone(world: World) -> None:
    """Cross-zone load balancing is off by default for a Network Load Balancer."""
    far(world)

    path = to_balancer(world)

    assert codes(path) == ["load-balancer-not-in-zone"]
    unread = to_balancer(world, without=["LoadBalancerAttributes"])
    assert unread.undetermined[0].needs == "elasticloadbalancing:DescribeLoadBalancerAttributes"


def test_cross_zone_load_balancing(world: World) -> None:
    """Turned on, or an Application Load Balancer, which always does it."""
    far(world)
    world.lists["LoadBalancerAttributes"][0]["Attributes"][0]["Value"] = "true"

    assert to_balancer(world).verdict is Verdict.REACHABLE
    world.lists["LoadBalancerAttributes"] = []
    world.lists["LoadBalancers"][0]["Type"] = "application"
    assert to_balancer(world).verdict is Verdict.REACHABLE


def test_no_target_registered(world: World) -> None:
    """Nobody is behind it."""
    world.lists["TargetHealthDescriptions"][0]["TargetHealthDescriptions"] = []

    assert codes(to_balancer(world)) == ["load-balancer-no-healthy-target"]


def test_targets_group_that_does_not_admit_the_balancer(world: World) -> None:
    """Unhealthy for a reason that can be named."""
    world.entry("SecurityGroups", "sg-web")["IpPermissions"] = [tcp(8080, group="sg-lb")]
    descriptions = world.lists["TargetHealthDescriptions"][0]["TargetHealthDescriptions"]
    descriptions[0]["TargetHealth"] = {"State": "unhealthy", "Reason": "Target.Timeout"}

    path = to_balancer(world)

    assert codes(path) == ["load-balancer-target-security-group-blocks"]
    facts = path.blockers[0].facts
    assert (facts["group_id"], facts["port"]) == ("sg-web", 8443)
    assert facts["source_group_ids"] == ["sg-lb"]
    assert path.blockers[0].why.endswith("allows tcp 8443 from load balancer front (sg-lb)")


@pytest.mark.parametrize(
    ("egress", "found"),
    [
        ([tcp(8443, group="sg-web")], []),
        ([tcp(8443, cidr="10.0.2.20/32")], []),
        ([tcp(443, group="sg-web")], ["load-balancer-security-group-blocks"]),
        ([tcp(8443, group="sg-fn")], ["load-balancer-security-group-blocks"]),
        ([], ["load-balancer-security-group-blocks"]),
    ],
    ids=["to the target's group", "to its address", "another port", "another group", "nothing"],
)
@pytest.mark.parametrize("kind", ["network", "application"])
def test_balancers_own_group_that_does_not_let_it_out(
    world: World, kind: str, egress: list[Any], found: list[str]
) -> None:
    """Its connections to a target pass its outbound rules, and so do its health checks."""
    world.entry("SecurityGroups", "sg-lb")["IpPermissionsEgress"] = egress
    world.lists["LoadBalancers"][0]["Type"] = kind

    path = to_balancer(world)

    assert codes(path) == found
    for blocker in path.blockers:
        assert blocker.component == "sg-lb"
        assert blocker.facts["destination_group_ids"] == ["sg-web"]
        assert blocker.why.endswith("allows tcp 8443 from load balancer front to 10.0.2.20")


@pytest.mark.parametrize("healthy", [True, False])
def test_acls_that_were_not_read_may_be_why_no_target_is_healthy(
    world: World, *, healthy: bool
) -> None:
    """A healthy target says that they pass; where none is, no reason is named."""
    world.acl("acl-data", "vpc-a", [], subnets=["subnet-data"])
    if not healthy:
        descriptions = world.lists["TargetHealthDescriptions"][0]["TargetHealthDescriptions"]
        descriptions[0]["TargetHealth"] = {"State": "unhealthy", "Reason": "Target.Timeout"}

    path = to_balancer(world, without=["NetworkAcls"])

    assert codes(path) == []
    needs = {gap.needs for gap in path.undetermined}
    assert "ec2:DescribeNetworkAcls" in needs


def test_a_balancer_without_groups_lets_everything_out(world: World) -> None:
    """A Network Load Balancer may have none."""
    world.lists["LoadBalancers"][0]["SecurityGroups"] = []
    world.entry("SecurityGroups", "sg-web")["IpPermissions"] = [tcp(8443, cidr="10.0.0.0/16")]

    assert codes(to_balancer(world)) == []


CLIENT, NODE = "10.0.1.0/24", "10.0.3.0/24"


def shut(world: World, inward: str, outward: str) -> None:
    """Have the targets' subnet let requests in from one range, and answers out to another."""
    rules: list[Any] = [
        (100, "in", "tcp", "allow", inward, (8443, 8443)),
        (100, "out", "tcp", "allow", outward, (1024, 65535)),
    ]
    world.acl("acl-data", "vpc-a", rules, subnets=["subnet-data"])


@pytest.mark.parametrize(
    ("inward", "outward", "found"),
    [
        (NODE, NODE, []),
        (CLIENT, NODE, ["nacl-blocks-request"]),
        (NODE, CLIENT, ["nacl-blocks-return"]),
        (CLIENT, CLIENT, ["nacl-blocks-request", "nacl-blocks-return"]),
    ],
)
def test_the_targets_acl_sees_the_node(
    world: World, inward: str, outward: str, found: list[str]
) -> None:
    """Connections to an address come from the load balancer's own; clients are nobody there."""
    shut(world, inward, outward)
    path = to_balancer(world)

    assert codes(path) == found
    assert {blocker.component for blocker in path.blockers} <= {"acl-data"}


@pytest.mark.parametrize(("admitted", "found"), [(CLIENT, []), (NODE, ["nacl-blocks-request"])])
def test_a_target_that_is_an_instance_sees_the_client(
    world: World, admitted: str, found: list[str]
) -> None:
    """A Network Load Balancer keeps the client's address on the way to an instance."""
    world.lists["TargetGroups"][0]["TargetType"] = "instance"
    world.entry("NetworkInterfaces", "eni-web")["Attachment"] = {"InstanceId": "i-web"}
    world.entry("SecurityGroups", "sg-web")["IpPermissions"] = [tcp(8443, cidr="10.0.0.0/16")]
    world.lists["TargetHealthDescriptions"][0]["TargetHealthDescriptions"][0]["Target"]["Id"] = (
        "i-web"
    )
    shut(world, admitted, "10.0.0.0/16")

    assert codes(to_balancer(world)) == found


def behind_shut_acl(world: World, protocol: str) -> Any:
    """Walk to a listener whose two targets an ACL of its own subnet keeps from answering."""
    world.lists["Listeners"][0]["Protocol"] = protocol
    world.interface("eni-web-2", "10.0.2.21", "subnet-data", ["sg-web"])
    world.target("front", "10.0.2.21")
    rules: list[Any] = [
        (100, "in", "tcp", "allow", CLIENT, (1, 65535)),
        (100, "out", "tcp", "allow", ANYWHERE, (1, 65535)),
    ]
    world.acl("acl-lb", "vpc-a", rules, subnets=["subnet-lb"])
    return to_balancer(world)


@pytest.mark.parametrize(
    ("protocol", "opens"), [("HTTP", True), ("HTTPS", True), ("TCP", False), ("TLS", False)]
)
def test_connections_over_http_open_though_no_target_is_reached(
    world: World, protocol: str, *, opens: bool
) -> None:
    """An Application Load Balancer takes them itself; one over TCP is the target's to take."""
    (blocker,) = behind_shut_acl(world, protocol).blockers

    assert (blocker.code, blocker.component) == ("nacl-blocks-return", "acl-lb")
    assert blocker.opens is opens


def test_what_an_acl_has_to_let_through_is_that_of_every_target(world: World) -> None:
    """A rule for the first of them alone would leave the others unhealthy."""
    (blocker,) = behind_shut_acl(world, "HTTP").blockers

    assert blocker.facts["needed_cidrs"] == ["10.0.2.20", "10.0.2.21"]


def test_one_target_behind_an_open_acl_is_enough(world: World) -> None:
    """The others fail their health checks, and nothing is sent to them."""
    shut(world, CLIENT, CLIENT)
    world.subnet("subnet-more", "10.0.4.0/24")
    world.interface("eni-more", "10.0.4.20", "subnet-more", ["sg-web"])
    world.target("front", "10.0.4.20")

    assert to_balancer(world).verdict is Verdict.REACHABLE


def test_balancers_own_group(world: World) -> None:
    """It is a target like any other."""
    world.entry("SecurityGroups", "sg-lb")["IpPermissions"] = []

    path = to_balancer(world)

    assert codes(path) == ["target-security-group-blocks"]
    assert path.blockers[0].component == "sg-lb"


def test_balancer_without_groups_lets_everything_in(world: World) -> None:
    """A Network Load Balancer may have none."""
    world.entry("NetworkInterfaces", "eni-lb")["Groups"] = []
    world.entry("SecurityGroups", "sg-web")["IpPermissions"] = [tcp(8443, cidr="10.0.3.0/24")]

    assert to_balancer(world).verdict is Verdict.REACHABLE


# Targets of ours over their public address


@pytest.fixture
def public(world: World) -> World:
    """Let the function have a way out, and a database a public address in a public subnet."""
    world.igw()
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public", public="198.51.100.7")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", "10.0.9.30", "subnet-public", ["sg-db"], public="198.51.100.30")
    return world


HOST = "orders.abc.eu-west-1.rds.amazonaws.com"


def to_public(world: World, **more: Any) -> Any:
    """Walk to the database's public address."""
    return world.walk("subnet-app", ["sg-fn"], "198.51.100.30", 5432, **more)


def test_group_names_do_not_match_over_the_internet(public: World) -> None:
    """The database sees the NAT gateway's address, and its rule names a group."""
    path = to_public(public)

    assert codes(path) == ["security-group-reference-lost"]
    assert path.blockers[0].facts["source_cidrs"] == ["198.51.100.7"]
    assert "known by its address only" in path.blockers[0].why


def test_rule_for_the_nat_gateways_address(public: World) -> None:
    """Open: the address that the database sees."""
    public.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, cidr="198.51.100.7/32")]

    assert to_public(public).verdict is Verdict.REACHABLE


def test_public_target_without_a_way_back(public: World) -> None:
    """Its subnet's answers go nowhere."""
    public.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, cidr=ANYWHERE)]
    public.subnet("subnet-shut", "10.0.10.0/24")
    entry = public.entry("NetworkInterfaces", "eni-db")
    entry["SubnetId"] = "subnet-shut"

    path = to_public(public)

    assert codes(path) == ["no-return-route"]


def known_to_rds(world: World, vpc: str = "vpc-a") -> None:
    """Let RDS know the database."""
    world.lists["DBInstances"].append(
        database(HOST, "sg-db", vpc=vpc, subnet="subnet-public", PubliclyAccessible=True)
    )


def test_public_answer_where_a_private_one_exists(public: World) -> None:
    """In its own VPC the name should have led to the private address."""
    known_to_rds(public)

    path = to_public(public, host=HOST)

    assert codes(path) == ["security-group-reference-lost", "public-answer-for-private-target"]
    assert path.blockers[1].facts["private_addresses"] == ["10.0.9.30"]


def test_public_answer_across_a_peering_connection(public: World) -> None:
    """DNS resolution over the connection would have given the private address."""
    known_to_rds(public)
    public.vpc("10.8.0.0/16", "vpc-b")
    public.subnet("subnet-b", "10.8.1.0/24", vpc="vpc-b")
    public.peering("pcx-ab", "vpc-a", "vpc-b")
    public.group("sg-b", vpc="vpc-b")

    path = public.walk("subnet-b", ["sg-b"], "198.51.100.30", 5432, host=HOST)

    assert "peering-dns-resolution-off" in codes(path)
    connection = public.entry("VpcPeeringConnections", "pcx-ab")
    connection["RequesterVpcInfo"]["PeeringOptions"] = {"AllowDnsResolutionFromRemoteVpc": True}
    path = public.walk("subnet-b", ["sg-b"], "198.51.100.30", 5432, host=HOST)
    assert "peering-dns-resolution-off" not in codes(path)


def test_public_answer_does_no_harm_where_the_way_is_open(public: World) -> None:
    """The near miss: nothing is blamed on the name."""
    known_to_rds(public)
    public.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, cidr="198.51.100.7/32")]

    path = to_public(public, host=HOST)

    assert path.verdict is Verdict.REACHABLE
    assert path.blockers == ()
