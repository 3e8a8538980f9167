"""Route tables of transit gateways: the most specific route, static before propagated.

https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-route-evaluation-overview
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from probe.network import fields, places, prefix_lists
from probe.network.fields import Malformed
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.fields import Entry


class Way(NamedTuple):
    """One attachment that a route leads to."""

    attachment_id: str | None
    kind: str  # "vpc" | "vpn" | "direct-connect-gateway" | "peering" | ...
    resource_id: str | None


@dataclass(frozen=True, slots=True)
class TransitRoute:
    """One route of a transit gateway route table."""

    block: Block | None  # None: by the prefix list
    prefix_list_id: str | None
    static: bool
    state: str
    ways: tuple[Way, ...]  # several are equally good

    def __str__(self) -> str:
        to = ", ".join(way.resource_id or way.kind for way in self.ways)
        return f"{self.block or self.prefix_list_id} -> {to or self.state}"


@dataclass(frozen=True, slots=True)
class Table:
    """The routes of one table, as one call tells them."""

    routes: tuple[TransitRoute, ...]
    incomplete: bool


def read_table(entry: Entry) -> Table:
    """Read one entry of TransitGatewayRoutes or TransitGatewayStaticRoutes."""
    return Table(
        routes=fields.each(entry, "Routes", _read_route),
        incomplete=fields.flag(entry, "AdditionalRoutesAvailable") or False,
    )


def _read_route(entry: Entry) -> TransitRoute:
    block = fields.maybe_block(entry, "DestinationCidrBlock")
    prefix_list_id = fields.maybe_text(entry, "PrefixListId")
    if block is None and prefix_list_id is None:
        raise Malformed("DestinationCidrBlock", "expected a block here or a PrefixListId")
    return TransitRoute(
        block=block,
        prefix_list_id=prefix_list_id,
        static=fields.maybe_text(entry, "Type") != "propagated",
        state=(fields.maybe_text(entry, "State") or "active").lower(),
        ways=fields.each(entry, "TransitGatewayAttachments", _read_way),
    )


def _read_way(entry: Entry) -> Way:
    return Way(
        fields.maybe_text(entry, "TransitGatewayAttachmentId"),
        fields.maybe_text(entry, "ResourceType") or "vpc",
        fields.maybe_text(entry, "ResourceId"),
    )


def read_propagations(entry: Entry) -> tuple[Way, ...]:
    """Read one entry of TransitGatewayPropagations: what is propagated into one table."""
    return tuple(
        _read_way(item)
        for item in fields.items(entry, "TransitGatewayRouteTablePropagations")
        if fields.maybe_text(item, "State") in (None, "enabled")
    )


def choose(
    network: Network, table_id: str, wanted: Block
) -> tuple[TransitRoute | None, tuple[TransitRoute, ...]]:
    """Return the route that wins for these addresses, and those that match and lose."""
    table = _ranked(network, table_id)
    known = [(route.block, route) for route in table.routes if route.block is not None]
    for block, route in known:
        if wanted.contains(block) and block != wanted:
            raise NotRead(f"routes of {table_id} for {wanted}", f"{route} is for a part of it only")
    matching = [route for block, route in known if block.contains(wanted)]
    if table.incomplete and not matching:
        reason = "AWS returned only a part of them (TGW_RTB_ROUTES_ARE_UNKNOWN)"
        raise NotRead(f"routes of {table_id}", reason)
    return (matching[0] if matching else None), tuple(matching[1:])


def is_empty(network: Network, table_id: str) -> bool:
    """Whether a table leads nowhere at all."""
    return not _ranked(network, table_id).routes


def _ranked(network: Network, table_id: str) -> Table:
    return network.remember(("transit", table_id), lambda: _rank(network, table_id))


def _rank(network: Network, table_id: str) -> Table:
    """Return the routes of a table in the order in which they win, each with a block."""
    table = _table(network, table_id)
    found: list[tuple[int, TransitRoute]] = []
    for route in table.routes:
        blocks: tuple[Block, ...] = () if route.block is None else (route.block,)
        if route.block is None and route.prefix_list_id is not None:
            blocks = prefix_lists.blocks_of(network, route.prefix_list_id)
        found += [(one.prefix_length, replace(route, block=one)) for one in blocks]
    found.sort(key=lambda pair: (-pair[0], not pair[1].static))
    return Table(tuple(route for _, route in found), table.incomplete)


def _table(network: Network, table_id: str) -> Table:
    """Return a table; other tools save its static routes and its propagations instead."""
    try:
        return network.one("TransitGatewayRoutes", table_id, read_table)
    except NotRead as missing:
        try:
            static = network.one("TransitGatewayStaticRoutes", table_id, read_table)
            ways = network.one("TransitGatewayPropagations", table_id, read_propagations)
        except NotRead:
            raise missing from None
    learned = [route for way in ways for route in _learned(network, way)]
    return Table((*static.routes, *learned), static.incomplete)


def _learned(network: Network, way: Way) -> list[TransitRoute]:
    if way.kind != "vpc" or way.resource_id is None:
        raise NotRead(f"routes that {way.resource_id} propagates", "they are not told")
    vpc = places.vpc(network, way.resource_id)
    return [
        TransitRoute(block, None, static=False, state="active", ways=(way,)) for block in vpc.blocks
    ]
