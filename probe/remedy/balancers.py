"""Fixes for load balancers on the way: a listener, the groups behind it, or patience."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network.balancers import balancers
from probe.network.vpc import NotRead
from probe.remedy import groups
from probe.remedy.proposal import Proposal
from probe.remedy.steps import balancing

if TYPE_CHECKING:
    from probe.remedy.proposal import Context, Remedy

_PROTOCOLS = {"network": "TCP", "application": "HTTP"}


def add_listener(context: Context) -> tuple[Proposal, ...]:
    """Listen on the port too, and hand on to where the other listeners do."""
    arn, port = context.fact("load_balancer_arn"), int(context.facts["port"])
    balancer = context.network.one("LoadBalancers", arn, balancers.read_balancer)
    found = balancers.listeners(context.network, arn)
    behind = {one for listener in found for one in listener.target_group_arns}
    if len(behind) != 1 or (port == 443 and balancer.kind == "application"):
        raise NotRead(f"what a listener of {balancer.name} should do", "it cannot be told")
    text = (
        f"Add a listener on port {port} to load balancer {balancer.name}, with the target group "
        "that its other listeners have; or use one of the ports that it listens on."
    )
    cost = "A listener costs nothing; security groups still decide who reaches it."
    step = balancing.create_listener(arn, port, _PROTOCOLS[balancer.kind], behind.pop())
    return (Proposal(text, (step,), cost),)


def admit_balancer(context: Context) -> tuple[Proposal, ...]:
    """Let the load balancer in behind itself, and wait until it finds its targets healthy."""
    healthy = balancing.become_healthy(context.fact("target_group_arn"))
    return tuple(
        replace(proposal, steps=(*proposal.steps, healthy))
        for proposal in groups.open_group(context)
    )


def and_healthy(remedy: Remedy) -> Remedy:
    """Let health checks through as well, where what is opened stands behind a load balancer.

    They come by themselves. Another place behind it may be closed yet, so no command waits here.
    """

    def both(context: Context) -> tuple[Proposal, ...]:
        group_arn = context.facts.get("target_group_arn")
        healthy = None if group_arn is None else balancing.become_healthy(str(group_arn))
        steps = () if healthy is None else (replace(healthy, command=None),)
        return tuple(
            replace(proposal, steps=(*proposal.steps, *steps)) for proposal in remedy(context)
        )

    return both


def wait(context: Context) -> tuple[Proposal, ...]:
    """Wait for a load balancer that is being made."""
    if context.fact("state") != "provisioning":
        return ()
    name = context.blocker.component
    text = f"Wait until load balancer {name} is active: it is still being made."
    step = balancing.wait_until_active(context.fact("load_balancer_arn"))
    return (Proposal(text, (step,), "It costs nothing but time."),)
