"""A transit gateway's broad route that takes packets to a VPC from which they cannot go on.

One table for every spoke often knows a default route alone, to the VPC that leads to the internet.
What is meant for a third VPC then goes there too, unless the table has a route of its own for it:
https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-isolated-shared.html
https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-nat-igw.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.network import places
from probe.network.flow import blocks_text
from probe.network.transit import transit_attachments
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.network.flow import Packet
    from probe.network.transit.transit_attachments import Attachment
    from probe.network.transit.transit_routes import TransitRoute
    from probe.network.walk.journey import Journey


@dataclass(frozen=True, slots=True)
class Turn:
    """What a transit gateway decided: by which table and route packets came to where they are."""

    gateway_id: str
    table_id: str
    route: TransitRoute
    facts: Mapping[str, Any]


def holder(journey: Journey, gateway_id: str, packet: Packet) -> Attachment | None:
    """Return the attachment of a transit gateway whose VPC has the packet's destination.

    NotRead when none is known to, and the ranges of some VPC were not read.
    """
    network, missing = journey.network, None
    attached = transit_attachments.of_gateway(network, gateway_id)
    if journey.meant is not None:
        return next((one for one in attached if one.vpc_id == journey.meant), None)
    for one in attached:
        try:
            if places.vpc(network, one.vpc_id).holds(packet.destination[0]):
                return one
        except NotRead as reason:
            missing = reason
    if missing:
        raise missing
    return None


def judge(journey: Journey, turn: Turn | None, packet: Packet, why: str) -> bool:
    """Say, of packets that end here, that they were not for here; whether that is so.

    It is where the same transit gateway leads to the VPC that has their destination; where nobody
    can tell which VPC has it, this is no place to name yet.
    """
    try:
        found = turn and holder(journey, turn.gateway_id, packet)
    except NotRead as missing:
        journey.trace.unknown(missing)
        return True
    if not turn or not found or found.state != "available":
        return False
    wanted = blocks_text(packet.destination)
    journey.trace.block(
        "transit-gateway-no-route",
        turn.table_id,
        "transit-gateway",
        f"{turn.table_id} has no route of its own for {wanted}: its route {turn.route} takes it, "
        f"and it ends there ({why}); {found.id} of {found.vpc_id} is the attachment that has it",
        ra_code="TGW_RTB_CANNOT_ROUTE",
        facts={**turn.facts, "address": wanted, "meant_vpc_id": found.vpc_id},
    )
    return True
