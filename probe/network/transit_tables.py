"""Transit gateways as entries: attachments, the table of each, and the routes in it.

Static routes come before propagated ones, the most specific first of all.
https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-route-evaluation-overview
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, places, prefix_lists
from probe.network.vpc import Missing, Network, NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.fields import Entry

ENABLED = "enable"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A VPC on a transit gateway."""

    id: str
    gateway_id: str
    vpc_id: str
    state: str
    subnet_ids: tuple[str, ...]
    references: bool | None  # SecurityGroupReferencingSupport; None when it is not told


@dataclass(frozen=True, slots=True)
class Association:
    """Which table decides about packets that come out of an attachment."""

    id: str
    resource_type: str
    table_id: str | None
    policy_table_id: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class TransitRoute:
    """One route of a transit gateway route table."""

    block: Block
    static: bool
    state: str
    # (attachment id, type of what is attached, its id); several are equally good ways.
    attachments: tuple[tuple[str | None, str, str | None], ...]

    def __str__(self) -> str:
        to = ", ".join(resource or kind for _, kind, resource in self.attachments)
        return f"{self.block} -> {to or 'nowhere'}"


@dataclass(frozen=True, slots=True)
class TransitGateway:
    """One transit gateway."""

    id: str
    references: bool | None  # SecurityGroupReferencingSupport; None when it is not told


def read_gateway(entry: Entry) -> TransitGateway:
    """Read one entry of TransitGateways."""
    return TransitGateway(fields.text(entry, "TransitGatewayId"), _references(entry))


def _references(entry: Entry) -> bool | None:
    value = fields.maybe_text(fields.mapping(entry, "Options"), "SecurityGroupReferencingSupport")
    return None if value is None else value == ENABLED


def read_attachment(entry: Entry) -> Attachment:
    """Read one entry of TransitGatewayVpcAttachments."""
    return Attachment(
        id=fields.text(entry, "TransitGatewayAttachmentId"),
        gateway_id=fields.maybe_text(entry, "TransitGatewayId") or "",
        vpc_id=fields.maybe_text(entry, "VpcId") or "",
        state=(fields.maybe_text(entry, "State") or "available").lower(),
        subnet_ids=fields.texts(entry, "SubnetIds"),
        references=_references(entry),
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
    alive = [one for one in found if one.state not in ("deleted", "deleting", "rejected")]
    if not (alive or found):
        raise Missing(
            f"attachment of {vpc_id} to {gateway_id}",
            "is not in TransitGatewayVpcAttachments",
            "ec2:DescribeTransitGatewayVpcAttachments",
        )
    return (alive or list(found))[0]


def table_of(network: Network, attachment_id: str) -> Association:
    """Return which table an attachment is associated with."""
    return network.one("TransitGatewayAttachments", attachment_id, read_association)


def zones_of(network: Network, found: Attachment) -> dict[str, places.Subnet]:
    """Return the subnets of an attachment, each by its zone."""
    subnets = (places.subnet(network, subnet_id) for subnet_id in found.subnet_ids)
    return {subnet.zone_id or subnet.zone or subnet.id: subnet for subnet in subnets}


def choose(
    network: Network, table_id: str, wanted: Block
) -> tuple[TransitRoute | None, tuple[TransitRoute, ...]]:
    """Return the route that wins for these addresses, and those that match and lose."""
    ranked = network.remember(("transit", table_id), lambda: _ranked(network, table_id))
    matching = [route for route in ranked.routes if route.block.contains(wanted)]
    inside = [route for route in ranked.routes if route.block in _proper_parts(ranked, wanted)]
    if inside:
        raise NotRead(f"routes of {table_id} for {wanted}", f"{inside[0]} is for a part of it only")
    if ranked.incomplete and not matching:
        reason = "AWS returned only a part of them (TGW_RTB_ROUTES_ARE_UNKNOWN)"
        raise NotRead(f"routes of {table_id}", reason)
    return (matching[0] if matching else None), tuple(matching[1:])


def is_empty(network: Network, table_id: str) -> bool:
    """Whether a table leads nowhere at all."""
    return not network.remember(("transit", table_id), lambda: _ranked(network, table_id)).routes


def _proper_parts(ranked: _Ranked, wanted: Block) -> set[Block]:
    return {
        route.block
        for route in ranked.routes
        if wanted.contains(route.block) and route.block != wanted
    }


@dataclass(frozen=True, slots=True)
class _Ranked:
    routes: tuple[TransitRoute, ...]
    incomplete: bool


def _ranked(network: Network, table_id: str) -> _Ranked:
    """Return the routes of a table in the order in which they win."""
    try:
        raw, incomplete = network.one("TransitGatewayRoutes", table_id, _read_routes)
    except NotRead:
        # Other tools save what a table holds and what is propagated into it instead.
        raw, incomplete = _from_parts(network, table_id)
    routes = [route for entry in raw for route in _route(network, entry)]
    routes.sort(key=lambda route: (-route.block.prefix_length, not route.static))
    return _Ranked(tuple(routes), incomplete)


def _read_routes(entry: Entry) -> tuple[tuple[Entry, ...], bool]:
    more = fields.flag(entry, "AdditionalRoutesAvailable") or False
    return fields.items(entry, "Routes"), more


def _route(network: Network, entry: Entry) -> list[TransitRoute]:
    block = fields.maybe_block(entry, "DestinationCidrBlock")
    prefix_list_id = fields.maybe_text(entry, "PrefixListId")
    blocks: tuple[Block, ...] = () if block is None else (block,)
    if block is None and prefix_list_id is not None:
        blocks = prefix_lists.blocks_of(network, prefix_list_id)
    attachments = tuple(
        (
            fields.maybe_text(item, "TransitGatewayAttachmentId"),
            fields.maybe_text(item, "ResourceType") or "vpc",
            fields.maybe_text(item, "ResourceId"),
        )
        for item in fields.items(entry, "TransitGatewayAttachments")
    )
    return [
        TransitRoute(
            block=one,
            static=fields.maybe_text(entry, "Type") != "propagated",
            state=(fields.maybe_text(entry, "State") or "active").lower(),
            attachments=attachments,
        )
        for one in blocks
    ]


def _from_parts(network: Network, table_id: str) -> tuple[tuple[Entry, ...], bool]:
    """Put a table together from its static routes and the VPCs that propagate into it."""
    static, more = network.one("TransitGatewayStaticRoutes", table_id, _read_routes)
    propagated = network.one("TransitGatewayPropagations", table_id, _read_propagations)
    learned: list[Entry] = []
    for item in propagated:
        if item.get("ResourceType") != "vpc":
            raise NotRead(f"routes that {item.get('ResourceId')} propagates", "not told")
        vpc = places.vpc(network, fields.text(item, "ResourceId"))
        learned += [
            {
                "DestinationCidrBlock": str(block),
                "Type": "propagated",
                "State": "active",
                "TransitGatewayAttachments": [item],
            }
            for block in vpc.blocks
        ]
    return (*static, *learned), more


def _read_propagations(entry: Entry) -> tuple[Entry, ...]:
    return tuple(
        item
        for item in fields.items(entry, "TransitGatewayRouteTablePropagations")
        if item.get("State") in (None, "enabled")
    )
