"""Gateway Load Balancer endpoints: a detour through a firewall that leaves addresses as they are.

The packet comes back out of the endpoint and is routed on by the endpoint's own subnet. Inbound
rules that name a group do not match behind it, and its answer has to take the same detour.
https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html ("as the source")
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import endpoints, places
from probe.network.firewall import firewall
from probe.network.flow import Crossing
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.walk.journey import Arrival, Journey, Station


def detour(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Send packets through the firewall behind an endpoint, and on from there."""
    found = endpoints.by_id(journey.network, route.target)
    if found.state != "available":
        journey.trace.block(
            "middlebox-unavailable",
            found.id,
            "middlebox",
            f"its state is {found.state}",
            ra_code="BAD_STATE",
            facts={
                "vpc_endpoint_id": found.id,
                **station.where,
                "destination_cidr": route.destination,
                "state": found.state,
            },
        )
    if not found.subnet_ids:
        raise NotRead(f"subnet of {found.id}", "VpcEndpoints does not tell it")
    subnet = places.subnet(journey.network, found.subnet_ids[0])
    if station.subnet is None or station.subnet.id != subnet.id:
        journey.enter(subnet, packet, role="middlebox")
    firewall.judge(journey, found, packet)
    journey.middleboxes.append((journey.trace.direction, found.id))
    arrival = replace(journey, turn=None).leave(subnet, packet, role="middlebox")
    border = Crossing(
        "middlebox",
        found.id,
        references=False,
        why=f"the way leads through {found.id}, behind which group names do not match",
        outward=NotRead(
            f"whether an outbound rule that names a group matches through {found.id}",
            "AWS says it of inbound rules alone, which do not",
        ),
    )
    return arrival.after(border)
