"""VPC peering: two VPCs, both tables, and nothing beyond either of them.

A peering connection carries only what comes from one VPC's own blocks and goes to the other's; it
is never a way to a third network. https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe.network import fields, places
from probe.network.flow import Crossing, blocks_text
from probe.network.vpc import NotRead
from probe.network.walk import instead, overlap
from probe.network.walk.journey import LOST, Arrival, Journey, Station

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.fields import Entry
    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.vpc import Network

# It never works again: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
_GONE = ("deleting", "deleted", "rejected", "expired", "failed")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two VPCs."""

    vpc_id: str | None
    blocks: tuple[Block, ...]
    region: str | None
    owner: str | None
    # Whether names asked for from the other VPC get this one's private addresses.
    answers_other: bool | None

    def holds(self, blocks: tuple[Block, ...]) -> bool:
        """Whether all addresses are this VPC's own; true when its blocks are not told."""
        return not self.blocks or all(
            any(own.contains(block) for own in self.blocks) for block in blocks
        )


@dataclass(frozen=True, slots=True)
class Peering:
    """One peering connection."""

    id: str
    status: str
    requester: Side
    accepter: Side

    def other(self, vpc_id: str) -> tuple[Side, Side]:
        """Return the side of a VPC and the one across."""
        if self.accepter.vpc_id == vpc_id:
            return self.accepter, self.requester
        return self.requester, self.accepter


def read_peering(entry: Entry) -> Peering:
    """Read one entry of VpcPeeringConnections."""
    return Peering(
        id=fields.text(entry, "VpcPeeringConnectionId"),
        status=fields.maybe_text(fields.mapping(entry, "Status"), "Code") or "active",
        requester=_side(fields.mapping(entry, "RequesterVpcInfo")),
        accepter=_side(fields.mapping(entry, "AccepterVpcInfo")),
    )


def _side(entry: Entry) -> Side:
    found = [fields.maybe_block(entry, "CidrBlock")]
    found += fields.each(entry, "CidrBlockSet", lambda item: fields.block(item, "CidrBlock"))
    found += fields.each(
        entry, "Ipv6CidrBlockSet", lambda item: fields.block(item, "Ipv6CidrBlock")
    )
    options = fields.mapping(entry, "PeeringOptions")
    return Side(
        vpc_id=fields.maybe_text(entry, "VpcId"),
        blocks=tuple(dict.fromkeys(block for block in found if block is not None)),
        region=fields.maybe_text(entry, "Region"),
        owner=fields.maybe_text(entry, "OwnerId"),
        answers_other=fields.flag(options, "AllowDnsResolutionFromRemoteVpc"),
    )


def between(network: Network, vpc_id: str, other: str) -> Peering | None:
    """Return the active peering connection between two VPCs; None when there is none."""
    for peering in network.where(
        "VpcPeeringConnections", "pair", _pair, frozenset((vpc_id, other)), read_peering
    ):
        if peering.status == "active":
            return peering
    return None


def _pair(entry: Entry) -> tuple[frozenset[object]]:
    sides = (fields.mapping(entry, f"{side}VpcInfo") for side in ("Requester", "Accepter"))
    return (frozenset(str(side.get("VpcId")) for side in sides),)


def across(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Send packets over a peering connection."""
    peering = journey.network.one("VpcPeeringConnections", route.target, read_peering)
    here, there = (_as_read(journey.network, side) for side in peering.other(station.vpc_id))
    facts = {
        "vpc_peering_connection_id": peering.id,
        **station.where,
        "peer_vpc_id": there.vpc_id,
        "destination_cidr": route.destination,
    }
    if peering.status != "active":
        journey.trace.block(
            "peering-not-active",
            peering.id,
            "peering",
            f"its status is {peering.status}",
            ra_code="BAD_STATE",
            facts={**facts, "status": peering.status},
        )
    if peering.status in _GONE and not there.holds(packet.destination):
        return LOST  # where it once led does not matter any more
    if not there.holds(packet.destination) or not here.holds(packet.source):
        _not_transitive(journey, station, packet, facts)
        return LOST
    journey.trace.hop(peering.id, "peering", "allow", f"leads to {there.vpc_id}")
    # Who stands before the peering led into it: no transit gateway has had a part in it since.
    if overlap.judge(journey, replace(station, turn=None), there.vpc_id, packet):
        return LOST
    same_region = here.region == there.region
    crossing = Crossing(
        "peering",
        peering.id,
        references=same_region,
        why="" if same_region else f"{peering.id} joins two Regions, which no group name crosses",
    )
    return journey.deliver(there.vpc_id or "", packet).after(crossing)


def _as_read(network: Network, side: Side) -> Side:
    """Return a side with the ranges of its VPC as well, where that was read."""
    try:
        own = places.vpc(network, side.vpc_id or "").blocks
    except NotRead:
        return side
    return replace(side, blocks=tuple(dict.fromkeys((*side.blocks, *own)))) if side.blocks else side


def _not_transitive(
    journey: Journey, station: Station, packet: Packet, facts: dict[str, Any]
) -> None:
    # Answers of a connection that came by another way are told of as the peering's own limit.
    known, good = (True, None) if journey.returning else instead.look(journey, station, packet)
    if not known:
        return
    why = (
        f"{facts['vpc_peering_connection_id']} carries only traffic between the two VPCs' own "
        f"blocks, not from {blocks_text(packet.source)} to {blocks_text(packet.destination)}"
    )
    code, ra_code = "peering-not-transitive", "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
    if good is not None:
        code, ra_code = "more-specific-route", "MORE_SPECIFIC_ROUTE"
        why += f"; its route wins over {good}, being more specific"
    journey.trace.block(
        code,
        station.table.id if good else facts["vpc_peering_connection_id"],
        "peering",
        why,
        ra_code=ra_code,
        facts={
            **facts,
            "target": facts["vpc_peering_connection_id"],
            "shadowed": [str(good)] if good else [],
        },
    )
