"""Fixes for a default route whose target is gone, by what the route was for.

In a subnet in which NAT, or anything else with a public address, stands it is the way to the
internet gateway, whatever it led to last. In a private one it leads to NAT: to the instance that
stands in the place of one that was replaced, or to a NAT gateway.
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import instances, places
from probe.network.nat import read_nat
from probe.network.vpc import NotRead
from probe.remedy import association, placement, routes, survey, tables, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.places import Interface
    from probe.remedy.proposal import Context, Step

PUBLIC, NAT_INSTANCE = "internet-gateway", "nat-instance"  # the ways of these proposals


def mend(context: Context) -> tuple[Proposal, ...]:
    """Lead a default route whose target is gone to something that stands for it."""
    destination = context.fact("destination_cidr")
    if destination == placement.V6_INTERNET:
        return placement.egress_only_gateway(context)
    if destination != survey.INTERNET:
        return ()
    subnet_id, old = context.facts.get("subnet_id"), context.fact("target")
    # To a function an internet gateway is no use: Lambda's interfaces have no public address.
    beyond = subnet_id if subnet_id not in context.subnet_ids else None
    if beyond and (old.startswith("igw-") or _is_public(context, beyond)):
        return (_lead_out(context, beyond),)
    instead, to_gateway = _to_instance(context), routes.replace_target(context)
    has_gateway = survey.working_nats(context.network, context.fact("vpc_id"))
    if has_gateway and not old.startswith(("eni-", "i-")):
        return (*to_gateway, *instead)
    return (*instead, *to_gateway)


def _is_public(context: Context, subnet_id: str) -> bool:
    """Whether something stands in a subnet that only an internet gateway leads out."""
    network = context.network
    public = (
        one.subnet_id == subnet_id and not one.private
        for one in network.all("NatGateways", read_nat)
    )
    found = places.interfaces_in(network, subnet_id) if network.has("NetworkInterfaces") else ()
    return any(public) or any(one.public for one in found)


def _lead_out(context: Context, subnet_id: str) -> Proposal:
    """Lead a public subnet to the internet gateway, and with it those that are like it."""
    vpc_id, old = context.fact("vpc_id"), context.fact("target")
    gateway_id, steps = way_out.internet_gateway(context, vpc_id)
    table = survey.table_of(context.network, subnet_id)
    users = survey.users_of(context.network, table)
    if old.startswith("igw-") or all(_is_public(context, one.id) for one in users):
        also = survey.few([one.id for one in users if one.id != subnet_id])
        where = f"in its route table {table.id}" + (
            f", which decides for {also} too" if also else ""
        )
        lead: tuple[Step, ...] = (
            routing.set_route(table.id, survey.INTERNET, gateway_id, exists=True),
        )
    else:
        exists = association.with_internet_gateway(context, subnet_id, gateway_id)
        lead, where = exists or tables.lead_alone(context, subnet_id, survey.INTERNET, gateway_id)
    named = "a new internet gateway" if "-new" in gateway_id else f"internet gateway {gateway_id}"
    attached = " (attached to the VPC)" if steps else ", which is attached to the VPC,"
    text = (
        f"Subnet {subnet_id} is to be public, and {old}, to which its {survey.INTERNET} leads, is "
        f"gone: lead it to {named}{attached} {where}."
    )
    cost = (
        f"An internet gateway costs nothing. Whatever in {subnet_id} has a public address can then "
        "be reached from the internet where its security group allows it."
    )
    return Proposal(text, (*steps, *lead), cost, PUBLIC)


def _to_instance(context: Context) -> tuple[Proposal, ...]:
    """Lead to the one instance that may be the VPC's NAT instance now.

    Whether it does NAT no API tells: with several that may, nobody can choose.
    """
    try:
        found = list(_like_nat(context))
    except NotRead:  # another way needs none of it
        return ()
    if len(found) != 1:
        return ()
    (interface,), old = found, context.fact("target")
    table_id, subnet_id = context.fact("route_table_id"), context.facts.get("subnet_id") or ""
    also = tables.shared(context, survey.table(context.network, table_id), subnet_id)
    where = f"{table_id}{also + ',' if also else ''}"
    text = (
        f"Lead the route for {survey.INTERNET} in route table {where} to {interface.id} "
        f"instead of {old}, which is gone: it is the interface of {interface.instance_id}, which "
        "runs with its source/destination check off and a public address, as a NAT instance does. "
        "Make sure that it is one; and let whatever replaces it change the route too."
    )
    cost = "The instance runs already; its traffic out, and between zones, is charged per GB."
    step = routing.set_route(table_id, survey.INTERNET, interface.id, exists=True)
    return (Proposal(text, (step,), cost, NAT_INSTANCE),)


def _like_nat(context: Context) -> Iterator[Interface]:
    """Yield the interfaces of running instances that could hand packets out."""
    network = context.network
    for subnet in survey.public_subnets(network, context.fact("vpc_id")):
        for one in places.interfaces_in(network, subnet.id):
            if one.instance_id is None or one.source_dest_check is not False or not one.public:
                continue
            state = network.one("Instances", one.instance_id, instances.read_state)
            if state == instances.RUNNING:
                yield one
