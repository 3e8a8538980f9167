"""Leading a destination of one subnet elsewhere, without deciding for others on the way.

The VPC's main table decides for every subnet that has no table of its own: where others depend on
it, the subnet gets a table of its own instead, with the same routes and the new one.
https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.network import places
from probe.remedy import survey
from probe.remedy.steps import endpoints, routing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.network.fields import Entry
    from probe.network.places import Subnet
    from probe.network.routes import RouteTable
    from probe.remedy.proposal import Context, Step


def local_routes(context: Context, vpc_id: str) -> tuple[Entry, ...]:
    """Return the routes that AWS gives every table of a VPC."""
    return tuple(
        {
            routing.destination_field(str(block)): str(block),
            "GatewayId": "local",
            "State": "active",
            "Origin": "CreateRouteTable",
        }
        for block in places.vpc(context.network, vpc_id).blocks
    )


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A new route table with the routes of an old one."""

    table_id: str
    steps: tuple[Step, ...]


def copy_table(context: Context, table: RouteTable, without: str) -> OwnTable:
    """Make a table that leads everywhere the old one leads, except to one destination."""
    vpc_id = table.vpc_id or ""
    table_id = context.new("rtb")
    rows = survey.raw(context.network, "RouteTables", table.id).get("Routes") or ()
    create = routing.create_table(table_id, vpc_id, local_routes(context, vpc_id))
    steps = [create, *_copies(context, table, rows, table_id, without)]
    return OwnTable(table_id, tuple(steps))


def _copies(
    context: Context, table: RouteTable, rows: Sequence[Any], table_id: str, without: str
) -> list[Step]:
    """Copy each route in the way in which it came to be."""
    steps: list[Step] = []
    propagated: dict[str, list[Entry]] = {}
    for row, route in zip(rows, table.routes, strict=True):
        if route.kind in ("local", "unknown") or route.destination == without:
            continue
        if route.propagated:
            propagated.setdefault(route.target, []).append(row)
        elif route.prefix_list_id is not None and route.kind == "vpc-endpoint":
            endpoint = survey.raw(context.network, "VpcEndpoints", route.target)
            steps.append(endpoints.add_table(endpoint, table_id, route.prefix_list_id))
        elif route.state == "active":
            steps.append(routing.set_route(table_id, route.destination, route.target))
    steps += [
        routing.propagate(table_id, gateway_id, tuple(routes))
        for gateway_id, routes in propagated.items()
    ]
    return steps


def strangers(context: Context, table: RouteTable, subnet_id: str) -> tuple[Subnet, ...]:
    """Return the subnets that a table decides for besides those that are to be mended."""
    own = context.subnet_ids if subnet_id in context.subnet_ids else (subnet_id,)
    users = survey.users_of(context.network, table)
    return tuple(subnet for subnet in users if subnet.id not in own)


def shared(context: Context, table: RouteTable, subnet_id: str) -> str:
    """Say whom else a change of a table concerns, as a clause; nothing where it is nobody."""
    others = survey.few([subnet.id for subnet in strangers(context, table, subnet_id)])
    if table.main:
        now = f" (now {others})" if others else ""
        return f", the VPC's main table for every subnet without one of its own{now}"
    return f", which decides for {others} too" if others else ""


def stays(context: Context, subnet_id: str, destination: str) -> bool:
    """Whether a subnet keeps its table where a destination is led elsewhere."""
    table = survey.table_of(context.network, subnet_id)
    return is_for(context, table, subnet_id) or _leads(context, subnet_id, destination)


def is_for(context: Context, table: RouteTable, subnet_id: str) -> bool:
    """Whether a new route in this table is nobody's business but the subnet's and its likes'."""
    return not (table.main and strangers(context, table, subnet_id))


def _leads(context: Context, subnet_id: str, destination: str) -> bool:
    """Whether a subnet's table has a route for a destination, or is to have one."""
    return any(
        survey.route_to(survey.table_of(network, subnet_id), destination) is not None
        for network in (context.network, context.ahead)
    )


def lead(
    context: Context, subnet_id: str, destination: str, target: str
) -> tuple[tuple[Step, ...], str]:
    """Lead a destination of one subnet to a target; return the steps, and a clause for them."""
    table = survey.table_of(context.network, subnet_id)
    also = shared(context, table, subnet_id)
    if not stays(context, subnet_id, destination):
        return _own(context, table, subnet_id, destination, target), (
            f"in a route table of its own and not in its present one, {table.id}{also}"
        )
    exists = _leads(context, subnet_id, destination)
    step = routing.set_route(table.id, destination, target, exists=exists)
    return (step,), f"in its route table {table.id}{also}"


def lead_alone(
    context: Context, subnet_id: str, destination: str, target: str
) -> tuple[tuple[Step, ...], str]:
    """Lead a destination of one subnet to a target, and of no other subnet, whoever it belongs to.

    For the places that a route leads through: what shares their table is led to them by it.
    """
    table = survey.table_of(context.network, subnet_id)
    users = survey.users_of(context.network, table)
    others = survey.few([subnet.id for subnet in users if subnet.id != subnet_id])
    if not others:
        return lead(context, subnet_id, destination, target)
    return _own(context, table, subnet_id, destination, target), (
        f"in a route table of its own, because its present one, {table.id}, decides for {others} "
        "too"
    )


def _own(
    context: Context, table: RouteTable, subnet_id: str, destination: str, target: str
) -> tuple[Step, ...]:
    own = copy_table(context, table, destination)
    association = survey.association_of(context.network, subnet_id)
    return (
        *own.steps,
        routing.set_route(own.table_id, destination, target),
        routing.associate(own.table_id, subnet_id, association),
    )
