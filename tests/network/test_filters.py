"""Security groups and network ACLs, open, closed, in part, and not read."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Direction, Verdict
from tests.network.world import ANYWHERE, INTERNET, World, codes, permission, tcp

ALL_OUT = (100, "out", "-1", "allow", ANYWHERE, None)
ALL_IN = (100, "in", "-1", "allow", ANYWHERE, None)


@pytest.fixture
def world() -> World:
    """Build a function's subnet and a database in another subnet."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24", zone="b")
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    return world


def to_database(world: World, groups: tuple[str, ...] = ("sg-fn",), **more: Any) -> Any:
    """Walk to the database."""
    return world.walk("subnet-app", groups, "10.0.2.10", more.pop("port", 5432), **more)


def ingress(world: World, *permissions: dict[str, Any]) -> None:
    """Give the database's group these rules."""
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = list(permissions)


def egress(world: World, *permissions: dict[str, Any]) -> None:
    """Give the function's group these rules."""
    world.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = list(permissions)


@pytest.mark.parametrize(
    "rule",
    [
        tcp(5432, group="sg-fn"),
        tcp(5432, cidr="10.0.1.0/24"),
        tcp(5432, cidr="10.0.0.0/16"),
        tcp((5000, 6000), cidr="10.0.0.0/8"),
        permission("-1", None, group="sg-fn"),
        permission("6", (5432, 5432), cidr=ANYWHERE),
        permission("tcp", (0, 65535), cidr=ANYWHERE),
        permission("tcp", (-1, -1), cidr=ANYWHERE),
        tcp(5432, prefix_list="pl-apps"),
    ],
)
def test_rules_that_admit_the_function(world: World, rule: dict[str, Any]) -> None:
    """By group, by block, by prefix list, by protocol number, by any port range."""
    world.prefix_list("pl-apps", "x", ["10.0.1.0/24"])
    ingress(world, rule)

    assert to_database(world).verdict is Verdict.REACHABLE


@pytest.mark.parametrize(
    "rule",
    [
        tcp(5433, group="sg-fn"),
        tcp((5433, 6000), cidr=ANYWHERE),
        permission("udp", 5432, cidr=ANYWHERE),
        permission("17", (5432, 5432), cidr=ANYWHERE),
        permission("icmp", (-1, -1), cidr=ANYWHERE),
        tcp(5432, group="sg-other"),
        tcp(5432, cidr="10.0.3.0/24"),
        tcp(5432, cidr6="::/0"),
        tcp(5432, prefix_list="pl-apps"),
    ],
)
def test_rules_that_do_not(world: World, rule: dict[str, Any]) -> None:
    """Another port, protocol, group, block or family."""
    world.prefix_list("pl-apps", "x", ["10.0.3.0/24"])
    ingress(world, rule)

    path = to_database(world)

    assert codes(path) == ["target-security-group-blocks"]
    assert path.blockers[0].component == "sg-db"
    assert path.blockers[0].ra_code == "ENI_SG_RULES_MISMATCH"
    assert path.blockers[0].facts["source_group_ids"] == ["sg-fn"]


def test_a_group_without_rules_has_a_code_of_its_own(world: World) -> None:
    """Reachability Analyzer tells "no rules" from "no rule that fits"."""
    ingress(world)

    assert to_database(world).blockers[0].ra_code == "SG_HAS_NO_RULES"


def test_rules_of_all_groups_add_up(world: World) -> None:
    """Any group of an interface may let a packet in."""
    world.group("sg-more", ingress=[tcp(5432, cidr="10.0.1.0/24")])
    ingress(world)
    world.entry("NetworkInterfaces", "eni-db")["Groups"].append({"GroupId": "sg-more"})

    assert to_database(world).verdict is Verdict.REACHABLE


def test_a_rule_may_name_any_of_the_functions_groups(world: World) -> None:
    """The second group is as good as the first."""
    world.group("sg-second", egress=[])
    ingress(world, tcp(5432, group="sg-second"))

    assert to_database(world, ("sg-fn", "sg-second")).verdict is Verdict.REACHABLE


def test_two_blocks_that_cover_the_subnet_together(world: World) -> None:
    """Halves add up to the whole."""
    ingress(world, tcp(5432, cidr="10.0.1.0/25"), tcp(5432, cidr="10.0.1.128/25"))

    assert to_database(world).verdict is Verdict.REACHABLE


def test_a_block_that_covers_a_part_of_the_subnet(world: World) -> None:
    """The function may get an address on either side: it works sometimes."""
    ingress(world, tcp(5432, cidr="10.0.1.0/25"))

    path = to_database(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers[0].partial
    assert path.blockers[0].facts["source_cidrs"] == ["10.0.1.128/25"]


@pytest.mark.parametrize(
    ("address", "verdict"), [("10.0.1.7", "reachable"), ("10.0.1.200", "unreachable")]
)
def test_the_functions_own_interfaces_settle_it(world: World, address: str, verdict: str) -> None:
    """Where Lambda's interface for this subnet and these groups was read, its address counts."""
    ingress(world, tcp(5432, cidr="10.0.1.0/25"))
    world.interface("eni-fn", address, "subnet-app", ["sg-fn"], kind="lambda")

    assert to_database(world).verdict == verdict


def test_older_interfaces_of_lambda_say_so_in_words(world: World) -> None:
    """Their type is the ordinary one."""
    ingress(world, tcp(5432, cidr="10.0.1.0/25"))
    words = "AWS Lambda VPC ENI-fn-1a2b3c4d"
    world.interface("eni-fn", "10.0.1.7", "subnet-app", ["sg-fn"], Description=words)

    assert to_database(world).verdict is Verdict.REACHABLE


def test_an_interface_for_other_groups_settles_nothing(world: World) -> None:
    """Lambda makes an interface for every combination of subnet and groups."""
    ingress(world, tcp(5432, cidr="10.0.1.0/25"))
    world.interface("eni-fn", "10.0.1.7", "subnet-app", ["sg-fn", "sg-db"], kind="lambda")

    assert to_database(world).verdict is Verdict.UNDETERMINED


def test_stale_rules_match_nothing(world: World) -> None:
    """A rule that names a group over a connection that is gone stays in the list."""
    ingress(world, tcp(5432, group="sg-fn", PeeringStatus="deleted"))

    path = to_database(world)

    assert codes(path) == ["security-group-reference-lost"]
    assert path.blockers[0].ra_code == "UNKNOWN_PEERED_SGS"


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([tcp(5432, group="sg-db")], []),
        ([tcp(5432, cidr="10.0.2.10/32")], []),
        ([permission("-1", None, cidr=ANYWHERE)], []),
        ([tcp(443, cidr=ANYWHERE)], ["own-security-group-blocks"]),
        ([tcp(5432, group="sg-fn")], ["own-security-group-blocks"]),
        ([], ["own-security-group-blocks"]),
    ],
)
def test_the_functions_own_group(
    world: World, rules: list[dict[str, Any]], found: list[str]
) -> None:
    """Egress rules name blocks, or groups of the target."""
    egress(world, *rules)

    path = to_database(world)

    assert codes(path) == found
    assert not found or path.blockers[0].facts["destination_group_ids"] == ["sg-db"]


def test_two_closed_groups_are_both_found(world: World) -> None:
    """The walk goes on behind a closed gate."""
    egress(world)
    ingress(world)

    assert codes(to_database(world)) == [
        "own-security-group-blocks",
        "target-security-group-blocks",
    ]


def test_unread_interfaces_leave_only_the_target_unknown(world: World) -> None:
    """Whose groups guard the address is not known; everything else is."""
    path = to_database(world, without=["NetworkInterfaces"])

    assert path.verdict is Verdict.UNDETERMINED
    assert [one.needs for one in path.undetermined] == ["ec2:DescribeNetworkInterfaces"]


def test_a_database_known_by_its_name_needs_no_interface(world: World) -> None:
    """RDS tells the groups of an instance."""
    host = "orders.abc.eu-west-1.rds.amazonaws.com"
    world.lists["DBInstances"].append(
        {
            "DBInstanceIdentifier": "orders",
            "Endpoint": {"Address": host},
            "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-db"}],
        }
    )

    path = to_database(world, without=["NetworkInterfaces"], host=host)

    assert path.verdict is Verdict.REACHABLE


def test_an_address_that_nobody_read_has_is_no_proof_of_absence(world: World) -> None:
    """The interfaces may have been read with a filter."""
    path = world.walk("subnet-app", ["sg-fn"], "10.0.2.99", 5432)

    assert path.verdict is Verdict.UNDETERMINED


def test_an_address_that_aws_reserves_has_nobody(world: World) -> None:
    """The first four addresses of a subnet and the last are never given out."""
    path = world.walk("subnet-app", ["sg-fn"], "10.0.2.255", 5432)

    assert path.blockers[0].ra_code == "NO_POSSIBLE_DESTINATION"


# Network ACLs


def test_acl_blocks_the_request_at_the_source(world: World) -> None:
    """No outbound rule for the port."""
    world.acl(
        "acl-app",
        "vpc-a",
        [(100, "out", "6", "allow", ANYWHERE, (443, 443)), ALL_IN],
        subnets=["subnet-app"],
    )

    path = to_database(world)

    assert codes(path) == ["nacl-blocks-request"]
    facts = path.blockers[0].facts
    assert (facts["role"], facts["egress"], facts["rule_number"]) == ("source", True, 32767)
    assert path.blockers[0].ra_code == "SUBNET_ACL_RESTRICTION"


def test_acl_blocks_the_request_at_the_target(world: World) -> None:
    """No inbound rule for the function's subnet."""
    world.acl(
        "acl-data",
        "vpc-a",
        [ALL_OUT, (100, "in", "6", "allow", "10.0.3.0/24", (5432, 5432))],
        subnets=["subnet-data"],
    )

    path = to_database(world)

    assert codes(path) == ["nacl-blocks-request"]
    assert path.blockers[0].facts["role"] == "target"


def test_rules_are_read_in_the_order_of_their_numbers(world: World) -> None:
    """A deny with a lower number comes first, wherever AWS lists it."""
    world.acl(
        "acl-app",
        "vpc-a",
        [ALL_OUT, (50, "out", "6", "deny", "10.0.2.0/24", (5432, 5432)), ALL_IN],
        subnets=["subnet-app"],
    )

    path = to_database(world)

    assert codes(path) == ["nacl-blocks-request"]
    assert path.blockers[0].facts["rule_number"] == 50


def test_a_deny_behind_the_allow_changes_nothing(world: World) -> None:
    """The first rule that matches decides."""
    world.acl(
        "acl-app",
        "vpc-a",
        [ALL_OUT, (200, "out", "6", "deny", "10.0.2.0/24", (5432, 5432)), ALL_IN],
        subnets=["subnet-app"],
    )

    assert to_database(world).verdict is Verdict.REACHABLE


def test_answers_need_a_rule_as_well(world: World) -> None:
    """ACLs are stateless: the answer goes to a high port."""
    world.acl(
        "acl-data",
        "vpc-a",
        [ALL_IN, (100, "out", "6", "allow", ANYWHERE, (443, 443))],
        subnets=["subnet-data"],
    )

    path = to_database(world)

    assert codes(path) == ["nacl-blocks-return"]
    assert path.blockers[0].direction is Direction.RETURN
    assert path.blockers[0].facts["needed_port_range"] == [1024, 65535]


@pytest.mark.parametrize("ports", [(32768, 65535), (1024, 60999), (32768, 60999)])
def test_narrowed_return_ports_fail_sometimes(world: World, ports: tuple[int, int]) -> None:
    """Lambda uses every port from 1024 up: some answers get back and others do not."""
    world.acl(
        "acl-app",
        "vpc-a",
        [ALL_OUT, (100, "in", "6", "allow", ANYWHERE, ports)],
        subnets=["subnet-app"],
    )

    path = to_database(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert codes(path) == ["nacl-narrows-return-ports"]
    assert path.blockers[0].facts["allowed_port_ranges"] == [ports]


@pytest.mark.parametrize(
    "rules",
    [
        [(100, "in", "6", "allow", ANYWHERE, (1024, 65535))],
        [(100, "in", "6", "allow", ANYWHERE, (0, 65535))],
        [
            (100, "in", "6", "allow", ANYWHERE, (1024, 32767)),
            (110, "in", "6", "allow", ANYWHERE, (32768, 65535)),
        ],
        [(100, "in", "-1", "allow", "10.0.2.0/24", None)],
        [(100, "in", "-1", "allow", ANYWHERE, (443, 443))],  # all protocols have no ports
    ],
)
def test_return_ports_that_are_whole(world: World, rules: list[Any]) -> None:
    """In one rule or in several."""
    world.acl("acl-app", "vpc-a", [ALL_OUT, *rules], subnets=["subnet-app"])

    assert to_database(world).verdict is Verdict.REACHABLE


def test_an_acl_for_some_of_the_functions_addresses(world: World) -> None:
    """Answers reach one half of the subnet whole, and the other not at all."""
    world.acl(
        "acl-data",
        "vpc-a",
        [ALL_IN, (100, "out", "6", "allow", "10.0.1.0/25", (1024, 65535))],
        subnets=["subnet-data"],
    )

    path = to_database(world)

    assert codes(path) == ["nacl-blocks-return"]
    assert path.blockers[0].partial


def test_traffic_inside_one_subnet_meets_no_acl(world: World) -> None:
    """An ACL stands at the border of the subnet."""
    world.interface("eni-near", "10.0.1.50", "subnet-app", ["sg-db"])
    world.acl("acl-app", "vpc-a", [], subnets=["subnet-app"])

    path = world.walk("subnet-app", ["sg-fn"], "10.0.1.50", 5432)

    assert path.verdict is Verdict.REACHABLE


def test_a_subnet_that_no_acl_names_has_the_default_one(world: World) -> None:
    """The VPC's default ACL, whatever its rules are."""
    world.entry("NetworkAcls", "acl-default-vpc-a")["Entries"] = []

    assert codes(to_database(world)) == [
        "nacl-blocks-request",
        "nacl-blocks-request",
        "nacl-blocks-return",
        "nacl-blocks-return",
    ]


def test_return_gates_are_judged_where_the_request_is_lost(world: World) -> None:
    """No route out and no way back in: both have to be mended, so both are told."""
    world.acl("acl-app", "vpc-a", [ALL_OUT], subnets=["subnet-app"])

    path = world.walk("subnet-app", ["sg-fn"], INTERNET)

    assert codes(path) == ["no-route-to-internet", "nacl-blocks-return"]


def test_rules_in_the_user_guides_custom_acl(world: World) -> None:
    """The recommended rules for a private subnet let web traffic out and its answers in.

    https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
    """
    world.acl(
        "acl-app",
        "vpc-a",
        [
            (100, "in", "6", "allow", ANYWHERE, (80, 80)),
            (110, "in", "6", "allow", ANYWHERE, (443, 443)),
            (120, "in", "6", "allow", "192.0.2.0/24", (22, 22)),
            (140, "in", "6", "allow", ANYWHERE, (32768, 65535)),
            (32767, "in", "-1", "deny", ANYWHERE, None),
            (100, "out", "6", "allow", ANYWHERE, (80, 80)),
            (110, "out", "6", "allow", ANYWHERE, (443, 443)),
            (120, "out", "6", "allow", "10.0.2.0/24", (5432, 5432)),
            (140, "out", "6", "allow", ANYWHERE, (32768, 65535)),
            (32767, "out", "-1", "deny", ANYWHERE, None),
        ],
        subnets=["subnet-app"],
    )

    path = to_database(world)

    # The guide's range is that of many Linux kernels; Lambda's is wider, so it works sometimes.
    assert codes(path) == ["nacl-narrows-return-ports"]
    assert path.verdict is Verdict.UNDETERMINED
