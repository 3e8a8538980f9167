"""Making a table private that leads to the internet gateway, where nothing has any use of that.

Somebody gave the function's own table the internet gateway: where nothing in its subnets is to have
a public address, the table is what is wrong, and the function may stay where it is. The NAT gateway
stands in a public subnet that has another table. Not everything in the subnets was read, so whoever
does this has to look first.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-scenarios.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places
from probe.network.nat import read_nat
from probe.network.vpc import NotRead
from probe.remedy import survey, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing

if TYPE_CHECKING:
    from probe.network.places import Subnet
    from probe.remedy.proposal import Context

PRIVATE = "private-table"  # the way of this proposal


def lead_past_gateway(context: Context, vpc_id: str) -> tuple[Proposal, ...]:
    """Lead the default route of the function's table to a NAT gateway in another public subnet."""
    subnet_id, network = context.path.subnet_id, context.network
    if subnet_id is None:
        return ()
    try:
        table = survey.table_of(network, subnet_id)
        users = survey.users_of(network, table)
        if table.main or any(_has_use(context, subnet) for subnet in users):
            return ()
        inside = {subnet.id for subnet in users}
        if not {subnet.id for subnet in survey.public_subnets(network, vpc_id)} - inside:
            return ()
        out = way_out.nat_for(context, vpc_id, subnet_id, outside=inside)
    except NotRead:  # whether something there is reached from the internet is not known
        return ()
    step = routing.set_route(table.id, survey.INTERNET, out.nat_id, exists=True)
    names = ", ".join(sorted(inside))
    text = out.told(
        f"Lead the route for {survey.INTERNET} in route table {table.id} to {out.name} instead of "
        f"the internet gateway, if nothing in {names} is to have a public address."
    )
    cost = (
        f"{out.cost} What has a public address in {names} loses the internet; nothing that was "
        "read there has one, and not all that is there was read."
    )
    return (Proposal(text, (*out.steps, step), cost, PRIVATE),)


def _has_use(context: Context, subnet: Subnet) -> bool:
    """Whether the internet gateway is of use to a subnet, now or for what will be started in it."""
    network = context.network
    gives = survey.raw(network, "Subnets", subnet.id).get("MapPublicIpOnLaunch") is True
    nats = any(nat.subnet_id == subnet.id for nat in network.all("NatGateways", read_nat))
    return gives or nats or any(one.public for one in places.interfaces_in(network, subnet.id))
