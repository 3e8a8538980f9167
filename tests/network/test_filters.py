"""Security groups, open, closed, in part, and not read."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from tests.network.world import ANYWHERE, World, codes, permission, tcp

ALL_OUT = (100, "out", "-1", "allow", ANYWHERE, None)
ALL_IN = (100, "in", "-1", "allow", ANYWHERE, None)


@pytest.fixture
def world() -> World:
    """Build a function's subnet and a database in another subnet."""
    return beside_a_database()


def beside_a_database() -> World:
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
