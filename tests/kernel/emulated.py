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
IN_ALL = "inbound: [{allow: all}]"
OUT_ALL = "outbound: [{allow: all}]"
TO_NAT = "subnets: {app: {routes: {0.0.0.0/0: nat}}}"
TO_INTERNET = "subnets: {app: {routes: {0.0.0.0/0: internet-gateway}}}"
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


def nacl(subnet: str, inbound: str, outbound: str) -> str:
    """Write a network ACL on a subnet."""
    return f"{{nacls: {{n: {{{inbound}, {outbound}}}}}, subnets: {{{subnet}: {{nacl: n}}}}}}"
