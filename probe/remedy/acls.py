"""Fixes for network ACLs: an allow rule for what the connection needs, before the one that denies.

The first rule that matches decides, and both directions need one:
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.nacl import IMPLICIT_DENY
from probe.network.vpc import Network, NotRead
from probe.remedy import peers, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import filtering

if TYPE_CHECKING:
    from probe.network.values import Snapshot
    from probe.remedy.proposal import Context

_STEP = 10  # people number their rules by tens or hundreds, to leave room


def allow(context: Context) -> tuple[Proposal, ...]:
    """Add the allow rules that the blocked packets need."""
    acl_id, egress = context.fact("network_acl_id"), bool(context.facts["egress"])
    first, last = context.facts["needed_port_range"]
    blocks = peers.for_acl(context, context.facts["needed_cidrs"])
    limit = int(context.facts["rule_number"])
    numbers = _free_numbers(context, acl_id, limit, len(blocks), egress=egress)
    protocol = context.fact("protocol")
    steps = tuple(
        filtering.allow_at_acl(
            acl_id, number, (first, last), block, egress=egress, protocol=protocol
        )
        for number, block in zip(numbers, blocks, strict=True)
    )
    return (Proposal(_text(context, blocks, numbers), steps, _cost(context, blocks)),)


def _text(context: Context, blocks: tuple[str, ...], numbers: tuple[int, ...]) -> str:
    egress = context.facts["egress"]
    first, last = context.facts["needed_port_range"]
    ports = f"port {first}" if first == last else f"ports {first}-{last}"
    side, preposition = ("outbound", "to") if egress else ("inbound", "from")
    limit = int(context.facts["rule_number"])
    before = "" if limit == IMPLICIT_DENY else f", before rule {limit}, which denies it"
    rules = "rule" if len(numbers) == 1 else "rules"
    return (
        f"Add {side} allow {rules} {', '.join(map(str, numbers))} to network ACL "
        f"{context.fact('network_acl_id')} of subnet {context.fact('subnet_id')}"
        f"{_others(context)}: {context.fact('protocol').upper()} {ports} "
        f"{preposition} {', '.join(blocks)}{before}."
    )


def _others(context: Context) -> str:
    """Name the other subnets that have this network ACL: the rule holds there too."""
    entry = survey.raw(context.network, "NetworkAcls", context.fact("network_acl_id"))
    subnets = [str(one.get("SubnetId")) for one in fields.items(entry, "Associations")]
    others = [one for one in subnets if one not in (context.fact("subnet_id"), "None")]
    return f" and of {survey.few(others)}" if others else ""


def _cost(context: Context, blocks: tuple[str, ...]) -> str:
    text = "A rule costs nothing. It holds for every interface in the subnets of this network ACL"
    if not context.facts["egress"] and any(block.endswith("/0") for block in blocks):
        text += (
            "; answers of internet hosts come from any address, and security groups still let in "
            "only what answers a connection of yours"
        )
    return f"{text}."


def _free_numbers(
    context: Context, acl_id: str, limit: int, count: int, *, egress: bool
) -> tuple[int, ...]:
    """Return numbers that no rule of this direction has, below the rule that denies."""
    used = _used(context.snapshot, acl_id, egress=egress)
    used |= _used(context.taken, acl_id, egress=egress)
    if limit == IMPLICIT_DENY:
        highest = max((number for number in used if number < IMPLICIT_DENY), default=0)
        start = (highest // _STEP + 1) * _STEP
        numbers = tuple(range(start, start + count))
        if numbers[-1] < IMPLICIT_DENY:
            return numbers
    free = tuple(number for number in range(limit - 1, 0, -1) if number not in used)[:count]
    if len(free) < count:
        raise NotRead(f"a free rule number in {acl_id}", f"none is left below {limit}")
    return tuple(sorted(free))


def _used(snapshot: Snapshot, acl_id: str, *, egress: bool) -> set[int]:
    network = Network(snapshot)
    if not network.has("NetworkAcls"):
        return set()
    entry = network.maybe("NetworkAcls", acl_id, lambda found: found) or {}
    rules = entry.get("Entries") or ()
    return {rule["RuleNumber"] for rule in rules if bool(rule.get("Egress")) == egress}
