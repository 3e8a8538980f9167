"""The ways out: internet gateway, NAT, blackholes, Block Public Access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.emulated import IN_ALL, NAT, OUT_ALL, TO_INTERNET, TO_NAT, nacl

if TYPE_CHECKING:
    from tests.kernel.emulated import Lab

pytestmark = pytest.mark.lab


# --- internet gateway, NAT ----------------------------------------------------------------------


def test_missing_route(lab: Lab) -> None:
    """Without a route there is silence, in the internet as for an AWS service."""
    assert set(lab("app > web, app > service dynamodb").values()) == {"silent"}


def test_internet_gateway_needs_a_public_address(lab: Lab) -> None:
    """A route to the internet gateway does nothing for an interface with a private address."""
    address = "hosts: {near: {public: true}}"
    found = lab("app > web, near > web", TO_INTERNET, address)

    assert found == {"app > web": "silent", "near > web": "open"}


def test_internet_gateway_detached(lab: Lab) -> None:
    """A detached gateway forwards nobody."""
    change = "{internet_gateway: detached, hosts: {near: {public: true}}}"

    assert lab("near > web", TO_INTERNET, change) == {"near > web": "silent"}


def test_public_host_from_outside(lab: Lab) -> None:
    """Who has a public address is reached from the internet, past its group."""
    change = "hosts: {near: {public: 54.80.9.9}, db: {subnet: public, public: 54.80.9.8}}"
    found = lab("control > 54.80.9.9:5432, control > 54.80.9.8:5432", TO_INTERNET, change)

    assert found == {"control > 54.80.9.9:5432": "open", "control > 54.80.9.8:5432": "silent"}


def test_public_address_from_inside(lab: Lab) -> None:
    """The public address of a machine of the same VPC is reached over NAT and back in."""
    change = "hosts: {near: {subnet: public, public: 54.80.9.9}}"
    regional = "nat_gateways: {nat: {mode: regional}}"

    for nat in (NAT, regional):
        assert lab("app > 54.80.9.9:5432", nat, TO_NAT, change) == {"app > 54.80.9.9:5432": "open"}


def test_nat_gateway(lab: Lab) -> None:
    """A NAT gateway in a public subnet leads out, and only what is routed to it."""
    assert lab("app > web, app > service logs, db > web", NAT, TO_NAT) == {
        "app > web": "open",
        "app > service logs": "open",
        "db > web": "silent",
    }


def test_nat_gateway_without_a_way_out(lab: Lab) -> None:
    """Its own subnet must lead to the internet gateway, and the gateway must be attached."""
    isolated = "nat_gateways: {nat: {subnet: data}}"
    itself = "subnets: {public: {routes: {0.0.0.0/0: nat}}}"

    assert lab("app > web", isolated, TO_NAT) == {"app > web": "silent"}
    assert lab("app > web", NAT, TO_NAT, itself) == {"app > web": "silent"}
    assert lab("app > web", NAT, TO_NAT, "internet_gateway: detached") == {"app > web": "silent"}


def test_nat_gateways_do_not_chain(lab: Lab) -> None:
    """A NAT gateway whose own subnet leads to another one has no way out."""
    change = """
subnets: {data: {routes: {0.0.0.0/0: nat}}}
nat_gateways: {first: {subnet: data}}
"""
    first = "subnets: {app: {routes: {0.0.0.0/0: first}}}"

    assert lab("app > web, db > web", NAT, change, first) == {
        "app > web": "silent",
        "db > web": "open",
    }


@pytest.mark.parametrize("state", ["failed", "deleted", "pending"])
def test_nat_gateway_state(lab: Lab, state: str) -> None:
    """A NAT gateway that is not available is a hole."""
    change = f"nat_gateways: {{nat: {{state: {state}}}}}"

    assert lab("app > web", NAT, TO_NAT, change) == {"app > web": "silent"}


def test_private_nat_gateway(lab: Lab) -> None:
    """A private NAT gateway has no public address, so the internet gateway drops what it sends."""
    change = "nat_gateways: {nat: {connectivity: private}}"

    assert lab("app > web", NAT, TO_NAT, change) == {"app > web": "silent"}


def test_regional_nat_gateway(lab: Lab) -> None:
    """A regional NAT gateway needs no subnet; it reaches the zones it has grown to."""
    change = "nat_gateways: {nat: {mode: regional}}"
    elsewhere = "nat_gateways: {nat: {mode: regional, zones: [b]}}"
    nowhere = "nat_gateways: {nat: {mode: regional, routes: {0.0.0.0/0: blackhole}}}"

    assert lab("app > web", change, TO_NAT) == {"app > web": "open"}
    assert lab("app > web", elsewhere, TO_NAT) == {"app > web": "silent"}
    assert lab("app > web", nowhere, TO_NAT) == {"app > web": "silent"}


def test_nacl_of_the_nat_subnet(lab: Lab) -> None:
    """The ACL of the NAT gateway's subnet judges both its sides, in both directions."""
    both = ["1024-65535 from 0.0.0.0/0", "443 from 10.0.0.0/16"]
    entries = ", ".join(f"{{allow: tcp {entry}}}" for entry in both)
    opened = nacl("public", f"inbound: [{entries}]", OUT_ALL)
    no_requests = nacl("public", f"inbound: [{{allow: tcp {both[0]}}}]", OUT_ALL)
    no_answers = nacl("public", f"inbound: [{{allow: tcp {both[1]}}}]", OUT_ALL)
    no_way_out = nacl("public", IN_ALL, "outbound: [{allow: tcp 1024-65535 to 10.0.0.0/16}]")

    assert lab("app > web", NAT, TO_NAT, opened) == {"app > web": "open"}
    for change in (no_requests, no_answers, no_way_out):
        assert lab("app > web", NAT, TO_NAT, change) == {"app > web": "silent"}


def test_blackhole(lab: Lab) -> None:
    """A route whose target is gone takes its packets with it."""
    change = "subnets: {app: {routes: {0.0.0.0/0: nat, 203.0.113.0/24: blackhole}}}"

    assert lab("app > web, app > service logs", NAT, change) == {
        "app > web": "silent",
        "app > service logs": "open",
    }


def test_main_route_table(lab: Lab) -> None:
    """A subnet without a table uses the main one; a table that it names instead is the only one."""
    main = "route_tables: {m: {main: true, routes: {0.0.0.0/0: nat}}, t: {}}"
    named = "subnets: {app: {route_table: t}}"

    assert lab("app > web", NAT, main) == {"app > web": "open"}
    assert lab("app > web", NAT, main, named) == {"app > web": "silent"}


def test_block_public_access(lab: Lab) -> None:
    """Bidirectional blocks NAT too; ingress lets NAT pass; an exclusion frees a subnet or VPC."""
    hosts = "hosts: {near: {public: true, subnet: public}}"
    flows = "app > web, near > web"

    def mode(text: str) -> list[str]:
        found = lab(flows, NAT, TO_NAT, hosts, f"block_public_access: {text}")
        return [found["app > web"], found["near > web"]]

    assert mode("off") == ["open", "open"]
    assert mode("block-bidirectional") == ["silent", "silent"]
    assert mode("block-ingress") == ["open", "silent"]
    freed = "{mode: block-bidirectional, exclusions: {public: %s}}"
    assert mode(freed % "allow-bidirectional") == ["open", "open"]
    assert mode(freed % "allow-egress") == ["open", "silent"]
    elsewhere = "{mode: block-bidirectional, exclusions: {data: allow-bidirectional}}"
    assert mode(elsewhere) == ["silent", "silent"]
