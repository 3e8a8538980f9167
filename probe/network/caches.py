"""Caches as ElastiCache describes them: names, groups, and how their interfaces are described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.fields import Entry


@dataclass(frozen=True, slots=True)
class Cache:
    """One cache cluster or replication group."""

    name: str
    group_ids: tuple[str, ...]


def read_cache(entry: Entry) -> Cache:
    """Read one entry of CacheClusters or ReplicationGroups."""
    name = fields.maybe_text(entry, "CacheClusterId")
    return Cache(
        name=name or fields.text(entry, "ReplicationGroupId"),
        group_ids=fields.each(
            entry, "SecurityGroups", lambda item: fields.text(item, "SecurityGroupId")
        ),
    )


def hosts_of(entry: Entry) -> list[str]:
    """Return the names that lead to a cache."""
    return [host.lower() for host in _hosts(entry) if isinstance(host, str)]


def _hosts(entry: Entry) -> Iterator[object]:
    yield fields.mapping(entry, "ConfigurationEndpoint").get("Address")
    for node in fields.items(entry, "CacheNodes"):
        yield fields.mapping(node, "Endpoint").get("Address")
    for group in fields.items(entry, "NodeGroups"):
        for key in ("PrimaryEndpoint", "ReaderEndpoint"):
            yield fields.mapping(group, key).get("Address")
        for member in fields.items(group, "NodeGroupMembers"):
            yield fields.mapping(member, "ReadEndpoint").get("Address")


def interfaces_of(cache: Cache) -> str:
    """Return how the description of the cache's interfaces begins."""
    return f"ElastiCache {cache.name}"
