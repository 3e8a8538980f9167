"""Giving the function a security group that its targets admit already.

Where groups exist to be named ("who may reach the databases"), a function that one target after the
other refuses lacks such a group more likely than each of them lacks a rule. A group with inbound
rules guards something of its own, and is nobody's to hand out.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places
from probe.network.security_groups import read_group
from probe.network.vpc import NotRead
from probe.remedy import quotas
from probe.remedy.proposal import Proposal
from probe.remedy.steps import function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.model import Blocker
    from probe.remedy.proposal import Context, Remedy

MEMBER = "membership"  # the way of this proposal
_OWN = "own-security-group-blocks"
_THEIRS = ("target-security-group-blocks", "endpoint-security-group-blocks")
_MOST = 5  # groups of a function, as its VpcConfig takes them


def or_join(remedy: Remedy) -> Remedy:
    """Return a remedy with the other way: not a rule more, but a group more for the function."""

    def either(context: Context) -> tuple[Proposal, ...]:
        found = remedy(context)
        try:
            return (*found, *_join(context))
        except NotRead:  # which groups there are is not known; the rule stands alone
            return found

    return either


def _join(context: Context) -> tuple[Proposal, ...]:
    """Give the function the one group that all targets admit which refuse it now."""
    config = context.function.get("VpcConfig") or {}
    own = tuple(config.get("SecurityGroupIds") or ())
    met = [blocker for path in context.paths for blocker in path.blockers]
    theirs = {one.component: one for one in met if one.code in _THEIRS}
    places_closed = len(theirs) + any(one.code == _OWN for one in met)
    if not theirs or not own or len(own) >= _MOST:
        return ()
    if places_closed < 2 and not all(_is_full(context, one) for one in theirs.values()):
        return ()  # one rule more says as much, and gives the function nothing else
    found = set.intersection(*(_clients(context, one) for one in theirs.values())) - {*own}
    if len(found) != 1:
        return ()
    (group_id,) = found
    steps = function.place(context.function, context.subnet_ids, (*own, group_id))
    text = (
        f"Give the function security group {group_id} as well, which {_listed(sorted(theirs))} "
        f"{'admits' if len(theirs) == 1 else 'admit'} already; {_listed(own)} "
        f"{'stays' if len(own) == 1 else 'stay'}."
    )
    cost = (
        f"It costs nothing. The function may then reach whatever lets {group_id} in, not these "
        "targets alone."
    )
    return (Proposal(text, steps, cost, MEMBER),)


def _is_full(context: Context, blocker: Blocker) -> bool:
    return quotas.is_full(context.network, str(blocker.facts["group_id"]), "inbound")


def _clients(context: Context, blocker: Blocker) -> set[str]:
    """Return the groups that a target lets in on the port, and that guard nothing themselves."""
    network, port = context.network, int(blocker.facts["port"])
    vpc_id = places.subnet(network, context.subnet_ids[0]).vpc_id
    named = {
        rule.group_id
        for group_id in blocker.facts["group_ids"]
        for rule in network.one("SecurityGroups", group_id, read_group).ingress
        if rule.group_id is not None and rule.speaks_of(str(blocker.facts["protocol"]), port)
    }
    groups = [network.one("SecurityGroups", group_id, read_group) for group_id in named]
    return {one.id for one in groups if one.vpc_id == vpc_id and not one.ingress}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
