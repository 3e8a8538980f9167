"""VPCs, subnets and network interfaces: where an address is."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.addresses import Block, address, is_address
from probe.network.vpc import IN_VPC, Field, Listed, Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.network.fields import Entry

GONE = ("disassociating", "disassociated", "failing", "failed")


@dataclass(frozen=True, slots=True)
class Vpc:
    """One VPC with all its blocks of addresses, primary and secondary, both families."""

    id: str
    blocks: tuple[Block, ...]
    owner: str | None
    dhcp_options_id: str | None

    def holds(self, block: Block) -> bool:
        """Whether an address lies in the VPC's ranges."""
        return any(own.contains(block) for own in self.blocks)


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet."""

    id: str
    vpc_id: str
    blocks: tuple[Block, ...]
    zone: str | None  # name, "eu-west-1a"
    zone_id: str | None  # "euw1-az2"
    owner: str | None
    # Effective Block Public Access mode as DescribeSubnets tells; None when it does not say.
    block_public_access: str | None

    def addresses(self, version: int) -> tuple[Block, ...]:
        """Return its blocks of one IP version."""
        return tuple(block for block in self.blocks if block.version == version)

    def holds(self, block: Block) -> bool:
        """Whether an address lies in the subnet."""
        return any(own.contains(block) for own in self.blocks)

    def reserves(self, address: Block) -> bool:
        """Whether AWS keeps an address for itself: the first four, and the last.

        https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
        """
        return any(
            own.contains(address) and (address.low - own.low < 4 or address.high == own.high)
            for own in self.addresses(address.version)
        )


@dataclass(frozen=True, slots=True)
class Interface:
    """One elastic network interface."""

    id: str
    kind: str  # lower case, without underscores: "interface", "lambda", "natgateway"
    vpc_id: str | None
    subnet_id: str | None
    group_ids: tuple[str, ...]
    addresses: tuple[Block, ...]  # private, both families
    public: tuple[Block, ...]  # IPv4 addresses that the internet gateway translates
    source_dest_check: bool | None
    instance_id: str | None
    description: str
    requester_id: str | None


def read_vpc(entry: Entry) -> Vpc:
    """Read one entry of Vpcs."""
    first = fields.maybe_block(entry, "CidrBlock")
    found = [] if first is None else [first]
    v4 = fields.each(entry, "CidrBlockAssociationSet", _associated("CidrBlock"))
    v6 = fields.each(entry, "Ipv6CidrBlockAssociationSet", _associated("Ipv6CidrBlock"))
    found += [block for block in v4 + v6 if block is not None and block not in found]
    return Vpc(
        id=fields.text(entry, "VpcId"),
        blocks=tuple(found),
        owner=fields.maybe_text(entry, "OwnerId"),
        dhcp_options_id=fields.maybe_text(entry, "DhcpOptionsId"),
    )


def _associated(key: str) -> Callable[[Entry], Block | None]:
    def read(entry: Entry) -> Block | None:
        state = fields.mapping(entry, f"{key}State").get("State", "associated")
        return None if state in GONE else fields.maybe_block(entry, key)

    return read


def read_subnet(entry: Entry) -> Subnet:
    """Read one entry of Subnets."""
    first = fields.maybe_block(entry, "CidrBlock")
    v6 = fields.each(entry, "Ipv6CidrBlockAssociationSet", _associated("Ipv6CidrBlock"))
    states = fields.mapping(entry, "BlockPublicAccessStates")
    return Subnet(
        id=fields.text(entry, "SubnetId"),
        vpc_id=fields.text(entry, "VpcId"),
        blocks=tuple(block for block in (first, *v6) if block is not None),
        zone=fields.maybe_text(entry, "AvailabilityZone"),
        zone_id=fields.maybe_text(entry, "AvailabilityZoneId"),
        owner=fields.maybe_text(entry, "OwnerId"),
        block_public_access=fields.maybe_text(states, "InternetGatewayBlockMode"),
    )


def read_interface(entry: Entry) -> Interface:
    """Read one entry of NetworkInterfaces."""
    attachment = fields.mapping(entry, "Attachment")
    groups = fields.each(entry, "Groups", lambda group: fields.text(group, "GroupId"))
    return Interface(
        id=fields.text(entry, "NetworkInterfaceId"),
        kind=(fields.maybe_text(entry, "InterfaceType") or "interface").replace("_", "").lower(),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        subnet_id=fields.maybe_text(entry, "SubnetId"),
        group_ids=groups,
        addresses=_private_addresses(entry),
        public=_public_addresses(entry),
        source_dest_check=fields.flag(entry, "SourceDestCheck"),
        instance_id=fields.maybe_text(attachment, "InstanceId"),
        description=fields.maybe_text(entry, "Description") or "",
        requester_id=fields.maybe_text(entry, "RequesterId"),
    )


def _private_addresses(entry: Entry) -> tuple[Block, ...]:
    own = (fields.maybe_address(entry, "PrivateIpAddress"),)
    more = fields.each(
        entry,
        "PrivateIpAddresses",
        lambda item: fields.maybe_address(item, "PrivateIpAddress"),
    )
    v6 = fields.each(entry, "Ipv6Addresses", lambda item: fields.maybe_address(item, "Ipv6Address"))
    delegated = [
        block
        for version in ("Ipv4Prefix", "Ipv6Prefix")
        for block in fields.each(entry, f"{version}es", _delegated(version))
    ]
    found = (block for block in (*own, *more, *v6, *delegated) if block is not None)
    return tuple(dict.fromkeys(found))


def _delegated(key: str) -> Callable[[Entry], Block | None]:
    return lambda prefix: fields.maybe_block(prefix, key)


def _public_addresses(entry: Entry) -> tuple[Block, ...]:
    holders = (entry, *fields.items(entry, "PrivateIpAddresses"))
    associations = [fields.mapping(one, "Association") for one in holders if "Association" in one]
    if not associations:  # most have none, and all are looked through
        return ()
    found = [fields.maybe_address(association, "PublicIp") for association in associations]
    return tuple(dict.fromkeys(block for block in found if block is not None))


def vpc(network: Network, vpc_id: str) -> Vpc:
    """Return a VPC by its id."""
    return network.one("Vpcs", vpc_id, read_vpc)


def subnet(network: Network, subnet_id: str) -> Subnet:
    """Return a subnet by its id."""
    return network.one("Subnets", subnet_id, read_subnet)


def subnets_of(network: Network, vpc_id: str) -> tuple[Subnet, ...]:
    """Return every subnet of a VPC that was read."""
    return network.where("Subnets", "VpcId", IN_VPC, vpc_id, read_subnet)


class NoSubnet(NotRead):
    """Subnets of a VPC were read, and none of those holds the address."""


def subnet_of(network: Network, vpc_id: str, where: Block) -> Subnet:
    """Return the subnet of a VPC that an address lies in."""
    ranges = network.remember(("ranges", vpc_id), lambda: _ranges(network, vpc_id))
    # Subnets of a VPC never overlap, so the one that begins last before the address is the only
    # one that can hold it.
    index = bisect_right(ranges, (where.version, where.low), key=itemgetter(0, 1)) - 1
    if index >= 0 and ranges[index][2].holds(where):
        return ranges[index][2]
    missing = NoSubnet if ranges else NotRead
    raise missing(f"subnet of {where} in {vpc_id}", "is not in Subnets", "ec2:DescribeSubnets")


def _ranges(network: Network, vpc_id: str) -> list[tuple[int, int, Subnet]]:
    found = [
        (block.version, block.low, subnet)
        for subnet in subnets_of(network, vpc_id)
        for block in subnet.blocks
    ]
    return sorted(found, key=itemgetter(0, 1))


def interface(network: Network, interface_id: str) -> Interface:
    """Return a network interface by its id."""
    return network.one("NetworkInterfaces", interface_id, read_interface)


def interface_at(network: Network, vpc_id: str, where: Block) -> Interface | None:
    """Return the interface that has a private address in a VPC; None when none of those read."""
    found = network.where_in_vpc(
        "NetworkInterfaces",
        "address",
        addresses_in,
        vpc_id=vpc_id,
        key=str(where),
        read=read_interface,
    )
    return found[0] if found else None


def read_whole(entry: Entry) -> tuple[Interface, ...]:
    """Read one entry of SubnetNetworkInterfaces."""
    return fields.each(entry, "NetworkInterfaces", read_interface)


def holder_in(network: Network, subnet: Subnet, where: Block) -> Interface | None:
    """Return the interface that has an address of a subnet, own or out of a delegated prefix.

    None when none has it. NotRead when the subnet's interfaces were not read all of them.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
    """
    every = network.one("SubnetNetworkInterfaces", subnet.id, read_whole)
    return next((one for one in every if any(own.contains(where) for own in one.addresses)), None)


def interfaces_with(network: Network, where: Block) -> tuple[Interface, ...]:
    """Return every interface that has a private address, in whatever VPC."""
    return network.where(
        "NetworkInterfaces", "bare address", addresses_in, str(where), read_interface
    )


def addresses_in(entry: Entry) -> list[str]:
    """Return an interface's own addresses in both families, each once, as `str(Block)` has them."""
    found = [entry.get("PrivateIpAddress")]
    found += [item.get("PrivateIpAddress") for item in fields.items(entry, "PrivateIpAddresses")]
    found += [item.get("Ipv6Address") for item in fields.items(entry, "Ipv6Addresses")]
    # AWS names the primary address twice.
    return list(dict.fromkeys(_canonical(text) for text in found if isinstance(text, str)))


def _canonical(text: str) -> str:
    """Return an IPv6 address in its shortest form, as `str(Block)` writes it."""
    return str(address(text)) if ":" in text and is_address(text) else text


def of_instance(network: Network, instance_id: str) -> tuple[Interface, ...]:
    """Return the interfaces of an instance, its first one first."""
    return network.where("NetworkInterfaces", "instance", _instance, instance_id, read_interface)


def _instance(entry: Entry) -> tuple[str | None]:
    return (fields.maybe_text(fields.mapping(entry, "Attachment"), "InstanceId"),)


def with_group(network: Network, group_id: str) -> tuple[Interface, ...]:
    """Return every interface that carries a group."""
    return network.where(
        "NetworkInterfaces", "group", Listed("Groups", "GroupId"), group_id, read_interface
    )


def described(network: Network, beginning: str) -> tuple[Interface, ...]:
    """Return every interface whose description is this, or goes on after it."""
    words = beginning.split()
    return network.where(
        "NetworkInterfaces", "description", _description, tuple(words), read_interface
    )


def _description(entry: Entry) -> list[tuple[str, ...]]:
    # Services put the name of the resource into the second word: "ELB app/name/id".
    words = (fields.maybe_text(entry, "Description") or "").split()
    return [tuple(words[:2])] if len(words) > 1 else []


def with_public(network: Network, where: Block) -> tuple[Interface, ...]:
    """Return every interface that a public address stands for."""
    return network.where("NetworkInterfaces", "public address", _public, str(where), read_interface)


def _public(entry: Entry) -> list[str]:
    if "Association" not in entry and _without_public(entry.get("PrivateIpAddresses")):
        return []  # as with most, and all are looked through
    return [str(block) for block in _public_addresses(entry)]


def _without_public(addresses: object) -> bool:
    """Tell at a glance whether none of an interface's addresses has a public one."""
    return isinstance(addresses, (list, tuple)) and all(
        isinstance(one, dict) and "Association" not in one for one in addresses
    )


def interfaces_in(network: Network, subnet_id: str) -> tuple[Interface, ...]:
    """Return every interface in a subnet."""
    return network.where(
        "NetworkInterfaces", "SubnetId", Field("SubnetId"), subnet_id, read_interface
    )


def lambda_interfaces(
    network: Network, subnet_id: str, group_ids: tuple[str, ...]
) -> tuple[Interface, ...]:
    """Return the interfaces that Lambda keeps for this subnet and exactly these groups.

    Lambda makes one for every combination of subnet and groups, and shares it between functions:
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    found = interfaces_in(network, subnet_id)
    groups = set(group_ids)
    return tuple(one for one in found if _is_lambdas(one) and set(one.group_ids) == groups)


def _is_lambdas(one: Interface) -> bool:
    # Older interfaces are of the ordinary type, and say what they are in words.
    return one.kind == "lambda" or one.description.startswith("AWS Lambda VPC ENI")
