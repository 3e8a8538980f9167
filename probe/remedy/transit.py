"""Fixes for transit gateways: attachments, the table of each, and the routes in it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from probe.network import places
from probe.network.addresses import cidr, is_private
from probe.network.transit import transit_routes
from probe.network.vpc import Missing, NotRead
from probe.remedy import joins, peers, sisters, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import joining

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.network.addresses import Block
    from probe.network.fields import Entry
    from probe.remedy.proposal import Context

_TRANSIT = "A transit gateway is charged per GB. The route opens {block} and nothing else."


def enter_zone(context: Context) -> tuple[Proposal, ...]:
    """Let the transit gateway into the zone that packets come from."""
    attachment_id = context.fact("transit_gateway_attachment_id")
    subnet_id = context.fact("subnet_id")
    text = (
        f"Transit gateway attachment {attachment_id} has no subnet in {context.fact('zone')}: add "
        f"{subnet_id}, or a small subnet of its own in that zone."
    )
    cost = "A further zone of an attachment costs nothing."
    step = joining.add_attachment_subnet(attachment_id, subnet_id)
    return (Proposal(text, (step,), cost),)


def accept_attachment(context: Context) -> tuple[Proposal, ...]:
    """Accept an attachment that waits for it."""
    attachment_id = context.fact("transit_gateway_attachment_id")
    if context.fact("state").lower() != "pendingacceptance":
        return ()
    text = f"Accept transit gateway attachment {attachment_id}, in the gateway's own account."
    cost = "An attachment is charged per hour and per GB."
    network = context.network
    attachment = survey.raw(network, "TransitGatewayVpcAttachments", attachment_id)
    vpc = survey.raw(network, "Vpcs", str(attachment.get("VpcId")))
    associated, propagated = _tables_by_default(context, attachment)
    step = joining.accept_attachment(attachment, vpc, associated, propagated)
    return (Proposal(text, (step,), cost),)


def _tables_by_default(context: Context, attachment: Entry) -> tuple[str | None, list[str]]:
    """Name the table that an attachment will be associated with, and those it is propagated into.

    Its gateway's defaults, and what was set for this attachment already.
    """
    options: Mapping[str, str] = {}
    with contextlib.suppress(Missing, NotRead):
        gateway_id = str(attachment.get("TransitGatewayId"))
        options = survey.raw(context.network, "TransitGateways", gateway_id).get("Options") or {}
    by_default = {
        key: options.get(f"{key}DefaultRouteTableId")
        for key in ("Association", "Propagation")
        if options.get(f"DefaultRouteTable{key}") == "enable"
    }
    identity = attachment.get("TransitGatewayAttachmentId")
    propagated = [by_default.get("Propagation")]
    with contextlib.suppress(NotRead):
        propagated += [
            row["TransitGatewayRouteTableId"]
            for row in context.network.rows("TransitGatewayPropagations")
            for one in row.get("TransitGatewayRouteTablePropagations") or ()
            if one.get("TransitGatewayAttachmentId") == identity
        ]
    return by_default.get("Association"), [table for table in dict.fromkeys(propagated) if table]


def associate_attachment(context: Context) -> tuple[Proposal, ...]:
    """Associate an attachment with the table that other attachments have."""
    attachment_id = context.fact("transit_gateway_attachment_id")
    gateway_id = context.fact("transit_gateway_id")
    tables = {
        str(association["TransitGatewayRouteTableId"])
        for row in context.network.rows("TransitGatewayAttachments")
        if row.get("TransitGatewayId") == gateway_id
        and (association := row.get("Association") or {}).get("TransitGatewayRouteTableId")
    }
    if len(tables) != 1:
        raise NotRead(f"which table of {gateway_id} is meant", "the others have none, or several")
    (table_id,) = tables
    text = (
        f"Associate attachment {attachment_id} with transit gateway route table {table_id}, as the "
        "other attachments are."
    )
    cost = "It costs nothing; the routes of that table then decide for this VPC."
    return (Proposal(text, (joining.associate_attachment(attachment_id, table_id),), cost),)


def transit_route(context: Context) -> tuple[Proposal, ...]:
    """Add the route that a transit gateway route table lacks.

    Where the target's VPC has no attachment, a peering connection may join it to the function's.
    """
    table_id = context.fact("transit_gateway_route_table_id")
    wanted = peers.first_of(context.fact("address"))
    try:
        block, attachment = _exit(context, wanted)
    except NotRead:
        past = sisters.as_others(context) or joins.over_peering(context)
        if not past:
            raise
        return past
    return (_transit_proposal(table_id, block, attachment, exists=False),)


def _transit_proposal(table_id: str, block: str, attachment: Entry, *, exists: bool) -> Proposal:
    step = joining.set_transit_route(table_id, block, attachment, exists=exists)
    text = (
        f"Lead {block} in transit gateway route table {table_id} to attachment "
        f"{attachment['TransitGatewayAttachmentId']} of {attachment['VpcId']}."
    )
    return Proposal(text, (step,), _TRANSIT.format(block=block))


def _exit(context: Context, wanted: Block) -> tuple[str, Entry]:
    """Return what to lead where: the subnet of an address, or the internet, to its VPC."""
    gateway_id, network = context.fact("transit_gateway_id"), context.network
    inside, meant = is_private(wanted), context.facts.get("meant_vpc_id")
    for row in network.rows("TransitGatewayVpcAttachments"):
        vpc_id = str(row.get("VpcId"))
        if row.get("TransitGatewayId") != gateway_id or meant not in (None, vpc_id):
            continue
        try:
            fits = (
                places.vpc(network, vpc_id).holds(wanted)
                if inside
                else bool(survey.working_nats(network, vpc_id))
            )
        except Missing:
            continue
        if fits:
            block = peers.subnet_around(context, str(wanted)) if inside else survey.INTERNET
            return block, row
    raise NotRead(f"the attachment behind which {wanted} lies", "none of those read")


def mend_transit_blackhole(context: Context) -> tuple[Proposal, ...]:
    """Take away a dead route that wins over a good one, or lead it where the address is."""
    table_id = context.fact("transit_gateway_route_table_id")
    dead = context.fact("blackhole_cidr")
    if context.facts.get("shadowed"):
        good = context.facts["shadowed"][0]
        text = (
            f"Delete the static route for {dead} from transit gateway route table {table_id}: it "
            f"drops what the route {good} would carry."
        )
        cost = "It costs nothing, and opens nothing that the remaining routes do not lead to."
        return (Proposal(text, (joining.delete_transit_route(table_id, dead),), cost),)
    block, attachment = (
        _way_back(context, dead)
        if context.blocker.direction == "return"
        else _exit(context, peers.target_of(context))
    )
    instead = _transit_proposal(table_id, block, attachment, exists=block == dead)
    return (*_without_dead(context, dead), instead)


def _way_back(context: Context, dead: str) -> tuple[str, Entry]:
    """Return what to lead where for answers: what is dead, or the function's subnet, to its VPC."""
    network, gateway_id = context.network, context.fact("transit_gateway_id")
    own = places.subnet(network, context.path.subnet_id or "")
    for row in network.rows("TransitGatewayVpcAttachments"):
        if (row.get("TransitGatewayId"), row.get("VpcId")) == (gateway_id, own.vpc_id):
            inside = places.vpc(network, own.vpc_id).holds(cidr(dead))
            return dead if inside else str(own.addresses(4)[0]), row
    raise NotRead(f"the attachment of {own.vpc_id}", "none of those read")


def _without_dead(context: Context, dead: str) -> tuple[Proposal, ...]:
    """Delete a static blackhole that hides what an attachment propagates into its table.

    A static route comes before a propagated one of the same range:
    https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
    """
    table_id, network = context.fact("transit_gateway_route_table_id"), context.network
    try:
        ways = network.one("TransitGatewayPropagations", table_id, transit_routes.read_propagations)
        learned = [
            row
            for row in network.rows("TransitGatewayVpcAttachments")
            if row.get("TransitGatewayAttachmentId") in {way.attachment_id for way in ways}
            and cidr(dead) in places.vpc(network, str(row.get("VpcId"))).blocks
        ]
    except NotRead:  # what propagates was not read; a route by hand does
        return ()
    text = (
        f"Delete the static blackhole for {dead} from transit gateway route table {table_id}: it "
        "hides the same range, which {attachment} propagates there."
    )
    return tuple(
        Proposal(
            text.format(attachment=row["TransitGatewayAttachmentId"]),
            (joining.delete_transit_route(table_id, dead, row),),
            "It costs nothing. Somebody may have meant to drop this traffic.",
            "propagated",
        )
        for row in learned
    )


def attach_vpn(context: Context) -> tuple[Proposal, ...]:
    """Attach the virtual private gateway that a route names."""
    gateway_id, vpc_id = context.fact("vpn_gateway_id"), context.fact("vpc_id")
    text = f"Attach virtual private gateway {gateway_id} to {vpc_id}; routes to it exist already."
    cost = "The gateway costs nothing; a VPN connection behind it is charged per hour."
    return (Proposal(text, (joining.attach_vpn_gateway(gateway_id, vpc_id),), cost),)
