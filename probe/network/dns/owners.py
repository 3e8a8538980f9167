"""Which AWS resource a host name belongs to, and the private addresses behind it.

AWS gives databases, caches and load balancers names and hides their addresses; their network
interfaces tell them. Names are matched exactly, never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import caches, databases, endpoints, places
from probe.network.addresses import address, is_address
from probe.network.balancers import balancers
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.endpoints import Endpoint

# "ip-10-0-1-5.eu-west-1.compute.internal": https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-naming.html
_INSTANCE_NAME = re.compile(r"ip-(\d+)-(\d+)-(\d+)-(\d+)\.(?:[a-z0-9-]+\.compute|ec2)\.internal$")
# Behind the resource's own name, before or after its Region; alone it is the service's API.
_RESOURCE = re.compile(
    r"\.(?:rds|docdb|neptune|redshift|cache|memorydb|elb)\.(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?$"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """What a name belongs to."""

    component: str
    kind: str  # "database" | "cache" | "load-balancer" | "vpc-endpoint" | "instance"
    vpc_id: str | None
    private: tuple[Block, ...] | NotRead
    # Public addresses that others than its own VPC are given; none when it has none.
    public: tuple[Block, ...] = ()
    publicly_named: bool = False  # outside its VPC the name stands for a public address


def find(network: Network, host: str) -> Owner | None:
    """Return what the name belongs to; None when it is nothing that was read."""
    for look in (_instance, _endpoint, _database, _proxy, _cache, _balancer):
        try:
            found = look(network, host)
        except NotRead:
            continue
        if found is not None:
            return found
    return None


def is_resource(host: str) -> bool:
    """Whether AWS gives such names to databases, caches and load balancers, read here or not."""
    return _RESOURCE.search(host) is not None


def _instance(network: Network, host: str) -> Owner | None:
    del network
    match = _INSTANCE_NAME.match(host)
    text = ".".join(match.groups()) if match else ""
    if not is_address(text):
        return None
    return Owner(host, "instance", None, (address(text),))


def _endpoint(network: Network, host: str) -> Owner | None:
    """Look among the names of endpoints: public names of private addresses, the same everywhere."""
    if not host.endswith((".vpce.amazonaws.com", ".vpce.amazonaws.com.cn")):
        return None
    found = network.where(
        "VpcEndpoints", "dns name", endpoints.names_of, host, endpoints.read_endpoint
    )
    return of_endpoint(network, found[0]) if found else None


def of_endpoint(network: Network, endpoint: Endpoint) -> Owner:
    """Return an interface endpoint with the addresses of its interfaces."""
    private: tuple[Block, ...] | NotRead
    try:
        interfaces = [places.interface(network, one) for one in endpoint.interface_ids]
        private = tuple(block for one in interfaces for block in one.addresses)
    except NotRead as missing:
        private = missing
    return Owner(endpoint.id, "vpc-endpoint", endpoint.vpc_id, private)


def _database(network: Network, host: str) -> Owner | None:
    for name in ("DBInstances", "DBClusters"):
        try:
            found = network.where(name, "host", databases.hosts_of, host, databases.read_database)
        except NotRead:
            continue
        if found:
            return _of_database(network, found[0])
    return None


def _of_database(network: Network, database: databases.Database) -> Owner:
    private: tuple[Block, ...] | NotRead
    public: tuple[Block, ...] = ()
    try:
        interfaces = databases.interfaces_of(network, database)
        private = tuple(block for one in interfaces[:1] for block in one.addresses)
        public = tuple(block for one in interfaces for block in one.public)
    except NotRead as missing:
        private = missing
    vpc_id = database.vpc_id
    return Owner(database.name, "database", vpc_id, private, public, database.public)


def _proxy(network: Network, host: str) -> Owner | None:
    found = network.where("DBProxies", "host", databases.proxy_hosts, host, databases.read_proxy)
    return _of_database(network, found[0]) if found else None


def _cache(network: Network, host: str) -> Owner | None:
    for name in ("CacheClusters", "ReplicationGroups"):
        try:
            found = network.where(name, "host", caches.hosts_of, host, caches.read_cache)
        except NotRead:
            continue
        if found:
            return _of_interfaces(network, found[0].name, "cache", caches.interfaces_of(found[0]))
    return None


def _balancer(network: Network, host: str) -> Owner | None:
    found = balancers.by_host(network, host)
    if found is None:
        return None
    owner = _of_interfaces(network, found.name, "load-balancer", f"ELB {found.path}")
    if found.internal:
        return owner
    return Owner(owner.component, owner.kind, owner.vpc_id, owner.private, publicly_named=True)


def _of_interfaces(network: Network, name: str, kind: str, description: str) -> Owner:
    """Return a resource whose interfaces carry its name in their description."""
    private: tuple[Block, ...] | NotRead
    vpc_id = None
    try:
        found = places.described(network, description)
        vpc_id = found[0].vpc_id if found else None
        private = tuple(block for one in found for block in one.addresses)
    except NotRead as missing:
        private = missing
    if not private:
        private = NotRead(
            f"address of {name}", "no interface names it", "ec2:DescribeNetworkInterfaces"
        )
    return Owner(name, kind, vpc_id, private)
