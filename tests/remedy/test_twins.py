"""Fixes where two networks have one range: what a route to the one takes from the other."""

from __future__ import annotations

from tests.remedy.cases_between import transit
from tests.remedy.cases_twins import asked_of_twin, twin_of


def test_a_route_past_a_network_of_the_same_range_tells_what_it_costs() -> None:
    """It is for the function's own subnet, by the way that the request came."""
    fix = twin_of("10.0.0.0/16", "rtb-far", "vpc-b").fix("no-return-route")

    assert fix.checked
    assert [line.split(" --")[1:] for line in fix.cli] == [
        ["route-table-id rtb-far", "destination-cidr-block 10.0.1.0/24", "transit-gateway-id tgw-a"]
    ]
    assert "can no longer be reached" in (fix.cost or "")


def test_a_request_is_led_to_the_vpc_that_is_meant() -> None:
    """And not to the one that the table has led this range to so far."""
    fix = asked_of_twin(hub=False).fix("no-route-to-target")

    assert fix.checked
    assert "--transit-gateway-id tgw-a" in fix.cli[0]


def test_no_route_leads_to_another_network_out_of_a_vpc_of_the_same_range() -> None:
    """Near miss: AWS takes no route to a transit gateway that is narrower than the local one.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    """
    case = transit()
    case.entry("Vpcs", "vpc-b")["CidrBlockAssociationSet"] = [
        {"CidrBlock": block, "CidrBlockState": {"State": "associated"}}
        for block in ("10.1.0.0/16", "10.0.0.0/16")
    ]
    case.routes("rtb-far")[:] = [
        {"DestinationCidrBlock": block, "GatewayId": "local", "State": "active"}
        for block in ("10.1.0.0/16", "10.0.0.0/16")
    ]

    fix = case.mend()["no-return-route"].fix

    assert fix is None or not fix.cli
