"""Fixes for targets that are EC2 instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.remedy.proposal import Proposal
from probe.remedy.steps import gateways

if TYPE_CHECKING:
    from probe.remedy.proposal import Context

_STARTABLE = ("stopped", "stopping")  # a terminated one does not come back


def start(context: Context) -> tuple[Proposal, ...]:
    """Start the instance that has the target's address."""
    instance_id, state = context.fact("instance_id"), context.fact("state")
    if state not in _STARTABLE:
        return ()
    text = f"Start {instance_id}, the instance that has the target's address: it is {state}."
    cost = "A running instance is charged per hour."
    steps = gateways.start_instance(instance_id, context.fact("network_interface_id"))
    return (Proposal(text, steps, cost),)
