"""The legs of a way: packets forth until somebody has them, answers back the same number of times.

A NAT begins a new leg, whose packets have its own address. Answers go back leg by leg, the last
one first, by the routes of wherever they set out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe.model import Direction
from probe.network import places, routes
from probe.network.addresses import is_private
from probe.network.flow import EPHEMERAL, blocks_text
from probe.network.vpc import NotRead
from probe.network.walk import far_side, gates
from probe.network.walk.journey import LOST, Arrival, Journey, Origin, Station
from probe.network.walk.trace import Trace

ONE_DIRECTION = "one-direction"  # the kind of hop

if TYPE_CHECKING:
    from probe.model import Blocker
    from probe.network.flow import Packet
    from probe.network.places import Subnet
    from probe.network.vpc import Network


@dataclass(frozen=True, slots=True)
class Leg:
    """Packets with fixed addresses: who sent them, and where they ended."""

    journey: Journey
    packet: Packet
    arrival: Arrival


def forth(trace: Trace, start: Journey, packet: Packet) -> list[Leg]:
    """Send packets on, leg by leg, until somebody has them or nobody knows where they are."""
    legs: list[Leg] = []
    sender: Origin | None = start.origin
    while sender is not None:
        way = Trace()
        senders = tuple(leg.journey.origin.component for leg in legs)
        journey = replace(
            start,
            trace=way,
            origin=sender,
            passed=set(),
            senders=senders,
            caller=start.origin.group_ids or (),
        )
        arrival = journey.depart(packet)
        end = far_side.find(start, arrival, packet)
        gates.out(
            trace,
            sender,
            packet,
            network=start.network,
            far_groups=end.group_ids,
            arrival=arrival,
        )
        trace.absorb(way)
        far_side.judge(trace, journey, packet, end)
        legs.append(Leg(journey, packet, arrival))
        sender = arrival.sender
        if sender is not None:
            packet = packet.from_address(sender.addresses)
    return _as_meant(trace, legs)


def _as_meant(trace: Trace, legs: list[Leg]) -> list[Leg]:
    """Judge the far side also when packets for it were lost for certain on the way.

    Once the way is mended they come from the function itself; so its own leg is what counts. Where
    the way is only unknown, nothing is said: a NAT might stand in it.
    """
    first, last = legs[0], legs[-1].arrival
    if last.kind not in ("lost", "internet") or not is_private(first.packet.destination[0]):
        return legs
    end = far_side.meant(first.journey, first.packet)
    if end is None or end.arrival.subnet is None:
        return [replace(first, arrival=LOST)]
    journey = replace(first.journey, trace=trace)
    journey.enter(end.arrival.subnet, first.packet)
    far_side.judge(trace, journey, first.packet, end)
    return [Leg(first.journey, first.packet, end.arrival)]


def back(trace: Trace, legs: list[Leg]) -> None:
    """Send the answers of all legs back, the last one first."""
    with trace.returning():
        for leg in reversed(legs):
            before = len(trace.blockers)
            _answer(trace, leg)
            trace.blockers[before:] = _together(trace.blockers[before:])
    # An answer that finds no way back takes no other way than its request: it takes none.
    if legs and legs[-1].arrival.kind not in ("lost", "unknown") and not _told(trace):
        _same_firewalls(trace, legs[0].journey.middleboxes)


def _together(found: list[Blocker]) -> list[Blocker]:
    """Close the way for good where ACLs that each let some ports pass let none pass together."""
    narrow = [blocker for blocker in found if blocker.code == "nacl-narrows-return-ports"]
    left = [EPHEMERAL]
    for blocker in narrow:
        ranges = blocker.facts["allowed_port_ranges"]
        both = [(max(a, c), min(b, d)) for a, b in left for c, d in ranges]
        left = [(first, last) for first, last in both if first <= last]
    if left:
        return found
    return [replace(one, partial=False) if one in narrow else one for one in found]


def _answer(trace: Trace, leg: Leg) -> None:
    """Send the answer of one leg back to who sent the request."""
    meant = leg.journey.origin.vpc_id
    journey = replace(leg.journey, trace=trace, passed=set(), meant=meant)
    home, packet, arrival = leg.journey.origin.subnet, leg.packet.reply(), leg.arrival
    came: Arrival | None = LOST
    if arrival.kind in ("internet", "network"):
        came = far_side.from_internet(journey, arrival.component, packet)
    elif arrival.subnet is not None:
        if _same(arrival.subnet, home):
            return
        came = journey.leave(arrival.subnet, packet, "nat" if arrival.sender else None)
    elif arrival.sender is not None and arrival.sender.table is not None:
        came = journey.route(Station(arrival.sender.vpc_id, arrival.sender.table), packet)
    if came is not None:
        _home(trace, journey, came, packet, home)


def _same(one: Subnet, other: Subnet | None) -> bool:
    return other is not None and one.id == other.id


def _home(
    trace: Trace, journey: Journey, came: Arrival, packet: Packet, home: Subnet | None
) -> None:
    """Check that an answer ended where the request came from."""
    if home is None:
        return
    if came.kind in ("lost", "unknown", "network"):
        # Wherever it comes from once it is routed, it has to pass the sender's own border.
        if not all(home.holds(block) for block in packet.source):
            journey.enter(home, packet)
    elif (came.kind != "interface" or not _same(home, came.subnet)) and not _told(trace):
        tables = (hop.component for hop in reversed(trace.hops) if hop.kind == "route-table")
        table_id = next(tables, came.component)  # where the last turn was taken, and a wrong one
        wanted = blocks_text(packet.destination)
        trace.block(
            "no-return-route",
            table_id,
            "route-table",
            f"{table_id} has no route of its own for {wanted}: it leads answers to "
            f"{came.component}, where they end",
            ra_code="CANNOT_ROUTE",
            facts={
                "route_table_id": table_id,
                "destination_cidr": wanted,
                **_place_of(journey.network, table_id),
            },
        )


def _place_of(network: Network, table_id: str) -> dict[str, Any]:
    """Name the VPC of a route table, and a subnet that it decides for."""
    try:
        vpc_id = routes.by_id(network, table_id).vpc_id or ""
        around = places.subnets_of(network, vpc_id)
        led = [one.id for one in around if routes.of_subnet(network, one).id == table_id]
    except NotRead:
        return {}
    return {"vpc_id": vpc_id, "subnet_id": next(iter(led), None)}


def _told(trace: Trace) -> bool:
    """Whether the way back has been called missing already."""
    return any(blocker.code == "no-return-route" for blocker in trace.blockers)


def _same_firewalls(trace: Trace, passed: list[tuple[Direction, str]]) -> None:
    """Note when an answer does not pass a firewall that its request passed.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/route-tables.html
    """
    forth = {identity for direction, identity in passed if direction is Direction.FORWARD}
    back = {identity for direction, identity in passed if direction is Direction.RETURN}
    for identity in (*sorted(back - forth), *sorted(forth - back)):
        seen = "answers come to it and not their requests"
        if identity in forth:
            seen = "requests come to it and not their answers"
        trace.unknown(
            NotRead(
                f"whether {identity} lets a connection live of which it sees one direction", seen
            ),
            identity,
            ONE_DIRECTION,
        )
