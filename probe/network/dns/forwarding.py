"""Route 53 Resolver rules: domains of which the Amazon resolver asks other DNS servers.

The rule or zone with the most specific name decides, and a forwarding rule before a private zone of
the same name. A system rule takes a domain out of a wider rule.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-using-rules.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.dns.zones import plain
from probe.network.values import Unread
from probe.network.vpc import Field, Network, NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.walk.trace import Trace

ASSOCIATIONS, RULES = "ResolverRuleAssociations", "ResolverRules"
# Those that AWS associates with every VPC: they say what the resolver does anyway.
AUTODEFINED = "rslvr-autodefined-"
# Names of instances keep rules of their own beside any for a wider domain.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-autodefined-rules.html
_OF_INSTANCES = (
    ".ec2.internal",
    ".compute.internal",
    ".compute-1.internal",
    ".compute.amazonaws.com",
    ".compute-1.amazonaws.com",
)
_OF_VPC = Field("VPCId")


@dataclass(frozen=True, slots=True)
class Association:
    """A rule that a VPC's resolver goes by."""

    rule_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a domain with all below it, and who is asked."""

    id: str
    domain: str  # without the dot at its end; "" is everything
    kind: str  # "FORWARD" | "SYSTEM" | "RECURSIVE" | "DELEGATE"
    servers: tuple[str, ...]
    endpoint_id: str | None

    def covers(self, host: str) -> bool:
        """Whether a name is the domain itself, or below it."""
        return not self.domain or host == self.domain or host.endswith(f".{self.domain}")


def read_association(entry: Entry) -> Association:
    """Read one entry of ResolverRuleAssociations."""
    return Association(
        fields.text(entry, "ResolverRuleId"), fields.maybe_text(entry, "Status") or "COMPLETE"
    )


def read_rule(entry: Entry) -> Rule:
    """Read one entry of ResolverRules."""
    return Rule(
        fields.text(entry, "Id"),
        plain(fields.maybe_text(entry, "DomainName") or ""),
        fields.maybe_text(entry, "RuleType") or "FORWARD",
        fields.each(
            entry,
            "TargetIps",
            lambda ip: fields.maybe_text(ip, "Ip") or fields.text(ip, "Ipv6"),
        ),
        fields.maybe_text(entry, "ResolverEndpointId"),
    )


def judge(trace: Trace, network: Network, vpc_id: str, host: str, *, own: str | None) -> None:
    """Raise NotRead where a rule has a name asked of servers whose answers no AWS API tells.

    `own`: the name of the private zone that would answer else.
    """
    rule = _rule_for(trace, network, vpc_id, host)
    if rule is None or len(rule.domain) < len(_kept(host) if own is None else own):
        return
    asked, by = ", ".join(rule.servers), f" by {rule.endpoint_id}" if rule.endpoint_id else ""
    domain = rule.domain or "every domain"
    trace.hop(rule.id, "resolver-rule", "allow", f"it has {domain} asked of {asked}{by}")
    raise NotRead(
        f"address of {host}", f"{rule.id} has it asked of {asked}, and only they can tell"
    )


def _rule_for(trace: Trace, network: Network, vpc_id: str, host: str) -> Rule | None:
    found = network.snapshot.get(ASSOCIATIONS)
    if isinstance(found, Unread) and ASSOCIATIONS not in network.snapshot.values:
        trace.assume("no Resolver rule forwards names of the VPC: nobody asked for them")
        return None
    associated = network.where(ASSOCIATIONS, "VPCId", _OF_VPC, vpc_id, read_association)
    rules = (
        network.one(RULES, one.rule_id, read_rule)
        for one in associated
        if one.status == "COMPLETE" and not one.rule_id.startswith(AUTODEFINED)
    )
    covering = (rule for rule in rules if rule.covers(host))
    nearest = max(covering, key=lambda rule: len(rule.domain), default=None)
    return nearest if nearest is not None and nearest.kind == "FORWARD" else None


def _kept(host: str) -> str:
    """Return the domain that stays with the Amazon resolver, where a name is an instance's."""
    return host.partition(".")[2] if host.endswith(_OF_INSTANCES) else ""
