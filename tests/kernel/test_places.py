"""IPv6, names, faults, and the places outside every VPC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.kernel.emulated import NAT, TO_NAT, nacl

if TYPE_CHECKING:
    from tests.kernel.emulated import Lab

pytestmark = pytest.mark.lab


# --- IPv6 -----------------------------------------------------------------------------------------

SIX = """
vpc: {ipv6_cidr: 2600:1f00:1::/56}
egress_only_internet_gateway: true
subnets:
  six: {cidr: 10.0.6.0/24, ipv6_cidr: 2600:1f00:1:6::/64,
        routes: {"::/0": egress-only-internet-gateway}}
hosts:
  web6: {public_ipv6: 2600:9000::10, port: 443}
  inner: {subnet: six, ipv6: 2600:1f00:1:6::99, port: 443, security_groups: [open]}
security_groups: {open: {ingress: [{from: 0.0.0.0/0}, {from: "::/0"}]}}
function: {subnets: [six], ipv6: true}
"""


def test_ipv6_egress_only(lab: Lab) -> None:
    """An egress-only gateway lets connections out and none in; without one there is silence."""
    closed = 'subnets: {six: {routes: {"::/0": blackhole}}}'
    flows = "six > web6, web6 > 2600:1f00:1:6::99"

    assert lab(flows, SIX) == {"six > web6": "open", "web6 > 2600:1f00:1:6::99": "silent"}
    assert lab("six > web6", SIX, closed) == {"six > web6": "silent"}


def test_ipv6_internet_gateway(lab: Lab) -> None:
    """An IPv6 address is public: the internet gateway needs no translation for it."""
    change = 'subnets: {six: {routes: {"::/0": internet-gateway}}}'

    assert lab("six > web6, web6 > 2600:1f00:1:6::99", SIX, change) == {
        "six > web6": "open",
        "web6 > 2600:1f00:1:6::99": "open",
    }


def test_ipv6_needs_a_dual_stack_function(lab: Lab) -> None:
    """A function without IPv6 has no address of that family: the kernel says so at once."""
    assert lab("six > web6", SIX, "function: {ipv6: false}") == {"six > web6": "ENETUNREACH"}


def test_ipv6_groups(lab: Lab) -> None:
    """Rules for IPv4 ranges do not admit IPv6; Block Public Access covers both gateways."""
    narrow = "security_groups: {fn: {egress: [{to: 0.0.0.0/0}]}}"

    assert lab("six > web6", SIX, narrow) == {"six > web6": "silent"}
    for mode, outcome in {"block-ingress": "open", "block-bidirectional": "silent"}.items():
        assert lab("six > web6", SIX, f"block_public_access: {mode}") == {"six > web6": outcome}


# --- names ----------------------------------------------------------------------------------------

RESOLVER = "app > 169.254.169.253:53 udp, app > 10.0.0.2:53, app > 10.0.0.2:53 udp"


def test_amazon_resolver_is_never_filtered(lab: Lab) -> None:
    """No group, no ACL and no route touches the way to it; DNS support off silences it."""
    shut = "security_groups: {fn: {egress: []}}"
    walled = nacl("app", "inbound: [{deny: all}]", "outbound: [{deny: all}]")

    assert set(lab(RESOLVER, shut, walled).values()) == {"open"}
    assert set(lab(RESOLVER, "vpc: {dns_support: false}").values()) == {"silent"}
    assert set(lab(RESOLVER, "faults: {resolver: silent}").values()) == {"silent"}


def test_each_interface_has_a_quota_of_questions(lab: Lab) -> None:
    """What one interface asks over its quota is lost, and others are answered as before."""
    two = "{subnets: {edge: {cidr: 10.0.7.0/24}}, function: {subnets: [app, edge]}}"

    def asked(times: int, quota: int) -> dict[str, str]:
        ways = [
            f"{at} > 10.0.0.2:53 from {2000 + n}" for n in range(times) for at in ("app", "edge")
        ]
        flows = ", ".join(f"{way} udp" for way in ways)
        return lab(flows, two, f"faults: {{resolver: {{quota: {quota}}}}}")

    assert set(asked(15, 20).values()) == {"open"}
    for subnet in ("app", "edge"):
        outcomes = [found for way, found in asked(60, 5).items() if way.startswith(subnet)]
        assert {*outcomes} == {"open", "silent"}


def test_custom_resolver_is_an_ordinary_host(lab: Lab) -> None:
    """A resolver that DHCP options name is behind groups and ACLs like everything else.

    What a group holds back is lost in silence: the sender sees no error.
    """
    named = """
vpc: {dns_servers: [names]}
hosts: {names: {server: dns, subnet: data, security_groups: [names]}}
security_groups: {names: {ingress: [{udp: 53, from: 10.0.1.0/24}]}}
"""
    shut = "security_groups: {fn: {egress: [{tcp: all, to: 0.0.0.0/0}]}}"
    flows = "app > names:53 udp, app > names:53"

    assert lab(flows, named) == {"app > names:53 udp": "open", "app > names:53": "silent"}
    assert set(lab(flows, named, shut).values()) == {"silent"}


# --- faults and positions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("down", "silent"),
        ("firewall-drop", "silent"),
        ("firewall-reject", "refused"),
        ("firewall-prohibit", "EHOSTUNREACH"),
        ("stopped", "refused"),
        ("{loss: 100%}", "silent"),
        ("first-syn-lost", "silent"),
    ],
)
def test_faults(lab: Lab, fault: str, outcome: str) -> None:
    """A fault ails one host and no other, in a subnet as in the internet."""
    ways = (NAT, TO_NAT)
    assert lab("app > db, app > web", *ways, f"faults: {{db: {fault}}}") == {
        "app > db": outcome,
        "app > web": "open",
    }
    assert lab("app > db, app > web", *ways, f"faults: {{web: {fault}}}") == {
        "app > db": "open",
        "app > web": outcome,
    }


def test_an_allow_list(lab: Lab) -> None:
    """A host that admits some addresses hears nobody else; a NAT gateway is there by its own."""
    ways = (NAT, TO_NAT)

    assert lab("app > web", *ways, "faults: {web: {admits: [nat]}}") == {"app > web": "open"}
    assert lab("app > web", *ways, "faults: {web: {admits: [control]}}") == {"app > web": "silent"}


def test_an_allow_list_of_one_family(lab: Lab) -> None:
    """A list of IPv4 addresses admits nobody over IPv6, and the other way round."""
    both = "hosts: {web6: {public: 203.0.113.16}}"
    dual = (SIX, NAT, both, "subnets: {six: {routes: {0.0.0.0/0: nat}}}")
    flows = "six > 203.0.113.16, six > 2600:9000::10"

    def heard(*names: str) -> list[str]:
        return list(
            lab(flows, *dual, f"faults: {{web6: {{admits: {json.dumps(names)}}}}}").values()
        )

    assert heard("nat") == ["open", "silent"]
    assert heard("2600:1f00:1:6::/64") == ["silent", "open"]
    assert heard("nat", "2600:1f00:1:6::/64") == ["open", "open"]


def test_first_syn_lost(lab: Lab) -> None:
    """The second SYN, which the kernel sends after a second, gets through."""
    change = "faults: {db: first-syn-lost}"

    assert lab("app > db", change, quiet_s=2.5) == {"app > db": "open"}


def test_some_loss(lab: Lab) -> None:
    """A share of connections suffers, and others are whole."""
    flows = ", ".join(f"app > db from {port}" for port in range(3000, 3200))
    outcomes = list(lab(flows, "faults: {db: {loss: 50%}}").values())

    assert 20 < outcomes.count("open") < 180


def test_outside(lab: Lab) -> None:
    """A function that is not in a VPC reaches the internet and nothing private."""
    found = lab("outside > web, outside > service dynamodb, outside > db")

    assert found == {
        "outside > web": "open",
        "outside > service dynamodb": "open",
        "outside > db": "silent",
    }
