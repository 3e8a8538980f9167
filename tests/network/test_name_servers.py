"""Whom a VPC asks for names: DNS servers of its own, and Amazon's."""

from __future__ import annotations

import pytest

from probe.model import Verdict
from tests.network.named import DATABASE, answer, zone_and_database
from tests.network.world import World, permission, tcp


@pytest.fixture
def world() -> World:
    """Build a VPC with a function's subnet, a database and a private zone."""
    return zone_and_database()


def test_a_custom_server_is_an_ordinary_host(world: World) -> None:
    """DHCP names a server whose group does not let us in: no name resolves."""
    world.dhcp("dopt-own", ["10.0.2.53"])
    world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    world.group("sg-dns", ingress=[tcp(53, cidr="10.0.0.0/16")])
    world.interface("eni-dns", "10.0.2.53", "subnet-data", ["sg-dns"])

    found = answer(world, DATABASE)

    assert [blocker.code for blocker in found.blockers] == ["custom-resolver-unreachable"]
    assert found.blockers[0].facts["blockers"] == ["target-security-group-blocks"]


def test_a_custom_server_that_lets_us_in_is_no_blocker(world: World) -> None:
    """UDP 53 is open: the question arrives."""
    world.dhcp("dopt-own", ["10.0.2.53"])
    world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    world.group("sg-dns", ingress=[permission("udp", 53, cidr="10.0.0.0/16")])
    world.interface("eni-dns", "10.0.2.53", "subnet-data", ["sg-dns"])

    assert answer(world, DATABASE).verdict is Verdict.REACHABLE


def two_servers(world: World, first: str, second: str = "running") -> World:
    """Have two instances answer names, in these states; "unread" is one that was not read."""
    world.dhcp("dopt-own", ["10.0.2.53", "10.0.2.54"])
    world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    world.group("sg-dns", ingress=[permission("udp", 53, cidr="10.0.0.0/16")])
    for name, address in (("old", "10.0.2.53"), ("new", "10.0.2.54")):
        attachment = {"InstanceId": f"i-{name}"}
        world.interface(f"eni-{name}", address, "subnet-data", ["sg-dns"], Attachment=attachment)
    states = {"i-old": first, "i-new": second}
    world.lists["Instances"] = [
        {"InstanceId": name, "State": {"Name": state}}
        for name, state in states.items()
        if state != "unread"
    ]
    return world


@pytest.mark.parametrize(
    ("state", "action"),
    [("stopped", "deny"), ("terminated", "deny"), ("running", "allow"), ("unread", "allow")],
)
def test_a_custom_server_that_does_not_run_is_none_to_be_asked(
    world: World, state: str, action: str
) -> None:
    """The other one is enough; what was not read is not said to be stopped."""
    found = answer(two_servers(world, state), DATABASE)
    servers = [hop for hop in found.hops if hop.kind == "dns-server"]

    assert found.verdict is Verdict.REACHABLE
    assert [hop.action for hop in servers] == [action, "allow"]


def test_where_no_custom_server_runs_no_name_is_answered(world: World) -> None:
    """Every group and ACL lets the question in, and nobody is there."""
    found = answer(two_servers(world, "stopped", "terminated"), DATABASE)

    assert [(b.code, b.partial) for b in found.blockers] == [("custom-resolver-unreachable", False)]


def test_a_server_of_the_same_address_in_another_vpc_is_another_one(world: World) -> None:
    """Two interfaces have the address: which one a way leads to, this does not tell."""
    two_servers(world, "stopped")
    world.vpc("10.0.0.0/16", "vpc-other")
    world.subnet("subnet-other", "10.0.2.0/24", vpc="vpc-other")
    world.interface("eni-other", "10.0.2.53", "subnet-other", ["sg-dns"])

    servers = [hop for hop in answer(world, DATABASE).hops if hop.kind == "dns-server"]

    assert [hop.action for hop in servers] == ["allow", "allow"]


def test_the_resolver_by_its_address_is_the_amazon_resolver(world: World) -> None:
    """The VPC's base plus two, written out in DHCP options, is no custom server."""
    world.dhcp("dopt-own", ["10.0.0.2"])
    world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"

    assert answer(world, "cache.example.internal").verdict is Verdict.REACHABLE
