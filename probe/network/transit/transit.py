"""Transit gateways: into an attachment of the own zone, through a table, out of another attachment.

https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.network import places, vpn
from probe.network.flow import Crossing, blocks_text
from probe.network.transit import transit_attachments, transit_routes
from probe.network.transit.misled import Turn
from probe.network.vpc import Missing, Network, NotRead
from probe.network.walk.journey import LOST, Arrival, Journey, Station

if TYPE_CHECKING:
    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.transit.transit_attachments import Attachment
    from probe.network.transit.transit_routes import TransitRoute


def gateway(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Send packets through a transit gateway."""
    network, gateway_id = journey.network, route.target
    inbound = transit_attachments.attachment(network, gateway_id, station.vpc_id)
    facts = {
        "transit_gateway_id": gateway_id,
        "transit_gateway_attachment_id": inbound.id,
        **station.where,
        "destination_cidr": route.destination,
    }
    _judge_attachment(journey, inbound, facts)
    _judge_family(journey, inbound, packet)
    _enter(journey, station, inbound, packet, facts)
    turn = _through(journey, inbound, packet, facts)
    if turn is None:
        return LOST
    return _out(replace(journey, turn=turn), station, inbound, turn.route, packet)


def _judge_attachment(journey: Journey, found: Attachment, facts: dict[str, Any]) -> None:
    if found.state == "available":
        return
    if found.state in ("modifying", "initiating", "pending"):
        journey.trace.unknown(NotRead(found.id, f"its state is {found.state}"), found.id, "transit")
        return
    journey.trace.block(
        "transit-gateway-attachment-not-available",
        found.id,
        "transit-gateway",
        f"the attachment of {found.vpc_id} is {found.state}",
        ra_code="BAD_STATE_ATTACHMENT",
        facts={**facts, "transit_gateway_attachment_id": found.id, "state": found.state},
    )


def _judge_family(journey: Journey, found: Attachment, packet: Packet) -> None:
    if packet.version == 6 and found.ipv6 is False:
        missing = NotRead(f"whether {found.id} carries IPv6", "its Ipv6Support is off")
        journey.trace.unknown(missing, found.id, "transit-gateway")


def _enter(
    journey: Journey, station: Station, inbound: Attachment, packet: Packet, facts: dict[str, Any]
) -> None:
    """Packets enter only in a zone that the attachment has a subnet in, by that subnet's ACL."""
    with journey.trace.reading(inbound.id, "transit-gateway"):
        zones = transit_attachments.zones_of(journey.network, inbound)
        door = zones.get(station.zone_id or "")
        if door is not None:
            journey.enter(door, packet, role="transit")
            return
        journey.trace.block(
            "transit-gateway-not-in-zone",
            inbound.id,
            "transit-gateway",
            f"{inbound.id} has no subnet in {station.zone_id}, where the packets come from",
            ra_code="TGW_ATTACH_VPC_AZ_RESTRICTION"
            if journey.returning
            else "TGW_ROUTE_AZ_RESTRICTION",
            facts={**facts, "zone": station.zone_id, "zones": sorted(zones)},
        )


def _through(
    journey: Journey, inbound: Attachment, packet: Packet, facts: dict[str, Any]
) -> Turn | None:
    """Let the table of the attachment decide."""
    association = transit_attachments.table_of(journey.network, inbound.id)
    if association.policy_table_id is not None:
        raise NotRead(association.policy_table_id, "policy tables are not walked")
    if association.table_id is None or association.state in ("disassociating", "disassociated"):
        journey.trace.block(
            "transit-gateway-no-association",
            inbound.id,
            "transit-gateway",
            f"{inbound.id} is associated with no route table",
            ra_code="TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION",
            facts=facts,
        )
        return None
    table_id = association.table_id
    facts = {**facts, "transit_gateway_route_table_id": table_id}
    chosen, losing = transit_routes.choose(journey.network, table_id, packet.destination[0])
    if chosen is None and (waiting := _waiting(journey, inbound.gateway_id, packet)) is not None:
        # What it propagates appears in the table once it is available: that is what is wrong.
        _judge_attachment(journey, waiting, facts)
        return None
    if chosen is None:
        empty = transit_routes.is_empty(journey.network, table_id)
        journey.trace.block(
            "transit-gateway-no-route",
            table_id,
            "transit-gateway",
            f"{table_id} has no route for {blocks_text(packet.destination)}",
            ra_code="TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT" if empty else "TGW_RTB_CANNOT_ROUTE",
            facts={**facts, "address": blocks_text(packet.destination)},
        )
        return None
    journey.trace.hop(table_id, "transit-gateway", "route", str(chosen))
    if chosen.state == "blackhole" or not chosen.ways:
        _blackhole(journey, table_id, chosen, losing, facts)
        return None
    return Turn(inbound.gateway_id, table_id, chosen, facts)


def _waiting(journey: Journey, gateway_id: str, packet: Packet) -> Attachment | None:
    """Return the attachment of the VPC that has the destination, where it is not available."""
    for found in transit_attachments.of_gateway(journey.network, gateway_id):
        if found.state in ("available", *transit_attachments.GONE):
            continue
        with contextlib.suppress(Missing):
            if places.vpc(journey.network, found.vpc_id).holds(packet.destination[0]):
                return found
    return None


def _blackhole(
    journey: Journey,
    table_id: str,
    chosen: TransitRoute,
    losing: tuple[TransitRoute, ...],
    facts: dict[str, Any],
) -> None:
    better = [route for route in losing if route.state == "active"]
    what = "the target's answers" if journey.returning else "the packets"
    route = str(chosen) if chosen.ways else f"the route for {str(chosen).partition(' ')[0]}"
    ra_code, why = "TGW_RTB_BAD_STATE_ROUTE", f"{route} is a blackhole, which drops {what}"
    if better:
        same = better[0].block == chosen.block
        ra_code = "TGW_RTB_HIGHER_PRIORITY_ROUTE" if same else "TGW_RTB_MORE_SPECIFIC_ROUTE"
        why += f"; it wins over {better[0]}, being {'static' if same else 'more specific'}"
    journey.trace.block(
        "transit-gateway-blackhole",
        table_id,
        "transit-gateway",
        why,
        ra_code=ra_code,
        facts={**facts, "blackhole_cidr": str(chosen.block), "shadowed": list(map(str, better))},
    )


def _out(
    journey: Journey, station: Station, inbound: Attachment, chosen: TransitRoute, packet: Packet
) -> Arrival:
    """Leave the transit gateway by the attachment that its route names."""
    if len(chosen.ways) > 1:
        raise NotRead(f"which attachment takes {chosen}", "the route names several")
    attachment_id, kind, resource = chosen.ways[0]
    if kind != "vpc" or resource is None:
        return vpn.beyond(journey, attachment_id or inbound.gateway_id, station, packet)
    outbound = transit_attachments.attachment(journey.network, inbound.gateway_id, resource)
    facts = {"transit_gateway_id": inbound.gateway_id, "vpc_id": resource}
    _judge_attachment(journey, outbound, facts)
    _judge_family(journey, outbound, packet)
    zones = transit_attachments.zones_of(journey.network, outbound)
    if not zones:
        raise NotRead(f"subnets of {outbound.id}", "the attachment names none")
    # Packets stay in their zone where the attachment has a subnet there; else it may be any.
    own = zones.get(station.zone_id or "")
    doors = (own,) if own is not None else tuple(zones.values())
    arrival = journey.leave_by_any(doors, packet, role="transit")
    return arrival.after(_crossing(journey.network, inbound, outbound))


def _crossing(network: Network, inbound: Attachment, outbound: Attachment) -> Crossing:
    """Inbound rules that name a group work across where the gateway and both attachments say so.

    Outbound ones never do.
    https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html#vpc-attachment-security
    https://aws.amazon.com/blogs/networking-and-content-delivery/introducing-security-group-referencing-for-aws-transit-gateway
    """
    gateway_id = inbound.gateway_id
    missing = NotRead(
        f"SecurityGroupReferencingSupport of {gateway_id}",
        "not told",
        "ec2:DescribeTransitGateways",
    )
    references: bool | NotRead
    try:
        found = network.one("TransitGateways", gateway_id, transit_attachments.read_gateway)
        own = found.references
    except NotRead as unread:
        own, missing = None, unread
    told = (own, inbound.references, outbound.references)
    if any(part is False for part in told):
        references = False
    else:
        # AWS names the option since it exists; an answer without it is of a time without it.
        references = True if own and inbound.references and outbound.references else missing
    return Crossing(
        "transit-gateway",
        gateway_id,
        references,
        f"{gateway_id} does not carry references to groups between {inbound.vpc_id} and "
        f"{outbound.vpc_id}",
        ra_code="SG_REFERENCING_SUPPORT",
        outward=False,
    )
