"""Fixes for ways that lead nowhere: a default route, a NAT gateway, a private subnet.

What is proposed is the smallest change that is right: what exists and works is used before
anything is made, and tables that decide for others are left alone where that is possible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places
from probe.network.vpc import NotRead
from probe.remedy import survey, tables, unpublish, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import function, gateways, routing

if TYPE_CHECKING:
    from probe.remedy.proposal import Context

NAT = "nat-gateway"  # the way of every proposal that uses one


def lead_to_nat(context: Context) -> tuple[Proposal, ...]:
    """Give the subnet a default route to a NAT gateway."""
    subnet_id = context.fact("subnet_id")
    out = way_out.nat_for(context, context.fact("vpc_id"), subnet_id)
    steps, where = tables.lead(context, subnet_id, survey.INTERNET, out.nat_id)
    text = out.told(
        f"Lead the internet traffic of subnet {subnet_id} (0.0.0.0/0) to {out.name}, {where}."
    )
    return (Proposal(text, (*out.steps, *steps), out.cost, NAT),)


def replace_target(context: Context) -> tuple[Proposal, ...]:
    """Lead a route whose NAT gateway cannot work to one that does."""
    subnet_id, table_id = context.facts.get("subnet_id"), context.fact("route_table_id")
    destination = context.fact("destination_cidr")
    out = way_out.nat_for(context, context.fact("vpc_id"), subnet_id)
    step = routing.set_route(table_id, destination, out.nat_id, exists=True)
    also = tables.shared(context, survey.table(context.network, table_id), subnet_id or "")
    names = ("nat_gateway_id", "instance_id", "target")
    old = next((context.facts[name] for name in names if context.facts.get(name)), "what it has")
    text = out.told(
        f"Lead the route for {destination} in route table {table_id}{also + ',' if also else ''} "
        f"to {out.name} instead of {old}."
    )
    return (Proposal(text, (*out.steps, step), out.cost, NAT),)


def past_private_nat(context: Context) -> tuple[Proposal, ...]:
    """Lead to a public NAT gateway what leads to a private one, which has no way out."""
    old, subnet_id = context.fact("nat_gateway_id"), context.path.subnet_id
    if subnet_id is None:
        return ()
    table = survey.table_of(context.network, subnet_id)
    route = next((route for route in table.routes if route.target == old), None)
    if route is None or table.vpc_id is None:
        raise NotRead(f"the route to {old}", f"{table.id} does not hold it")
    out = way_out.nat_for(context, table.vpc_id, subnet_id)
    step = routing.set_route(table.id, route.destination, out.nat_id, exists=True)
    also = tables.shared(context, table, subnet_id)
    text = out.told(
        f"Lead the route for {route.destination} in route table {table.id}"
        f"{also + ',' if also else ''} to {out.name} instead of {old}, which is private and never "
        "reaches the internet."
    )
    return (Proposal(text, (*out.steps, step), out.cost, NAT),)


def lead_on(context: Context) -> tuple[Proposal, ...]:
    """Lead on to a NAT gateway what a firewall or transit gateway gets back from its own subnet.

    Where the route should lead to another network, nobody but its owner can tell how it goes on.
    https://docs.aws.amazon.com/network-firewall/latest/developerguide/route-tables.html
    """
    subnet_id, target = context.fact("subnet_id"), context.fact("target")
    if context.fact("destination_cidr") != survey.INTERNET:
        return ()
    out = way_out.nat_for(context, context.fact("vpc_id"), subnet_id)
    steps, where = tables.lead_alone(context, subnet_id, survey.INTERNET, out.nat_id)
    text = out.told(
        f"{target} gets back what it hands on into subnet {subnet_id}: lead that subnet's "
        f"0.0.0.0/0 to {out.name}, {where}."
    )
    return (Proposal(text, (*out.steps, *steps), out.cost, NAT),)


def move_out_of_public(context: Context) -> tuple[Proposal, ...]:
    """Put the function into private subnets with a NAT gateway; its other subnets stay."""
    own = [places.subnet(context.network, subnet_id) for subnet_id in context.subnet_ids]
    # The one that the packets left from is public, also where only some addresses go out by it.
    public = [
        one.id
        for one in own
        if one.id == context.path.subnet_id
        or survey.leads_to(context.network, one, "internet-gateway")
    ]
    kept = [one.id for one in own if one.id not in public]
    vpc_id = context.fact("vpc_id")
    ready = _ready(context, vpc_id, public)
    if not ready and not any(
        one.id in kept and survey.has_nat(context.network, one) for one in own
    ):
        new = _private_subnets(context, vpc_id, public, kept)
        return (*new, *unpublish.lead_past_gateway(context, vpc_id))
    steps = function.place(context.function, (*kept, *ready), _groups(context))
    if ready:
        text = (
            f"{_no_way_out(public)}: put the function into private subnet {', '.join(ready)}, whose"
            " route table leads to a NAT gateway"
            + (f", and keep {', '.join(kept)}." if kept else ".")
        )
    else:
        them = "it" if len(public) == 1 else "them"
        text = (
            f"{_no_way_out(public)}: take {them} out of the function's list and keep "
            f"{', '.join(kept)}, which leads to a NAT gateway."
        )
    text += _zones_lost(context, public, (*kept, *ready))
    return (Proposal(text, steps, way_out.OLD_NAT_COST, "move"),)


def _no_way_out(public: list[str]) -> str:
    subnets = "subnet" if len(public) == 1 else "subnets"
    give = "gives" if len(public) == 1 else "give"
    names = ", ".join(public)
    return f"Lambda never gets a public address, so public {subnets} {names} {give} it no way out"


def _zones_lost(context: Context, left: list[str], then: tuple[str, ...]) -> str:
    """Say which zones the function gives up; it goes on without them, and fails with the rest.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    before, after = (
        [survey.zone_of(context.network, one) for one in some] for some in (left, then)
    )
    lost = [zone for zone in dict.fromkeys(before) if zone and zone not in after]
    return f" It then stands in {' and '.join(lost)} no more." if lost else ""


def _groups(context: Context) -> tuple[str, ...]:
    return tuple((context.function.get("VpcConfig") or {}).get("SecurityGroupIds") or ())


def _has_ipv6(context: Context) -> bool:
    """Whether the function speaks IPv6: then Lambda takes dual-stack subnets only.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-ipv6
    """
    return bool((context.function.get("VpcConfig") or {}).get("Ipv6AllowedForDualStack"))


def _ready(context: Context, vpc_id: str, public: list[str]) -> tuple[str, ...]:
    """Return private subnets with a NAT gateway that can stand for the public ones, by zone."""
    network = context.network
    free = [
        subnet
        for subnet in places.subnets_of(network, vpc_id)
        if subnet.id not in context.subnet_ids
        and survey.has_room(network, subnet)
        and survey.has_nat(network, subnet)
        and (subnet.addresses(6) or not _has_ipv6(context))
    ]
    zones = [survey.zone_of(network, subnet_id) for subnet_id in public]
    near = {zone: subnet.id for zone in zones for subnet in reversed(free) if subnet.zone == zone}
    found = tuple(near.values())
    return found or tuple(subnet.id for subnet in free[:1])


def _private_subnets(
    context: Context, vpc_id: str, public: list[str], kept: list[str]
) -> tuple[Proposal, ...]:
    """Make private subnets for the function, one in each of its zones, with a NAT gateway behind.

    Two zones keep it alive when one fails, as
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html advises.
    """
    out = way_out.nat_for(context, vpc_id, public[0])
    zones = {survey.zone_of(context.network, one): one for one in reversed(public)}
    places_of = [one for one in public if one in zones.values()]
    table = survey.table_of(context.network, public[0])
    own = tables.copy_table(context, table, survey.INTERNET)
    steps = (*out.steps, *own.steps, routing.set_route(own.table_id, survey.INTERNET, out.nat_id))
    made: list[str] = []
    blocks: list[str] = []
    for place in places_of:
        then = context.after(steps)
        made.append(then.new("subnet"))
        block = way_out.free_block(then, vpc_id)
        ipv6 = way_out.free_block(then, vpc_id, 6) if _has_ipv6(context) else None
        blocks.append(f"{block} with {ipv6}" if ipv6 else block)
        like = survey.raw(context.network, "Subnets", place)
        steps += (
            routing.create_subnet(made[-1], block, like, ipv6),
            routing.associate(own.table_id, made[-1]),
        )
    steps += function.place(context.function, (*kept, *made), _groups(context))
    one = "a private subnet" if len(made) == 1 else "private subnets"
    text = f"{_no_way_out(public)}. " + out.told(
        f"Create {one} ({', '.join(blocks)}) whose 0.0.0.0/0 leads to {out.name}, and put the "
        "function there" + (f"; keep {', '.join(kept)}." if kept else ".")
    )
    return (Proposal(text, steps, out.cost, "move"),)


def attach_gateway(context: Context) -> tuple[Proposal, ...]:
    """Attach the internet gateway that a route names."""
    gateway_id, vpc_id = context.fact("internet_gateway_id"), context.fact("vpc_id")
    entry = survey.raw(context.network, "InternetGateways", gateway_id)
    if entry.get("Attachments"):
        raise NotRead(gateway_id, "it is attached to another VPC")
    text = f"Attach internet gateway {gateway_id} to {vpc_id}: the routes to it are there already."
    cost = (
        f"An internet gateway costs nothing. It opens {vpc_id} to the internet for what has a "
        "public address and a security group that allows it."
    )
    step = gateways.attach_internet_gateway(gateway_id, vpc_id)
    return (Proposal(text, (step,), cost),)
