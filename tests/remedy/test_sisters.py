"""Fixes that lead a subnet where the other tables of its VPC lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.network.world import route
from tests.remedy.cases_between import peered, two_vpcs
from tests.remedy.commands import Command, read

if TYPE_CHECKING:
    from tests.remedy.case import Case


def sisters(dead: dict[str, Any] | None = None, **others: str) -> Case:
    """Let the data subnet lead to the peered VPC, and the function's own not, or to a hole."""
    case = peered(forth=False)
    case.table("rtb-data", "vpc-a", others or {"10.1.0.0/16": "pcx-ab"}, subnets=["subnet-data"])
    if dead is not None:
        case.routes("rtb-app").append(dead)
    return case


def commands(case: Case, code: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what a fix that was checked does, and with what."""
    fix = case.fix(code)
    assert fix.checked, fix
    found: list[Command] = list(map(read, fix.cli))
    return [(one.operation, one.parameters) for one in found]


def test_route_that_is_missing_is_taken_whole_from_another_table() -> None:
    """Its range and its target: the tables are alike again."""
    assert commands(sisters(), "no-route-to-target") == [
        (
            "create-route",
            {
                "RouteTableId": "rtb-app",
                "DestinationCidrBlock": "10.1.0.0/16",
                "VpcPeeringConnectionId": "pcx-ab",
            },
        )
    ]


def test_dead_route_is_replaced_by_that_of_another_table() -> None:
    """It has the same range, which AWS lets no second route have."""
    ((operation, parameters),) = commands(
        sisters(route("10.1.0.0/16", "pcx-gone", State="blackhole")), "blackhole-route"
    )

    assert operation == "replace-route"
    assert parameters["DestinationCidrBlock"] == "10.1.0.0/16"
    assert parameters["VpcPeeringConnectionId"] == "pcx-ab"


def test_narrower_dead_route_is_deleted_besides() -> None:
    """It would win over the new one."""
    case = sisters(route("10.1.2.0/24", "pcx-gone", State="blackhole"))

    found = commands(case, "blackhole-route")

    assert [operation for operation, _ in found] == ["create-route", "delete-route"]
    assert found[1][1]["DestinationCidrBlock"] == "10.1.2.0/24"


def test_other_table_with_the_same_hole_is_no_example() -> None:
    """Near miss: what is dead there is dead here."""
    case = sisters(route("10.1.0.0/16", "pcx-gone", State="blackhole"))
    case.routes("rtb-data")[-1] = route("10.1.0.0/16", "pcx-gone", State="blackhole")

    assert case.mend()["blackhole-route"].fix is None


@pytest.mark.parametrize("own", [True, False])
def test_of_two_ways_that_others_have_the_one_that_arrives_is_taken(*, own: bool) -> None:
    """A subnet of the function's from which the target is reached is the best example."""
    case = sisters()
    case.subnet("subnet-other", "10.0.8.0/24")
    case.table("rtb-other", "vpc-a", {"10.0.0.0/8": "tgw-hub"}, subnets=["subnet-other"])
    if own:
        case.function(["subnet-app", "subnet-data"])

    ((_, parameters),) = commands(case, "no-route-to-target")

    # Where others do not agree, nobody's word is taken: the target's subnet alone is led to.
    assert parameters["DestinationCidrBlock"] == ("10.1.0.0/16" if own else "10.1.2.0/24")


def test_new_connection_leads_all_subnets_that_are_stopped() -> None:
    """Two tables lack the way: the fix of the first is also that of the second."""
    case = two_vpcs()
    case.table("rtb-data", "vpc-a", {}, subnets=["subnet-data"])
    case.function(["subnet-app", "subnet-data"])

    second = case.fix("no-route-to-target")  # of rtb-data

    assert second.checked
    assert second.cli == ()
    assert "before this one" in second.text
    assert second.together_with == ("no-route-to-target rtb-app",)
