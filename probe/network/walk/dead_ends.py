"""What happens where a route table leads nowhere, to nothing that works, or to the VPC itself.

A packet without a route is dropped without a word, and so is one whose route is a blackhole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network import endpoints, gateways, places, services
from probe.network.addresses import is_private
from probe.network.flow import blocks_text
from probe.network.transit import misled
from probe.network.vpc import Missing, NotRead
from probe.network.walk import instead, overlap
from probe.network.walk.journey import LOST, Arrival, Journey, Station

if TYPE_CHECKING:
    from probe.model import Blocker
    from probe.network.flow import Packet
    from probe.network.routes import Route

# Gateways that are in a list of their VPC's until they are deleted, and how they are read.
_DELETED = {
    "internet-gateway": ("InternetGateways", gateways.read_gateway),
    "egress-only-internet-gateway": ("EgressOnlyInternetGateways", gateways.read_egress_only),
}


def no_route(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """No route matches the destination."""
    del route
    destination = packet.destination[0]
    facts: dict[str, Any] = {
        **station.where,
        "main": station.table.main,
        "destination_cidr": blocks_text(packet.destination),
    }
    service = journey.service or endpoints.service_of(journey.host)
    if is_private(destination) and misled.judge(
        journey, station.turn, packet, f"{station.table.id} has no route for it"
    ):
        return LOST
    table, code = station.table.id, "no-route-to-target"
    what = f"no route for {blocks_text(packet.destination)}"
    if journey.returning:
        code, what = "no-return-route", f"no route back to {blocks_text(packet.destination)}"
    elif (by := journey.astray(packet)) is not None:
        why = f"{station.table.id} has {what}"
        gateways.astray(journey, by, packet, why=why, ra_code="NO_ROUTE_TO_DESTINATION")
        return LOST
    elif is_private(destination):
        pass
    elif journey.origin.kind != "function":
        code, what = "nat-subnet-no-internet-route", "no route to an internet gateway"
        table = _of_nat(journey, station)
        facts |= {"nat_gateway_id": journey.origin.component}
        if journey.origin.kind == "nat-gateway" and journey.origin.hidden:
            # A route to the internet gateway alone would not help what has no public address.
            gateways.private_nat(journey, facts)
    elif service is not None:
        return services.no_way(journey, station, service, facts)
    elif destination.version == 6:
        code, what = "no-egress-only-gateway", "no IPv6 route to the internet"
    else:
        services.no_way_out(journey, station, facts)
        return LOST
    journey.trace.block(
        code,
        station.table.id,
        "route-table",
        f"{table} has {what}",
        ra_code="NO_ROUTE_TO_DESTINATION",
        facts=facts,
    )
    return LOST


def _of_nat(journey: Journey, station: Station) -> str:
    """Name a route table by what it decides for, where that is the NAT that sends the packets."""
    origin, table = journey.origin, station.table.id
    nat = "NAT gateway" if origin.kind == "nat-gateway" else "NAT instance"
    if origin.subnet is not None and origin.subnet == station.subnet:
        return f"the route table of the {nat}'s own subnet, {table},"
    return f"the {nat}'s own route table, {table}," if origin.table == station.table else table


def circle(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Packets come to a way that they have been on: every hop takes one from their time to live."""
    facts: dict[str, Any] = {
        **station.where,
        "destination_cidr": route.destination,
        "target": route.target,
    }
    code, component, kind = "routing-loop", station.table.id, "route-table"
    why = (
        f"{route} leads packets for {blocks_text(packet.destination)} back to where they came from"
    )
    if journey.origin.kind != "function" and not is_private(packet.destination[0]):
        code, component = "nat-subnet-no-internet-route", journey.origin.component
        kind, why = journey.origin.kind, f"the route {route} of its own subnet leads back, not out"
        facts |= {"nat_gateway_id": component}
    journey.trace.block(code, component, kind, why, ra_code="CANNOT_ROUTE", facts=facts)
    return LOST


def blackhole(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Follow a route whose target does not work, to say what is wrong with the target."""
    trace = journey.trace
    before, hops = len(trace.blockers), len(trace.hops)
    handler = journey.handlers.get(route.kind, journey.handlers["unknown"])
    arrival = LOST
    try:
        if route.kind in _DELETED:  # one that was deleted is in no list
            name, read = _DELETED[route.kind]
            journey.network.one(name, route.target, read)
        arrival = handler(journey, station, route, packet)
    except Missing:
        pass  # the target is gone, which is what a blackhole is
    except NotRead as missing:
        trace.closed = True
        trace.unknown(missing, route.target, route.kind)
        return LOST
    if any(hop.action == "unknown" for hop in trace.hops[hops:]):
        trace.closed = True  # lost for certain, and perhaps for a reason that was not read
    elif not any(_is_why(blocker, route) for blocker in trace.blockers[before:]):
        _plain_blackhole(journey, station, route, packet)
    return arrival


def _is_why(blocker: Blocker, route: Route) -> bool:
    """Tell whether a closed place is the route's own target, or the VPC's attachment to it."""
    unattached = blocker.code == "transit-gateway-attachment-not-available"
    return blocker.component == route.target or (
        unattached and blocker.facts.get("transit_gateway_id") == route.target
    )


def _plain_blackhole(journey: Journey, station: Station, route: Route, packet: Packet) -> None:
    known, good = instead.look(journey, station, packet)
    if not known:
        return
    code, ra_code = "blackhole-route", "BAD_STATE_ROUTE"
    why = f"{route} is a blackhole: its target does not exist or does not work"
    if good is not None and good.destination == route.destination:
        ra_code = "HIGHER_PRIORITY_ROUTE"
        why += f"; it wins over {good}, since static routes come before propagated ones"
    elif good is not None:
        code, ra_code = "more-specific-route", "MORE_SPECIFIC_ROUTE"
        why += f"; it wins over {good}, being more specific"
    journey.trace.block(
        code,
        station.table.id,
        "route-table",
        why,
        ra_code=ra_code,
        facts={
            **station.where,
            "destination_cidr": route.destination,
            "target": route.target,
            "shadowed": [str(good)] if good is not None else [],
        },
    )


def local(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Deliver inside the VPC."""
    del route
    if overlap.judge(journey, station, station.vpc_id, packet):
        return LOST
    _reserved(journey, station, packet)
    return journey.deliver(station.vpc_id, packet)


def _reserved(journey: Journey, station: Station, packet: Packet) -> None:
    """Nobody can have an address that AWS keeps for itself."""
    destination = packet.destination[0]
    if destination.low != destination.high or destination.version != 4:
        return
    try:
        subnet = places.subnet_of(journey.network, station.vpc_id, destination)
    except places.NoSubnet:
        return
    if subnet.reserves(destination):
        journey.trace.block(
            "no-route-to-target",
            subnet.id,
            "subnet",
            f"AWS reserves {destination} in {subnet.id}: nothing can have it",
            ra_code="NO_POSSIBLE_DESTINATION",
            facts={"subnet_id": subnet.id, "address": str(destination)},
        )


def unknown(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Stop at a target whose inside no describe call shows."""
    del journey, station, packet
    raise NotRead(f"what lies behind {route.target}", f"a {route.kind} is not walked")
