"""A NAT gateway in a subnet without a way out: the subnet is wrong, or the place."""

from __future__ import annotations

import pytest

from tests.network.world import ANYWHERE, route
from tests.remedy.case import Case, placement, with_internet, with_nat
from tests.remedy.cases import web
from tests.remedy.commands import read

CODE = "nat-subnet-no-internet-route"


def misplaced(case: Case, free: int | None = 250) -> Case:
    """Put a NAT gateway into a subnet of its own that has no way out; 250 free: it is alone."""
    case.subnet("subnet-inner", "10.0.8.0/24")
    case.table("rtb-inner", "vpc-a", {}, subnets=["subnet-inner"])
    case.nat("subnet-inner", name="nat-b", address="10.0.8.9")
    case.routes("rtb-app").append(route(ANYWHERE, "nat-b"))
    if free is not None:
        case.entry("Subnets", "subnet-inner")["AvailableIpAddressCount"] = free
    return web(case)


def test_nat_gateway_that_works_comes_first() -> None:
    """One route, and no subnet becomes public."""
    fix = misplaced(with_nat(placement())).fix(CODE)

    (command,) = map(read, fix.cli)
    assert fix.checked
    assert command.operation == "replace-route"
    assert (command.parameters["RouteTableId"], command.parameters["NatGatewayId"]) == (
        "rtb-app",
        "nat-a",
    )
    assert "another zone" not in fix.text
    (public,) = fix.alternatives
    assert "subnet-inner has a public address" in str(public.cost)


def test_one_of_another_zone_is_told_as_such_and_one_in_the_zone_offered() -> None:
    """A NAT gateway for each zone was the plan."""
    case = misplaced(with_nat(placement()))
    case.entry("Subnets", "subnet-public")["AvailabilityZone"] = "eu-west-1c"
    case.subnet("subnet-public-a", "10.0.10.0/24")
    case.entry("RouteTables", "rtb-public")["Associations"].append(
        {"RouteTableId": "rtb-public", "SubnetId": "subnet-public-a", "Main": False}
    )

    fix = case.fix(CODE)

    assert "a failure of that zone cuts the subnet off too" in fix.text
    assert [alternative.checked for alternative in fix.alternatives] == [True, True]
    assert any("--subnet-id subnet-public-a" in line for line in fix.alternatives[0].cli)


@pytest.mark.parametrize("known", ["count", "interface", "nothing"])
def test_subnet_with_others_in_it_is_made_public_last(known: str) -> None:
    """A public subnet is there for a NAT gateway, and somebody may live in this one."""
    case = misplaced(with_internet(placement()), {"count": 240, "interface": 249}.get(known))
    if known == "interface":
        case.interface("eni-other", "10.0.8.77", "subnet-inner", ["sg-db"])

    fix = case.fix(CODE)

    assert fix.checked
    assert any("--subnet-id subnet-public" in line for line in fix.cli)
    (public,) = fix.alternatives
    says = {
        "count": "10 more of its addresses are taken",
        "interface": "eni-other stands there too",
        "nothing": "was not read",
    }
    assert says[known] in str(public.cost)


def test_subnet_with_nothing_else_in_it_is_led_out_where_no_nat_gateway_works() -> None:
    """Nothing is made, and nothing else becomes public."""
    fix = misplaced(with_internet(placement())).fix(CODE)

    assert fix.checked
    assert not any("create-nat-gateway" in line for line in fix.cli)
    assert "Nothing else has an address there now." in str(fix.cost)


@pytest.mark.parametrize("gives", [True, False])
def test_subnet_that_is_meant_to_be_public_gets_its_route_back(*, gives: bool) -> None:
    """It gives public addresses, or something in it has one: the route is what is missing."""
    case = misplaced(with_nat(placement()), 240)
    if gives:
        case.entry("Subnets", "subnet-inner")["MapPublicIpOnLaunch"] = True
    else:
        case.interface("eni-web", "10.0.8.77", "subnet-inner", ["sg-db"], public="198.51.100.9")

    fix = case.fix(CODE)

    assert fix.checked
    assert "igw-a" in fix.text
    assert fix.alternatives == ()


def test_public_subnet_is_made_rather_than_a_databases_one_public() -> None:
    """No other subnet is public, and a database stands beside the NAT gateway."""
    case = placement()
    case.igw()
    case = misplaced(case, 249)
    case.interface("eni-more", "10.0.8.77", "subnet-inner", ["sg-db"])

    fix = case.fix(CODE)

    assert fix.checked
    assert any("create-subnet" in line for line in fix.cli)
    assert len(fix.alternatives) == 1


def test_nothing_is_made_where_the_only_public_subnet_lost_its_route() -> None:
    """Near miss: whatever else may stand there, none is public, and nothing private was seen."""
    case = placement()
    case.igw()

    fix = misplaced(case, 240).fix(CODE)

    assert fix.checked
    assert "igw-a" in fix.text
    assert fix.alternatives == ()
