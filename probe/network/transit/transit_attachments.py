"""Transit gateways as entries: what is attached to them, in which zones, by which table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, places
from probe.network.vpc import Missing, Network

if TYPE_CHECKING:
    from collections.abc import Collection

    from probe.network.fields import Entry

ENABLED = "enable"
GONE = ("deleted", "deleting", "rejected")  # AWS lists them for a while


@dataclass(frozen=True, slots=True)
class Attachment:
    """A VPC on a transit gateway."""

    id: str
    gateway_id: str
    vpc_id: str
    state: str
    subnet_ids: tuple[str, ...]
    references: bool | None  # SecurityGroupReferencingSupport; None when it is not told
    ipv6: bool | None  # Ipv6Support, likewise


@dataclass(frozen=True, slots=True)
class Association:
    """Which table decides about packets that come out of an attachment."""

    id: str
    resource_type: str
    table_id: str | None
    policy_table_id: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class TransitGateway:
    """One transit gateway."""

    id: str
    references: bool | None  # SecurityGroupReferencingSupport; None when it is not told


def read_gateway(entry: Entry) -> TransitGateway:
    """Read one entry of TransitGateways."""
    references = _option(entry, "SecurityGroupReferencingSupport")
    return TransitGateway(fields.text(entry, "TransitGatewayId"), references)


def _option(entry: Entry, key: str) -> bool | None:
    value = fields.maybe_text(fields.mapping(entry, "Options"), key)
    return None if value is None else value == ENABLED


def read_attachment(entry: Entry) -> Attachment:
    """Read one entry of TransitGatewayVpcAttachments."""
    return Attachment(
        id=fields.text(entry, "TransitGatewayAttachmentId"),
        gateway_id=fields.maybe_text(entry, "TransitGatewayId") or "",
        vpc_id=fields.maybe_text(entry, "VpcId") or "",
        state=(fields.maybe_text(entry, "State") or "available").lower(),
        subnet_ids=fields.texts(entry, "SubnetIds"),
        references=_option(entry, "SecurityGroupReferencingSupport"),
        ipv6=_option(entry, "Ipv6Support"),
    )


def read_association(entry: Entry) -> Association:
    """Read one entry of TransitGatewayAttachments."""
    association = fields.mapping(entry, "Association")
    return Association(
        id=fields.text(entry, "TransitGatewayAttachmentId"),
        resource_type=fields.maybe_text(entry, "ResourceType") or "",
        table_id=fields.maybe_text(association, "TransitGatewayRouteTableId"),
        policy_table_id=fields.maybe_text(association, "TransitGatewayPolicyTableId"),
        state=fields.maybe_text(association, "State"),
    )


def attachment(network: Network, gateway_id: str, vpc_id: str) -> Attachment:
    """Return the attachment of a VPC to a transit gateway; Missing when it has none."""
    found = network.where(
        "TransitGatewayVpcAttachments",
        "gateway and vpc",
        lambda entry: ((entry.get("TransitGatewayId"), entry.get("VpcId")),),
        (gateway_id, vpc_id),
        read_attachment,
    )
    alive = [one for one in found if one.state not in GONE]
    if not (alive or found):
        raise Missing(
            f"attachment of {vpc_id} to {gateway_id}",
            "is not in TransitGatewayVpcAttachments",
            "ec2:DescribeTransitGatewayVpcAttachments",
        )
    return (alive or list(found))[0]


def of_gateway(network: Network, gateway_id: str) -> tuple[Attachment, ...]:
    """Return every VPC's attachment to a transit gateway."""
    found = network.all("TransitGatewayVpcAttachments", read_attachment)
    return tuple(one for one in found if one.gateway_id == gateway_id)


def between(network: Network, some: Collection[str], others: Collection[str]) -> tuple[str, ...]:
    """Return the transit gateways that one VPC of either side is attached to, in AWS's order."""
    found = network.all("TransitGatewayVpcAttachments", read_attachment)
    alive = [one for one in found if one.state not in GONE]
    mine = {one.gateway_id for one in alive if one.vpc_id in some}
    theirs = (one.gateway_id for one in alive if one.vpc_id in others)
    return tuple(dict.fromkeys(gateway_id for gateway_id in theirs if gateway_id in mine))


def table_of(network: Network, attachment_id: str) -> Association:
    """Return which table an attachment is associated with."""
    return network.one("TransitGatewayAttachments", attachment_id, read_association)


def zones_of(network: Network, found: Attachment) -> dict[str, places.Subnet]:
    """Return the subnets of an attachment, each by its zone."""
    subnets = (places.subnet(network, subnet_id) for subnet_id in found.subnet_ids)
    return {subnet.zone_id or subnet.zone or subnet.id: subnet for subnet in subnets}
