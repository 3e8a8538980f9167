"""Fixes for a default route whose target is gone: what the route was for tells where to."""

from __future__ import annotations

import pytest

from tests.network.world import ANYWHERE, permission, route
from tests.remedy.case import INTERNET, WEB, Case, placement, with_nat
from tests.remedy.cases_devices import nat_instance

GONE = {"State": "blackhole"}


def public_table_of_before(gone: str) -> Case:
    """Let a NAT gateway's subnet, and one that is like it, lead to a gateway that was replaced."""
    case = with_nat(placement())
    case.subnet("subnet-public-b", "10.0.10.0/24", zone="b")
    case.nat("subnet-public-b", name="nat-b", address="10.0.10.9", public="198.51.100.8")
    public = case.entry("RouteTables", "rtb-public")
    public["Associations"].append(
        {"RouteTableId": "rtb-public", "SubnetId": "subnet-public-b", "Main": False}
    )
    case.routes("rtb-public")[-1] = route(ANYWHERE, gone, **GONE)
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


@pytest.mark.parametrize("gone", ["igw-gone", "nat-gone"])
def test_a_public_subnet_leads_to_the_internet_gateway(gone: str) -> None:
    """Whatever the hole was: another NAT gateway behind the one that stands there helps nobody."""
    fix = public_table_of_before(gone).fix("blackhole-route")

    assert fix.checked
    assert [line.split(" --")[1:] for line in fix.cli] == [
        ["route-table-id rtb-public", f"destination-cidr-block {ANYWHERE}", "gateway-id igw-a"]
    ]
    assert "which decides for subnet-public-b too" in fix.text
    assert not [way for way in fix.alternatives if "create-nat-gateway" in " ".join(way.cli)]


def test_a_table_that_private_subnets_share_is_left_to_them() -> None:
    """The near miss: the hole was a NAT gateway for the others, and only this subnet is public."""
    case = public_table_of_before("nat-gone")
    case.entry("RouteTables", "rtb-public")["Associations"].append(
        {"RouteTableId": "rtb-public", "SubnetId": "subnet-data", "Main": False}
    )

    fix = case.fix("blackhole-route")

    assert fix.checked
    assert "create-route-table" in fix.cli[0]
    assert not [line for line in fix.cli if "replace-route " in line]


def test_the_functions_own_subnet_never_leads_to_an_internet_gateway() -> None:
    """The near miss: Lambda's interfaces have no public address, so it takes NAT."""
    case = with_nat(placement())
    case.routes("rtb-app").append(route(ANYWHERE, "igw-gone", **GONE))
    case.wants(WEB, INTERNET, host="api.example.com")

    fix = case.fix("blackhole-route")

    assert fix.checked
    assert "--nat-gateway-id nat-a" in fix.cli[-1]


def replaced(gone: str = "eni-gone") -> Case:
    """Let the route name the interface that went with the NAT instance that was replaced."""
    case = nat_instance()
    case.routes("rtb-app")[-1] = route(ANYWHERE, gone, **GONE)
    return case


@pytest.mark.parametrize("gone", ["eni-gone", "i-gone", "nat-gone"])
def test_a_nat_instance_that_was_replaced_comes_before_a_paid_gateway(gone: str) -> None:
    """The new one runs, with its check off and a public address; a gateway is another way."""
    fix = replaced(gone).fix("blackhole-route")

    assert fix.checked
    assert [line.split(" --")[-1] for line in fix.cli] == ["network-interface-id eni-nat"]
    assert "i-nat" in fix.text
    assert [way for way in fix.alternatives if "create-nat-gateway" in " ".join(way.cli)]


@pytest.mark.parametrize(
    "other",
    [
        {"SourceDestCheck": True},
        {"public": None},
        {"state": "stopped"},
    ],
    ids=str,
)
def test_what_cannot_hand_packets_out_is_no_nat_instance(other: dict[str, object]) -> None:
    """The near misses: any machine may stand in a public subnet."""
    case = nat_instance(**other)  # type: ignore[arg-type]
    case.routes("rtb-app")[-1] = route(ANYWHERE, "eni-gone", **GONE)

    fix = case.fix("blackhole-route")

    assert not [line for line in fix.cli if "eni-nat" in line]


def test_of_two_that_may_be_nat_instances_none_is_chosen() -> None:
    """The near miss: a node of a cluster has its check off as well, and does no NAT."""
    case = replaced()
    case.group("sg-node", ingress=[permission("-1", None, cidr="10.0.0.0/16")])
    case.interface(
        "eni-node",
        "10.0.9.10",
        "subnet-public",
        ["sg-node"],
        public="198.51.100.9",
        Attachment={"InstanceId": "i-node"},
        SourceDestCheck=False,
    )
    case.instance("i-node", "running")

    fix = case.fix("blackhole-route")

    assert not [line for line in fix.cli if "network-interface-id" in line]


def test_a_nat_gateway_that_works_comes_before_an_instance_that_nobody_named() -> None:
    """Where the hole was a NAT gateway, another one does what it did."""
    case = replaced("nat-gone")
    case.nat("subnet-public", name="nat-b", address="10.0.9.20", public="198.51.100.20")

    fix = case.fix("blackhole-route")

    assert "--nat-gateway-id nat-b" in fix.cli[-1]
    assert any("eni-nat" in way.cli[-1] for way in fix.alternatives)
