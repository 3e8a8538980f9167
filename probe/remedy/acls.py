"""Fixes for network ACLs: an allow rule for what the connection needs, before the one that denies.

The first rule that matches decides, and both directions need one:
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html

Where no rule matches, the fix is as wide as the target, whose addresses change. A rule that denies
was written by somebody, perhaps to keep a range out: then only the addresses that were met pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.nacl import IMPLICIT_DENY
from probe.remedy import peers, rule_numbers, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import filtering

if TYPE_CHECKING:
    from probe.remedy.proposal import Context
    from probe.remedy.rule_numbers import Place

# What makes another blocker of a network ACL ask for the same rule, but for its addresses.
_ALIKE = ("rule_number", "egress", "protocol", "needed_port_range")


def allow(context: Context) -> tuple[Proposal, ...]:
    """Add the allow rules that the blocked packets need."""
    acl_id, egress = context.fact("network_acl_id"), bool(context.facts["egress"])
    first, last = context.facts["needed_port_range"]
    blocks = _blocks(context)
    limit, protocol = int(context.facts["rule_number"]), context.fact("protocol")
    place = rule_numbers.place(context, acl_id, limit, len(blocks), egress=egress)
    rules = tuple(
        filtering.allowing(number, (first, last), block, egress=egress, protocol=protocol)
        for number, block in zip(place.numbers, blocks, strict=True)
    )
    text = _text(context, blocks, place)
    return (Proposal(text, place.steps(acl_id, rules), _cost(context, blocks)),)


def _is_explicit(context: Context) -> bool:
    """Whether a numbered rule denies, and not the last one, which denies what no rule matches."""
    return int(context.facts["rule_number"]) < IMPLICIT_DENY


def _blocks(context: Context) -> tuple[str, ...]:
    if not _is_explicit(context):
        return peers.for_acl(context, context.facts["needed_cidrs"])
    return peers.for_acl(context, peers.met(context, "needed_cidrs", *_ALIKE), exact=True)


def _text(context: Context, blocks: tuple[str, ...], place: Place) -> str:
    egress = context.facts["egress"]
    first, last = context.facts["needed_port_range"]
    ports = f"port {first}" if first == last else f"ports {first}-{last}"
    side, preposition = ("outbound", "to") if egress else ("inbound", "from")
    rules = "rule" if len(place.numbers) == 1 else "rules"
    return (
        f"Add {side} allow {rules} {', '.join(map(str, place.numbers))} to network ACL "
        f"{context.fact('network_acl_id')} of subnet {context.fact('subnet_id')}"
        f"{_others(context)}: {context.fact('protocol').upper()} {ports} "
        f"{preposition} {', '.join(blocks)}{_before(context, place)}."
    )


def _before(context: Context, place: Place) -> str:
    """Say which rule denies, and what becomes of it where no number before it is free."""
    if not _is_explicit(context):
        return ""
    limit = int(context.facts["rule_number"])
    denied = f"rule {limit}, which denies {_denied(context, limit)}"
    if place.earlier:
        return f", before {denied}, and which the fix before this one makes rule {place.limit}"
    if not place.moved:
        return f", before {denied}"
    anew = " and ".join(f"{rule['RuleNumber']} anew as {to}" for rule, to in place.moved)
    return f", in the place of {denied}; no number before it is free, so first make rule {anew}"


def _denied(context: Context, number: int) -> str:
    """Return the range that the rule that denies names."""
    acl = survey.raw(context.network, "NetworkAcls", context.fact("network_acl_id"))
    for rule in fields.items(acl, "Entries"):
        here = bool(rule.get("Egress")) == bool(context.facts["egress"])
        if here and rule.get("RuleNumber") == number:
            return str(rule.get("CidrBlock") or rule.get("Ipv6CidrBlock"))
    return "it"


def _others(context: Context) -> str:
    """Name the other subnets that have this network ACL: the rule holds there too."""
    entry = survey.raw(context.network, "NetworkAcls", context.fact("network_acl_id"))
    subnets = [str(one.get("SubnetId")) for one in fields.items(entry, "Associations")]
    others = [one for one in subnets if one not in (context.fact("subnet_id"), "None")]
    return f" and of {survey.few(others)}" if others else ""


def _cost(context: Context, blocks: tuple[str, ...]) -> str:
    text = "A rule costs nothing. It holds for every interface in the subnets of this network ACL"
    if _is_explicit(context):
        text += ". Somebody may have meant the rule that denies, so nothing more is let past it"
        if any(block.endswith(("/32", "/128")) for block in blocks):
            text += (
                "; where an address changes, as those of a public name may, it denies the new one"
            )
    elif not context.facts["egress"] and any(block.endswith("/0") for block in blocks):
        text += (
            "; answers of internet hosts come from any address, so on these ports only the inbound "
            "rules of security groups still say who may open a connection"
        )
    return f"{text}."
