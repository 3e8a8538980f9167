"""Steps about names: what DNS Firewall and Network Firewall let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from probe.network.fields import Entry

_SERVICE = "route53resolver"
_TOKEN = "nwfw-token-new"  # noqa: S105 - what AWS gives to whoever read a rule group last


def allow_name(list_id: str, group_id: str, host: str, priority: int) -> tuple[Step, ...]:
    """Make a list of one domain, and a rule that allows it."""
    name = "allow-" + host.replace(".", "-")
    create = call(_SERVICE, "create-firewall-domain-list", {"Name": name})
    fill = {"FirewallDomainListId": list_id, "Operation": "ADD", "Domains": [host]}
    rule = {"FirewallDomainListId": list_id, "Priority": priority, "Action": "ALLOW", "Name": name}
    return (
        Step(
            keep(list_id, create, "FirewallDomainList.Id"),
            edit.added("FirewallDomains", {"FirewallDomainListId": list_id, "Domains": [host]}),
            Resource(
                list_id,
                "AWS::Route53Resolver::FirewallDomainList",
                {"Name": name, "Domains": [host]},
            ),
        ),
        Step(call(_SERVICE, "update-firewall-domains", fill)),
        Step(
            call(_SERVICE, "create-firewall-rule", {"FirewallRuleGroupId": group_id, **rule}),
            edit.amended(
                "FirewallRules",
                group_id,
                lambda entry: edit.with_item(entry, "FirewallRules", rule),
            ),
        ),
    )


def arn_of(group: Entry) -> str | None:
    """Return the ARN of an entry of RuleGroups."""
    return fields.maybe_text(fields.mapping(group, "RuleGroupResponse"), "RuleGroupArn")


def targets_of(group: Entry) -> tuple[str, ...]:
    """Return the domains of an entry of RuleGroups."""
    source = fields.mapping(fields.mapping(group, "RuleGroup"), "RulesSource")
    return fields.texts(fields.mapping(source, "RulesSourceList"), "Targets")


def list_domains(arn: str, group: Entry, domains: tuple[str, ...]) -> tuple[Step, ...]:
    """Give a domain list of Network Firewall these domains; the rest of the group stays.

    https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_UpdateRuleGroup.html
    """
    rules = fields.mapping(group, "RuleGroup")
    source = fields.mapping(rules, "RulesSource")
    listed = {**fields.mapping(source, "RulesSourceList"), "Targets": list(domains)}
    changed = {**rules, "RulesSource": {**source, "RulesSourceList": listed}}
    read = call("network-firewall", "describe-rule-group", {"RuleGroupArn": arn})
    write = {"RuleGroupArn": arn, "UpdateToken": _TOKEN, "RuleGroup": changed}
    return (
        Step(keep(_TOKEN, read, "UpdateToken")),
        Step(
            call("network-firewall", "update-rule-group", write),
            edit.every(
                "RuleGroups",
                lambda entry: {**entry, "RuleGroup": changed} if arn_of(entry) == arn else entry,
            ),
        ),
    )
