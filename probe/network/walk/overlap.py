"""Packets that come into another VPC than the one they are for, which has the same range.

No two VPCs that are peered overlap, and yet a third may have the range of either. A route knows
addresses only, and nothing checks whether packets came by the way that their answers take:
https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html
So they never arrive, whatever subnets that VPC has. Answers are for the VPC of who asked. Requests
are for a VPC that is known only where the target's name tells whose address it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.dns import owners
from probe.network.flow import blocks_text
from probe.network.transit import misled
from probe.network.walk import instead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.network.addresses import Block
    from probe.network.flow import Packet
    from probe.network.vpc import Network
    from probe.network.walk.journey import Journey, Station


def vpc_of(network: Network, host: str | None, target: Block) -> str | None:
    """Return the VPC of the interface that a name and its address belong to, where both tell it."""
    owner = owners.find(network, (host or "").rstrip(".").lower())
    if owner is None or not isinstance(owner.private, tuple) or target not in owner.private:
        return None
    return owner.vpc_id


def judge(journey: Journey, station: Station, vpc_id: str | None, packet: Packet) -> bool:
    """Say of packets that a route takes into a VPC that they are not for it; whether it is so."""
    meant = journey.meant
    if None in (meant, vpc_id) or meant == vpc_id:
        return False
    why = f"{vpc_id} has this range too, and they are for {meant}"
    if not misled.judge(journey, station.turn, packet, why):
        _block(journey, station, packet, why)
    return True


def _block(journey: Journey, station: Station, packet: Packet, why: str) -> None:
    """Blame the table that led there: that of the VPC itself, or the one before the hub."""
    wanted = blocks_text(packet.destination)
    led: Mapping[str, Any] = station.turn.facts if station.turn else {}
    where = {key: led.get(key, own) for key, own in station.where.items()}
    table_id = where["route_table_id"]
    route = station.choice.route if station.choice else None
    facts = {**where, "destination_cidr": wanted, "meant_vpc_id": journey.meant}
    alone = journey.returning or led
    known, good = (True, None) if alone else instead.look(journey, station, packet)
    if not known:
        return
    code, ra_code = "no-route-to-target", "CANNOT_ROUTE"
    if journey.returning:
        code = "no-return-route"
    elif good is not None and route is not None:
        code, ra_code = "more-specific-route", "MORE_SPECIFIC_ROUTE"
        why += f"; it wins over {good}, being more specific"
        shadowing = {"destination_cidr": route.destination, "target": route.target}
        facts |= {**shadowing, "shadowed": [str(good)]}
    way = "its way" if led else str(route)
    journey.trace.block(
        code,
        table_id,
        "route-table",
        f"{table_id} leads packets for {wanted} astray ({way}): {why}",
        ra_code=ra_code,
        facts=facts,
    )
