"""Who has an address: the interface, endpoint, load balancer, database or cache behind it.

The interface is the truth where it was read. A database is known by its host name too, and then
its groups are known even when nobody may list interfaces.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import caches, databases, endpoints, places
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.endpoints import Endpoint

ENDPOINT = "vpcendpoint"
# Interfaces that security groups never apply to.
WITHOUT_GROUPS = (
    "natgateway",
    "transitgateway",
    "gatewayloadbalancer",
    "gatewayloadbalancerendpoint",
)


class Unused(NotRead):
    """All interfaces of a subnet were read, and none has the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """What packets are for."""

    component: str
    kind: str  # "network-interface" | "vpc-endpoint" | "load-balancer" | "database" | "cache"
    group_ids: tuple[str, ...] | NotRead
    endpoint: Endpoint | None = None
    load_balancer: str | None = None  # the name in "ELB app/NAME/ID"
    endpoint_unread: NotRead | None = None  # it is an endpoint's; which one was not read
    instance_id: str | None = None  # the EC2 instance that the interface is attached to


def identify(network: Network, vpc_id: str, address: Block, host: str | None) -> Target:
    """Return who has this address in a VPC. NotRead when nobody read says so."""
    unread: NotRead | None = None
    try:
        interface = places.interface_at(network, vpc_id, address)
    except NotRead as missing:
        interface, unread = None, missing
    if interface is not None:
        return _of_interface(network, interface)
    for find in (_endpoint, _database, _proxy, _cache):
        try:
            found = find(network, vpc_id, (host or "").rstrip(".").lower())
        except NotRead:
            continue
        if found is not None:
            return found
    return _of_interface(network, _by_subnet(network, vpc_id, address, unread))


def _by_subnet(
    network: Network, vpc_id: str, address: Block, unread: NotRead | None
) -> places.Interface:
    """Return who has an address out of a delegated prefix. Unused when it is nobody's."""
    what = f"network interface with {address} in {vpc_id}"
    try:
        subnet = places.subnet_of(network, vpc_id, address)
        holder = places.holder_in(network, subnet, address)
    except NotRead:
        raise unread or NotRead(
            what, "is not in NetworkInterfaces", "ec2:DescribeNetworkInterfaces"
        ) from None
    if holder is not None:
        return holder
    if subnet.reserves(address):
        raise NotRead(what, "AWS keeps this address for itself")
    raise Unused(what, f"no interface of {subnet.id} that was read has it")


def _of_interface(network: Network, interface: places.Interface) -> Target:
    groups: tuple[str, ...] | NotRead = interface.group_ids
    endpoint: Endpoint | None = None
    try:
        endpoint = endpoints.of_interface(network, interface.id)
    except NotRead as missing:
        if interface.kind == ENDPOINT:
            return Target(interface.id, "vpc-endpoint", groups, endpoint_unread=missing)
    if endpoint is not None:
        return Target(endpoint.id, "vpc-endpoint", endpoint.group_ids or groups, endpoint)
    kind = "vpc-endpoint" if interface.kind == ENDPOINT else "network-interface"
    words = interface.description.split()
    if words[:1] == ["ELB"] and len(words) > 1:
        parts = words[1].split("/")
        name = parts[1] if len(parts) > 1 else parts[0]
        return Target(interface.id, "load-balancer", groups, load_balancer=name)
    if not groups and interface.kind not in WITHOUT_GROUPS:
        groups = NotRead(f"security groups of {interface.id}", "NetworkInterfaces tells none")
    return Target(interface.id, kind, groups, instance_id=interface.instance_id)


def role_at(network: Network, vpc_id: str, address: Block) -> str:
    """Say whether a VPC endpoint has this address, or somebody else: "endpoint" or "target"."""
    try:
        interface = places.interface_at(network, vpc_id, address)
        if interface is None:
            return "target"
        if interface.kind == ENDPOINT or endpoints.of_interface(network, interface.id):
            return "endpoint"
    except NotRead:
        pass
    return "target"


def _endpoint(network: Network, vpc_id: str, host: str) -> Target | None:
    for endpoint in endpoints.of_vpc(network, vpc_id):
        if host and endpoint.is_called(host):
            return Target(endpoint.id, "vpc-endpoint", endpoint.group_ids, endpoint)
    return None


def _database(network: Network, vpc_id: str, host: str) -> Target | None:
    del vpc_id  # a host name is unique, and DBClusters do not tell their VPC
    for name in ("DBInstances", "DBClusters"):
        with suppress(NotRead):
            found = network.where(name, "host", databases.hosts_of, host, databases.read_database)
            if found:
                return Target(found[0].name, "database", found[0].group_ids)
    return None


def _proxy(network: Network, vpc_id: str, host: str) -> Target | None:
    del vpc_id
    found = network.where("DBProxies", "host", databases.proxy_hosts, host, databases.read_proxy)
    return Target(found[0].name, "database", found[0].group_ids) if found else None


def _cache(network: Network, vpc_id: str, host: str) -> Target | None:
    del vpc_id
    found = network.where("CacheClusters", "host", caches.hosts_of, host, caches.read_cache)
    return Target(found[0].name, "cache", found[0].group_ids) if found else None
