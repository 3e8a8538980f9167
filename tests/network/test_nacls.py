"""Network ACLs: both directions, in the order of their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Direction, Verdict
from tests.network.test_filters import ALL_IN, ALL_OUT, beside_a_database, to_database
from tests.network.world import ANYWHERE, INTERNET, World, codes


@pytest.fixture
def world() -> World:
    """Build a function's subnet and a database in another subnet."""
    return beside_a_database()


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
