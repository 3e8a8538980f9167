"""Scenario files: what they can say, and the sentence for what they cannot."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from probe import checks
from tests.lab.reading import Node
from tests.lab.scenario import ScenarioError, parse
from tests.lab.vocabulary import expect

README = Path(__file__).parent / "lab" / "README.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
BASE = BLOCKS[0]


def merged(document: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Lay one part of the file over the others."""
    result = dict(document)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def whole() -> str:
    """Give the file that the README's examples add up to."""
    document: dict[str, Any] = {}
    for block in BLOCKS[1:]:
        document = merged(document, yaml.safe_load(block))
    return yaml.safe_dump(document)


def test_first_example() -> None:
    """The README's whole file is one."""
    scenario = parse(BASE, "example.yaml")

    assert scenario.name == "example.yaml"
    assert scenario.subnets["data"].route_table == "main@main"
    assert scenario.hosts["orders-db"].port == 5432


def test_every_word_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's examples add up to a file that is read, and use every key there is."""
    accepted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    read = Node.fields

    def fields(self: Node, *words: str) -> dict[str, Node]:
        found = read(self, *words)
        accepted[words] |= found.keys()
        return found

    monkeypatch.setattr(Node, "fields", fields)
    parse(whole(), "README.md")

    told = README.read_text()
    for words, used in accepted.items():
        if "check" in words and words[2:] in expect.CHECKS.values():
            continue  # the words of all checks together are looked at as well
        assert [word for word in words if word not in used and f"`{word}`" not in told] == []


def test_the_probes_words() -> None:
    """Targets in a scenario have the words that the probe has for them."""
    assert {check.name: check.keys for check in checks.CHECKS} == expect.CHECKS


BAD = {
    "subnets: {app: {cidr: 10.0.1.0/33}}": "subnets.app.cidr",
    "subnets: {app: {cidr: 10.9.1.0/24}}": "subnets.app.cidr",
    "subnets: {app: {cidr: 10.0.2.0/25}}": "subnets.data.cidr",
    "subnets: {app: {color: red}}": "subnets.app.color",
    "subnets: {app: {routes: {0.0.0.0/0: nat}}}": "subnets.app.routes.0.0.0.0/0",
    "subnets: {app: {routes: {default: internet-gateway}}}": "subnets.app.routes.default",
    "subnets: {app: {az: z}}": "subnets.app.az",
    "subnets: [app]": "subnets",
    "vpc: {cidr: 10.0.0.0/8}": "vpc.cidr",
    "vpc: {cidr: 10.0.0.1/16}": "vpc.cidr",
    "vpc: {secondary_cidrs: [10.0.128.0/17]}": "vpcs.main",
    "internet_gateway: maybe": "internet_gateway",
    "security_groups: {db: {ingress: [{tcp: 70000, from: fn}]}}":
        "security_groups.db.ingress[0].tcp",
    "security_groups: {db: {ingress: [{tcp: 5432, from: nobody}]}}":
        "security_groups.db.ingress[0].from",
    "security_groups: {db: {ingress: [{tcp: 5432, to: fn}]}}": "security_groups.db.ingress[0].to",
    "security_groups: {db: {ingress: [{tcp: 5432}]}}": "security_groups.db.ingress[0]",
    "nacls: {n: {inbound: [{allow: tcp 443 to 0.0.0.0/0}]}}": "nacls.n.inbound[0].allow",
    "nacls: {n: {inbound: [{allow: icmp 443}]}}": "nacls.n.inbound[0].allow",
    "nacls: {n: {inbound: [{rule: 5, allow: all}, {rule: 5, deny: all}]}}": "nacls.n.inbound[1]",
    "nat_gateways: {nat: {}}": "nat_gateways.nat",
    "nat_gateways: {nat: {subnet: nowhere}}": "nat_gateways.nat.subnet",
    "nat_gateways: {nat: {subnet: app, state: sleepy}}": "nat_gateways.nat.state",
    "endpoints: {e: {service: logs, type: gateway}}": "endpoints.e.service",
    "endpoints: {e: {service: logs, subnets: [app, data]}}": "endpoints.e.subnets",
    "vpcs: {main: {cidr: 10.1.0.0/16}}": "vpcs.main",
    "{vpcs: {b: {cidr: 10.0.0.0/20}}, peerings: {p: {between: [main, b]}}}": "peerings.p.between",
    "peerings: {p: {between: [main]}}": "peerings.p",
    "hosts: {x: {}}": "hosts.x",
    "hosts: {orders-db: {server: mongodb}}": "hosts.orders-db.server",
    "hosts: {orders-db: {address: 10.0.2.3}}": "hosts.orders-db.address",
    "hosts: {orders-db: {port: 0}}": "hosts.orders-db.port",
    "hosts: {api.example.com: {security_groups: [fn]}}": "hosts.api.example.com.security_groups",
    "faults: {orders-db: tired}": "faults.orders-db",
    "faults: {nobody: down}": "faults.nobody",
    "faults: {orders-db: {loss: 300%}}": "faults.orders-db.loss",
    "faults: {api.example.com: {delay: 700}}": "faults.api.example.com.delay",
    "faults: {orders-db: {admits: [somebody]}}": "faults.orders-db.admits[0]",
    "faults: {orders-db: {ports: 6}}": "faults.orders-db.ports",
    "faults: {resolver: {loss: 5%}}": "faults.resolver.loss",
    "dns_firewalls: {guard: {rules: [{allow: a.example, block: b.example}]}}":
        "dns_firewalls.guard.rules[0]",
    "resolver_rules: {all: {servers: [192.168.0.53], answers: silent}}": "resolver_rules.all",
    "resolver_rules: {all: {domain: ., servers: [192.168.0.53]}}": "resolver_rules.all",
    "resolver_rules: {all: {domain: ., servers: [192.168.0.53], answers: perhaps}}":
        "resolver_rules.all.answers",
    "dns_firewalls: {guard: {rules: [{block: b.example, answer: perhaps}]}}":
        "dns_firewalls.guard.rules[0].answer",
    "still: before": "still",
    "still: {subnets: {more: {cidr: 10.0.7.0/24}}}": "still.subnets",
    "root_cause: 34": "root_cause",
    "function: {subnets: [nowhere]}": "function.subnets[0]",
    "function: {ipv6: true}": "function.ipv6",
    "targets: [{check: telepathy}]": "targets[0].check",
    "targets: [{url: https://api.example.com/}]": "targets[0]",
    "timeout_s: soon": "timeout_s",
    "unreadable: [everything]": "unreadable[0]",
    "expect: {observations: {http: connect hiccup}}": "expect.observations.http",
    "expect: {findings: [Not A Code]}": "expect.findings[0]",
    "colour: blue": "colour",
}  # fmt: skip


@pytest.mark.parametrize(("change", "key"), BAD.items(), ids=BAD)
def test_mistakes(change: str, key: str) -> None:
    """A mistake is one sentence that names the file, the key, and what is accepted."""
    document = merged(yaml.safe_load(BASE), yaml.safe_load(change))

    with pytest.raises(ScenarioError) as caught:
        parse(yaml.safe_dump(document), "bad.yaml")

    sentence = str(caught.value)
    assert sentence.startswith(f"bad.yaml: {key}: ")
    assert "give " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "text",
    [
        "", "42", "- a", "a: [", "a: 1\na: 2", "{[1]: 2}", "!!int ''", "!!timestamp x", "&a [*a]",
        "\x00", "!!python/object:os.system {}", "[" * 5000, "a: &b {c: *b}",
        "subnets: &s {app: *s}", "? {a: b}\n: c",
        "vpc: {cidr: 2001-01-01}", "vpc: 999999999999999999", "'",
    ],
)  # fmt: skip
def test_not_even_a_file(text: str) -> None:
    """Whatever stands in the file, the answer is a sentence."""
    with pytest.raises(ScenarioError) as caught:
        parse(text, "bad.yaml")

    assert str(caught.value).startswith("bad.yaml: ")
    assert len(str(caught.value)) < 2000


def test_ambiguous_target() -> None:
    """A route target that stands for two things must say its kind."""
    change = {
        "nat_gateways": {"orders-db": {"subnet": "app"}},
        "subnets": {"data": {"routes": {"0.0.0.0/0": "orders-db"}}},
    }
    document = merged(yaml.safe_load(BASE), change)
    with pytest.raises(ScenarioError, match="nat-gateway orders-db or host orders-db"):
        parse(yaml.safe_dump(document))

    document["subnets"]["data"]["routes"]["0.0.0.0/0"] = "nat-gateway orders-db"

    assert (
        parse(yaml.safe_dump(document)).route_tables["data"].routes[0].target.kind == "nat-gateway"
    )
