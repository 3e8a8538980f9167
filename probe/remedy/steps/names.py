"""Steps about names: what DNS Firewall lets through."""

from __future__ import annotations

from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

_SERVICE = "route53resolver"


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
