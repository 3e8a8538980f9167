"""Fixes for security groups: one rule, on one port, for one peer.

Groups are named rather than addresses wherever the way carries group names, since a function's
addresses change: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

A group that names parts of the internet on this port was narrowed on purpose: it gets the target's
addresses, and the whole internet is only another way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import prefix_lists
from probe.network.addresses import cidr, is_private
from probe.network.dns.names import STAND_IN
from probe.network.security_groups import read_group
from probe.network.vpc import NotRead
from probe.remedy import peers, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import filtering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probe.network.addresses import Block
    from probe.network.places import Interface
    from probe.network.security_groups import Rule
    from probe.remedy.proposal import Context

    Propose = Callable[[Context, tuple[str, ...]], Proposal]

BY_RANGE = "by-range"
TO_ANYWHERE = "to-anywhere"
_RULE = ("group_ids", "protocol", "port")  # what tells that the same rule is missing


def open_group(context: Context) -> tuple[Proposal, ...]:
    """Add the rule that the blocker misses; by group first, by range where groups are not known."""
    if context.facts["direction"] == "egress":
        group_ids = context.facts["destination_group_ids"]
        ways = _both(context, _let_out, group_ids)
        return ways if group_ids else (*ways, *_to_anywhere(context))
    return _both(context, _admit, context.facts["source_group_ids"])


def open_by_range(context: Context) -> tuple[Proposal, ...]:
    """Add a rule by range, where the way does not carry group names."""
    propose = _let_out if context.facts["direction"] == "egress" else _admit
    return (propose(context, _ranges(context)),)


def to_prefix_list(context: Context) -> tuple[Proposal, ...]:
    """Let the function out to the addresses behind a gateway endpoint."""
    return (_let_out(context, (context.fact("prefix_list_id"),)),)


def _both(context: Context, propose: Propose, group_ids: Sequence[str]) -> tuple[Proposal, ...]:
    by_range = propose(context, _ranges(context))
    if not group_ids:
        return (by_range,)
    by_group = propose(context, (group_ids[0],))
    return (by_group, replace(by_range, way=BY_RANGE, fallback=True))


def _ranges(context: Context) -> tuple[str, ...]:
    if context.facts["direction"] == "egress":
        if _is_narrowed(context):
            found = peers.met(context, "destination_cidrs", *_RULE)
            return peers.of_addresses(context, found, exact=True)
        return peers.of_addresses(context, context.facts["destination_cidrs"])
    return peers.of_sources(context, peers.met(context, "source_cidrs", *_RULE))


def _to_anywhere(context: Context) -> tuple[Proposal, ...]:
    """Let out to the whole internet, as another way where people name its addresses one by one."""
    found = peers.of_addresses(context, context.facts["destination_cidrs"])
    if not _is_narrowed(context) or not _is_everything(found):
        return ()
    return (replace(_let_out(context, found), way=TO_ANYWHERE),)


def _is_narrowed(context: Context) -> bool:
    """Whether the rules for this port name public addresses, and the target's are known.

    Somebody has written them one by one, and does not want the whole internet. Asked of the rules
    as they are before this fix, which may name an address itself.
    """
    if STAND_IN in context.facts["destination_cidrs"]:
        return False
    _, port, protocol = _rule(context)
    try:
        return any(
            _is_public(context, rule)
            for group_id in context.facts["group_ids"]
            for rule in context.ahead.one("SecurityGroups", group_id, read_group).egress
            if rule.speaks_of(protocol, port)
        )
    except NotRead:
        return False


def _is_public(context: Context, rule: Rule) -> bool:
    """Whether a rule names a part of the internet; AWS's own lists say nothing about the rest."""
    if rule.block is not None:
        blocks: tuple[Block, ...] = (rule.block,)
    elif rule.prefix_list_id is not None and not _is_of_aws(context, rule.prefix_list_id):
        blocks = prefix_lists.blocks_of(context.ahead, rule.prefix_list_id)
    else:
        return False
    return any(block.prefix_length > 0 and not is_private(block) for block in blocks)


def _is_of_aws(context: Context, prefix_list_id: str) -> bool:
    return (prefix_lists.name_of(context.ahead, prefix_list_id) or "").startswith("com.amazonaws.")


def _is_everything(found: tuple[str, ...]) -> bool:
    return any(name.endswith("/0") for name in found)


def _admit(context: Context, names: tuple[str, ...]) -> Proposal:
    group_id, port, protocol = _rule(context)
    text = (
        f"Security group {group_id}, which guards {_guarded(context, group_id)}, "
        f"does not let {_caller(context)} in: add an inbound rule for {protocol.upper()} port "
        f"{port} from {_named(names)}."
    )
    cost = f"A rule costs nothing. It lets in {', '.join(names)} on this port, and nothing else."
    steps = tuple(filtering.admit(group_id, port, name, protocol) for name in names)
    return Proposal(text, steps, cost)


def _guarded(context: Context, group_id: str) -> str:
    """Name what a group guards: the target, and whoever else will be open to the caller."""
    targets = peers.met(context, "target", *_RULE)
    named = survey.few(targets) or "the target"
    if not (_is_behind_balancer(context) or all(one.startswith("eni-") for one in targets)):
        return named  # an endpoint, say: its own interfaces are no others
    guarded = survey.guarded_by(context.network, group_id)
    others = [one.id for one in guarded if not _names(one).intersection(targets)]
    return f"{named} and also {survey.few(others)}" if others else named


def _names(interface: Interface) -> set[str]:
    """Return the ids and addresses by which an interface may be a target."""
    return {interface.id, interface.instance_id or "", *map(str, interface.addresses)}


def _shared(context: Context, group_id: str) -> str:
    """Name who besides the function has its group."""
    own = (context.function.get("VpcConfig") or {}).get("SecurityGroupIds") or ()
    found = survey.guarded_by(context.network, group_id) if group_id in own else ()
    return f", which {survey.few([one.id for one in found])} has too," if found else ""


def _caller(context: Context) -> str:
    return "the load balancer" if _is_behind_balancer(context) else "the function"


def _leaves(context: Context) -> str:
    behind = f"the load balancer's own connection to {context.facts.get('target')}"
    return behind if _is_behind_balancer(context) else "the connection"


def _is_behind_balancer(context: Context) -> bool:
    return context.blocker.code.startswith("load-balancer")


def _let_out(context: Context, names: tuple[str, ...]) -> Proposal:
    group_id, port, protocol = _rule(context)
    text = (
        f"Security group {group_id}{_shared(context, group_id)} does not let {_leaves(context)} "
        f"out: add an outbound rule for {protocol.upper()} port {port} to {_named(names)}."
        f"{_one_by_one(context, names)}"
    )
    where = "the whole internet" if _is_everything(names) else ", ".join(names)
    cost = f"A rule costs nothing. It lets all of {group_id} out to {where} on this port."
    steps = tuple(filtering.let_out(group_id, port, name, protocol) for name in names)
    return Proposal(text, steps, cost)


def _one_by_one(context: Context, names: tuple[str, ...]) -> str:
    """Say what it means where a rule names the addresses that a public name has now."""
    blocks = [cidr(name) for name in names if not name.startswith(("sg-", "pl-"))]
    public = any(not is_private(block) and block.prefix_length > 0 for block in blocks)
    if not public or not peers.asked_by_name(context):
        return ""
    return (
        " The group's rules for this port name public addresses, so this one does too; those of a "
        "public name may change, and each new one takes a rule again."
    )


def _rule(context: Context) -> tuple[str, int, str]:
    return context.fact("group_id"), int(context.facts["port"]), context.fact("protocol")


def _named(names: tuple[str, ...]) -> str:
    shown = []
    for name in names:
        kind = "security group " if name.startswith("sg-") else ""
        kind = "prefix list " if name.startswith("pl-") else kind
        anywhere = " (a public name: its addresses may change)" if name.endswith("/0") else ""
        shown.append(f"{kind}{name}{anywhere}")
    return ", ".join(shown)
