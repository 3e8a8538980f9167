"""Fixes for what Network Firewall lets through by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network.firewall import domain_lists
from probe.network.firewall.domain_lists import ALLOW
from probe.network.vpc import NotRead
from probe.remedy.proposal import Proposal
from probe.remedy.steps import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.remedy.proposal import Context


def let_through(context: Context) -> tuple[Proposal, ...]:
    """Put the names that are asked for on an allow list, or take what stops them off another list.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateful-rule-groups-domain-names.html
    """
    arn = context.fact("rule_group_arn")
    hosts = tuple(dict.fromkeys(_hosts(context)))
    if not hosts:
        raise NotRead(f"a name that {arn} could list", "the target is asked for by its address")
    entry = next(
        (row for row in context.network.rows("RuleGroups") if names.arn_of(row) == arn), None
    )
    if entry is None:
        raise NotRead(arn, "is not in RuleGroups", "network-firewall:DescribeRuleGroup")
    targets = names.targets_of(entry)
    if context.facts.get("list") == ALLOW:
        changed = [host for host in hosts if host not in targets]
        listed, what = (*targets, *changed), f"Add {_and(changed)} to"
        cost = f"It costs nothing. Only {_and(changed)} may be called besides what it lists now."
    else:
        changed = [one for one in targets if any(domain_lists.matches(one, h) for h in hosts)]
        listed, what = tuple(t for t in targets if t not in changed), f"Take {_and(changed)} off"
        cost = f"It costs nothing. Everything that {_and(changed)} stands for may be called then."
    if not changed:
        raise NotRead(f"what {arn} does", "its domains say something else")
    if not listed:
        text = (
            f"{what} domain list {arn}. It has no other entry, and no list may be empty: take the"
            " rule group out of the firewall's policy, or name less in it."
        )
        return (Proposal(text),)
    text = f"{what} domain list {arn}, which is replaced as a whole."
    return (Proposal(text, names.list_domains(arn, entry, listed), cost),)


def _hosts(context: Context) -> Iterator[str]:
    """Name all whom this list keeps from being called: one change of it is enough."""
    for path in (context.path, *context.paths):
        for blocker in path.blockers:
            if blocker.component == context.blocker.component and blocker.facts.get("host"):
                yield str(blocker.facts["host"])


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
