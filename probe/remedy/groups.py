"""Fixes for security groups: one rule, on one port, for one peer.

Groups are named rather than addresses wherever the way carries group names, since a function's
addresses change: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.remedy import peers, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import filtering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probe.remedy.proposal import Context

    Propose = Callable[[Context, tuple[str, ...]], Proposal]

BY_RANGE = "by-range"


def open_group(context: Context) -> tuple[Proposal, ...]:
    """Add the rule that the blocker misses; by group first, by range where groups are not known."""
    if context.facts["direction"] == "egress":
        return _both(context, _let_out, context.facts["destination_group_ids"])
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
        return peers.of_addresses(context, context.facts["destination_cidrs"])
    return peers.of_sources(context, context.facts["source_cidrs"])


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
    target = str(context.facts.get("target") or "the target")
    if not target.startswith("eni-"):  # an endpoint, say: its own interfaces are no others
        return target
    others = [one.id for one in survey.guarded_by(context.network, group_id) if one.id != target]
    return f"{target} and also {survey.few(others)}" if others else target


def _shared(context: Context, group_id: str) -> str:
    """Name who besides the function has its group."""
    own = (context.function.get("VpcConfig") or {}).get("SecurityGroupIds") or ()
    found = survey.guarded_by(context.network, group_id) if group_id in own else ()
    return f", which {survey.few([one.id for one in found])} has too," if found else ""


def _caller(context: Context) -> str:
    behind = context.blocker.code.startswith("load-balancer")
    return "the load balancer" if behind else "the function"


def _let_out(context: Context, names: tuple[str, ...]) -> Proposal:
    group_id, port, protocol = _rule(context)
    text = (
        f"Security group {group_id}{_shared(context, group_id)} does not let the connection "
        f"out: add an outbound rule for {protocol.upper()} port {port} to {_named(names)}."
    )
    cost = f"A rule costs nothing. It lets all of {group_id} out on this port, and no further."
    steps = tuple(filtering.let_out(group_id, port, name, protocol) for name in names)
    return Proposal(text, steps, cost)


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
