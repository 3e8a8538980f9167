"""Steps about names: what DNS Firewall and Network Firewall let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def name_servers(
    options_id: str, like: Entry, servers: tuple[str, ...], vpc_id: str
) -> Iterator[Step]:
    """Make DHCP options like others but for the DNS servers, and give them to a VPC.

    https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
    """
    options = {
        str(one["Key"]): [str(value["Value"]) for value in fields.items(one, "Values")]
        for one in fields.items(like, "DhcpConfigurations")
    } | {"domain-name-servers": list(servers)}
    written = [{"Key": key, "Values": values} for key, values in options.items()]
    create = call("ec2", "create-dhcp-options", {"DhcpConfigurations": written})
    told = [{**one, "Values": [{"Value": v} for v in one["Values"]]} for one in written]
    yield Step(
        keep(options_id, create, "DhcpOptions.DhcpOptionsId"),
        edit.added("DhcpOptions", {"DhcpOptionsId": options_id, "DhcpConfigurations": told}),
        Resource(options_id, "AWS::EC2::DHCPOptions", dict(map(_property, options.items()))),
    )
    given = {"DhcpOptionsId": options_id, "VpcId": vpc_id}
    yield Step(
        call("ec2", "associate-dhcp-options", given),
        edit.amended("Vpcs", vpc_id, lambda vpc: {**vpc, "DhcpOptionsId": options_id}),
        Resource("DhcpOptionsOfVpc", "AWS::EC2::VPCDHCPOptionsAssociation", given),
    )


def _property(option: tuple[str, list[str]]) -> tuple[str, str | list[str]]:
    """Write a DHCP option as CloudFormation does: "domain-name" as DomainName."""
    name = "".join(word.capitalize() for word in option[0].split("-"))
    return name, option[1] if name.endswith("Servers") else option[1][0]


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
