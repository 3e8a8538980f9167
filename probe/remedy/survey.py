"""What stands in the network already and could carry the traffic; what is still free.

Answers from what was read. NotRead when the answer depends on what was not: then nothing is
proposed.
"""

from __future__ import annotations

import ipaddress
import re
from itertools import chain, count
from typing import TYPE_CHECKING

from probe.network import fields, gateways, places, routes
from probe.network.nat import NatGateway, read_nat
from probe.network.vpc import Field, NotRead, as_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from probe.network.addresses import Block
    from probe.network.fields import Entry
    from probe.network.places import Interface, Subnet
    from probe.network.routes import Route, RouteTable
    from probe.network.vpc import Network

INTERNET = "0.0.0.0/0"
_SHOWN = 3  # things that are named; of more their number says enough
_REGION = re.compile(r"[a-z]{2,3}(?:-[a-z]+)+-\d+")
# AWS keeps the first four addresses of a subnet and the last:
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_RESERVED = 4
# For IPv4, large enough for Lambda's interfaces; 28 is the smallest that AWS takes. For IPv6, what
# every subnet gets as a rule.
_SIZES = {4: (26, 27, 28), 6: (64,)}
_BITS = {4: 32, 6: 128}


def raw(network: Network, name: str, identity: str) -> Entry:
    """Return an entry as AWS wrote it."""
    return network.one(name, identity, as_written)


def table_of(network: Network, subnet_id: str) -> RouteTable:
    """Return the route table of a subnet."""
    return routes.of_subnet(network, places.subnet(network, subnet_id))


def table(network: Network, table_id: str) -> RouteTable:
    """Return a route table by its id."""
    return routes.by_id(network, table_id)


def route_to(table: RouteTable, destination: str) -> Route | None:
    """Return the route of a table to exactly this destination."""
    return next((route for route in table.routes if route.destination == destination), None)


def users_of(network: Network, table: RouteTable) -> tuple[Subnet, ...]:
    """Return the subnets of the VPC for which this table decides."""
    if table.vpc_id is None:
        return ()
    return tuple(
        subnet
        for subnet in places.subnets_of(network, table.vpc_id)
        if routes.of_subnet(network, subnet).id == table.id
    )


def leads_to(network: Network, subnet: Subnet, kind: str) -> Route | None:
    """Return the default route of a subnet if it works and leads to this kind of thing."""
    found = route_to(routes.of_subnet(network, subnet), INTERNET)
    return found if found and found.kind == kind and found.state == "active" else None


def is_public(network: Network, subnet: Subnet) -> bool:
    """Whether the subnet's default route leads to an internet gateway that is attached."""
    route = leads_to(network, subnet, "internet-gateway")
    attached = gateways.of_vpc(network, subnet.vpc_id)
    return route is not None and attached is not None and attached.id == route.target


def public_subnets(network: Network, vpc_id: str) -> tuple[Subnet, ...]:
    """Return the subnets in which a NAT gateway would have a way out."""
    return tuple(
        subnet for subnet in places.subnets_of(network, vpc_id) if is_public(network, subnet)
    )


def working_nats(network: Network, vpc_id: str) -> tuple[NatGateway, ...]:
    """Return the NAT gateways of a VPC that have a way to the internet."""
    return tuple(
        nat
        for nat in network.all("NatGateways", read_nat)
        if nat.vpc_id == vpc_id and _works(network, nat)
    )


def _works(network: Network, nat: NatGateway) -> bool:
    if nat.state != "available" or nat.private:
        return False
    if nat.regional or nat.subnet_id is None:
        return nat.regional and gateways.of_vpc(network, nat.vpc_id or "") is not None
    return is_public(network, places.subnet(network, nat.subnet_id))


def zone_of(network: Network, subnet_id: str | None) -> str | None:
    """Return the Availability Zone of a subnet, where it is told."""
    if subnet_id is None:
        return None
    subnet = places.subnet(network, subnet_id)
    return subnet.zone or subnet.zone_id


def has_room(network: Network, subnet: Subnet) -> bool:
    """Whether a subnet has an address left, as far as AWS said."""
    return raw(network, "Subnets", subnet.id).get("AvailableIpAddressCount") != 0


def free_group_name(network: Network, vpc_id: str, name: str) -> str:
    """Return a name that no security group of a VPC has; names are unique there."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(one for one in chain((name,), numbered) if not _is_taken(network, vpc_id, one))


def _is_taken(network: Network, vpc_id: str, name: str) -> bool:
    found = network.where("SecurityGroups", "GroupName", Field("GroupName"), name, as_written)
    return any(row.get("VpcId") == vpc_id for row in found)


def has_nat(network: Network, subnet: Subnet) -> bool:
    """Whether a subnet's default route leads to a NAT gateway that works."""
    route = leads_to(network, subnet, "nat-gateway")
    return route is not None and any(
        nat.id == route.target for nat in working_nats(network, subnet.vpc_id)
    )


def free_block(networks: Sequence[Network], vpc_id: str, version: int = 4) -> str | None:
    """Return a block of a VPC that no subnet has in any of the networks; None if all is used."""
    taken = [
        block
        for network in networks
        for subnet in places.subnets_of(network, vpc_id)
        for block in subnet.addresses(version)
    ]
    for size in _SIZES[version]:
        for own in _of(version, places.vpc(networks[0], vpc_id).blocks):
            for candidate in _split(own, size):
                if not any(candidate.overlaps(block) for block in taken):
                    return str(candidate)
    return None


def _of(version: int, blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if block.version == version]


def _split(block: Block, size: int) -> Iterator[Block]:
    """Yield the blocks of this size, from the end: people number their subnets from the start."""
    step = 1 << (_BITS[block.version] - size)
    for low in range(block.high + 1 - step, block.low - 1, -step):
        yield block._replace(low=low, high=low + step - 1)


def free_address(network: Network, subnet_id: str) -> str:
    """Return an address of a subnet that no interface has."""
    subnet = places.subnet(network, subnet_id)
    taken = {
        block.low
        for interface in places.interfaces_in(network, subnet_id)
        for block in interface.addresses
    }
    for block in subnet.addresses(4):
        for number in range(block.low + _RESERVED, block.high):
            if number not in taken:
                return str(ipaddress.IPv4Address(number))
    raise NotRead(f"a free address in {subnet_id}", "none is left")


def guarded_by(network: Network, group_id: str) -> tuple[Interface, ...]:
    """Return the interfaces read that have a security group; a function's own are many and come."""
    found = places.with_group(network, group_id) if network.has("NetworkInterfaces") else ()
    return tuple(interface for interface in found if interface.kind != "lambda")


def few(ids: Sequence[str]) -> str:
    """Name the first of several things, and say how many more there are."""
    more = len(ids) - _SHOWN
    return ", ".join(ids[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def as_cidr(text: str) -> str:
    """Return an address or block as CIDR text."""
    if "/" in text:
        return text
    return f"{text}/{128 if ':' in text else 32}"


def region_of(network: Network, subnet_id: str) -> str:
    """Return the Region that a subnet is in."""
    subnet = places.subnet(network, subnet_id)
    found = _REGION.match(subnet.zone or "")
    if found is None:
        raise NotRead(f"Region of {subnet_id}", "its Availability Zone is not told")
    return found[0]


def association_of(network: Network, subnet_id: str) -> str | None:
    """Return the id of the subnet's own association with a table; None when it has the main one."""
    for table in network.rows("RouteTables"):
        for association in fields.items(table, "Associations"):
            if association.get("SubnetId") == subnet_id:
                return fields.maybe_text(association, "RouteTableAssociationId")
    return None
