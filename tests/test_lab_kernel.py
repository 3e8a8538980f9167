"""The emulated network against AWS's rules: every component open once and closed once.

Real TCP connections between namespaces. Each network is a scenario, each line of a test a flow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.lab

Document = dict[str, Any]
Lab = Callable[..., dict[str, str]]

BASE = """
vpc: {cidr: 10.0.0.0/16}
internet_gateway: true
subnets:
  app: {cidr: 10.0.1.0/24}
  data: {cidr: 10.0.2.0/24}
  public: {cidr: 10.0.9.0/24, routes: {0.0.0.0/0: internet-gateway}}
security_groups:
  fn: {}
  db: {ingress: [{tcp: 5432, from: fn}]}
  open: {ingress: [{from: 0.0.0.0/0}]}
hosts:
  db: {subnet: data, port: 5432, security_groups: [db]}
  near: {subnet: app, port: 5432, security_groups: [open]}
  web: {public: 203.0.113.10, port: 443}
function: {subnets: [app], security_groups: [fn]}
"""
NAT = "nat_gateways: {nat: {subnet: public}}"
PEER = """
vpcs: {other: {cidr: 10.8.0.0/16, secondary_cidrs: [10.9.0.0/16]}}
subnets:
  app: {routes: {10.8.0.0/16: pcx, 10.9.0.0/16: pcx}}
  far: {vpc: other, cidr: 10.8.1.0/24, routes: {10.0.0.0/16: pcx}}
peerings: {pcx: {between: [main, other]}}
security_groups: {far: {vpc: other, ingress: [{tcp: 5432, from: fn}]}}
hosts: {afar: {subnet: far, port: 5432, security_groups: [far]}}
"""
TRANSIT = """
vpcs: {other: {cidr: 10.8.0.0/16}}
subnets:
  app: {routes: {10.8.0.0/16: tgw}}
  far: {vpc: other, cidr: 10.8.1.0/24, routes: {10.0.0.0/16: tgw}}
transit_gateways:
  tgw: {attachments: {here: {subnets: [app]}, there: {subnets: [far]}}}
security_groups: {far: {vpc: other, ingress: [{tcp: 5432, from: 10.0.0.0/16}]}}
hosts: {afar: {subnet: far, port: 5432, security_groups: [far]}}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Give a way to say what becomes of flows, "app > db", in a network with some changes."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.kernel.flows"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdin
    assert program.stdout

    def ask(flows: str, *changes: str, quiet_s: float = 0.3) -> dict[str, str]:
        document = yaml.safe_load(BASE)
        for change in changes:
            document = merged(document, yaml.safe_load(change))
        names = [name.strip() for name in flows.split(",")]
        request = {
            "scenario": yaml.safe_dump(document),
            "flows": [flow(name) for name in names],
            "quiet_s": quiet_s,
            "resolvers": ":53" in flows,
        }
        assert program.stdin
        assert program.stdout
        program.stdin.write(json.dumps(request) + "\n")
        program.stdin.flush()
        found = json.loads(program.stdout.readline())
        assert "error" not in found, found
        return dict(zip(names, found["outcomes"], strict=True))

    yield ask
    program.stdin.close()
    assert program.wait(timeout=20) == 0
    program.stdout.close()


def flow(text: str) -> Document:
    """Read "app > db:81 from 2000" or "app > db:53 udp"."""
    way, _, source_port = text.removesuffix(" udp").partition(" from ")
    source, _, destination = way.partition(" > ")
    places = ("app", "six", "edge")
    name, _, port = (
        destination.partition(":") if destination.count(":") == 1 else (destination, "", "")
    )
    return {
        "from": f"function {source}" if source in places else source,
        "to": name,
        "port": int(port) if port else None,
        "source_port": int(source_port) if source_port else 0,
        "udp": text.endswith(" udp"),
    }


def merged(document: Document, change: Document) -> Document:
    """Lay a change over a document: full mappings are merged, anything else is replaced."""
    result = dict(document)
    for key, value in change.items():
        both = isinstance(value, dict) and value and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


# --- local ------------------------------------------------------------------------------------


def test_local_route(lab: Lab) -> None:
    """Inside a VPC every subnet reaches every other; an address that nobody has is silent."""
    found = lab(
        "app > db, app > near, app > 10.0.2.99:5432, app > 10.0.77.1:5432, app > 10.0.1.1:80"
    )

    assert found == {
        "app > db": "open",
        "app > near": "open",
        "app > 10.0.2.99:5432": "silent",
        "app > 10.0.77.1:5432": "silent",
        "app > 10.0.1.1:80": "silent",
    }


def test_secondary_cidr(lab: Lab) -> None:
    """A subnet of a secondary range belongs to the VPC like any other."""
    change = """
vpc: {secondary_cidrs: [100.64.0.0/16]}
subnets: {data: {cidr: 100.64.2.0/24}}
"""

    assert lab("app > db", change) == {"app > db": "open"}


# --- security groups --------------------------------------------------------------------------


def test_group_reference(lab: Lab) -> None:
    """A rule that names a group admits its members, on its port, and nobody else."""
    found = lab("app > db, app > db:5433, near > db")

    assert found == {"app > db": "open", "app > db:5433": "silent", "near > db": "silent"}


def test_group_by_range(lab: Lab) -> None:
    """A rule with a range admits by address."""
    change = "security_groups: {db: {ingress: [{tcp: 5432, from: 10.0.1.0/24}]}}"
    other = "security_groups: {db: {ingress: [{tcp: 5432, from: 10.0.3.0/24}]}}"

    assert lab("app > db", change) == {"app > db": "open"}
    assert lab("app > db", other) == {"app > db": "silent"}


def test_no_egress(lab: Lab) -> None:
    """A group without egress rules lets nothing out, not even to a neighbour."""
    found = lab("app > db, app > near, app > web", "security_groups: {fn: {egress: []}}")

    assert set(found.values()) == {"silent"}


def test_narrow_egress(lab: Lab) -> None:
    """Egress to one group and one port opens just that; answers need no rule."""
    change = "security_groups: {fn: {egress: [{tcp: 5432, to: db}]}, db: {egress: []}}"

    assert lab("app > db, app > near", change) == {"app > db": "open", "app > near": "silent"}


def test_several_groups_add_up(lab: Lab) -> None:
    """An interface with two groups is open to whatever either admits."""
    change = "hosts: {db: {security_groups: [fn, db]}, near: {security_groups: [fn]}}"

    assert lab("app > db, app > near", change) == {"app > db": "open", "app > near": "silent"}


def test_default_group(lab: Lab) -> None:
    """A machine without a group has the VPC's default one, which admits its own members only."""
    alone = "hosts: {db: {security_groups: [default]}}"
    both = "{hosts: {db: {security_groups: [default]}}, function: {security_groups: [default]}}"

    assert lab("app > db", alone) == {"app > db": "silent"}
    assert lab("app > db", both) == {"app > db": "open"}


# --- network ACLs -----------------------------------------------------------------------------

IN_ALL = "inbound: [{allow: all}]"
OUT_ALL = "outbound: [{allow: all}]"


def nacl(subnet: str, inbound: str, outbound: str) -> str:
    """Write a network ACL on a subnet."""
    return f"{{nacls: {{n: {{{inbound}, {outbound}}}}}, subnets: {{{subnet}: {{nacl: n}}}}}}"


def test_nacl_refuses_requests(lab: Lab) -> None:
    """A request that the ACL does not let out is lost; inside the subnet it is not asked."""
    change = nacl("app", IN_ALL, "outbound: [{allow: tcp 443 to 0.0.0.0/0}]")

    assert lab("app > db, app > near", change) == {"app > db": "silent", "app > near": "open"}


def test_nacl_refuses_answers(lab: Lab) -> None:
    """An ACL has no memory: without a rule for ephemeral ports no answer comes back."""
    closed = nacl("app", "inbound: [{allow: tcp 5432 from 10.0.0.0/16}]", OUT_ALL)
    opened = nacl("app", "inbound: [{allow: tcp 1024-65535 from 10.0.0.0/16}]", OUT_ALL)

    assert lab("app > db", closed) == {"app > db": "silent"}
    assert lab("app > db", opened) == {"app > db": "open"}


def test_nacl_narrow_ephemeral_ports(lab: Lab) -> None:
    """Where only part of the ephemeral range may come back, some connections work."""
    change = nacl("app", "inbound: [{allow: tcp 32768-65535 from 0.0.0.0/0}]", OUT_ALL)
    found = lab("app > db from 2000, app > db from 40000", change)

    assert found == {"app > db from 2000": "silent", "app > db from 40000": "open"}


def test_nacl_at_the_target(lab: Lab) -> None:
    """The target's ACL judges the request coming in, and the answer going out."""
    inward = nacl("data", "inbound: [{deny: tcp 5432 from 10.0.1.0/24}, {allow: all}]", OUT_ALL)
    outward = nacl("data", IN_ALL, "outbound: [{allow: tcp 5432 to 0.0.0.0/0}]")
    opened = nacl("data", "inbound: [{allow: tcp 5432 from 10.0.1.0/24}]",
                  "outbound: [{allow: tcp 1024-65535 to 10.0.1.0/24}]")  # fmt: skip

    assert lab("app > db", inward) == {"app > db": "silent"}
    assert lab("app > db", outward) == {"app > db": "silent"}
    assert lab("app > db", opened) == {"app > db": "open"}


def test_nacl_order(lab: Lab) -> None:
    """The lowest number that matches decides, wherever it stands in the file."""
    deny = "outbound: [{rule: 200, deny: all}, {rule: 100, allow: all}]"
    allow = "outbound: [{rule: 200, allow: all}, {rule: 100, deny: all}]"

    assert lab("app > db", nacl("app", IN_ALL, deny)) == {"app > db": "open"}
    assert lab("app > db", nacl("app", IN_ALL, allow)) == {"app > db": "silent"}


# --- internet gateway, NAT ----------------------------------------------------------------------

TO_INTERNET = "subnets: {app: {routes: {0.0.0.0/0: internet-gateway}}}"
TO_NAT = "subnets: {app: {routes: {0.0.0.0/0: nat}}}"


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
