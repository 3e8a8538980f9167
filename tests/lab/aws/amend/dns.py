"""Route 53 Resolver DNS Firewall, which moto does not know: its API, and what it makes of names.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


@dataclass
class DnsFirewall:
    """The rule groups and domain lists of an account, as the API lists them."""

    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by rule group
    domains: dict[str, list[str]] = field(default_factory=dict)  # by domain list
    associations: list[dict[str, Any]] = field(default_factory=list)


def answers() -> dict[tuple[str, str], Callable[[Account, Call], Response]]:
    """List the calls that are answered here."""
    known = {
        "CreateFirewallRuleGroup": _create_group,
        "CreateFirewallDomainList": _create_list,
        "UpdateFirewallDomains": _update_domains,
        "CreateFirewallRule": _create_rule,
        "AssociateFirewallRuleGroup": _associate,
        "ListFirewallRuleGroupAssociations": _list_associations,
        "ListFirewallRules": _list_rules,
        "ListFirewallDomains": _list_domains,
    }
    return {("route53resolver", operation): answer for operation, answer in known.items()}


def _create_group(account: Account, call: Call) -> Response:
    identifier = f"rslvr-frg-{uuid.uuid4().hex[:16]}"
    account.dns_firewall.rules[identifier] = []
    return wire.write(call, {"FirewallRuleGroup": {"Id": identifier}})


def _create_list(account: Account, call: Call) -> Response:
    identifier = f"rslvr-fdl-{uuid.uuid4().hex[:16]}"
    account.dns_firewall.domains[identifier] = []
    told = {"Id": identifier, "Name": call.parameters["Name"], "Status": "COMPLETE"}
    return wire.write(call, {"FirewallDomainList": told})


def _update_domains(account: Account, call: Call) -> Response:
    identifier, named = call.parameters["FirewallDomainListId"], call.parameters["Domains"]
    kept = account.dns_firewall.domains[identifier]
    match call.parameters["Operation"]:
        case "ADD":
            kept = [*kept, *named]
        case "REMOVE":
            kept = [domain for domain in kept if domain not in named]
        case "REPLACE":
            kept = list(named)
    account.dns_firewall.domains[identifier] = kept
    return wire.write(call, {"Id": identifier, "Status": "COMPLETE"})


def _create_rule(account: Account, call: Call) -> Response:
    rules = account.dns_firewall.rules[call.parameters["FirewallRuleGroupId"]]
    rule = {k: v for k, v in call.parameters.items() if k != "CreatorRequestId"}
    if any(other["Priority"] == rule["Priority"] for other in rules):
        message = "The priority is taken by another rule of this rule group"
        return wire.write_error(call, "ConflictException", message, 400)
    rules.append(rule)
    return wire.write(call, {"FirewallRule": rule})


def _associate(account: Account, call: Call) -> Response:
    told = {k: v for k, v in call.parameters.items() if k != "CreatorRequestId"}
    association = {"Id": f"rslvr-frgassoc-{uuid.uuid4().hex[:16]}", "Status": "COMPLETE", **told}
    account.dns_firewall.associations.append(association)
    return wire.write(call, {"FirewallRuleGroupAssociation": association})


def _list_associations(account: Account, call: Call) -> Response:
    vpc = call.parameters.get("VpcId")
    found = [a for a in account.dns_firewall.associations if vpc in (None, a["VpcId"])]
    return wire.write(call, {"FirewallRuleGroupAssociations": found})


def _list_rules(account: Account, call: Call) -> Response:
    rules = account.dns_firewall.rules[call.parameters["FirewallRuleGroupId"]]
    return wire.write(call, {"FirewallRules": rules})


def _list_domains(account: Account, call: Call) -> Response:
    domains = account.dns_firewall.domains[call.parameters["FirewallDomainListId"]]
    return wire.write(call, {"Domains": [f"{domain}." for domain in domains]})


def blocked(firewall: DnsFirewall, vpc: str, name: str) -> str | None:
    """Say how a question is answered that a rule blocks: NODATA or NXDOMAIN; None: not blocked.

    The groups of a VPC and the rules of a group are asked by priority, the lowest number first, and
    the first rule that has the name decides.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-rule-settings.html
    """
    for rule in _rules(firewall, vpc):
        domains = firewall.domains[rule["FirewallDomainListId"]]
        if any(_covers(domain, name) for domain in domains):
            return str(rule["BlockResponse"]) if rule["Action"] == "BLOCK" else None
    return None


def _rules(firewall: DnsFirewall, vpc: str) -> Iterator[dict[str, Any]]:
    watching = [a for a in firewall.associations if a["VpcId"] == vpc]
    for association in sorted(watching, key=lambda a: a["Priority"]):
        rules = firewall.rules[association["FirewallRuleGroupId"]]
        yield from sorted(rules, key=lambda rule: rule["Priority"])


def _covers(domain: str, name: str) -> bool:
    """Match a domain of a list: itself, or with an asterisk everything below it."""
    suffix = domain.rstrip(".").removeprefix("*")
    return name.endswith(suffix) if domain.startswith("*") else name == suffix
