"""The way out over IPv6."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from tests.network.test_way_out import V6, V6_INTERNET, behind_a_nat_gateway, out
from tests.network.world import World, codes, route


@pytest.fixture
def world() -> World:
    """Build a private subnet that reaches the internet through a NAT gateway."""
    return behind_a_nat_gateway()


@pytest.fixture
def six(world: World) -> World:
    """Give the function's subnet IPv6 and an egress-only internet gateway."""
    world.eigw()
    world.entry("Subnets", "subnet-app")["Ipv6CidrBlockAssociationSet"] = [
        {"Ipv6CidrBlock": V6, "Ipv6CidrBlockState": {"State": "associated"}}
    ]
    world.routes("rtb-app").append(route("::/0", "eigw-a"))
    return world


def test_ipv6_through_an_egress_only_gateway(six: World) -> None:
    """Open: dual-stack is allowed, and there is a way."""
    assert out(six, to=V6_INTERNET, ipv6=True).verdict is Verdict.REACHABLE


def test_ipv6_needs_leave(six: World) -> None:
    """Lambda does not use IPv6 unless it is told to."""
    assert codes(out(six, to=V6_INTERNET, ipv6=False)) == ["ipv6-not-allowed"]


def test_ipv6_leave_stands_in_the_functions_configuration(six: World) -> None:
    """And where that was not read, it is not known."""
    six.lists["FunctionConfiguration"]["VpcConfig"] = {"Ipv6AllowedForDualStack": True}

    assert out(six, to=V6_INTERNET).verdict is Verdict.REACHABLE
    unread = out(six, to=V6_INTERNET, without=["FunctionConfiguration"])
    assert unread.undetermined[0].needs == "lambda:GetFunctionConfiguration"


def test_ipv6_needs_a_subnet_that_has_it(world: World) -> None:
    """A subnet without an IPv6 block has no IPv6 addresses."""
    assert codes(out(world, to=V6_INTERNET, ipv6=True)) == ["ipv6-not-allowed"]


def test_ipv6_without_a_route(six: World) -> None:
    """An IPv4 default route says nothing about IPv6."""
    six.routes("rtb-app").pop()

    assert codes(out(six, to=V6_INTERNET, ipv6=True)) == ["no-egress-only-gateway"]


def test_ipv6_needs_no_public_address_at_an_internet_gateway(six: World) -> None:
    """IPv6 addresses are public: an ordinary internet gateway does as well."""
    six.routes("rtb-app")[-1] = route("::/0", "igw-a")

    assert out(six, to=V6_INTERNET, ipv6=True).verdict is Verdict.REACHABLE


def test_egress_only_gateway_of_another_vpc(six: World) -> None:
    """It has to be attached to this one."""
    six.entry("EgressOnlyInternetGateways", "eigw-a")["Attachments"] = []

    assert codes(out(six, to=V6_INTERNET, ipv6=True)) == ["no-egress-only-gateway"]
