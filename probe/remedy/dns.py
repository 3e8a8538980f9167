"""Fixes for the DNS way: attributes of the VPC, its own DNS servers, DNS Firewall, peering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from probe.network import places
from probe.network.addresses import address, is_address
from probe.network.dns import dns_firewall, dns_settings, resolvers
from probe.network.dns.resolvers import DNS
from probe.network.vpc import Network, NotRead, as_written
from probe.network.walk.path import Destination, Source, walk
from probe.remedy.command import call
from probe.remedy.proposal import Proposal
from probe.remedy.steps import endpoints as endpoint_steps
from probe.remedy.steps import gateways, joining, names

if TYPE_CHECKING:
    from probe.model import Finding
    from probe.network.values import Snapshot
    from probe.remedy.proposal import Context, Remedy, Step

_STARTABLE = frozenset({"stopped", "stopping"})  # a terminated one does not come back


def attributes(context: Context, vpc_id: str) -> tuple[Step, ...]:
    """Turn on what private names need and is off.

    https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
    """
    settings = dns_settings.of_vpc(context.network, vpc_id)
    missing = []
    if not settings.support:
        missing.append("EnableDnsSupport")
    if not settings.hostnames:
        missing.append("EnableDnsHostnames")
    return tuple(endpoint_steps.turn_on_attribute(vpc_id, attribute) for attribute in missing)


def turn_on(context: Context) -> tuple[Proposal, ...]:
    """Turn on the DNS attributes of a VPC that are off."""
    vpc_id = context.fact("vpc_id")
    subnets = len(places.subnets_of(context.network, vpc_id))
    text = f"Turn on DNS support and DNS hostnames of {vpc_id}: private names need both."
    cost = f"It costs nothing. It holds for the whole VPC ({subnets} subnets)."
    return (Proposal(text, attributes(context, vpc_id), cost),)


def reach_resolver(remedies: Mapping[str, Remedy]) -> Remedy:
    """Return the remedy that opens the way to a DNS server of the VPC's own.

    `remedies` are those for the way of any packet: a question takes the same way.
    """

    def remedy(context: Context) -> tuple[Proposal, ...]:
        servers = list(map(str, context.facts["servers"]))
        for server in servers:
            host = resolvers.machine(context.network, address(server))
            if host is not None and host.state in _STARTABLE:
                return (_start(server, host),)
            source = Source(context.path.subnet_id, _groups(context))
            path = walk(context.network, source, Destination(server, DNS, "udp"))
            for blocker in path.blockers:
                propose = remedies.get(blocker.code)
                if propose is not None:
                    return propose(context.at(path, blocker))
        raise NotRead(f"the way to {', '.join(servers)}", "what closes it has no fix")

    return remedy


def _start(server: str, host: resolvers.Machine) -> Proposal:
    text = f"Start {host.id}, which has {server}, the DNS server that is asked: it is {host.state}."
    cost = "A running instance is charged per hour."
    return Proposal(text, gateways.start_instance(host.id, host.interface_id), cost)


def ask_the_others(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Take a DNS server that does not run out of the DHCP options, where another one runs."""
    network, server = Network(snapshot), finding.component or ""
    try:
        vpc_id = _vpc_of(snapshot)
        options_id = places.vpc(network, vpc_id).dhcp_options_id or ""
        options = network.one("DhcpOptions", options_id, as_written)
    except NotRead:
        return None
    hosts = {
        name: resolvers.machine(network, address(name)) if is_address(name) else None
        for name in dns_settings.read_servers(options)
    }
    host = hosts.pop(server, None)
    others = tuple(one for one, other in hosts.items() if other is None or other.runs)
    if host is None or host.runs or not others:
        return None
    text = (
        f"Take {server} out of the DHCP options of {vpc_id}: {host.id}, which has it, is"
        f" {host.state}. A set of options cannot be changed, so make one that names"
        f" {', '.join(others)} and associate it."
    )
    if host.state in _STARTABLE:
        command = call("ec2", "start-instances", {"InstanceIds": [host.id]})
        text += f" If {server} is still meant to answer, start its instance instead: {command}"
    cost = "It costs nothing. It holds for the whole VPC, which takes it up within a few hours."
    steps = names.name_servers("dopt-new", options, others, vpc_id)
    return Proposal(text, tuple(steps), cost)


def _vpc_of(snapshot: Snapshot) -> str:
    function = snapshot.get("FunctionConfiguration")
    found = (function.get("VpcConfig") or {}) if isinstance(function, Mapping) else {}
    for subnet_id in found.get("SubnetIds") or ():
        return places.subnet(Network(snapshot), subnet_id).vpc_id
    raise NotRead("VPC of the function", "its configuration names no subnets")


def _groups(context: Context) -> tuple[str, ...]:
    return tuple((context.function.get("VpcConfig") or {}).get("SecurityGroupIds") or ())


def let_through(context: Context) -> tuple[Proposal, ...]:
    """Allow one name in DNS Firewall, before the rule that blocks it.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-rule-groups.html
    """
    group_id, host = context.fact("rule_group_id"), context.fact("host")
    rules = context.network.one("FirewallRules", group_id, dns_firewall.read_rules)
    used = {rule.priority for rule in rules}
    wanted = int(context.facts["priority"])
    free = next((number for number in range(wanted - 1, 0, -1) if number not in used), None)
    if free is None:
        raise NotRead(f"a free priority in {group_id}", f"none is left before {wanted}")
    text = (
        f"Allow {host} in DNS Firewall rule group {group_id}, with priority {free}: the rule with "
        f"priority {wanted} blocks it."
    )
    cost = f"DNS Firewall is charged per domain and query. Only {host} is allowed by it."
    return (Proposal(text, names.allow_name(context.new("rslvr-fdl"), group_id, host, free), cost),)


def answer_over_peering(context: Context) -> tuple[Proposal, ...]:
    """Let the names of the other VPC be answered with private addresses.

    https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-dns.html
    """
    peering_id = context.fact("vpc_peering_connection_id")
    text = (
        f"Turn on DNS resolution of peering connection {peering_id}: the names of hosts in the "
        "other VPC then give their private addresses."
    )
    cost = "It costs nothing, and opens nothing but answers to names."
    return (Proposal(text, (joining.answer_over_peering(peering_id),), cost),)
