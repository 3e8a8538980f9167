"""Route 53 Resolver DNS Firewall: domains that a VPC's resolver answers falsely or not at all.

Rule groups in the order of their priority, rules in the order of theirs, the first that matches
decides. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.dns.zones import plain
from probe.network.values import Unread
from probe.network.vpc import IN_VPC, Network

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.walk.trace import Trace

ASSOCIATIONS = "FirewallRuleGroupAssociations"


@dataclass(frozen=True, slots=True)
class Association:
    """A rule group that watches a VPC."""

    id: str
    rule_group_id: str
    priority: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a list of domains, and what becomes of questions for them."""

    domain_list_id: str | None
    priority: int
    action: str  # "ALLOW" | "BLOCK" | "ALERT"
    answer: str | None  # "NODATA" | "NXDOMAIN" | "OVERRIDE"


def read_association(entry: Entry) -> Association:
    """Read one entry of FirewallRuleGroupAssociations."""
    return Association(
        fields.text(entry, "Id"),
        fields.text(entry, "FirewallRuleGroupId"),
        fields.number(entry, "Priority") or 0,
    )


def read_rules(entry: Entry) -> tuple[Rule, ...]:
    """Read one entry of FirewallRules: every rule of one group."""
    rules = fields.each(entry, "FirewallRules", _read_rule)
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _read_rule(entry: Entry) -> Rule:
    return Rule(
        domain_list_id=fields.maybe_text(entry, "FirewallDomainListId"),
        priority=fields.number(entry, "Priority") or 0,
        action=fields.maybe_text(entry, "Action") or "ALLOW",
        answer=fields.maybe_text(entry, "BlockResponse"),
    )


def read_domains(entry: Entry) -> tuple[str, ...]:
    """Read one entry of FirewallDomains."""
    return tuple(map(plain, fields.texts(entry, "Domains")))


def judge(trace: Trace, network: Network, vpc_id: str, host: str) -> None:
    """Judge whether the firewall lets a question for this name through."""
    found = network.snapshot.get(ASSOCIATIONS)
    if isinstance(found, Unread) and ASSOCIATIONS not in network.snapshot.values:
        trace.assume("no DNS Firewall rule group watches the VPC: nobody asked for them")
        return
    with trace.reading(vpc_id, "dns-firewall"):
        groups = network.where(ASSOCIATIONS, "VpcId", IN_VPC, vpc_id, read_association)
        for group in sorted(groups, key=lambda one: one.priority):
            rule = _first(network, group, host)
            if rule is not None:
                _decide(trace, group, rule, host)
                return


def _first(network: Network, group: Association, host: str) -> Rule | None:
    for rule in network.one("FirewallRules", group.rule_group_id, read_rules):
        if rule.domain_list_id is None:
            continue  # an advanced rule: it looks for tunnels, not for names
        domains = network.one("FirewallDomains", rule.domain_list_id, read_domains)
        if any(_matches(domain, host) for domain in domains):
            return rule
    return None


def _matches(domain: str, host: str) -> bool:
    """Compare: "example.com" is that name alone, "*.example.com" all below it, "*" everything."""
    if domain == "*":
        return True
    if domain.startswith("*."):
        return host.endswith(domain[1:])
    return host == domain


def _decide(trace: Trace, group: Association, rule: Rule, host: str) -> None:
    why = f"the rule with priority {rule.priority} of {group.rule_group_id}"
    if rule.action != "BLOCK":
        trace.hop(group.rule_group_id, "dns-firewall", "allow", f"{why} lets {host} through")
        return
    trace.block(
        "dns-firewall-blocks",
        group.rule_group_id,
        "dns-firewall",
        f"{why} blocks {host} and answers {rule.answer or 'NODATA'}",
        facts={
            "rule_group_id": group.rule_group_id,
            "domain_list_id": rule.domain_list_id,
            "priority": rule.priority,
            "answer": rule.answer,
            "host": host,
        },
    )
