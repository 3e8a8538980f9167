"""Fixes for NAT instances: running, forwarding, with a public address.

https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.remedy import routes
from probe.remedy.proposal import Proposal
from probe.remedy.steps import gateways

if TYPE_CHECKING:
    from probe.remedy.proposal import Context, Remedy


def start(context: Context) -> tuple[Proposal, ...]:
    """Start a NAT instance that is stopped; or lead past it to a NAT gateway."""
    instance_id, instead = context.fact("instance_id"), routes.replace_target(context)
    if context.fact("state") not in ("stopped", "stopping"):
        return instead  # a terminated one does not come back
    text = f"Start NAT instance {instance_id}, to which the route leads: it is stopped."
    cost = "A running instance is charged per hour."
    steps = gateways.start_instance(instance_id, context.fact("network_interface_id"))
    return (Proposal(text, steps, cost), *instead)


def forward(context: Context) -> tuple[Proposal, ...]:
    """Turn off the check that keeps an instance from forwarding."""
    interface_id = context.fact("network_interface_id")
    text = (
        f"Turn off the source/destination check of {interface_id}, the interface of the NAT "
        "instance: with it on, EC2 drops every packet that is not for the instance itself."
    )
    cost = "It costs nothing, and lets the instance forward packets, which a NAT instance is for."
    return (Proposal(text, (gateways.turn_off_source_dest_check(interface_id),), cost),)


def or_give_public_address(remedy: Remedy) -> Remedy:
    """Return a remedy that gives a NAT instance an address, and leaves functions to the other."""

    def either(context: Context) -> tuple[Proposal, ...]:
        if context.facts.get("role") == "nat":
            return _give_public_address(context)
        return remedy(context)

    return either


def _give_public_address(context: Context) -> tuple[Proposal, ...]:
    """Give a NAT instance the public address that the internet gateway translates."""
    interface_id = context.fact("network_interface_id")
    text = (
        f"Give {interface_id}, the interface of the NAT instance, an Elastic IP address: the "
        "internet gateway drops what comes from an interface without a public address."
    )
    cost = (
        "A public IPv4 address is charged per hour. The instance can then be reached from the "
        "internet where its security group allows it."
    )
    steps = gateways.give_public_address(interface_id, context.new("eipalloc"))
    return (Proposal(text, steps, cost),)
