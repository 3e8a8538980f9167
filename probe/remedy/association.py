"""Giving a subnet a route table that its VPC has already, and that leads out.

The smallest change where a subnet was forgotten, or got the wrong table: nothing is made, and no
table changes that others have. Only a table is taken that leads everywhere the present one leads.
https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places, routes
from probe.network.vpc import NotRead
from probe.remedy import survey, tables, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.nat import NatGateway
    from probe.network.routes import RouteTable
    from probe.remedy.proposal import Context, Remedy, Step

ASSOCIATION = "association"  # the way of every proposal that takes a table as it is


def or_associate(remedy: Remedy) -> Remedy:
    """Return a remedy that first takes a table with a NAT gateway, where there is one."""

    def both(context: Context) -> tuple[Proposal, ...]:
        return (*with_nat(context), *remedy(context))

    return both


def with_nat(context: Context) -> tuple[Proposal, ...]:
    """Associate a private subnet with a table that leads to a NAT gateway that works.

    Not where the subnet's table decides for it alone: then a route in it changes as little.
    """
    subnet_id, network = context.fact("subnet_id"), context.network
    try:
        subnet, present = places.subnet(network, subnet_id), survey.table_of(network, subnet_id)
        nats = {nat.id: nat for nat in survey.working_nats(network, subnet.vpc_id)}
        if not nats or not (present.main or tables.strangers(context, present, subnet_id)):
            return ()
        found = [
            (nats[route.target], table)
            for table, route in _leading(context, subnet.vpc_id, present)
            if route.target in nats
        ]
        zone = survey.zone_of(network, subnet_id)
        found.sort(key=lambda one: not _is_near(context, one[0], zone))
    except NotRead:  # what the table leads to was not read; the other ways stand alone
        return ()
    if not found:
        return ()
    nat, table = found[0]
    text = (
        f"Associate subnet {subnet_id} with route table {table.id}, which leads 0.0.0.0/0 to NAT "
        f"gateway {nat.id}; {present.id}, which it has now, stays as it is."
    )
    if not _is_near(context, nat, zone):
        text += (
            f" That NAT gateway stands in {survey.zone_of(context.network, nat.subnet_id)} and the "
            f"subnet in {zone}: a failure of that zone cuts the subnet off too."
        )
    steps = (_associate(context, table, subnet_id),)
    return (Proposal(text, steps, way_out.OLD_NAT_COST, ASSOCIATION),)


def with_internet_gateway(
    context: Context, subnet_id: str, gateway_id: str
) -> tuple[tuple[Step, ...], str] | None:
    """Associate a subnet with a table that leads to the internet gateway.

    Returns the steps, and a clause for them; None where there is no such table, or where the
    present one decides for this subnet alone.
    """
    present = survey.table_of(context.network, subnet_id)
    if len(survey.users_of(context.network, present)) == 1:
        return None
    vpc_id = places.subnet(context.network, subnet_id).vpc_id
    for table, route in _leading(context, vpc_id, present):
        if route.target == gateway_id:
            where = (
                f"by associating it with route table {table.id}, which leads there already; "
                f"{present.id}, which it has now, stays as it is"
            )
            return (_associate(context, table, subnet_id),), where
    return None


def _leading(
    context: Context, vpc_id: str, present: RouteTable
) -> Iterator[tuple[RouteTable, routes.Route]]:
    """Yield the tables that subnets use and that lead out and wherever the present one leads."""
    users = (
        routes.of_subnet(context.network, other)
        for other in places.subnets_of(context.network, vpc_id)
    )
    for table in {table.id: table for table in users}.values():
        route = survey.route_to(table, survey.INTERNET)
        other = table.id != present.id and _places(present) <= _places(table)
        if route is not None and route.state == "active" and other:
            yield table, route


def _places(table: RouteTable) -> set[tuple[str, str]]:
    """Return where a table leads, but for the internet and what does not work."""
    return {
        (route.destination, route.target)
        for route in table.routes
        if route.destination != survey.INTERNET and route.state == "active"
    }


def _is_near(context: Context, nat: NatGateway, zone: str | None) -> bool:
    """Whether a NAT gateway stands in this zone; a regional one stands in all that it serves."""
    return nat.subnet_id is None or survey.zone_of(context.network, nat.subnet_id) == zone


def _associate(context: Context, table: RouteTable, subnet_id: str) -> Step:
    association_id = survey.association_of(context.network, subnet_id)
    return routing.associate(table.id, subnet_id, association_id)
