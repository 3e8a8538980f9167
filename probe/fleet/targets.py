"""What functions of a network are taken to want to reach, where nobody says it.

The internet, the AWS services that most functions call, and each database and cache in the same
network. A guess is no more than that: a placement without a way to the internet may be meant so.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from probe import settings
from probe.network.values import ReadFailed
from probe.reading import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.network.collector.collect import Reader

    Target = dict[str, Any]  # one of an event's "targets"

INTERNET = "https://checkip.amazonaws.com"
SERVICES: tuple[Target, ...] = (
    {"check": "http", "url": INTERNET},
    {"check": "dynamodb"},
    {"check": "aws", "service": "s3"},
    {"check": "logs"},
    {"check": "aws", "service": "secretsmanager"},
)
_MEMCACHED = "memcached"


class Neighbours:
    """The databases and caches of one scope, by the VPC that they are in."""

    def __init__(self) -> None:
        self._by_vpc: dict[str, list[Target]] = {}
        self.unread: list[ReadFailed] = []  # what could not be listed: nothing is said of those

    def of(self, vpc_id: str | None) -> tuple[Target, ...]:
        """Return what is in a VPC."""
        return tuple(self._by_vpc.get(vpc_id or "", ()))

    def add(self, vpc_id: str, target: Target) -> None:
        """Keep one."""
        self._by_vpc.setdefault(vpc_id, []).append(target)


def neighbours(read: Reader) -> Neighbours:
    """List databases and caches; what may not be listed is left out, and said to be."""
    found = Neighbours()
    for look in (_databases, _caches):
        try:
            for vpc_id, target in look(read):
                found.add(vpc_id, target)
        except ReadFailed as failed:
            found.unread.append(failed)
    return found


def _databases(read: Reader) -> Iterator[tuple[str, Target]]:
    for entry in read("rds", "DescribeDBInstances")["DBInstances"]:
        endpoint = entry.get("Endpoint") or {}  # none before it is made, and while it is going
        vpc_id = (entry.get("DBSubnetGroup") or {}).get("VpcId")
        if vpc_id and endpoint.get("Address") and endpoint.get("Port"):
            place = {"host": endpoint["Address"], "port": endpoint["Port"]}
            found = _accepted(
                {"check": "rds", **place, "engine": entry.get("Engine")}, {"check": "tcp", **place}
            )
            yield from ((vpc_id, target) for target in found)


def _accepted(*choices: Target) -> tuple[Target, ...]:
    """Take the first that is a target: RDS lists engines that no check speaks, like DocumentDB."""
    for one in choices:
        with contextlib.suppress(SettingsError):
            settings.parse({"targets": [one]}, {"AWS_REGION": "us-east-1"})
            return (one,)
    return ()


def _caches(read: Reader) -> Iterator[tuple[str, Target]]:
    clusters = read("elasticache", "DescribeCacheClusters", ShowCacheNodeInfo=True)["CacheClusters"]
    if not clusters:
        return
    groups = read("elasticache", "DescribeCacheSubnetGroups")["CacheSubnetGroups"]
    vpcs = {group["CacheSubnetGroupName"]: group.get("VpcId") for group in groups}
    for entry in clusters:
        vpc_id = vpcs.get(entry.get("CacheSubnetGroupName"))
        endpoints = [node.get("Endpoint") or {} for node in entry.get("CacheNodes") or ()]
        # The nodes of a cluster have the same subnets and groups: one speaks for all.
        place = next((_place(one) for one in endpoints if one.get("Address")), None)
        if vpc_id and place:
            yield from ((vpc_id, target) for target in _accepted(_cache(entry, place)))


def _place(endpoint: Mapping[str, Any]) -> Target:
    return {"host": endpoint["Address"], "port": endpoint.get("Port") or 6379}


def _cache(entry: Mapping[str, Any], place: Target) -> Target:
    if entry.get("Engine") == _MEMCACHED:
        return {"check": "tcp", **place}
    return {"check": "cache", **place, "tls": bool(entry.get("TransitEncryptionEnabled"))}
