"""Endpoints, the ways between VPCs, and the machines that routes lead through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.emulated import PEER, TRANSIT

if TYPE_CHECKING:
    from tests.kernel.emulated import Lab

pytestmark = pytest.mark.lab


# --- endpoints ----------------------------------------------------------------------------------

GATEWAY = "endpoints: {ddb: {service: dynamodb, subnets: [app]}}"


def test_gateway_endpoint(lab: Lab) -> None:
    """A gateway endpoint serves the subnets whose table it is on, and its service only."""
    own = "subnets: {app: {routes: {}}, data: {routes: {}}}"
    other = "endpoints: {ddb: {service: dynamodb, subnets: [data]}}"

    assert lab("app > service dynamodb, app > service logs", own, GATEWAY) == {
        "app > service dynamodb": "open",
        "app > service logs": "silent",
    }
    assert lab("app > service dynamodb", own, other) == {"app > service dynamodb": "silent"}


def test_gateway_endpoint_wins_over_the_default_route(lab: Lab) -> None:
    """Its prefixes are more specific than the way to a blackhole, or to a NAT gateway."""
    change = "subnets: {app: {routes: {0.0.0.0/0: blackhole}}}"

    assert lab("app > service dynamodb", change, GATEWAY) == {"app > service dynamodb": "open"}


def test_egress_by_prefix_list(lab: Lab) -> None:
    """A group may name the service's prefix list; one that names another opens nothing."""
    named = "security_groups: {fn: {egress: [{tcp: 443, to: dynamodb}]}}"
    other = "security_groups: {fn: {egress: [{tcp: 443, to: s3}]}}"
    flows = "app > service dynamodb"

    assert lab(flows, GATEWAY, named) == {flows: "open"}
    assert lab(flows, GATEWAY, other) == {flows: "silent"}


def test_gateway_endpoint_state(lab: Lab) -> None:
    """An endpoint that is not available leaves its route leading nowhere."""
    change = "endpoints: {ddb: {state: failed}}"

    assert lab("app > service dynamodb", GATEWAY, change) == {"app > service dynamodb": "silent"}


def test_interface_endpoint(lab: Lab) -> None:
    """An interface endpoint is an interface with groups of its own."""
    place = "endpoints: {logs: {service: logs, subnets: [data], security_groups: [open]}}"
    closed = "endpoints: {logs: {service: logs, subnets: [data], security_groups: [db]}}"
    away = "endpoints: {logs: {state: pending}}"

    assert lab("app > 10.0.2.11", place) == {"app > 10.0.2.11": "open"}
    assert lab("app > 10.0.2.11", closed) == {"app > 10.0.2.11": "silent"}
    assert lab("app > 10.0.2.11", place, away) == {"app > 10.0.2.11": "silent"}


# --- peering and transit gateways ---------------------------------------------------------------


def test_peering(lab: Lab) -> None:
    """Peering needs a route on both sides, and keeps references to groups."""
    one_sided = "subnets: {far: {routes: {}}}"
    not_there = "subnets: {app: {routes: {10.8.0.0/16: blackhole}}}"
    waiting = "peerings: {pcx: {state: pending-acceptance}}"

    assert lab("app > afar", PEER) == {"app > afar": "open"}
    for change in (one_sided, not_there, waiting):
        assert lab("app > afar", PEER, change) == {"app > afar": "silent"}


def test_peering_is_not_transitive(lab: Lab) -> None:
    """What lies beyond the other VPC is not reached through it, its NAT gateway included."""
    change = """
vpcs: {other: {internet_gateway: true}}
subnets:
  app: {routes: {10.8.0.0/16: pcx, 0.0.0.0/0: pcx}}
  far: {routes: {10.0.0.0/16: pcx, 0.0.0.0/0: internet-gateway}}
hosts: {afar: {public: true}}
"""

    assert lab("app > web, app > afar, afar > web", PEER, change) == {
        "app > web": "silent",
        "app > afar": "open",
        "afar > web": "open",
    }


def test_transit_gateway(lab: Lab) -> None:
    """Both VPCs route to it, their attachments share a table, and both propagate to it."""
    assert lab("app > afar", TRANSIT) == {"app > afar": "open"}


@pytest.mark.parametrize(
    "change",
    [
        "subnets: {far: {routes: {}}}",
        "transit_gateways: {tgw: {attachments: {here: {table: none}}}}",
        "transit_gateways: {tgw: {attachments: {there: {propagates: []}}}}",
        "transit_gateways: {tgw: {attachments: {here: {propagates: []}}}}",
        "transit_gateways: {tgw: {attachments: {there: {state: pending}}}}",
        "transit_gateways: {tgw: {route_tables: {default: {routes: {10.8.1.0/24: blackhole}}}}}",
        """
subnets: {app: {az: b}, data: {az: a}}
transit_gateways: {tgw: {attachments: {here: {subnets: [data]}}}}
""",
        "security_groups: {far: {ingress: [{tcp: 5432, from: 10.0.3.0/24}]}}",
    ],
    ids=[
        "no way back",
        "not associated",
        "target not propagated",
        "source not propagated",
        "attachment not available",
        "blackhole",
        "no interface in the zone",
        "refused by the group",
    ],
)
def test_transit_gateway_closed(lab: Lab, change: str) -> None:
    """Anything that is missing on a transit gateway, there or back, is silence."""
    assert lab("app > afar", TRANSIT, change) == {"app > afar": "silent"}


def test_transit_gateway_forgets_groups(lab: Lab) -> None:
    """A rule that names a group does not match what came through a transit gateway."""
    change = "security_groups: {far: {vpc: other, ingress: [{tcp: 5432, from: fn}]}}"

    assert lab("app > afar", TRANSIT, change) == {"app > afar": "silent"}


def test_transit_gateway_that_carries_groups(lab: Lab) -> None:
    """Where it is turned on a rule for what comes in matches, and one for what goes out never."""
    on = "transit_gateways: {tgw: {references: true}}"
    inward = "security_groups: {far: {vpc: other, ingress: [{tcp: 5432, from: fn}]}}"
    outward = "security_groups: {fn: {egress: [{tcp: 5432, to: far}]}}"

    assert lab("app > afar", TRANSIT, on, inward) == {"app > afar": "open"}
    assert lab("app > afar", TRANSIT, on, outward) == {"app > afar": "silent"}


# --- machines that routes lead through ----------------------------------------------------------

BOX = """
nat_instances: {box: {subnet: public, security_groups: [open]}}
subnets: {app: {routes: {0.0.0.0/0: box}}}
"""


def test_nat_instance(lab: Lab) -> None:
    """A NAT instance forwards when its check is off, its group admits, and it runs."""
    checked = "nat_instances: {box: {source_dest_check: true}}"
    closed = "nat_instances: {box: {security_groups: [fn]}}"
    stopped = "nat_instances: {box: {state: stopped}}"
    private = "nat_instances: {box: {public: false}}"

    assert lab("app > web", BOX) == {"app > web": "open"}
    for change in (checked, closed, stopped, private):
        assert lab("app > web", BOX, change) == {"app > web": "silent"}


def test_route_to_an_ordinary_host(lab: Lab) -> None:
    """A machine that does not forward is no way."""
    change = "subnets: {app: {routes: {0.0.0.0/0: db}}}"

    assert lab("app > web", change) == {"app > web": "silent"}


FIREWALL = """
subnets:
  wall: {cidr: 10.0.8.0/24, routes: {0.0.0.0/0: internet-gateway}}
  public: {routes: {0.0.0.0/0: wall}}
  app: {routes: {0.0.0.0/0: nat}}
nat_gateways: {nat: {subnet: public}}
firewalls: {wall: {subnet: wall}}
route_tables: {edge: {gateway: internet-gateway, routes: {10.0.9.0/24: wall}}}
"""


def test_firewall_endpoint(lab: Lab) -> None:
    """A firewall between NAT and internet gateway passes, drops in silence, or resets."""
    rule = "firewalls: {wall: {rules: [{%s: tcp 443 to 203.0.113.0/24}]}}"
    broken = "firewalls: {wall: {state: failed}}"
    flows = "app > web, app > service logs"

    assert lab(flows, FIREWALL) == {"app > web": "open", "app > service logs": "open"}
    dropped = lab(flows, FIREWALL, rule % "drop")
    assert dropped == {"app > web": "silent", "app > service logs": "open"}
    rejected = lab(flows, FIREWALL, rule % "reject")
    assert rejected == {"app > web": "refused", "app > service logs": "open"}
    assert set(lab(flows, FIREWALL, broken).values()) == {"silent"}


BALANCER = """
load_balancers: {lb: {subnets: [data], listeners: {80: {targets: [db]}}}}
security_groups: {db: {ingress: [{tcp: 5432, from: 10.0.2.0/24}]}}
"""


def test_network_load_balancer(lab: Lab) -> None:
    """A load balancer connects on from its own address, which the target's group must admit."""
    function_only = "security_groups: {db: {ingress: [{tcp: 5432, from: fn}]}}"
    grouped = """
load_balancers: {lb: {security_groups: [lb]}}
security_groups: {lb: {ingress: [{tcp: 80, from: fn}]}}
"""
    closed = "security_groups: {lb: {ingress: [{tcp: 443, from: fn}]}}"
    other_zone = "subnets: {data: {az: b}, app: {az: a}}"

    assert lab("app > lb, app > lb:81", BALANCER) == {"app > lb": "open", "app > lb:81": "silent"}
    assert lab("app > lb", BALANCER, function_only) == {"app > lb": "silent"}
    assert lab("app > lb", BALANCER, grouped) == {"app > lb": "open"}
    assert lab("app > lb", BALANCER, grouped, closed) == {"app > lb": "silent"}
    assert lab("app > lb", BALANCER, other_zone) == {"app > lb": "open"}


def test_load_balancer_stays_in_its_zone(lab: Lab) -> None:
    """Without cross-zone balancing an interface only knows the targets of its own zone."""
    change = """
subnets: {balancing: {cidr: 10.0.7.0/24, az: b}}
load_balancers: {lb: {subnets: [balancing]}}
"""
    crossing = "load_balancers: {lb: {cross_zone: true}}"
    admits = "security_groups: {db: {ingress: [{tcp: 5432, from: 10.0.7.0/24}]}}"

    assert lab("app > lb", BALANCER, change, admits) == {"app > lb": "silent"}
    assert lab("app > lb", BALANCER, change, admits, crossing) == {"app > lb": "open"}


def test_virtual_private_gateway(lab: Lab) -> None:
    """The premises are reached by a written route or a propagated one, while it is attached."""
    premises = """
on_premises: [192.168.0.0/16]
virtual_private_gateway: true
hosts: {office: {on_premises: 192.168.1.5, port: 22}}
"""
    written = "subnets: {app: {routes: {192.168.0.0/16: virtual-private-gateway}}}"
    learned = "route_tables: {m: {main: true, propagated: true}}"
    detached = "virtual_private_gateway: detached"

    assert lab("app > office", premises) == {"app > office": "silent"}
    assert lab("app > office", premises, written) == {"app > office": "open"}
    assert lab("app > office", premises, learned) == {"app > office": "open"}
    assert lab("app > office", premises, written, detached) == {"app > office": "silent"}
