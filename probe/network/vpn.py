"""Virtual private gateways: the door to a VPN or Direct Connect, and the end of what AWS tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, gateways
from probe.network.vpc import NotRead
from probe.network.walk.journey import Arrival, Journey, Station

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.flow import Packet
    from probe.network.routes import Route


@dataclass(frozen=True, slots=True)
class VpnGateway:
    """One virtual private gateway."""

    id: str
    vpc_ids: tuple[str, ...]


def read_vpn_gateway(entry: Entry) -> VpnGateway:
    """Read one entry of VpnGateways."""
    return VpnGateway(
        fields.text(entry, "VpnGatewayId"), gateways.attached_to(entry, "VpcAttachments")
    )


def gateway(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Hand packets to the network behind a virtual private gateway."""
    found = journey.network.one("VpnGateways", route.target, read_vpn_gateway)
    if station.vpc_id not in found.vpc_ids:
        journey.trace.block(
            "virtual-private-gateway-detached",
            found.id,
            "vpn-gateway",
            f"{found.id} is not attached to {station.vpc_id}",
            ra_code="BAD_STATE_ATTACHMENT",
            facts={
                "vpn_gateway_id": found.id,
                **station.where,
                "destination_cidr": route.destination,
            },
        )
    return beyond(journey, found.id, station, packet)


def beyond(journey: Journey, component: str, station: Station, packet: Packet) -> Arrival:
    """Note that a network outside AWS takes over."""
    journey.trace.unknown(
        NotRead(
            f"the way from {component} to {packet.destination[0]}",
            "no AWS API tells what a network outside AWS does",
        ),
        component,
        "network",
    )
    return Arrival("network", component, station.vpc_id)
