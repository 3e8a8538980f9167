"""A way to the internet for a private subnet: a NAT gateway that works, found or made.

The smallest that is right: one that exists, else a new one in a public subnet that exists, else a
public subnet for it as well. Lambda's own interfaces never have a public address, so an internet
gateway alone does not do: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import gateways, places
from probe.network.vpc import NotRead
from probe.remedy import survey, tables
from probe.remedy.steps import gateways as gateway_steps
from probe.remedy.steps import routing
from probe.remedy.steps.gateways import ATTACHMENT

if TYPE_CHECKING:
    from collections.abc import Collection

    from probe.remedy.proposal import Context, Step

NEW_NAT_COST = (
    "A NAT gateway is charged per hour and per GB, and its public IPv4 address per hour. It lets "
    "connections out and none in."
)
OLD_NAT_COST = (
    "The NAT gateway exists already: only its charge per GB is added, and traffic between zones is "
    "charged too. It lets connections out and none in."
)


@dataclass(frozen=True, slots=True)
class WayOut:
    """A NAT gateway to lead packets to, and what has to be done before it is there."""

    nat_id: str
    name: str  # "NAT gateway nat-1", for a sentence
    steps: tuple[Step, ...]
    cost: str
    preparation: str | None = None  # the sentence that tells the steps

    def told(self, sentence: str) -> str:
        """Return the whole of what is to be done, the last of it being `sentence`."""
        return f"{self.preparation} {sentence}" if self.preparation else sentence


def nat_for(
    context: Context, vpc_id: str, subnet_id: str | None, outside: Collection[str] = ()
) -> WayOut:
    """Return the NAT gateway that is nearest to being ready for a subnet.

    `outside`: public subnets that it must not stand in, because they are to be public no more.
    """
    network = context.network
    zone = survey.zone_of(network, subnet_id)
    working = [nat for nat in survey.working_nats(network, vpc_id) if nat.subnet_id not in outside]
    if working:
        near = [nat for nat in working if zone and survey.zone_of(network, nat.subnet_id) == zone]
        nat = (near or working)[0]
        # For the second of several subnets, the first has made it; it has no id yet.
        name = "the new NAT gateway" if "-new" in nat.id else f"NAT gateway {nat.id}"
        return WayOut(nat.id, name, (), OLD_NAT_COST)
    ahead = [
        nat for nat in survey.working_nats(context.ahead, vpc_id) if nat.subnet_id not in outside
    ]
    if ahead:
        name = "the NAT gateway that the fix before this one creates"
        return WayOut(ahead[0].id, name, (), "Only the NAT gateway's charge per GB is added.")
    return new_nat_for(context, vpc_id, subnet_id, outside)


def new_nat_for(
    context: Context, vpc_id: str, subnet_id: str | None, outside: Collection[str] = ()
) -> WayOut:
    """Make a NAT gateway, in a public subnet that exists where there is one."""
    zone = survey.zone_of(context.network, subnet_id)
    public = survey.public_subnets(context.network, vpc_id)
    public = tuple(
        one for one in public if one.id not in outside and survey.has_room(context.network, one)
    )
    near = [subnet for subnet in public if zone in (subnet.zone, subnet.zone_id)]
    if public:
        place = (near or public)[0].id
        text = f"Create a NAT gateway in public subnet {place}."
        return _nat_in(context, vpc_id, place, (), text)
    place, steps = _public_subnet(context, vpc_id, subnet_id)
    text = (
        f"Create a public subnet in {vpc_id}, whose route table leads to an internet gateway, and "
        "a NAT gateway in it."
    )
    return _nat_in(context, vpc_id, place, steps, text)


def _nat_in(
    context: Context, vpc_id: str, place: str, before: tuple[Step, ...], text: str
) -> WayOut:
    nat_id = context.new("nat")
    address_id = nat_id.replace("nat", "eipalloc")
    attached = gateways.of_vpc(context.network, vpc_id) is not None
    steps = gateway_steps.create_nat_gateway(
        nat_id, address_id, place, vpc_id, depends_on=None if attached else ATTACHMENT
    )
    return WayOut(nat_id, "the new NAT gateway", (*before, *steps), NEW_NAT_COST, text)


def internet_gateway(context: Context, vpc_id: str) -> tuple[str, tuple[Step, ...]]:
    """Return the VPC's internet gateway, and what has to be done to have one."""
    for network in (context.network, context.ahead):
        attached = gateways.of_vpc(network, vpc_id)
        if attached is not None:
            return attached.id, ()
    gateway_id = context.new("igw")
    return gateway_id, (
        gateway_steps.create_internet_gateway(gateway_id),
        gateway_steps.attach_internet_gateway(gateway_id, vpc_id),
    )


def _public_subnet(context: Context, vpc_id: str, near: str | None) -> tuple[str, tuple[Step, ...]]:
    gateway_id, steps = internet_gateway(context, vpc_id)
    subnet_id, table_id = context.new("subnet", 2), context.new("rtb", 2)
    near = near or places.subnets_of(context.network, vpc_id)[0].id
    like = survey.raw(context.network, "Subnets", near)
    return subnet_id, (
        *steps,
        routing.create_subnet(subnet_id, free_block(context, vpc_id), like),
        routing.create_table(table_id, vpc_id, tables.local_routes(context, vpc_id)),
        routing.set_route(
            table_id, survey.INTERNET, gateway_id, depends_on=ATTACHMENT if steps else None
        ),
        routing.associate(table_id, subnet_id),
    )


def free_block(context: Context, vpc_id: str, version: int = 4) -> str:
    """Return addresses of a VPC for one more subnet."""
    block = survey.free_block((context.network, context.ahead), vpc_id, version)
    if block is None:
        raise NotRead(f"a free block of addresses in {vpc_id}", "its subnets use all of them")
    return block
