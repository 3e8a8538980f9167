"""Fixes for the DNS way: attributes of the VPC, its own DNS servers, DNS Firewall, peering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places
from probe.network.dns import dns_firewall, dns_settings
from probe.network.dns.resolvers import DNS
from probe.network.vpc import NotRead
from probe.network.walk.path import Destination, Source, walk
from probe.remedy.proposal import Proposal
from probe.remedy.steps import endpoints as endpoint_steps
from probe.remedy.steps import joining, names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.remedy.proposal import Context, Remedy, Step


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
        server = str(context.facts["servers"][0])
        source = Source(context.path.subnet_id, _groups(context))
        path = walk(context.network, source, Destination(server, DNS, "udp"))
        for blocker in path.blockers:
            propose = remedies.get(blocker.code)
            if propose is not None:
                return propose(context.at(path, blocker))
        raise NotRead(f"the way to DNS server {server}", "what closes it has no fix")

    return remedy


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
