"""The way out, and VPC Block Public Access."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from tests.network.test_way_out import BPA, behind_a_nat_gateway, out
from tests.network.world import World, codes


@pytest.fixture
def world() -> World:
    """Build a private subnet that reaches the internet through a NAT gateway."""
    return behind_a_nat_gateway()


@pytest.mark.parametrize(
    ("mode", "found"),
    [("off", []), ("block-ingress", []), ("block-bidirectional", ["block-public-access"])],
)
def test_block_public_access_at_the_nat_subnet(world: World, mode: str, found: list[str]) -> None:
    """`block-ingress` leaves NAT gateways working."""
    states = {"InternetGatewayBlockMode": mode}
    world.entry("Subnets", "subnet-public")["BlockPublicAccessStates"] = states

    path = out(world)

    assert codes(path) == found
    assert path.verdict is (Verdict.UNREACHABLE if found else Verdict.REACHABLE)
    assert not found or path.blockers[0].ra_code == "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"


@pytest.mark.parametrize(
    ("exclusions", "found"),
    [
        ([], [BPA]),
        ([("subnet/subnet-public", "allow-bidirectional", "create-complete")], []),
        ([("vpc/vpc-a", "allow-egress", "create-complete")], []),
        ([("subnet/subnet-app", "allow-bidirectional", "create-complete")], [BPA]),
        ([("vpc/vpc-a", "allow-egress", "delete-complete")], [BPA]),
    ],
)
def test_account_mode_and_exclusions_where_subnets_do_not_tell(
    world: World, exclusions: list[tuple[str, str, str]], found: list[str]
) -> None:
    """An exclusion counts for its subnet or its VPC, while it exists."""
    for entry in world.lists["Subnets"]:
        del entry["BlockPublicAccessStates"]
    world.lists["VpcBlockPublicAccessOptions"] = {"InternetGatewayBlockMode": "block-bidirectional"}
    world.lists["VpcBlockPublicAccessExclusions"] = [
        {
            "ExclusionId": f"vpcbpa-exclude-{index}",
            "ResourceArn": f"arn:aws:ec2:eu-west-1:111122223333:{resource}",
            "InternetGatewayExclusionMode": mode,
            "State": state,
        }
        for index, (resource, mode, state) in enumerate(exclusions)
    ]

    assert codes(out(world)) == found


def test_denied_block_public_access_options_leave_it_open(world: World) -> None:
    """Where subnets do not tell and the account's mode was denied, nobody knows."""
    for entry in world.lists["Subnets"]:
        del entry["BlockPublicAccessStates"]
    world.lists["VpcBlockPublicAccessOptions"] = {"unread": "UnauthorizedOperation"}

    path = out(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.undetermined[0].needs == "ec2:DescribeVpcBlockPublicAccessOptions"


def test_descriptions_from_before_block_public_access(world: World) -> None:
    """Nobody could turn on what did not exist; the walk says what it takes for granted."""
    for entry in world.lists["Subnets"]:
        del entry["BlockPublicAccessStates"]

    path = out(world)

    assert path.verdict is Verdict.REACHABLE
    assert "Block Public Access is off" in path.assumptions[0]
