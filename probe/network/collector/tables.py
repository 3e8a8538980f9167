"""The route tables that packets of a placement meet, and their answers, as far as they are read.

A way leads from table to table: a firewall's endpoint, a NAT gateway and an attachment of a transit
gateway stand in subnets of their own, whose tables lead on.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from probe.network import endpoints, nat, places, routes
from probe.network.transit import transit_attachments
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.network.addresses import Block
    from probe.network.routes import Route, RouteTable
    from probe.network.vpc import Network


def on_the_way(
    network: Network, subnet_ids: Iterable[str], wanted: Iterable[Block]
) -> list[RouteTable]:
    """Return the tables that routes lead to from these subnets, and from whoever is wanted."""
    found: dict[str, RouteTable] = {}
    followed: set[str] = set()
    begun = [*subnet_ids, *_of_nats(network), *_of_targets(network, wanted)]
    new = list(_of_subnets(network, begun))
    while new:
        table = new.pop(0)
        if table.id in found:
            continue
        found[table.id] = table
        for route in table.routes:
            if route.target not in followed:
                followed.add(route.target)
                with suppress(NotRead):  # the next round may know more
                    new += _behind(network, route)
    return list(found.values())


def _of_nats(network: Network) -> Iterator[str]:
    """Return where NAT gateways stand, those without a route too: a fix may lead to one."""
    with suppress(NotRead):
        for one in network.all("NatGateways", nat.read_nat):
            if one.subnet_id is not None:
                yield one.subnet_id


def _of_targets(network: Network, wanted: Iterable[Block]) -> Iterator[str]:
    """Return where the wanted addresses are: answers set out from there."""
    with suppress(NotRead):
        for block in wanted:
            for one in places.interfaces_with(network, block):
                if one.subnet_id is not None:
                    yield one.subnet_id


def _of_subnets(network: Network, subnet_ids: Iterable[str]) -> Iterator[RouteTable]:
    for subnet_id in dict.fromkeys(subnet_ids):
        with suppress(NotRead):
            yield routes.of_subnet(network, places.subnet(network, subnet_id))


def _behind(network: Network, route: Route) -> Iterator[RouteTable]:
    """Return the tables that may decide once packets have come to what a route names."""
    subnet_ids: tuple[str | None, ...] = ()
    if route.kind == "nat-gateway":
        gateway = network.one("NatGateways", route.target, nat.read_nat)
        if gateway.route_table_id is not None:
            yield routes.by_id(network, gateway.route_table_id)
    elif route.kind == "internet-gateway":
        if (table := routes.of_gateway(network, route.target)) is not None:
            yield table
    elif route.kind == "vpc-endpoint":
        subnet_ids = endpoints.by_id(network, route.target).subnet_ids
    elif route.kind == "network-interface":
        subnet_ids = (places.interface(network, route.target).subnet_id,)
    elif route.kind == "instance":
        subnet_ids = tuple(one.subnet_id for one in places.of_instance(network, route.target))
    elif route.kind == "transit-gateway":
        attached = transit_attachments.of_gateway(network, route.target)
        subnet_ids = tuple(subnet_id for one in attached for subnet_id in one.subnet_ids)
    yield from _of_subnets(network, (one for one in subnet_ids if one is not None))
