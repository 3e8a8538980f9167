"""Network firewalls as entries: which stands behind an endpoint, its policy, its rule groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, places
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.endpoints import Endpoint
    from probe.network.fields import Entry
    from probe.network.flow import Packet

STRICT = "STRICT_ORDER"


@dataclass(frozen=True, slots=True)
class Firewall:
    """One network firewall."""

    arn: str
    policy_arn: str
    vpc_id: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A rule group in a policy."""

    arn: str
    priority: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One firewall policy."""

    arn: str
    stateless: tuple[Reference, ...]
    stateless_default: tuple[str, ...]
    stateful: tuple[Reference, ...]
    stateful_default: tuple[str, ...]
    strict: bool
    home_net: tuple[str, ...]  # as it overrides HOME_NET; empty: the VPC's own range
    inspects_tls: bool


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """One rule group: its rules as AWS wrote them, and its names for addresses and ports."""

    arn: str
    source: Entry
    addresses: Entry  # name -> {"Definition": [...]}
    ports: Entry


def read_firewall(entry: Entry) -> Firewall:
    """Read one entry of Firewalls."""
    firewall = fields.mapping(entry, "Firewall")
    return Firewall(
        fields.maybe_text(firewall, "FirewallArn") or "firewall",
        fields.text(firewall, "FirewallPolicyArn"),
        fields.maybe_text(firewall, "VpcId"),
    )


def _endpoint_ids(entry: Entry) -> Iterator[str | None]:
    states = fields.mapping(fields.mapping(entry, "FirewallStatus"), "SyncStates")
    for zone in states:
        attachment = fields.mapping(fields.mapping(states, zone), "Attachment")
        yield fields.maybe_text(attachment, "EndpointId")


def _arns(entry: Entry) -> tuple[str | None]:
    return (fields.maybe_text(fields.mapping(entry, "Firewall"), "FirewallArn"),)


def behind(network: Network, endpoint: Endpoint) -> Firewall | None:
    """Return the network firewall behind an endpoint; None when it is no network firewall's."""
    if endpoint.firewall_arn is None and endpoint.tags_told and not network.has("Firewalls"):
        return None
    found = network.where("Firewalls", "endpoint", _endpoint_ids, endpoint.id, read_firewall)
    if not found and endpoint.firewall_arn is not None:
        found = network.where("Firewalls", "arn", _arns, endpoint.firewall_arn, read_firewall)
        if not found:
            raise NotRead(
                endpoint.firewall_arn, "is not in Firewalls", "network-firewall:DescribeFirewall"
            )
    return found[0] if found else None


def policy_of(network: Network, firewall: Firewall) -> Policy:
    """Return the policy of a firewall."""
    found = network.where("FirewallPolicies", "arn", _policy_arns, firewall.policy_arn, read_policy)
    if not found:
        raise NotRead(
            firewall.policy_arn,
            "is not in FirewallPolicies",
            "network-firewall:DescribeFirewallPolicy",
        )
    return found[0]


def _policy_arns(entry: Entry) -> tuple[str | None]:
    response = fields.mapping(entry, "FirewallPolicyResponse")
    return (fields.maybe_text(response, "FirewallPolicyArn"),)


def read_policy(entry: Entry) -> Policy:
    """Read one entry of FirewallPolicies."""
    response = fields.mapping(entry, "FirewallPolicyResponse")
    policy = fields.mapping(entry, "FirewallPolicy")
    options = fields.mapping(policy, "StatefulEngineOptions")
    variables = fields.mapping(fields.mapping(policy, "PolicyVariables"), "RuleVariables")
    return Policy(
        arn=fields.maybe_text(response, "FirewallPolicyArn") or "policy",
        stateless=_references(policy, "StatelessRuleGroupReferences"),
        stateless_default=fields.texts(policy, "StatelessDefaultActions"),
        stateful=_references(policy, "StatefulRuleGroupReferences"),
        stateful_default=fields.texts(policy, "StatefulDefaultActions"),
        strict=options.get("RuleOrder") == STRICT,
        home_net=fields.texts(fields.mapping(variables, "HOME_NET"), "Definition"),
        inspects_tls=policy.get("TLSInspectionConfigurationArn") is not None,
    )


def _references(policy: Entry, key: str) -> tuple[Reference, ...]:
    found = fields.each(
        policy,
        key,
        lambda item: Reference(
            fields.text(item, "ResourceArn"), fields.number(item, "Priority") or 0
        ),
    )
    return tuple(sorted(found, key=lambda one: one.priority))


def home_net(
    network: Network, firewall: Firewall, policy: Policy, packet: Packet
) -> tuple[str, ...]:
    """Return what HOME_NET is for these packets; empty when nobody can say.

    By default it is the range of the firewall's VPC; whether ranges that were added to the VPC
    later are in it, AWS does not say.
    https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_PolicyVariables.html
    """
    if policy.home_net or firewall.vpc_id is None:
        return policy.home_net
    try:
        first, *added = places.vpc(network, firewall.vpc_id).blocks
    except NotRead:
        return ()
    ends = (*packet.source, *packet.destination)
    return () if any(one.overlaps(end) for one in added for end in ends) else (str(first),)


def group(network: Network, arn: str) -> RuleGroup:
    """Return a rule group by its ARN."""
    found = network.where("RuleGroups", "arn", _group_arns, arn, read_group)
    if not found:
        raise NotRead(arn, "is not in RuleGroups", "network-firewall:DescribeRuleGroup")
    return found[0]


def _group_arns(entry: Entry) -> tuple[str | None]:
    return (fields.maybe_text(fields.mapping(entry, "RuleGroupResponse"), "RuleGroupArn"),)


def read_group(entry: Entry) -> RuleGroup:
    """Read one entry of RuleGroups."""
    response, found = fields.mapping(entry, "RuleGroupResponse"), fields.mapping(entry, "RuleGroup")
    variables = fields.mapping(found, "RuleVariables")
    return RuleGroup(
        arn=fields.maybe_text(response, "RuleGroupArn") or "rule group",
        source=fields.mapping(found, "RulesSource"),
        addresses=fields.mapping(variables, "IPSets"),
        ports=fields.mapping(variables, "PortSets"),
    )
