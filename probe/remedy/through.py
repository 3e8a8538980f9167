"""Fixes for what leads through a public subnet that is not the function's own.

The internet gateway drops what comes from the function there as well. A transit gateway's
attachment has subnets of its own, so that the route table of those leads what comes out of it to
the NAT gateway and not past it:
https://docs.aws.amazon.com/whitepapers/latest/building-scalable-secure-multi-vpc-network-infrastructure/using-nat-gateway-for-centralized-egress.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network.transit.transit_attachments import GONE, Attachment, read_attachment
from probe.network.vpc import NotRead
from probe.remedy import survey, tables, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import joining, routing

if TYPE_CHECKING:
    from probe.remedy.proposal import Context, Remedy, Step

NAT = "nat-gateway"  # the way of these proposals
_WORDS = (
    "What a transit gateway or a firewall hands on in {subnet} has the function's private address "
    "still: let it come out in a subnet of its own, whose 0.0.0.0/0 leads to a NAT gateway in a "
    "public subnet."
)


def or_past(remedy: Remedy) -> Remedy:
    """Return a remedy for the function's own subnet, with another for those further on the way."""

    def either(context: Context) -> tuple[Proposal, ...]:
        subnet_id = context.fact("subnet_id")
        if subnet_id in (context.path.subnet_id, *context.subnet_ids):
            return remedy(context)
        try:
            attachment = _attachment_in(context, subnet_id)
            return (_lead_past(context) if attachment is None else _move(context, attachment),)
        except NotRead:  # there is no room for subnets, say: words have to do
            return (Proposal(_WORDS.format(subnet=subnet_id), cost=way_out.NEW_NAT_COST),)

    return either


def _attachment_in(context: Context, subnet_id: str) -> Attachment | None:
    """Return the attachment of a transit gateway that stands in a subnet."""
    network = context.network
    if not network.has("TransitGatewayVpcAttachments"):
        return None
    found = [
        one
        for one in network.all("TransitGatewayVpcAttachments", read_attachment)
        if subnet_id in one.subnet_ids and one.state not in GONE
    ]
    if len(found) > 1:
        raise NotRead(f"which attachment packets come out of in {subnet_id}", "there are several")
    return found[0] if found else None


def _move(context: Context, attachment: Attachment) -> Proposal:
    """Give an attachment subnets of its own, one in each zone, behind NAT gateways."""
    old = [one for one in attachment.subnet_ids if _leads_to_gateway(context, one)]
    steps: tuple[Step, ...] = ()
    made: list[str] = []
    told: list[str] = []
    by_nat: dict[tuple[str, str], str] = {}
    costs: dict[str, None] = {}
    for subnet_id in old:
        then = context.after(steps)
        out = way_out.nat_for(then, attachment.vpc_id, subnet_id)
        steps += out.steps
        costs[out.cost] = None
        table, then = survey.table_of(context.network, subnet_id), context.after(steps)
        if (table.id, out.nat_id) not in by_nat:
            own = tables.copy_table(then, table, survey.INTERNET)
            by_nat[table.id, out.nat_id] = own.table_id
            steps += own.steps
            steps += (routing.set_route(own.table_id, survey.INTERNET, out.nat_id),)
        block = way_out.free_block(then, attachment.vpc_id)
        made.append(then.new("subnet"))
        steps += (
            routing.create_subnet(
                made[-1], block, survey.raw(context.network, "Subnets", subnet_id)
            ),
            routing.associate(by_nat[table.id, out.nat_id], made[-1]),
        )
        told.append(out.told(f"{block} in place of {subnet_id}, with 0.0.0.0/0 to {out.name}"))
    steps += (joining.move_attachment(attachment.id, made, old),)
    text = (
        f"Transit gateway attachment {attachment.id} stands in public subnets: what comes out of "
        f"it is led past the NAT gateway. Create subnets of its own in {attachment.vpc_id} "
        f"({'; '.join(told)}), and move the attachment there."
    )
    cost = f"{' '.join(costs)} While the attachment changes, what goes through it may be cut."
    return Proposal(text, steps, cost, NAT)


def _leads_to_gateway(context: Context, subnet_id: str) -> bool:
    route = survey.route_to(survey.table_of(context.network, subnet_id), survey.INTERNET)
    return route is not None and route.kind == "internet-gateway"


def _lead_past(context: Context) -> Proposal:
    """Lead a subnet on the way to a NAT gateway that stands in another public subnet."""
    subnet_id = context.fact("subnet_id")
    out = way_out.nat_for(context, context.fact("vpc_id"), subnet_id, outside={subnet_id})
    steps, where = tables.lead_alone(context, subnet_id, survey.INTERNET, out.nat_id)
    text = out.told(
        f"The function's packets come through {subnet_id} with a private address: lead that "
        f"subnet's 0.0.0.0/0 to {out.name}, {where}."
    )
    return Proposal(text, (*out.steps, *steps), out.cost, NAT)
