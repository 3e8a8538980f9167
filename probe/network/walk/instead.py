"""The route that packets would take if the one that loses them were not there.

The longest prefix wins whether its target works or not; the next shorter one is no better only for
being there. A default route to NAT or to an internet gateway carries no private address anywhere.
https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network.addresses import is_private
from probe.network.routes import Choice
from probe.network.vpc import NotRead
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.walk.journey import Arrival, Journey, Station

_FILTER = "network-acl"  # it stands before the target whichever way leads there


def look(journey: Journey, station: Station, packet: Packet) -> tuple[bool, Route | None]:
    """Tell whether the next route can be judged, and return it where it does not lose the packets.

    Where it cannot, the packets are lost for certain, and what to call that is noted as unread.
    """
    try:
        return True, _next(journey, station, packet)
    except NotRead as missing:
        journey.trace.closed = True
        journey.trace.unknown(missing, station.table.id, "route-table")
        return False, None


def _next(journey: Journey, station: Station, packet: Packet) -> Route | None:
    """Return the route that comes next, where packets are not known to be lost by it.

    NotRead when whether they are is told by something that was not read.
    """
    choice = station.choice
    if choice is None or not choice.losing:
        return None
    following, *rest = choice.losing
    trace = Trace(direction=journey.trace.direction)
    alone = replace(
        journey,
        trace=trace,
        passed=set(journey.passed),
        middleboxes=[],
        unread_lists={},
        unread_tables=set(),
    )
    there = replace(station, choice=Choice(choice.block, following, tuple(rest)))
    arrival = _to_its_end(alone, alone.follow(there, packet), packet)
    if any(hop.action == "deny" and hop.kind != _FILTER for hop in trace.hops):
        return None
    for gap in trace.undetermined:
        if gap.needs is not None:  # else nobody can tell, whatever is read
            raise NotRead(gap.what, gap.reason, gap.needs)
    if arrival.missing is not None:
        raise arrival.missing
    if arrival.kind == "unknown":
        return None if is_private(packet.destination[0]) and _is_way_out(following) else following
    return following if _arrived(journey, arrival) else None


def _is_way_out(route: Route) -> bool:
    """Tell a default route to the internet, which leads on to nothing private."""
    default = route.block is not None and not is_private(route.block)
    return default and route.kind in ("nat-gateway", "internet-gateway")


def _to_its_end(journey: Journey, arrival: Arrival, packet: Packet) -> Arrival:
    """Follow packets on behind every NAT, which sends them from its own address."""
    while arrival.sender is not None and not journey.returning:
        senders = (*journey.senders, journey.origin.component)
        journey = replace(journey, origin=arrival.sender, passed=set(), senders=senders)
        packet = packet.from_address(arrival.sender.addresses)
        arrival = journey.depart(packet)
    return arrival


def _arrived(journey: Journey, arrival: Arrival) -> bool:
    """Whether packets are where they were to go: answers, in the subnet of who asked."""
    if not journey.returning:
        return arrival.kind != "lost"
    home = journey.origin.subnet
    return arrival.kind == "interface" and (home is None or home == arrival.subnet)
