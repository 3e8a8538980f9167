"""Functions are grouped by what decides about their packets, and by nothing else."""

from __future__ import annotations

from typing import Any

from probe.fleet import results
from probe.fleet.placements import Scope, Spot, grouped

HERE = Scope("200000000001", "eu-west-1")


def function(name: str, subnets: str = "", groups: str = "", **more: Any) -> dict[str, Any]:
    """Write a function as ListFunctions tells it."""
    vpc = {"SubnetIds": subnets.split(), "SecurityGroupIds": groups.split(), "VpcId": "vpc-1"}
    return {
        "FunctionName": name,
        "Handler": "app.main",
        "VpcConfig": {**vpc, **more.pop("vpc", {})},
        "Environment": {"Variables": {"PASSWORD": "open-sesame"}},
        **more,
    }


def names(*functions: dict[str, Any]) -> list[tuple[str, ...]]:
    """Group, and give the functions of each placement."""
    return [spot.functions for spot in grouped(HERE, functions).spots]


def test_the_order_of_subnets_and_groups_means_nothing() -> None:
    """Lambda keeps no order: both functions use the same interfaces."""
    found = names(function("b", "s-1 s-2", "g-1 g-2"), function("a", "s-2 s-1", "g-2 g-1"))

    assert found == [("a", "b")]


def test_one_group_more_is_another_placement() -> None:
    """A group more lets in or out what the others do not; so does a subnet more."""
    found = names(
        function("a", "s-1", "g-1"),
        function("b", "s-1", "g-1 g-2"),
        function("c", "s-1 s-2", "g-1"),
    )

    assert sorted(found) == [("a",), ("b",), ("c",)]


def test_leave_over_ipv6_is_part_of_a_placement() -> None:
    """Of two functions on one interface, only one may leave over IPv6."""
    allowed = function("b", "s-1", "g-1", vpc={"Ipv6AllowedForDualStack": True})

    assert sorted(names(function("a", "s-1", "g-1"), allowed)) == [("a",), ("b",)]


def test_functions_without_a_vpc_or_on_instances_of_their_own_are_counted_apart() -> None:
    """The one has no placement, the other's is not told by its VpcConfig."""
    managed = function("m", "s-1", "g-1", CapacityProviderConfig={"x": 1})

    found = grouped(HERE, [function("a"), {"FunctionName": "b"}, managed])

    assert (found.spots, found.outside, found.elsewhere) == ((), 2, 1)


def test_the_placement_with_most_functions_stands_first() -> None:
    """And whichever order AWS gives, the order is the same."""
    many = [function(f"m{n}", "s-9", "g-1") for n in range(3)]

    assert names(function("a", "s-1", "g-1"), *many)[0] == ("m0", "m1", "m2")


def test_a_deployed_probe_is_known_by_its_handler() -> None:
    """It can send packets for every function in its place."""
    probe = function("my-probe", "s-1", "g-1", Handler="probe.handler.probe")

    (spot,) = grouped(HERE, [function("a", "s-1", "g-1"), probe]).spots

    assert spot.probe == "my-probe"


def test_an_id_is_the_same_in_every_run_and_another_in_every_account() -> None:
    """State files and results are joined by it."""
    spot = Spot(HERE, ("s-1",), ("g-1",), dual_stack=False, functions=("a",))
    later = Spot(HERE, ("s-1",), ("g-1",), dual_stack=False, functions=("a", "b"))
    other = Spot(Scope("200000000002", "eu-west-1"), ("s-1",), ("g-1",), False, ("a",))

    assert spot.id == later.id == "1599167fdd6f562f"
    assert other.id != spot.id


def test_a_placement_survives_being_written_and_holds_no_environment() -> None:
    """What is written is what ListFunctions said of the network, and not a word more."""
    (spot,) = grouped(HERE, [function("a", "s-1 s-2", "g-1")]).spots

    written = results.spot_to_json(spot)

    assert results.spot_from_json(written) == spot
    assert "open-sesame" not in str(written) + str(spot.configuration)
