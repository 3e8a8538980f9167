"""Internet gateways and egress-only internet gateways: the two doors to the internet.

An internet gateway forwards nothing of an IPv4 interface that has no public address, and Lambda
never gives one: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.network import block_public_access, fields
from probe.network.addresses import cidr, is_private
from probe.network.transit import misled
from probe.network.walk.journey import Arrival, Journey, Station

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.network.fields import Entry
    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.vpc import Network

ATTACHED = ("available", "attached", "attaching")
SHARED = cidr("100.64.0.0/10")


@dataclass(frozen=True, slots=True)
class Gateway:
    """An internet gateway, and the VPCs that it is attached to."""

    id: str
    vpc_ids: tuple[str, ...]


def read_gateway(entry: Entry) -> Gateway:
    """Read one entry of InternetGateways."""
    return Gateway(fields.text(entry, "InternetGatewayId"), attached_to(entry))


def read_egress_only(entry: Entry) -> Gateway:
    """Read one entry of EgressOnlyInternetGateways."""
    return Gateway(fields.text(entry, "EgressOnlyInternetGatewayId"), attached_to(entry))


def attached_to(entry: Entry, key: str = "Attachments") -> tuple[str, ...]:
    """Return the VPCs that a gateway is attached to."""
    return tuple(
        vpc_id
        for attachment in fields.items(entry, key)
        if (vpc_id := fields.maybe_text(attachment, "VpcId")) is not None
        and (fields.maybe_text(attachment, "State") or "available").lower() in ATTACHED
    )


def of_vpc(network: Network, vpc_id: str) -> Gateway | None:
    """Return the internet gateway attached to a VPC; None when none of those read is."""
    found = network.where("InternetGateways", "vpc", attached_to, vpc_id, read_gateway)
    return found[0] if found else None


def internet(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Send packets out through an internet gateway."""
    facts = {
        "internet_gateway_id": route.target,
        **station.where,
        "destination_cidr": route.destination,
    }
    arrival = Arrival("internet", route.target, station.vpc_id)
    if is_private(packet.destination[0]):
        _private_destination(journey, station, packet, facts)
        return arrival
    with journey.trace.reading(route.target, "internet-gateway"):
        gateway = journey.network.one("InternetGateways", route.target, read_gateway)
        if station.vpc_id not in gateway.vpc_ids:
            journey.trace.block(
                "internet-gateway-detached",
                route.target,
                "internet-gateway",
                f"{route.target} is not attached to {station.vpc_id}",
                ra_code="BAD_STATE_ATTACHMENT",
                facts=facts,
            )
    if packet.version == 4:
        _needs_public_address(journey, station, route, facts)
    reachable_from_outside = journey.origin.kind != "nat-gateway"
    block_public_access.judge(journey, station, facts, inbound_too=reachable_from_outside)
    return arrival


def _needs_public_address(
    journey: Journey, station: Station, route: Route, facts: Mapping[str, Any]
) -> None:
    origin = journey.origin
    if origin.kind == "function":
        _function_has_none(journey, station, route, facts)
    elif origin.hidden and origin.kind == "nat-gateway":
        private_nat(journey, facts)
    elif origin.hidden:
        journey.trace.block(
            "public-subnet-no-public-ip",
            origin.component,
            "internet-gateway",
            f"the NAT instance's interface {origin.component} has no public address",
            ra_code="IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            facts={**facts, "network_interface_id": origin.component, "role": "nat"},
        )


def private_nat(journey: Journey, facts: Mapping[str, Any]) -> None:
    """Say that a NAT gateway without a public address does not lead to the internet."""
    component = journey.origin.component
    journey.trace.block(
        "nat-gateway-private",
        component,
        "nat-gateway",
        f"{component} is private: the internet gateway drops what it sends",
        ra_code="IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        facts={**facts, "nat_gateway_id": component},
    )


def _function_has_none(
    journey: Journey, station: Station, route: Route, facts: Mapping[str, Any]
) -> None:
    if journey.origin.public:
        journey.trace.assume(
            f"Lambda's interface in {facts['subnet_id']} was given a public address by hand; it "
            "is lost whenever Lambda makes its interface anew"
        )
    journey.trace.block(
        "public-subnet-no-public-ip",
        station.table.id,
        "internet-gateway",
        f"{route} leads to an internet gateway, which drops what has no public address; "
        "Lambda's interfaces have none",
        ra_code="IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        partial=bool(journey.origin.public),
        facts={**facts, "role": "source"},
    )


def _private_destination(
    journey: Journey, station: Station, packet: Packet, facts: Mapping[str, Any]
) -> None:
    destination = packet.destination[0]
    ra_code = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"
    if SHARED.contains(destination):
        ra_code = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"
    why = f"{station.table.id} leads on to the internet only"
    if misled.judge(journey, station.turn, packet, why):
        return
    if (by := journey.astray(packet)) is not None:
        astray(journey, by, packet, why=why, ra_code=ra_code)
        return
    journey.trace.block(
        "no-return-route" if journey.returning else "no-route-to-target",
        station.table.id,
        "internet-gateway",
        f"the best route for {destination} is {facts['destination_cidr']} to the internet, which "
        "does not carry private addresses",
        ra_code=ra_code,
        facts={**facts, "address": str(destination)},
    )


def astray(journey: Journey, by: Station, packet: Packet, *, why: str, ra_code: str) -> None:
    """Say that a default route took packets for a private address to a NAT, where they end.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-scenarios.html
    """
    if misled.judge(journey, by.turn, packet, why):
        return
    assert by.choice is not None
    assert by.choice.route is not None
    route, address = by.choice.route, packet.destination[0]
    journey.trace.block(
        "no-route-to-target",
        by.table.id,
        "route-table",
        f"{by.table.id} has no route of its own for {address}: the default route {route} takes it "
        f"to NAT, where private addresses end ({why})",
        ra_code=ra_code,
        facts={
            **by.where,
            "main": by.table.main,
            "destination_cidr": route.destination,
            "nat_gateway_id": journey.origin.component,
            "address": str(address),
        },
    )


def egress_only(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Send IPv6 packets out through an egress-only internet gateway."""
    facts = {
        "egress_only_internet_gateway_id": route.target,
        **station.where,
        "destination_cidr": route.destination,
    }
    arrival = Arrival("internet", route.target, station.vpc_id)
    if is_private(packet.destination[0]):
        _private_destination(journey, station, packet, facts)
        return arrival
    if journey.origin.kind == "public":
        journey.trace.block(
            "no-return-route",
            station.table.id,
            "egress-only-internet-gateway",
            f"{route.target} lets connections out, not answers to those that came in",
            ra_code="CANNOT_ROUTE",
            facts=facts,
        )
        return arrival
    with journey.trace.reading(route.target, "egress-only-internet-gateway"):
        gateway = journey.network.one("EgressOnlyInternetGateways", route.target, read_egress_only)
        if station.vpc_id not in gateway.vpc_ids:
            journey.trace.block(
                "no-egress-only-gateway",
                route.target,
                "egress-only-internet-gateway",
                f"{route.target} is not attached to {station.vpc_id}",
                ra_code="BAD_STATE",
                facts=facts,
            )
        else:
            journey.trace.hop(
                route.target, "egress-only-internet-gateway", "allow", "lets connections out"
            )
    block_public_access.judge(journey, station, facts, inbound_too=False)
    return arrival
