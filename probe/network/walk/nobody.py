"""Packets that end where nobody has their address, as far as may be seen.

Interfaces that services manage may be hidden, and what others have in a shared VPC is: so nothing
here is certain, and what is open stands in the condition.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ManagedResourceVisibilitySettings.html
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html

Where a shorter prefix of the table that led there leads elsewhere, that is where they were to go:
ranges of networks overlap, and the more specific route takes what the other one is for.
https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import routes
from probe.network.vpc import NotRead
from probe.network.walk import instead
from probe.network.walk.journey import Station
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.walk.journey import Arrival, Journey

_NETWORKS = ("vpn-gateway", "transit-gateway", "peering")


def unused(journey: Journey, packet: Packet, arrival: Arrival) -> None:
    """Say that no interface of a subnet has the address: all of them were asked for."""
    destination, subnet_id = packet.destination[0], arrival.component
    why = f"no network interface of {subnet_id} that may be seen has {destination}"
    condition = f"{subnet_id} has no interface that this account does not see"
    if _led_astray(journey, packet, why, condition):
        return
    journey.trace.block(
        "target-address-unused",
        str(destination),
        "network-interface",
        why,
        ra_code="NO_POSSIBLE_DESTINATION",
        partial=True,
        facts={
            "address": str(destination),
            "subnet_id": subnet_id,
            "vpc_id": arrival.vpc_id,
            "supposing": condition,
        },
    )


def outside_subnets(journey: Journey, packet: Packet, arrival: Arrival) -> None:
    """Say that packets came into a VPC of which no subnet that was read has their address.

    The local route of every table keeps them there, and a narrower one has to be that of a subnet:
    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    """
    destination, vpc_id = packet.destination[0], arrival.vpc_id
    why = f"no subnet of {vpc_id} that was read holds {destination}"
    condition = f"{vpc_id} has no subnets besides those that were read"
    if _led_astray(journey, packet, why, condition):
        return
    kept = journey.origin.vpc_id == vpc_id
    if kept:
        wider = [str(route) for route in _to_networks(journey, packet)]
        why += f", and the local route keeps packets for it in {vpc_id}"
        why += f": it wins over {', '.join(wider)}, being more specific" if wider else ""
    journey.trace.block(
        "target-address-unused",
        str(destination),
        "vpc",
        why,
        ra_code="NO_POSSIBLE_DESTINATION",
        partial=True,
        facts={
            "address": str(destination),
            "vpc_id": vpc_id,
            "kept_by_local_route": kept,
            "supposing": condition,
        },
    )


def _to_networks(journey: Journey, packet: Packet) -> Iterator[Route]:
    """Yield the routes to other networks that the VPC's local one wins over."""
    subnet = journey.origin.subnet
    with suppress(NotRead):
        if subnet is not None:
            table = routes.of_subnet(journey.network, subnet)
            for choice in routes.choose(journey.network, table, packet.destination[0]):
                yield from (one for one in choice.losing if one.kind in _NETWORKS)


def public_in_private(journey: Journey, packet: Packet, arrival: Arrival) -> None:
    """Doubt that the network behind a gateway leads to a public address.

    It may, where it knows a partner's range by a line of its own; what was forgotten there does
    not, and another route of the table leads to the internet.
    """
    destination = packet.destination[0]
    why = f"{arrival.component} leads to a private network, and {destination} is public"
    _led_astray(journey, packet, why, f"the network behind {arrival.component} does not lead to it")


def _led_astray(journey: Journey, packet: Packet, why: str, condition: str) -> bool:
    """Blame the sender's own table, where another route of it leads elsewhere; whether it is so."""
    found = _shadowing(journey, packet)
    if found is None:
        return False
    station, route, good = found
    journey.trace.block(
        "more-specific-route",
        station.table.id,
        "route-table",
        f"{route} wins over {good}, being more specific, and {why}",
        ra_code="MORE_SPECIFIC_ROUTE",
        partial=True,
        facts={
            **station.where,
            "destination_cidr": route.destination,
            "target": route.target,
            "shadowed": [str(good)],
            "supposing": condition,
        },
    )
    return True


def _shadowing(journey: Journey, packet: Packet) -> tuple[Station, Route, Route] | None:
    """Return where the sender's table decides, by which route, and the one that it wins over."""
    subnet = journey.origin.subnet
    if subnet is None:
        return None
    try:
        table = routes.of_subnet(journey.network, subnet)
        choice = routes.choose(journey.network, table, packet.destination[0])[0]
    except NotRead:
        return None
    if choice.route is None or choice.route.kind == "local":
        return None  # no route is more specific than the VPC's own range by mistake
    station = Station(subnet.vpc_id, table, subnet, choice)
    aside = replace(journey, trace=Trace(), passed=set(), middleboxes=[])
    good = instead.look(aside, station, packet)[1]
    if good is None or good.destination == choice.route.destination:
        return None
    return station, choice.route, good
