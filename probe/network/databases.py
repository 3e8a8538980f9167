"""Databases as RDS describes them: names, groups, subnets, and the interfaces that fit.

RDS does not tell a database's address. Its interface is in one of its subnets, in its zone, and
carries its groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, places
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.places import Interface


@dataclass(frozen=True, slots=True)
class Database:
    """One database instance, cluster or proxy."""

    name: str
    group_ids: tuple[str, ...]
    vpc_id: str | None
    subnet_ids: tuple[str, ...]
    zone: str | None
    public: bool


def read_database(entry: Entry) -> Database:
    """Read one entry of DBInstances or DBClusters."""
    name = fields.maybe_text(entry, "DBInstanceIdentifier")
    group = entry.get("DBSubnetGroup")
    # DescribeDBClusters gives only the subnet group's name.
    group = group if isinstance(group, dict) else {}
    subnets = fields.each(
        group, "Subnets", lambda item: fields.maybe_text(item, "SubnetIdentifier") or ""
    )
    return Database(
        name=name or fields.text(entry, "DBClusterIdentifier"),
        group_ids=fields.each(
            entry, "VpcSecurityGroups", lambda item: fields.text(item, "VpcSecurityGroupId")
        ),
        vpc_id=fields.maybe_text(group, "VpcId"),
        subnet_ids=subnets,
        zone=fields.maybe_text(entry, "AvailabilityZone"),
        public=fields.flag(entry, "PubliclyAccessible") or False,
    )


def hosts_of(entry: Entry) -> list[str]:
    """Return the names that lead to a database."""
    endpoint = entry.get("Endpoint")
    one = fields.maybe_text(endpoint, "Address") if isinstance(endpoint, dict) else endpoint
    found = [one, entry.get("ReaderEndpoint"), *fields.sequence(entry, "CustomEndpoints")]
    return [host.lower() for host in found if isinstance(host, str)]


def read_proxy(entry: Entry) -> Database:
    """Read one entry of DBProxies."""
    return Database(
        name=fields.text(entry, "DBProxyName"),
        group_ids=fields.texts(entry, "VpcSecurityGroupIds"),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        subnet_ids=fields.texts(entry, "VpcSubnetIds"),
        zone=None,
        public=False,
    )


def proxy_hosts(entry: Entry) -> list[str]:
    """Return the name that leads to a proxy."""
    host = fields.maybe_text(entry, "Endpoint")
    return [] if host is None else [host.lower()]


def interfaces_of(network: Network, database: Database) -> tuple[Interface, ...]:
    """Return the interfaces that can be the database's; NotRead when none or no one set fits."""
    if not database.group_ids:
        raise NotRead(f"address of {database.name}", "its security groups are not told")
    groups = set(database.group_ids)
    found = [
        one
        for one in places.with_group(network, database.group_ids[0])
        if set(one.group_ids) == groups
        and one.requester_id in ("amazon-rds", None)
        and (not database.subnet_ids or one.subnet_id in database.subnet_ids)
        and one.kind == "interface"
        and one.instance_id is None
    ]
    in_zone = [one for one in found if _zone(network, one) in (database.zone, None)]
    found = in_zone or found
    if not found or len({one.subnet_id for one in found}) > 1:
        raise NotRead(
            f"address of {database.name}",
            "no interface fits" if not found else "interfaces in several subnets fit",
            "ec2:DescribeNetworkInterfaces",
        )
    return tuple(found)


def _zone(network: Network, interface: Interface) -> str | None:
    if interface.subnet_id is None:
        return None
    try:
        return places.subnet(network, interface.subnet_id).zone
    except NotRead:
        return None
