"""Fixes for a NAT gateway or instance whose own subnet has no way out.

Either the subnet is meant to be public and lost its route, or the NAT gateway stands in the wrong
subnet. To lead the subnet to the internet gateway makes it public, with all that stands in it: so
where a NAT gateway works elsewhere, or could be made in a public subnet, that comes first, unless
the subnet holds nothing else or is plainly meant to be public.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import places
from probe.network.nat import read_nat
from probe.network.vpc import NotRead
from probe.remedy import association, survey, tables, way_out
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.nat import NatGateway
    from probe.network.places import Interface
    from probe.remedy.proposal import Context
    from probe.remedy.way_out import WayOut

NAT = "nat-gateway"  # the ways of these proposals
NEW_NAT = "new-nat-gateway"
PUBLIC = "internet-gateway"
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_RESERVED = 5


def lead_out(context: Context) -> tuple[Proposal, ...]:
    """Lead the function past the NAT gateway, or the NAT gateway's subnet out."""
    site = _Site(context, context.fact("subnet_id"), context.fact("nat_gateway_id"))
    if site.subnet_id in context.subnet_ids:  # the internet gateway would make that one public
        return _beside_the_function(site)
    past, public = _past(site), _make_public(site)
    if site.is_meant_public:
        return (public,)
    if site.is_alone and not site.working:  # nothing else becomes public, and nothing is made
        return (public, *past)
    return (*past, public)


@dataclass(frozen=True)
class _Site:
    """Where a NAT gateway or instance stands, and what else does."""

    context: Context
    subnet_id: str
    nat_id: str

    @property
    def vpc_id(self) -> str:
        return self.context.fact("vpc_id")

    @property
    def name(self) -> str:
        gateway = self.nat_id.startswith("nat-")
        return f"NAT gateway {self.nat_id}" if gateway else f"the NAT instance at {self.nat_id}"

    @property
    def working(self) -> tuple[NatGateway, ...]:
        """The NAT gateways of the VPC that have a way out; none where that was not read."""
        try:
            return survey.working_nats(self.context.network, self.vpc_id)
        except NotRead:
            return ()

    @property
    def others(self) -> tuple[Interface, ...]:
        """What was read that stands here besides NAT; not everything is."""
        network = self.context.network
        found = (
            places.interfaces_in(network, self.subnet_id)
            if network.has("NetworkInterfaces")
            else ()
        )
        return tuple(one for one in found if one.kind != "natgateway" and one.id != self.nat_id)

    @property
    def is_meant_public(self) -> bool:
        """Whether what is started here gets a public address, or something has one."""
        entry = survey.raw(self.context.network, "Subnets", self.subnet_id)
        return entry.get("MapPublicIpOnLaunch") is True or any(one.public for one in self.others)

    @property
    def taken(self) -> int | None:
        """How many addresses others than NAT have here; None where AWS's count was not read."""
        network = self.context.network
        free = survey.raw(network, "Subnets", self.subnet_id).get("AvailableIpAddressCount")
        if not isinstance(free, int):
            return None
        blocks = places.subnet(network, self.subnet_id).addresses(4)
        room = sum(block.high - block.low + 1 - _RESERVED for block in blocks)
        return max(0, room - free - len(self._own()))

    def _own(self) -> set[str]:
        network = self.context.network
        if not self.nat_id.startswith("nat-"):
            return {str(one) for one in places.interface(network, self.nat_id).addresses[:1]}
        return {
            str(address)
            for nat in network.all("NatGateways", read_nat)
            if nat.subnet_id == self.subnet_id
            for address in nat.addresses
        }

    @property
    def is_alone(self) -> bool:
        """Whether nothing else stands here for certain."""
        return self.taken == 0 and not self.others

    @property
    def neighbours(self) -> str:
        """Say in a sentence what else stands here."""
        if self.others:
            stand = "stands" if len(self.others) == 1 else "stand"
            return f"{survey.few([one.id for one in self.others])} {stand} there too."
        if self.taken:
            return f"{self.taken} more of its addresses are taken: look first by what."
        if self.taken is None:
            return "What else stands there was not read: look first."
        return "Nothing else has an address there now."


def _make_public(site: _Site) -> Proposal:
    """Give the subnet of NAT the route to the internet gateway that NAT needs."""
    context, subnet_id = site.context, site.subnet_id
    gateway_id, steps = way_out.internet_gateway(context, site.vpc_id)
    exists = association.with_internet_gateway(context, subnet_id, gateway_id)
    lead, where = exists or tables.lead_alone(context, subnet_id, survey.INTERNET, gateway_id)
    new = " (new, attached to the VPC)" if steps else ""
    named = "one" if "-new" in gateway_id else gateway_id  # a new one has no id yet
    text = (
        f"{site.name[0].upper()}{site.name[1:]} stands in subnet {subnet_id}, which has no way out "
        f"itself: lead that subnet's {survey.INTERNET} to internet gateway {named}{new}, {where}."
    )
    cost = (
        f"An internet gateway costs nothing. Whatever in {subnet_id} has a public address can then "
        f"be reached from the internet where its security group allows it. {site.neighbours}"
    )
    return Proposal(text, (*steps, *lead), cost, PUBLIC)


def _past(site: _Site) -> tuple[Proposal, ...]:
    """Lead the function's subnet to a NAT gateway that stands where it should."""
    try:
        return tuple(_ways_past(site))
    except NotRead:  # what another way needs was not read; the other one stands alone
        return ()


def _ways_past(site: _Site) -> Iterator[Proposal]:
    context, subnet_id = site.context, site.context.path.subnet_id
    network = context.network
    if subnet_id is None or places.subnet(network, subnet_id).vpc_id != site.vpc_id:
        return
    route = survey.leads_to(network, places.subnet(network, subnet_id), "nat-gateway")
    if route is None or route.target != site.nat_id:
        return
    zone = survey.zone_of(network, subnet_id)
    ready = [
        one for one in survey.public_subnets(network, site.vpc_id) if survey.has_room(network, one)
    ]
    if not (site.working or ready or site.others):
        return  # a public subnet would have to be made, beside one that may be meant to be public
    out = way_out.nat_for(context, site.vpc_id, subnet_id)
    near = any(
        one.subnet_id is None or survey.zone_of(network, one.subnet_id) == zone
        for one in site.working
    )
    afar = bool(site.working) and not near
    yield _leading(site, subnet_id, out, NAT, afar=afar)
    if afar and any(zone in (one.zone, one.zone_id) for one in ready):
        own = way_out.new_nat_for(context, site.vpc_id, subnet_id)
        yield _leading(site, subnet_id, own, NEW_NAT)


def _leading(site: _Site, subnet_id: str, out: WayOut, way: str, *, afar: bool = False) -> Proposal:
    table = survey.table_of(site.context.network, subnet_id)
    also = f"{shared}," if (shared := tables.shared(site.context, table, subnet_id)) else ""
    text = out.told(
        f"Lead the route for {survey.INTERNET} in route table {table.id}{also} to {out.name} "
        f"instead of {site.nat_id}, which stands in subnet {site.subnet_id}, where it has no way "
        "out."
    )
    if afar:
        text += (
            f" It stands in another zone than {subnet_id}: a failure of that zone cuts the subnet "
            "off too."
        )
    step = routing.set_route(table.id, survey.INTERNET, out.nat_id, exists=True)
    cost = f"{out.cost} {site.nat_id} is charged until somebody deletes it."
    return Proposal(text, (*out.steps, step), cost, way)


def _beside_the_function(site: _Site) -> tuple[Proposal, ...]:
    """Make another NAT gateway, where the function shares the subnet of the NAT that it has."""
    context, own = site.context, site.context.subnet_ids[0]
    out = way_out.nat_for(context, site.vpc_id, own)
    steps, where = tables.lead(context, own, survey.INTERNET, out.nat_id)
    text = out.told(
        f"{site.name[0].upper()}{site.name[1:]} shares its subnet with the function, so it has no "
        f"way out of its own: lead the function's internet traffic ({survey.INTERNET}) to "
        f"{out.name}, {where}."
    )
    return (Proposal(text, (*out.steps, *steps), out.cost, NAT),)
