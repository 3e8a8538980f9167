"""The collector's questions about where a target is when no way leads there: what a fix would need.

A target in a VPC that nothing joins to the function's, or of a function that is in no VPC at all,
is known by its network interface; the rest of its VPC says where a way to it could begin. What
joins the two may be there without a route that names it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from probe.network import places
from probe.network.addresses import address, is_private
from probe.network.collector import questions
from probe.network.endpoints import GATEWAY_SERVICES
from probe.network.transit import transit_attachments
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.collector.gathering import Gathering, Question
    from probe.network.collector.references import Wanted
    from probe.network.values import Entry
    from probe.network.vpc import Network


def followed(
    network: Network, found: Gathering, wanted: Wanted, own: tuple[str, ...]
) -> Iterator[Question]:
    """Ask who has the wanted private addresses, and for the VPCs of those outside the own."""
    private = {str(block) for block in wanted.blocks if is_private(block)}
    # An IPv6 address of an interface is its address in the internet, too.
    inner = private | {str(block) for block in wanted.blocks if block.version == 6}
    # A placement with subnets has asked for its targets' addresses before.
    asked = private & set(wanted.dns_servers) if wanted.subnet_ids else private
    yield from questions.holders(asked)
    yield from questions.all_interfaces(_unheld(network, found, private))
    yield from questions.instances(_machines(found, inner, wanted))
    holders = {
        str(entry["VpcId"])
        for entry in found.entries("NetworkInterfaces")
        if entry.get("VpcId")
        and (not inner.isdisjoint(places.addresses_in(entry)) or _is_public_of(entry, wanted))
    }
    holders |= {
        str(entry["DBSubnetGroup"]["VpcId"])
        for entry in found.entries("DBInstances")
        if (entry.get("DBSubnetGroup") or {}).get("VpcId")
    }
    outside = holders.difference(own)
    yield from questions.of_vpcs(outside)
    if outside and own:
        yield from questions.peerings(own)
        yield from questions.attached({*own, *outside})
        yield from _hubs(network, own, outside)
    yield from questions.groups([*_admitted(found, wanted), *_of_endpoints(found, wanted)])
    yield from questions.prefix_list_entries(_of_services(found, wanted))
    if any(entry.get("Ipv6CidrBlockAssociationSet") for entry in found.entries("Subnets")):
        yield questions.ec2("EgressOnlyInternetGateways")


def holders(found: Gathering, wanted: Wanted) -> Iterator[Entry]:
    """Return the interfaces that have a wanted address out of a delegated prefix."""
    for whole in found.entries("SubnetNetworkInterfaces"):
        for entry in whole["NetworkInterfaces"]:
            own = places.read_interface(entry).addresses
            if any(block.contains(one) for block in own for one in wanted.blocks):
                yield entry


def _machines(found: Gathering, inner: set[str], wanted: Wanted) -> Iterator[str]:
    """Return the instances that have a wanted address, but for DNS servers: those are asked for."""
    asked = inner.difference(wanted.dns_servers)
    for entry in (*found.entries("NetworkInterfaces"), *holders(found, wanted)):
        machine = (entry.get("Attachment") or {}).get("InstanceId")
        own = not asked.isdisjoint(places.addresses_in(entry)) or _is_public_of(entry, wanted)
        if machine and own:
            yield str(machine)


def _unheld(network: Network, found: Gathering, private: set[str]) -> Iterator[str]:
    """Return the subnets of wanted addresses that no interface has of its own.

    An address out of a delegated prefix is one that EC2 does not find an interface by.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
    """
    held = {
        one for entry in found.entries("NetworkInterfaces") for one in places.addresses_in(entry)
    }
    missing = [address(text) for text in sorted(private - held)]
    with suppress(NotRead):
        for subnet in network.all("Subnets", places.read_subnet):
            if any(subnet.holds(one) for one in missing):
                yield subnet.id


def _hubs(network: Network, own: tuple[str, ...], outside: set[str]) -> Iterator[Question]:
    """Ask for the transit gateways between these VPCs that no route has led to by now."""
    with suppress(NotRead):
        known = network.rows("TransitGateways") if network.has("TransitGateways") else ()
        joining = set(transit_attachments.between(network, own, outside))
        yield from questions.transit(joining - {str(one["TransitGatewayId"]) for one in known})


def _is_public_of(entry: Entry, wanted: Wanted) -> bool:
    """Whether a wanted public address stands for one of an interface's own."""
    holders = (entry, *(entry.get("PrivateIpAddresses") or ()))
    found = {(holder.get("Association") or {}).get("PublicIp") for holder in holders}
    return not found.isdisjoint(wanted.public)


def _admitted(found: Gathering, wanted: Wanted) -> Iterator[str]:
    """Return the groups that a target lets in: the function could take one of them.

    A function in a VPC has groups; what names one of those lets it in already.
    """
    guards = _guards(found, wanted)
    for group in found.entries("SecurityGroups"):
        if wanted.subnet_ids and group.get("GroupId") not in guards:
            continue
        named = {
            str(pair["GroupId"])
            for permission in group.get("IpPermissions") or ()
            for pair in permission.get("UserIdGroupPairs") or ()
            if pair.get("GroupId")
        }
        if named.isdisjoint(wanted.group_ids):
            yield from named


def _guards(found: Gathering, wanted: Wanted) -> set[str]:
    """Return the groups of whoever has a wanted address."""
    addresses = {str(block) for block in wanted.blocks}
    return {
        str(group["GroupId"])
        for entry in found.entries("NetworkInterfaces")
        if not addresses.isdisjoint(places.addresses_in(entry))
        for group in entry.get("Groups") or ()
        if group.get("GroupId")
    }


def _of_endpoints(found: Gathering, wanted: Wanted) -> Iterator[str]:
    """Return the groups of the endpoints that lead to a wanted service."""
    for endpoint in found.entries("VpcEndpoints"):
        if str(endpoint.get("ServiceName")).rpartition(".")[2] in wanted.services:
            for group in endpoint.get("Groups") or ():
                yield str(group["GroupId"])


def _of_services(found: Gathering, wanted: Wanted) -> Iterator[str]:
    """Return AWS's prefix lists of wanted services whose blocks were not told with their names."""
    for entry in found.entries("PrefixLists"):
        service = str(entry.get("PrefixListName")).rpartition(".")[2]
        known = service in GATEWAY_SERVICES and service in wanted.services
        if known and not entry.get("Cidrs"):
            yield str(entry["PrefixListId"])
