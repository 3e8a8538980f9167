"""A scenario file: text in, frozen values out, or one sentence that says what is wrong with it.

The vocabulary is told in README.md beside this file. `parse` refuses whatever AWS would refuse
too, as far as it matters here, so that everything behind it can take a scenario as sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from tests.lab.expectations import Expectation
from tests.lab.parts import (
    BlockPublicAccess,
    Check,
    DnsFirewall,
    Endpoint,
    Fault,
    Firewall,
    Function,
    Host,
    LoadBalancer,
    Nacl,
    NatGateway,
    NatInstance,
    Peering,
    ResolverRule,
    RouteTable,
    SecurityGroup,
    Service,
    Subnet,
    TransitGateway,
    Vpc,
)
from tests.lab.reading import Node, ScenarioError, load, many
from tests.lab.vocabulary import expect as expected
from tests.lab.vocabulary import faults as ailing
from tests.lab.vocabulary import hosts as machines
from tests.lab.vocabulary import rules, ways
from tests.lab.vocabulary import vpcs as read_vpcs
from tests.lab.vocabulary.check import check
from tests.lab.vocabulary.names import Names, collect, entries, home_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address, IPv4Network, IPv6Address

__all__ = ["Scenario", "ScenarioError", "parse"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One network, the function in it, what ails it, and what is expected."""

    name: str
    about: str
    root_causes: tuple[int, ...]  # of the list in tests/test_scenarios.py: those that it is about
    near_misses: tuple[int, ...]  # and those that it only looks like
    region: str
    vpcs: Mapping[str, Vpc]
    subnets: Mapping[str, Subnet]
    route_tables: Mapping[str, RouteTable]  # with the main table of every VPC
    nat_gateways: Mapping[str, NatGateway]
    endpoints: Mapping[str, Endpoint]
    prefix_lists: Mapping[str, tuple[IPv4Network, ...]]  # the customer's own
    security_groups: Mapping[str, SecurityGroup]  # with default@VPC of every VPC
    nacls: Mapping[str, Nacl]
    block_public_access: BlockPublicAccess
    peerings: Mapping[str, Peering]
    transit_gateways: Mapping[str, TransitGateway]
    load_balancers: Mapping[str, LoadBalancer]
    nat_instances: Mapping[str, NatInstance]
    firewalls: Mapping[str, Firewall]
    dns_firewalls: Mapping[str, DnsFirewall]
    resolver_rules: Mapping[str, ResolverRule]
    hosts: Mapping[str, Host]
    records: Mapping[str, tuple[IPv4Address | IPv6Address, ...]]  # names beside those of hosts
    services: Mapping[str, Service]
    faults: tuple[Fault, ...]
    function: Function
    targets: tuple[Check, ...]
    timeout_s: float
    repeat: int
    unreadable: tuple[str, ...] | None  # denied actions; ("*",): all of them
    expect: Expectation
    still: Scenario | None = None  # what packets meet where it is not yet what the file says


_GATEWAYS = ("internet_gateway", "egress_only_internet_gateway", "virtual_private_gateway",
             "on_premises")  # fmt: skip
_FIELDS = (
    "about", "root_cause", "near_miss", "region", "vpc", "vpcs", *_GATEWAYS, "subnets",
    "route_tables", "nat_gateways", "endpoints", "prefix_lists", "security_groups", "nacls",
    "block_public_access", "peerings", "transit_gateways", "load_balancers", "nat_instances",
    "firewalls", "dns_firewalls", "resolver_rules", "hosts", "records", "services", "faults",
    "function", "targets", "timeout_s", "repeat", "unreadable", "expect", "still",
)  # fmt: skip
# What stands somewhere, and has an address there.
_PLACED = ("subnets", "hosts", "nat_gateways", "nat_instances", "load_balancers", "firewalls",
           "endpoints", "transit_gateways")  # fmt: skip


def parse(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario, or raise ScenarioError with one sentence."""
    root = load(text, name)
    scenario = _sound(root)
    if "still" not in root.value:
        return scenario
    before = root.child("still", root.value["still"])
    if not isinstance(before.value, dict):
        raise before.bad("parts of this file as they were before")
    still = _sound(Node(name, "", _merged(root.value, before.value)))
    for key in _PLACED:
        if getattr(still, key).keys() != getattr(scenario, key).keys():
            raise before.child(key, before.value[key]).bad("nothing that is not in the file itself")
    return replace(scenario, still=still)


def _sound(root: Node) -> Scenario:
    scenario = _read(root.file, root.fields(*_FIELDS))
    check(root, scenario)
    return scenario


def _merged(new: Any, old: Any) -> Any:
    """Put what was before in place of what is, mapping by mapping."""
    if not (isinstance(new, dict) and isinstance(old, dict)):
        return old
    return {**new, **{key: _merged(new.get(key), value) for key, value in old.items()}}


def _read(name: str, fields: Mapping[str, Node]) -> Scenario:
    names = collect(fields)

    def section(key: str, read: Callable[..., T], *more: Any) -> dict[str, T]:
        return {word: read(word, node, *more) for word, node in entries(fields, key)}

    vpcs = _vpcs(fields)
    tables = section("route_tables", read_vpcs.route_table, names)
    mains = {vpc: _main_table(vpc, tables) for vpc in vpcs}
    subnets = section("subnets", read_vpcs.subnet, names, mains)
    hosts = section("hosts", machines.host, names)
    expect = fields.get("expect")
    return Scenario(
        name=name,
        about=fields["about"].text() if "about" in fields else "",
        root_causes=tuple(n.integer(1, 33) for n in many(fields, "root_cause")),
        near_misses=tuple(n.integer(1, 33) for n in many(fields, "near_miss")),
        region=fields["region"].name() if "region" in fields else "us-east-1",
        vpcs=vpcs,
        subnets=subnets,
        route_tables=_all_tables(fields, names, tables, mains, subnets),
        nat_gateways=section("nat_gateways", ways.nat_gateway, names),
        endpoints=section("endpoints", ways.endpoint, names, subnets),
        prefix_lists={
            word: tuple(n.network4() for n in node.items("a list of CIDRs"))
            for word, node in entries(fields, "prefix_lists")
        },
        security_groups=_groups(fields, names, vpcs),
        nacls={
            word: rules.nacl(node, word, home_of(node, names))
            for word, node in entries(fields, "nacls")
        },
        block_public_access=ways.block_public_access(fields["block_public_access"], names)
        if "block_public_access" in fields
        else BlockPublicAccess(),
        peerings=section("peerings", ways.peering, names),
        transit_gateways=section("transit_gateways", ways.transit_gateway, names),
        load_balancers=section("load_balancers", machines.load_balancer, names),
        nat_instances=section("nat_instances", machines.nat_instance, names),
        firewalls=section("firewalls", machines.firewall, names),
        dns_firewalls=section("dns_firewalls", rules.dns_firewall, names),
        resolver_rules=section("resolver_rules", rules.resolver_rule, names),
        hosts=hosts,
        records={
            word: tuple(n.address() for n in node.one_or_more())
            for word, node in entries(fields, "records")
        },
        services=section("services", ailing.service),
        faults=ailing.faults(fields["faults"], names) if "faults" in fields else (),
        function=expected.function(fields["function"], names)
        if "function" in fields
        else Function(),
        targets=_targets(fields, names),
        timeout_s=fields["timeout_s"].number(0.1, 60) if "timeout_s" in fields else 2.0,
        repeat=fields["repeat"].integer(1, 100) if "repeat" in fields else 1,
        unreadable=_unreadable(fields.get("unreadable")),
        expect=expected.expectation(expect, names) if expect else Expectation(),
    )


def _vpcs(fields: Mapping[str, Node]) -> dict[str, Vpc]:
    shared = {key: fields[key] for key in _GATEWAYS if key in fields}
    if shared and "vpc" not in fields:
        node = next(iter(shared.values()))
        raise node.bad("this key beside the key vpc, or inside one of vpcs")
    found = {"main": read_vpcs.vpc("main", fields["vpc"], shared)} if "vpc" in fields else {}
    for word, node in entries(fields, "vpcs"):
        if word in found:
            raise node.bad("another name than main, which is the one of the key vpc")
        found[word] = read_vpcs.vpc(word, node, {})
    return found


def _main_table(vpc: str, tables: Mapping[str, RouteTable]) -> str:
    mains = [table.name for table in tables.values() if table.main and table.vpc == vpc]
    return mains[0] if mains else f"main@{vpc}"


def _all_tables(
    fields: Mapping[str, Node],
    names: Names,
    tables: Mapping[str, RouteTable],
    mains: Mapping[str, str],
    subnets: Mapping[str, Subnet],
) -> dict[str, RouteTable]:
    """Put together the tables of the file, those written into subnets, and AWS's own main ones."""
    found = dict(tables)
    for word, node in entries(fields, "subnets"):
        if subnets[word].route_table == word and "routes" in node.value:
            if word in tables:
                raise node.bad("another name, since a route table has this one and it has routes")
            written = read_vpcs.routes(node.child("routes", node.value["routes"]), names)
            found[word] = RouteTable(word, subnets[word].vpc, written)
    for vpc, main in mains.items():
        if main not in found:
            found[main] = RouteTable(main, vpc, main=True, implicit=True)
    return found


def _groups(
    fields: Mapping[str, Node], names: Names, vpcs: Mapping[str, Vpc]
) -> dict[str, SecurityGroup]:
    found = {f"default@{vpc}": rules.default_group(vpc) for vpc in vpcs}
    for word, node in entries(fields, "security_groups"):
        home = home_of(node, names)
        known = f"default@{home}" if word == "default" else word
        group = rules.security_group(node, known, home, names.groups, names.prefix_lists)
        found[known] = group
    return found


def _targets(fields: Mapping[str, Node], names: Names) -> tuple[Check, ...]:
    if "targets" not in fields:
        return ()
    nodes = fields["targets"].items("a list of targets such as {check: dynamodb}")
    return tuple(expected.check(node, names) for node in nodes)


def _unreadable(node: Node | None) -> tuple[str, ...] | None:
    if node is None:
        return None
    return ("*",) if node.value == "all" else expected.actions(node)
