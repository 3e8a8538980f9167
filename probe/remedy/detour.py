"""Fixes for routes that lead the internet into a peered VPC, which carries nothing out of it.

https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html#vpc-peering-limitations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network.peering import read_peering
from probe.network.transit import transit_attachments
from probe.remedy import survey, tables, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.remedy.proposal import Context, Step

NAT, HUB = "nat-gateway", "transit-gateway"  # the ways of these proposals
_HUB_COST = "A transit gateway and the NAT gateway behind it are charged per GB."


def past_peering(context: Context) -> tuple[Proposal, ...]:
    """Lead out by the VPC's own NAT gateway, or over a transit gateway that it is attached to."""
    destination = context.fact("destination_cidr")
    if destination != survey.INTERNET or context.blocker.direction == "return":
        return ()  # nobody but its owner can tell why only a part of the internet should go there
    subnet_id, vpc_id = context.fact("subnet_id"), context.fact("vpc_id")
    out = way_out.nat_for(context, vpc_id, subnet_id)
    own = _proposal(context, out.nat_id, out.name)
    proposal = Proposal(out.told(own.text), (*out.steps, *own.steps), out.cost, NAT)
    return (proposal, *_over_hubs(context, vpc_id))


def _over_hubs(context: Context, vpc_id: str) -> Iterator[Proposal]:
    """Lead out by whatever is behind a transit gateway; walking again tells whether that is so."""
    if not context.network.has("TransitGatewayVpcAttachments"):
        return
    for one in context.network.all(
        "TransitGatewayVpcAttachments", transit_attachments.read_attachment
    ):
        if one.vpc_id == vpc_id and one.state == "available":
            found = _proposal(context, one.gateway_id, f"transit gateway {one.gateway_id}")
            yield Proposal(found.text, found.steps, _HUB_COST, HUB)


def _proposal(context: Context, target: str, name: str) -> Proposal:
    """Lead the subnet out by a target, and to the peered VPC as before."""
    subnet_id, peering_id = context.fact("subnet_id"), context.fact("vpc_peering_connection_id")
    kept = tuple(_kept(context, subnet_id, peering_id))
    blocks = " and ".join(block for block, _ in kept)
    steps, where = tables.lead(context, subnet_id, survey.INTERNET, target)
    stays = f", which keeps {blocks} by a route of its own" if kept else ""
    text = (
        f"Lead the internet traffic of subnet {subnet_id} (0.0.0.0/0) to {name}, {where}, and no "
        f"more to {peering_id}{stays}."
    )
    return Proposal(text, (*(step for _, step in kept), *steps))


def _kept(context: Context, subnet_id: str, peering_id: str) -> Iterator[tuple[str, Step]]:
    """Give each block of the peered VPC that only the default route leads to a route of its own."""
    network, table = context.network, survey.table_of(context.network, subnet_id)
    peering = network.one("VpcPeeringConnections", peering_id, read_peering)
    _, there = peering.other(context.fact("vpc_id"))
    for block in there.blocks:
        if block.version == 4 and survey.route_to(table, str(block)) is None:
            yield str(block), routing.set_route(table.id, str(block), peering_id)
