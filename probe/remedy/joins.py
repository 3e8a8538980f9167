"""Fixes for ways between VPCs: routes on either side, and peering connections.

A route names the subnet at the other end and not its whole VPC, so that nothing else is joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Verdict
from probe.network import places
from probe.network.addresses import address, is_private
from probe.network.peering import read_peering
from probe.network.transit import transit_attachments
from probe.network.vpc import NotRead
from probe.network.walk.path import end_of
from probe.remedy import detour, overlap, peers, survey, tables
from probe.remedy.proposal import Proposal
from probe.remedy.steps import joining, routing

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.places import Subnet
    from probe.network.vpc import Network
    from probe.remedy.proposal import Context, Step

FREE = "A route costs nothing; traffic between zones and Regions is charged per GB."


def route_to_target(context: Context) -> tuple[Proposal, ...]:
    """Lead the target's subnet to the connection that reaches it; make one where nothing does."""
    subnet_id, vpc_id = context.fact("subnet_id"), context.fact("vpc_id")
    wanted = peers.target_of(context)
    overlap.may_leave(context, vpc_id, wanted)
    there = _vpc_of(context, wanted, vpc_id)
    connection = _connection(context, vpc_id, there)
    block = peers.subnet_around(context, str(wanted))
    if connection is None:
        return _new_peering(context, subnet_id, there, block, wanted)
    steps, where = tables.lead(context, subnet_id, block, connection)
    text = (
        f"{wanted} is in {there}, to which {connection} leads: send {block} of subnet {subnet_id} "
        f"there, {where}."
    )
    return (Proposal(text, steps, overlap.cost(context, FREE)),)


def over_peering(context: Context) -> tuple[Proposal, ...]:
    """Lead past a transit gateway, over a peering connection that joins the two VPCs already."""
    if context.blocker.direction == "return":
        return ()
    subnet_id, vpc_id = context.fact("subnet_id"), context.fact("vpc_id")
    wanted = peers.target_of(context)
    there = _vpc_of(context, wanted, vpc_id)
    peering_id = _peering(context.network, vpc_id, there)
    if peering_id is None:
        return ()
    block = peers.subnet_around(context, str(wanted))
    steps, where = tables.lead(context, subnet_id, block, peering_id)
    text = (
        f"{wanted} is in {there}, which no transit gateway route leads to and {peering_id} joins: "
        f"send {block} of subnet {subnet_id} over that, {where}."
    )
    return (Proposal(text, steps, FREE),)


def route_back(context: Context) -> tuple[Proposal, ...]:
    """Give the target's subnet a route back to the function."""
    subnet_id, vpc_id = context.fact("subnet_id"), context.fact("vpc_id")
    wanted = peers.first_of(context.fact("destination_cidr"))
    overlap.may_leave(context, vpc_id, wanted)
    there = _vpc_of(context, wanted, vpc_id)
    block = peers.subnet_around(context, str(wanted))
    connection = _connection(context, vpc_id, there)
    if connection is None:
        raise NotRead(f"a connection between {vpc_id} and {there}", "none was read")
    steps, where = tables.lead(context, subnet_id, block, connection)
    text = (
        f"Requests arrive and answers find no way back: lead {block}, where the function is, to "
        f"{connection} in subnet {subnet_id}, {where}."
    )
    return (Proposal(text, steps, overlap.cost(context, FREE)),)


def _vpc_of(context: Context, wanted: Block, own: str) -> str:
    """Return the VPC that an address is meant in, or the one besides the own that holds it."""
    if (meant := overlap.meant(context)) is not None:
        return meant
    found = [
        vpc.id
        for vpc in context.network.all("Vpcs", places.read_vpc)
        if vpc.id != own and vpc.holds(wanted)
    ]
    if len(found) != 1:
        raise NotRead(f"the VPC of {wanted}", "it lies in none, or in several, of those read")
    return found[0]


def _connection(context: Context, own: str, other: str) -> str | None:
    """Return what joins two VPCs and works, or will once the fixes before this one are made.

    NotRead where it may be a transit gateway and nobody has read what is attached to which.
    """
    for joined in (_peering, _gateway):
        for network in (context.network, context.ahead):
            if (found := joined(network, own, other)) is not None:
                return found
    return None


def _peering(network: Network, own: str, other: str) -> str | None:
    """Return a peering connection between two VPCs."""
    for peering in network.all("VpcPeeringConnections", read_peering):
        ends = {peering.requester.vpc_id, peering.accepter.vpc_id}
        if ends == {own, other} and peering.status == "active":
            return peering.id
    return None


def _gateway(network: Network, own: str, other: str) -> str | None:
    """Return a transit gateway that two VPCs are attached to."""
    return next(iter(transit_attachments.between(network, {own}, {other})), None)


def answer_privately(context: Context) -> tuple[Proposal, ...]:
    """Join the function's VPC with that of a database that answered with a public address."""
    here, there = context.fact("vpc_id"), context.fact("target_vpc_id")
    private = next(iter(context.facts.get("private_addresses") or ()), None)
    if private is None or context.path.subnet_id is None or here == there:
        raise NotRead(f"a private way to {context.fact('host')}", "none can be told")
    if _connection(context, here, there) is not None:
        return ()  # then something else keeps the name from its private address
    block = peers.subnet_around(context, private)
    (joined,) = _new_peering(context, context.path.subnet_id, there, block, address(private))
    text = f"{joined.text} Turn on its DNS resolution, so that the name gives the private address."
    steps = (*joined.steps, joining.answer_over_peering(context.new("pcx")))
    return (Proposal(text, steps, joined.cost),)


def _new_peering(
    context: Context, subnet_id: str, there: str, block: str, wanted: Block
) -> tuple[Proposal, ...]:
    """Join the two VPCs, with a route on either side."""
    network = context.network
    here = places.subnet(network, subnet_id)
    own, other = survey.raw(network, "Vpcs", here.vpc_id), survey.raw(network, "Vpcs", there)
    if own.get("OwnerId") != other.get("OwnerId") or _overlap(context, here.vpc_id, there):
        raise NotRead(f"a way to join {here.vpc_id} and {there}", "owners or addresses forbid it")
    peering_id, far = context.new("pcx"), _subnet_with(context, there, wanted)
    stopped = _stopped(context, here)
    steps = joining.create_peering(peering_id, own, other)
    for near in stopped:
        steps += _lead_once(context.after(steps), near.id, block, peering_id)
        steps += _lead_once(context.after(steps), far, str(near.addresses(4)[0]), peering_id)
    names = ", ".join(subnet.id for subnet in stopped)
    text = (
        f"Nothing joins {here.vpc_id} and {there}, where the target is: create a VPC peering "
        f"connection, and lead the function's {'subnet' if len(stopped) == 1 else 'subnets'} "
        f"{names} and the target's subnet {far} to each other over it."
    )
    cost = (
        "A peering connection costs nothing; traffic over it is charged per GB between zones. Only "
        "these subnets are led over it, and security groups still decide."
    )
    return (Proposal(text, steps, cost, fallback=True),)


def _stopped(context: Context, here: Subnet) -> tuple[Subnet, ...]:
    """Return the function's subnets from which the target is not reached; this one before all."""
    ends = {
        path.subnet_id
        for path in context.paths
        if path.destination == context.path.destination and path.verdict is not Verdict.REACHABLE
    }
    others = (places.subnet(context.network, one) for one in context.subnet_ids if one in ends)
    return (here, *(one for one in others if one.id != here.id and one.vpc_id == here.vpc_id))


def _lead_once(context: Context, subnet_id: str, block: str, target: str) -> tuple[Step, ...]:
    """Lead a block of one subnet to a target, unless its table does so by now."""
    route = survey.route_to(survey.table_of(context.network, subnet_id), block)
    if route is not None and route.target == target:
        return ()
    return tables.lead(context, subnet_id, block, target)[0]


def _overlap(context: Context, one: str, other: str) -> bool:
    blocks = places.vpc(context.network, other).blocks
    return any(a.overlaps(b) for a in places.vpc(context.network, one).blocks for b in blocks)


def _subnet_with(context: Context, vpc_id: str, wanted: Block) -> str:
    return places.subnet_of(context.network, vpc_id, wanted).id


def accept_peering(context: Context) -> tuple[Proposal, ...]:
    """Accept a peering connection that waits for it."""
    peering_id = context.fact("vpc_peering_connection_id")
    if context.fact("status") != "pending-acceptance":
        return ()
    text = f"Accept peering connection {peering_id}: it has been asked for and waits for this."
    cost = "A peering connection costs nothing; traffic over it is charged per GB between zones."
    return (Proposal(text, (joining.accept_peering(peering_id),), cost),)


def join_directly(context: Context) -> tuple[Proposal, ...]:
    """Join the function's VPC with the target's own, where one peering leads to another."""
    if context.path.subnet_id is None:
        return ()
    own = places.subnet(context.network, context.path.subnet_id)
    wanted = peers.target_of(context)
    if not is_private(wanted):
        return detour.past_peering(context)
    if not _is_known(context, wanted):
        return (_beyond(context, own.vpc_id),)
    there = _vpc_of(context, wanted, own.vpc_id)
    block = peers.subnet_around(context, str(wanted))
    return _new_peering(context, own.id, there, block, wanted)


def _is_known(context: Context, wanted: Block) -> bool:
    return any(vpc.holds(wanted) for vpc in context.network.all("Vpcs", places.read_vpc))


def _beyond(context: Context, vpc_id: str) -> Proposal:
    """Say what leads to a network behind a peered VPC; which way is at hand, only its owner knows.

    https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html#vpc-peering-limitations
    """
    component = context.blocker.component
    stopped = (path for path in context.paths if component in {b.component for b in path.blockers})
    ends = dict.fromkeys(address(end[0]) for path in stopped if (end := end_of(path)) is not None)
    wanted = [str(one) for one in ends if is_private(one) and not _is_known(context, one)]
    are = "is" if len(wanted) == 1 else "are"
    text = (
        f"{' and '.join(wanted)} {are} in none of the VPCs that were read, and {component} carries "
        f"nothing on from the VPC at its other end. Give {vpc_id} a way of its own to that "
        "network: a VPN connection, Direct Connect, or a transit gateway that joins it with both. "
        "No rule of a security group or network ACL makes up for it."
    )
    return Proposal(text, cost="A VPN connection and an attachment are charged per hour.")


def unshadow(context: Context) -> tuple[Proposal, ...]:
    """Take away a dead route that wins over a good one; step past one that is alive."""
    table_id, destination = context.fact("route_table_id"), context.fact("destination_cidr")
    good = next(iter(context.facts.get("shadowed") or ()), None)
    if good is None:
        return ()
    table = survey.table(context.network, table_id)
    route = survey.route_to(table, destination)
    if route is not None and route.state == "blackhole":
        text = (
            f"Delete the route for {destination} from route table {table_id}: it leads to "
            f"{route.target}, which does not work, and wins over the good route {good}."
        )
        cost = "It costs nothing, and opens nothing that the remaining routes do not lead to."
        return (Proposal(text, (routing.delete_route(table_id, destination),), cost),)
    exact = survey.as_cidr(str(peers.target_of(context)))
    target = good.rpartition(" ")[2]
    text = (
        f"Add a route for {exact} alone to route table {table_id}, to {target}: the route for "
        f"{destination} wins over {good} and leads elsewhere."
    )
    return (Proposal(text, (routing.set_route(table_id, exact, target),), FREE),)
