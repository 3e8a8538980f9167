"""Route tables: which table a subnet uses, and which of its routes a destination takes.

The most specific route wins; between equals a static route, then one by prefix list, then one that
was propagated; a propagated route never overrides the VPC's own local route.
https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, prefix_lists
from probe.network.addresses import Block, is_private, minus
from probe.network.fields import Entry, Malformed
from probe.network.places import GONE
from probe.network.vpc import IN_VPC, Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.network.places import Subnet

# Field of a route that names its target, and what kind of thing that is.
TARGETS = {
    "NatGatewayId": "nat-gateway",
    "TransitGatewayId": "transit-gateway",
    "VpcPeeringConnectionId": "peering",
    "EgressOnlyInternetGatewayId": "egress-only-internet-gateway",
    "NetworkInterfaceId": "network-interface",
    "InstanceId": "instance",
    "LocalGatewayId": "local-gateway",
    "CarrierGatewayId": "carrier-gateway",
    "CoreNetworkArn": "core-network",
    "OdbNetworkArn": "odb-network",
    "VpcEndpointId": "vpc-endpoint",
}
# GatewayId holds several kinds, told apart by the id itself.
GATEWAYS = {
    "local": "local",
    "igw": "internet-gateway",
    "vgw": "vpn-gateway",
    "vpce": "vpc-endpoint",
    "eigw": "egress-only-internet-gateway",
}
STATIC, BY_PREFIX_LIST, PROPAGATED = range(3)
PROPAGATED_ORIGINS = ("EnableVgwRoutePropagation", "Advertisement")


@dataclass(frozen=True, slots=True)
class Route:
    """One route: a destination, and where it leads."""

    block: Block | None
    prefix_list_id: str | None
    kind: str  # value of TARGETS or GATEWAYS, or "unknown"
    target: str
    state: str  # active | blackhole | filtered
    propagated: bool

    @property
    def destination(self) -> str:
        """The destination as the table shows it."""
        return str(self.block) if self.block is not None else (self.prefix_list_id or "?")

    def __str__(self) -> str:
        return f"{self.destination} -> {self.target}"


@dataclass(frozen=True, slots=True)
class RouteTable:
    """One route table."""

    id: str
    vpc_id: str | None
    main: bool
    routes: tuple[Route, ...]


def read_table(entry: Entry) -> RouteTable:
    """Read one entry of RouteTables."""
    associations = fields.items(entry, "Associations")
    return RouteTable(
        id=fields.text(entry, "RouteTableId"),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        main=any(association.get("Main") is True for association in associations),
        routes=fields.each(entry, "Routes", read_route),
    )


def read_route(entry: Entry) -> Route:
    """Read one entry of a table's Routes."""
    block = fields.maybe_block(entry, "DestinationCidrBlock") or fields.maybe_block(
        entry, "DestinationIpv6CidrBlock"
    )
    prefix_list_id = fields.maybe_text(entry, "DestinationPrefixListId")
    if block is None and prefix_list_id is None:
        raise Malformed("DestinationCidrBlock", "expected a destination: a block or a prefix list")
    kind, target = _target(entry)
    return Route(
        block=block,
        prefix_list_id=prefix_list_id,
        kind=kind,
        target=target,
        state=(fields.maybe_text(entry, "State") or "active").lower(),
        propagated=fields.maybe_text(entry, "Origin") in PROPAGATED_ORIGINS,
    )


def _target(entry: Entry) -> tuple[str, str]:
    for field, kind in TARGETS.items():
        if (target := fields.maybe_text(entry, field)) is not None:
            # A route to an instance names its interface too, and packets go to that interface.
            return kind, target
    gateway = fields.maybe_text(entry, "GatewayId")
    if gateway is None:
        return "unknown", "no target"
    return GATEWAYS.get(gateway.partition("-")[0], "unknown"), gateway


def of_subnet(network: Network, subnet: Subnet) -> RouteTable:
    """Return the table a subnet uses: the one associated with it, else the VPC's main table.

    DescribeRouteTables does not list implicit associations:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html
    """
    return network.remember(("table of subnet", subnet.id), lambda: _of_subnet(network, subnet))


def _of_subnet(network: Network, subnet: Subnet) -> RouteTable:
    found = network.where("RouteTables", "association", _associated, subnet.id, read_table)
    if found:
        return found[0]
    main = network.where("RouteTables", "main of vpc", _main_of, subnet.vpc_id, read_table)
    if main:
        return main[0]
    raise NotRead(
        f"route table of {subnet.id}",
        f"neither it nor the main table of {subnet.vpc_id} is in RouteTables",
        "ec2:DescribeRouteTables",
    )


def of_gateway(network: Network, gateway_id: str) -> RouteTable | None:
    """Return the table that steers what comes in through a gateway; None when it has none.

    https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html
    """
    found = network.where("RouteTables", "association", _associated, gateway_id, read_table)
    return found[0] if found else None


def by_id(network: Network, route_table_id: str) -> RouteTable:
    """Return a route table by its id."""
    return network.one("RouteTables", route_table_id, read_table)


def of_vpc(network: Network, vpc_id: str) -> tuple[RouteTable, ...]:
    """Return every table of a VPC."""
    return network.where("RouteTables", "VpcId", IN_VPC, vpc_id, read_table)


def _main_of(entry: Entry) -> tuple[object, ...]:
    associations = fields.items(entry, "Associations")
    return IN_VPC(entry) if any(one.get("Main") is True for one in associations) else ()


def _associated(entry: Entry) -> Iterator[str]:
    for association in fields.items(entry, "Associations"):
        if fields.mapping(association, "AssociationState").get("State") in GONE:
            continue
        for field in ("SubnetId", "GatewayId"):
            if (identity := fields.maybe_text(association, field)) is not None:
                yield identity


@dataclass(frozen=True, slots=True)
class Choice:
    """The route that some addresses take; `route` is None when none matches."""

    block: Block
    route: Route | None
    # Routes that match as well and lose, in the order in which they would have come.
    losing: tuple[Route, ...] = ()


class UnreadList(NotRead):
    """Which route applies depends on a prefix list that was not read."""

    def __init__(self, missing: NotRead, found: Iterable[Route]) -> None:
        gap = missing.undetermined
        super().__init__(gap.what, gap.reason, gap.needs)
        # By the list's id, whether a gateway endpoint routes by it.
        self.lists = {route.destination: route.kind == "vpc-endpoint" for route in found}


def choose(
    network: Network, table: RouteTable, wanted: Block, *, supposed: str | None = None
) -> tuple[Choice, ...]:
    """Return which route each of the wanted addresses takes.

    `supposed`: the one prefix list, of those that were not read, that shall hold them; "" for none.
    """
    ranked = network.remember(("ranked", table.id), lambda: _ranked(network, table))
    # Lists that gateway endpoints route by hold public addresses of AWS, and nothing else.
    unread = [
        (missing, route)
        for missing, route in ranked.unread
        if not (route.kind == "vpc-endpoint" and is_private(wanted))
    ]
    if unread and supposed is None:
        raise UnreadList(unread[0][0], (route for _, route in unread))
    for _, route in unread:
        if route.prefix_list_id == supposed:
            return (Choice(wanted, route),)
    choices: list[Choice] = []
    rest: tuple[Block, ...] = (wanted,)
    for block, route in ranked.candidates:
        for part in rest:
            common = part.common(block)
            if common is not None:
                choices.append(Choice(common, route, _losing(ranked, common, route)))
        rest = tuple(piece for part in rest for piece in minus(part, block))
        if not rest:
            break
    choices.extend(Choice(part, None) for part in rest)
    return tuple(choices)


def _losing(ranked: _Ranked, block: Block, winner: Route) -> tuple[Route, ...]:
    matching = (route for known, route in ranked.candidates if known.contains(block))
    return tuple(route for route in matching if route is not winner)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The routes of a table in the order in which they win."""

    candidates: tuple[tuple[Block, Route], ...]
    unread: tuple[tuple[NotRead, Route], ...]  # routes whose prefix list was not read


def _ranked(network: Network, table: RouteTable) -> _Ranked:
    candidates: list[tuple[Block, Route]] = []
    unread: list[tuple[NotRead, Route]] = []
    for route in table.routes:
        if route.block is not None:
            candidates.append((route.block, route))
            continue
        try:
            blocks = prefix_lists.blocks_of(network, route.prefix_list_id or "")
        except NotRead as missing:
            unread.append((missing, route))
            continue
        candidates.extend((block, route) for block in blocks)
    local = [block for block, route in candidates if route.kind == "local"]
    kept = [
        (block, route)
        for block, route in candidates
        if not (route.propagated and any(own.contains(block) for own in local))
    ]
    kept.sort(key=lambda pair: (-pair[0].prefix_length, _rank(pair[1])))
    return _Ranked(tuple(kept), tuple(unread))


def _rank(route: Route) -> int:
    if route.propagated:
        return PROPAGATED
    return STATIC if route.block is not None else BY_PREFIX_LIST
