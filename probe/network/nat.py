"""NAT gateways: packets go in from inside and leave with the gateway's own address.

`available` says nothing of health: a zonal public gateway needs a way out of its own subnet, a
private one never reaches the internet, a regional one has a route table of its own and no subnet.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.network import fields, places, routes
from probe.network.addresses import is_private
from probe.network.vpc import NotRead
from probe.network.walk.journey import Arrival, Journey, Origin, Station

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.fields import Entry
    from probe.network.flow import Packet
    from probe.network.routes import Route


@dataclass(frozen=True, slots=True)
class NatGateway:
    """One NAT gateway."""

    id: str
    vpc_id: str | None
    subnet_id: str | None
    state: str
    failure_code: str | None
    failure_message: str | None
    private: bool
    regional: bool
    provisions_zones: bool  # regional: AWS extends it to every zone that has subnets
    addresses: tuple[Block, ...]
    public: tuple[Block, ...]
    zones: tuple[str, ...]  # regional: zones that it has addresses in, ids and names
    route_table_id: str | None


def read_nat(entry: Entry) -> NatGateway:
    """Read one entry of NatGateways."""
    addresses = fields.items(entry, "NatGatewayAddresses")
    own = (fields.maybe_address(address, "PrivateIp") for address in addresses)
    public = (fields.maybe_address(address, "PublicIp") for address in addresses)
    zones = [
        zone
        for address in addresses
        for key in ("AvailabilityZoneId", "AvailabilityZone")
        if (zone := fields.maybe_text(address, key)) is not None
    ]
    return NatGateway(
        id=fields.text(entry, "NatGatewayId"),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        subnet_id=fields.maybe_text(entry, "SubnetId"),
        state=(fields.maybe_text(entry, "State") or "available").lower(),
        failure_code=fields.maybe_text(entry, "FailureCode"),
        failure_message=fields.maybe_text(entry, "FailureMessage"),
        private=fields.maybe_text(entry, "ConnectivityType") == "private",
        regional=fields.maybe_text(entry, "AvailabilityMode") == "regional",
        provisions_zones=fields.maybe_text(entry, "AutoProvisionZones") != "disabled",
        addresses=tuple(block for block in own if block is not None),
        public=tuple(block for block in public if block is not None),
        zones=tuple(zones),
        route_table_id=fields.maybe_text(entry, "RouteTableId"),
    )


def gateway(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Hand packets to a NAT gateway."""
    nat = journey.network.one("NatGateways", route.target, read_nat)
    facts = {
        "nat_gateway_id": nat.id,
        **station.where,
        "destination_cidr": route.destination,
        "nat_subnet_id": nat.subnet_id,
    }
    if journey.sent_by(nat.id):
        return journey.handlers["circle"](journey, station, route, packet)
    judge_state(journey, nat, facts)
    if journey.origin.kind == "nat-gateway" and journey.origin.vpc_id == station.vpc_id:
        # Between VPCs a NAT gateway may well send to another: over a transit gateway.
        raise NotRead(
            f"whether {nat.id} takes what {journey.origin.component} sends",
            "AWS documents no NAT gateway behind another in one VPC",
        )
    if nat.regional:
        return _regional(journey, station, nat, route, facts)
    if nat.subnet_id is None:
        raise NotRead(f"subnet of {nat.id}", "NatGateways does not tell it")
    subnet = places.subnet(journey.network, nat.subnet_id)
    if station.subnet is None or subnet.id != station.subnet.id:
        journey.enter(subnet, packet, role="nat")
    journey.trace.hop(nat.id, "nat-gateway", "translate", _translation(nat))
    # Every address of a NAT gateway lies in its subnet; where none is told, it may be any of them.
    addresses = nat.addresses or subnet.addresses(4)
    sender = Origin(
        "nat-gateway",
        nat.id,
        subnet.vpc_id,
        subnet,
        None,
        addresses,
        nat.public,
        hidden=nat.private,
        by=_by(station, nat, route),
    )
    return Arrival("nat", nat.id, subnet.vpc_id, subnet, sender=sender)


def _by(station: Station, nat: NatGateway, route: Route) -> Station | None:
    """Return who leads the internet to this gateway, and private addresses only along with it."""
    for_internet = route.block is not None and not is_private(route.block)
    return station if for_internet and not nat.private else None


def _translation(nat: NatGateway) -> str:
    shown = nat.addresses if nat.private else nat.public or nat.addresses
    return f"source becomes {', '.join(map(str, shown)) or 'an address of the gateway'}"


def judge_state(journey: Journey, nat: NatGateway, facts: dict[str, Any]) -> None:
    """Judge whether the gateway works at all."""
    if nat.state == "failed":
        reason = ": ".join(part for part in (nat.failure_code, nat.failure_message) if part)
        journey.trace.block(
            "nat-gateway-failed",
            nat.id,
            "nat-gateway",
            f"it failed when it was created ({reason or 'no reason told'})",
            ra_code="BAD_STATE",
            facts={**facts, "failure_code": nat.failure_code},
        )
    elif nat.state == "deleted":
        journey.trace.block(
            "nat-gateway-deleted",
            nat.id,
            "nat-gateway",
            "it is deleted, and the route still leads to it",
            ra_code="BAD_STATE",
            facts=facts,
        )
    elif nat.state != "available":
        # `deleting` may still carry traffic, `pending` not yet: neither stays for long.
        journey.trace.unknown(NotRead(nat.id, f"its state is {nat.state}"), nat.id, "nat-gateway")


def _regional(
    journey: Journey, station: Station, nat: NatGateway, route: Route, facts: dict[str, Any]
) -> Arrival:
    if nat.zones and station.subnet is not None and not nat.provisions_zones:
        own = {station.subnet.zone_id, station.subnet.zone} - {None}
        if own and not own & set(nat.zones):
            journey.trace.block(
                "nat-gateway-not-in-zone",
                nat.id,
                "nat-gateway",
                f"it is kept to {', '.join(nat.zones)} by hand and has no address in "
                f"{station.zone_id}",
                ra_code="REGIONAL_NGW_ROUTE_AZ_RESTRICTION",
                facts={**facts, "zone": station.zone_id, "zones": list(nat.zones)},
            )
    journey.trace.hop(nat.id, "nat-gateway", "translate", _translation(nat))
    if nat.route_table_id is None:
        raise NotRead(f"route table of {nat.id}", "NatGateways does not tell it")
    table = routes.by_id(journey.network, nat.route_table_id)
    sender = Origin(
        "nat-gateway",
        nat.id,
        station.vpc_id,
        None,
        None,
        nat.addresses,
        nat.public,
        hidden=nat.private,
        table=table,
        by=_by(station, nat, route),
    )
    return Arrival("nat", nat.id, station.vpc_id, None, sender=sender)
