"""Leading a subnet where the other route tables of its VPC lead already.

Tables that were made alike are changed one by one, and one is forgotten: it lacks a route, or its
route leads to what is gone. The route of the others is taken whole, its range and its target, so
that the tables are alike again.
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from probe.model import Verdict
from probe.network import routes
from probe.network.addresses import is_private
from probe.network.vpc import NotRead
from probe.remedy import peers, survey, tables
from probe.remedy.joins import FREE
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.network.addresses import Block
    from probe.network.routes import Route, RouteTable
    from probe.remedy.proposal import Context, Remedy, Step

SISTER = "sister"  # the way of every proposal that does as another table does
_NETWORKS = ("peering", "transit-gateway", "vpn-gateway")
Lead = tuple[str, "Route"]  # whose route it is


def or_like_others(remedy: Remedy, *, first: bool = True) -> Remedy:
    """Return a remedy that also does as other tables do; before anything else, where `first`."""

    def both(context: Context) -> tuple[Proposal, ...]:
        like = as_others(context)
        try:
            own = remedy(context)
        except NotRead:
            if not like:
                raise
            own = ()
        if not (like and first):
            return (*own, *like)
        return (*like, *(replace(one, fallback=True) for one in own if not one.fallback))

    return both


def as_others(context: Context) -> tuple[Proposal, ...]:
    """Lead a subnet to the target as another table of its VPC does."""
    try:
        wanted = peers.target_of(context)
        own = survey.table_of(context.network, context.fact("subnet_id"))
        if context.blocker.direction == "return" or context.facts.get("meant_vpc_id"):
            return ()
        dead = survey.route_to(own, context.fact("destination_cidr"))
        found = _others(context, own, wanted, dead)
    except NotRead:  # what others do is not known; the other ways stand alone
        return ()
    return () if found is None else (_proposal(context, own, wanted, dead, found),)


def _others(context: Context, own: RouteTable, wanted: Block, dead: Route | None) -> Lead | None:
    """Return the route of other tables; of several, one by which the target is reached already."""
    network = context.network
    leads: list[Lead] = []
    for table in routes.of_vpc(network, own.vpc_id or ""):
        with contextlib.suppress(NotRead):  # what a table leads to by an unread list is no help
            (choice,) = routes.choose(network, table, wanted)
            if table.id != own.id and choice.route and _leads_to_a_network(choice.route, dead):
                leads.append((table.id, choice.route))
    proven = {survey.table_of(network, subnet_id).id for subnet_id in _arriving(context)}
    siblings = {survey.table_of(network, subnet_id).id for subnet_id in context.subnet_ids}
    good = [lead for lead in leads if lead[0] in proven]
    return (
        next(iter(good), None)
        or _one([lead for lead in leads if lead[0] in siblings])
        or _one(leads)
    )


def _one(leads: list[Lead]) -> Lead | None:
    """Return what all of them agree on."""
    said = {(route.destination, route.target) for _, route in leads}
    return leads[0] if len(said) == 1 else None


def _arriving(context: Context) -> Iterable[str]:
    """Name the function's subnets from which packets arrive where these do not."""
    return (
        path.subnet_id
        for path in context.paths
        if path.subnet_id is not None
        and path.destination == context.path.destination
        and path.verdict is Verdict.REACHABLE
    )


def _leads_to_a_network(route: Route, dead: Route | None) -> bool:
    """Tell a working route to another network from a default route, which knows no network."""
    same = dead is not None and route.destination == dead.destination
    named = route.block is not None and is_private(route.block)
    named = named or (same and route.destination != survey.INTERNET)
    works = route.state == "active" and not (dead and route.target == dead.target)
    return named and works and route.kind in _NETWORKS


def _proposal(
    context: Context, own: RouteTable, wanted: Block, dead: Route | None, found: Lead
) -> Proposal:
    table_id, route = found
    subnet_id = context.fact("subnet_id")
    if route.propagated and dead is None and tables.is_for(context, own, subnet_id):
        return _learn(context, own, subnet_id, wanted, found)
    steps, where = tables.lead(context, subnet_id, route.destination, route.target)
    cleared = (
        _without(own, dead, route) if tables.stays(context, subnet_id, route.destination) else ()
    )
    text = (
        f"Route table {table_id} of the same VPC leads {route.destination}, which {wanted} is in, "
        f"to {route.target}: lead it there from subnet {subnet_id} too, {where}"
    )
    if dead is not None and dead.destination == route.destination:
        text += f", and no more to {dead.target}"
    elif cleared and dead is not None:
        text += f", and delete its route for {dead.destination}, which leads to {dead.target}"
    return Proposal(f"{text}.", (*steps, *cleared), FREE, SISTER)


def _without(own: RouteTable, dead: Route | None, route: Route) -> tuple[Step, ...]:
    """Delete the dead route where it would win over the new one."""
    if dead is None or dead.block is None or route.block is None or dead.block == route.block:
        return ()
    wins = route.block.contains(dead.block)
    return (routing.delete_route(own.id, dead.destination),) if wins else ()


def _learn(
    context: Context, own: RouteTable, subnet_id: str, wanted: Block, found: Lead
) -> Proposal:
    """Let a table learn the routes of a VPN gateway, as another one does.

    A route by hand would stay behind when the network's own routes change:
    https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html#EnableDisableRouteProp
    """
    table_id, route = found
    learned = [
        row
        for row in survey.raw(context.network, "RouteTables", table_id)["Routes"]
        if row.get("Origin") in routes.PROPAGATED_ORIGINS and row.get("GatewayId") == route.target
    ]
    text = (
        f"Route table {table_id} of the same VPC learns {route.destination}, which {wanted} is in, "
        f"from {route.target} by route propagation: turn it on for {own.id} of subnet {subnet_id} "
        f"too{tables.shared(context, own, subnet_id)}."
    )
    step = routing.propagate(own.id, route.target, tuple(learned))
    return Proposal(text, (step,), "Route propagation costs nothing.", SISTER)
