"""Endpoints to somebody else's service: the way meant for a public name that they may take over."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from tests.network.world import World, codes

SERVICE = "com.amazonaws.vpce.eu-west-1.vpce-svc-1"


@pytest.fixture
def world() -> World:
    """Build an isolated subnet with an endpoint to a vendor, whose private DNS is off."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.group("sg-fn")
    world.interface("eni-vendor", "10.0.1.50", "subnet-app", ["sg-fn"], kind="vpc_endpoint")
    world.endpoint(
        "vpce-svc-1",
        kind="Interface",
        ServiceName=SERVICE,
        NetworkInterfaceIds=["eni-vendor"],
        SubnetIds=["subnet-app"],
    )
    named(world, "api.vendor.example")
    return world


def named(world: World, *names: str) -> None:
    """Say how the vendor's service is called."""
    told = [{"PrivateDnsName": name} for name in names]
    world.lists["VpcEndpointServices"] = [{"ServiceName": SERVICE, "PrivateDnsNames": told}]


def to(world: World, host: str, **more: Any) -> Any:
    """Walk to the public address of a name."""
    return world.walk("subnet-app", ["sg-fn"], "203.0.113.10", 443, host=host, **more)


@pytest.mark.parametrize(
    ("names", "host", "found"),
    [
        (["api.vendor.example"], "api.vendor.example", "endpoint-private-dns-off"),
        (["*.vendor.example"], "eu.vendor.example", "endpoint-private-dns-off"),
        (["api.vendor.example"], "www.vendor.example", "no-route-to-internet"),
        ([], "api.vendor.example", "no-route-to-internet"),
    ],
)
def test_the_name_of_the_service_decides(
    world: World, names: list[str], host: str, found: str
) -> None:
    """Another name has another way, or none."""
    named(world, *names)

    assert codes(to(world, host)) == [found]


def test_an_endpoint_that_has_taken_over_the_name_is_not_the_lack(world: World) -> None:
    """Whoever still goes to the public address does not ask this VPC's resolver."""
    world.entry("VpcEndpoints", "vpce-a")["PrivateDnsEnabled"] = True

    assert codes(to(world, "api.vendor.example")) == ["no-route-to-internet"]


def test_services_that_were_not_read_leave_open_what_is_missing(world: World) -> None:
    """The packets are lost all the same; whether an endpoint should carry them is not known."""
    path = to(world, "api.vendor.example", without=["VpcEndpointServices"])

    assert path.verdict is Verdict.UNREACHABLE
    assert codes(path) == []
    assert path.undetermined[0].needs == "ec2:DescribeVpcEndpointServices"


def test_a_vpc_without_such_endpoints_needs_no_services_read(world: World) -> None:
    """Nothing could take over the name."""
    world.lists["VpcEndpoints"].clear()

    found = to(world, "api.vendor.example", without=["VpcEndpointServices"])

    assert codes(found) == ["no-route-to-internet"]
