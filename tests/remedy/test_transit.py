"""Transit gateway tables: dead routes on the way back, and what they hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.remedy.cases_between import transit
from tests.remedy.commands import read

if TYPE_CHECKING:
    from tests.remedy.case import Case

CODE = "transit-gateway-blackhole"


def no_way_back(block: str = "10.0.0.0/16") -> Case:
    """Have the one table drop what goes back to the function's VPC."""
    case = transit()
    rows = case.lists["TransitGatewayRoutes"][0]["Routes"]
    dead = {"DestinationCidrBlock": block, "Type": "static", "State": "blackhole"}
    # AWS lists the static route alone, where both are for the same range.
    rows[:] = [{**dead, "TransitGatewayAttachments": []}, *rows[1:]]
    return case


def propagating(case: Case, attachment: str, vpc: str) -> Case:
    """Have an attachment propagate into the table."""
    way = {"TransitGatewayAttachmentId": attachment, "ResourceId": vpc, "ResourceType": "vpc"}
    case.lists["TransitGatewayPropagations"] = [
        {
            "TransitGatewayRouteTableId": "tgw-rtb-a",
            "TransitGatewayRouteTablePropagations": [{**way, "State": "enabled"}],
        }
    ]
    return case


def test_answers_are_led_to_the_functions_vpc() -> None:
    """What is dead is its own range: the route is replaced."""
    fix = no_way_back().fix(CODE)
    (command,) = map(read, fix.cli)

    assert fix.checked
    assert command.operation == "replace-transit-gateway-route"
    assert command.parameters["DestinationCidrBlock"] == "10.0.0.0/16"
    assert command.parameters["TransitGatewayAttachmentId"] == "tgw-attach-a"


def test_wider_blackhole_stays_beside_the_functions_subnet() -> None:
    """Somebody drops all of a larger range: the function's subnet alone gets a route."""
    fix = no_way_back("10.0.0.0/15").fix(CODE)
    (command,) = map(read, fix.cli)

    assert fix.checked
    assert command.operation == "create-transit-gateway-route"
    assert command.parameters["DestinationCidrBlock"] == "10.0.1.0/24"


def test_blackhole_that_hides_a_propagated_route_is_deleted() -> None:
    """That is less than a route by hand, which somebody would have to keep up."""
    fix = propagating(no_way_back(), "tgw-attach-a", "vpc-a").fix(CODE)
    first, other = (read(one.cli[0]).operation for one in (fix, *fix.alternatives))

    assert fix.checked
    assert (first, other) == ("delete-transit-gateway-route", "replace-transit-gateway-route")


def test_what_another_vpc_propagates_is_no_help() -> None:
    """Without the static route, nothing would lead to the function."""
    fix = propagating(no_way_back(), "tgw-attach-b", "vpc-b").fix(CODE)

    assert not fix.alternatives
    assert fix.cli[0].startswith("aws ec2 replace-transit-gateway-route")
