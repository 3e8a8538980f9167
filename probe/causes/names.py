"""Names that do not exist: those that AWS gives to resources go with the resource.

A resource's name is in public DNS, whoever asks, until it is deleted or renamed; so no zone and no
VPC is to blame where nothing bears the name any more.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.causes.cause import NO_NAME, Match, Proof
from probe.causes.placement import may_be_out_of_reach
from probe.causes.resolvers import forwarding
from probe.model import Failure

if TYPE_CHECKING:
    from probe.causes.cause import Kind
    from probe.causes.seen import Seen
    from probe.model import Observation

_DOMAIN = re.compile(r"\.amazonaws\.com(?:\.cn)?$")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ZONE = re.compile(rf"{_REGION.pattern}[a-z]")
# What AWS puts around the name that somebody has given: before it, and behind it.
_BEFORE = frozenset({"master", "replica", "clustercfg", "dualstack"})
_AROUND = re.compile(r"(?:internal-)?(.+?)(?:-(?:\d{8,}|[0-9a-f]{16}))?$")
_SHOWN = 3
_ALIKE = 3  # letters that two names begin with at least


@dataclass(frozen=True, slots=True)
class _Resource:
    """One sort of resource: how its names look, which lists hold them, what lists them."""

    noun: str
    host: re.Pattern[str]  # without AWS's own domain, and without the Region
    lists: tuple[str, ...]  # together they hold every such name; none: nothing that is read does
    command: str


def _resource(noun: str, host: str, lists: tuple[str, ...], command: str) -> _Resource:
    return _Resource(noun, re.compile(host), lists, f"aws {command}")


# The first that fits. Custom endpoints of clusters are asked for by another name than their own.
_RESOURCES = (
    _resource(
        "endpoint of an RDS proxy",
        r"\.endpoint\.proxy-.*\.rds$",
        (),
        "rds describe-db-proxy-endpoints --query 'DBProxyEndpoints[].Endpoint'",
    ),
    _resource(
        "RDS proxy",
        r"\.proxy-.*\.rds$",
        ("DBProxies",),
        "rds describe-db-proxies --query 'DBProxies[].Endpoint'",
    ),
    _resource(
        "endpoint of a database cluster",
        r"\.cluster-custom-.*\.rds$",
        (),
        "rds describe-db-cluster-endpoints --query 'DBClusterEndpoints[].Endpoint'",
    ),
    _resource(
        "database cluster",
        r"\.cluster-.*\.rds$",
        ("DBClusters",),
        "rds describe-db-clusters --query 'DBClusters[].[Endpoint,ReaderEndpoint]'",
    ),
    _resource(
        "database instance",
        r"^[^.]+\.[^.-]+\.rds$",
        ("DBInstances",),
        "rds describe-db-instances --query 'DBInstances[].Endpoint.Address'",
    ),
    _resource(
        "DocumentDB cluster or instance",
        r"\.docdb$",
        (),
        "docdb describe-db-clusters --query 'DBClusters[].[Endpoint,ReaderEndpoint]'",
    ),
    _resource(
        "Neptune cluster or instance",
        r"\.neptune$",
        (),
        "neptune describe-db-clusters --query 'DBClusters[].[Endpoint,ReaderEndpoint]'",
    ),
    _resource(
        "Redshift cluster",
        r"\.redshift$",
        (),
        "redshift describe-clusters --query 'Clusters[].Endpoint.Address'",
    ),
    _resource(
        "serverless cache",
        r"\.serverless\..*\.cache$",
        (),
        "elasticache describe-serverless-caches --query 'ServerlessCaches[].Endpoint.Address'",
    ),
    _resource(
        "cache",
        r"^(?:master|replica|clustercfg)\..*\.cache$|\.ng\..*\.cache$",
        ("CacheClusters", "ReplicationGroups"),
        "elasticache describe-replication-groups --query 'ReplicationGroups[]"
        ".[ConfigurationEndpoint.Address,NodeGroups[].PrimaryEndpoint.Address]'",
    ),
    _resource(
        "cache",
        r"\.cache$",
        ("CacheClusters", "ReplicationGroups"),
        "elasticache describe-cache-clusters --show-cache-node-info --query 'CacheClusters[]"
        ".[ConfigurationEndpoint.Address,CacheNodes[].Endpoint.Address]'",
    ),
    _resource(
        "MemoryDB cluster",
        r"\.memorydb$",
        (),
        "memorydb describe-clusters --query 'Clusters[].ClusterEndpoint.Address'",
    ),
    _resource(
        # Classic ones are named like application ones, and stand in a list of their own.
        "application or network load balancer",
        r"\.elb$",
        ("LoadBalancers",),
        "elbv2 describe-load-balancers --query 'LoadBalancers[].DNSName'",
    ),
    _resource(
        "OpenSearch domain",
        r"^(?:vpc|search)-.*\.es$",
        (),
        "opensearch list-domain-names --query 'DomainNames[].DomainName'",
    ),
)


def name_unknown(seen: Seen) -> Iterator[Match]:
    """Find names of which a resolver said that they do not exist, or have no address."""
    for o in seen.failing:
        if seen.symptom(o) in NO_NAME:
            # That the name is wrong, and not where it is asked, is then one guess of two.
            proof = Proof.FIT if may_be_out_of_reach(seen, o) else Proof.PACKETS
            because, remedy = _gone(seen, o)
            said = (*forwarding(seen, o), *seen.beside(o), *because)
            yield Match((o.label,), proof, o.host, said, weight=0.8, remedy=remedy)


def confirming() -> tuple[tuple[Kind, str], ...]:
    """Return the commands that list the names that there are, by the kind of target."""
    return tuple((_is(resource), resource.command) for resource in _RESOURCES)


def _is(wanted: _Resource) -> Kind:
    return lambda o: _resource_of(o.host) is wanted


def _gone(seen: Seen, o: Observation) -> tuple[tuple[str, ...], str | None]:
    """Say that nothing bears this name any more, and what bears one like it."""
    if o.failure == Failure.NAME_NOT_FOUND and (zone := _zone_in(_plain(o.host))):
        remedy = f"{zone} is an Availability Zone: names of AWS's hold its Region, {zone[:-1]}."
        return (), remedy
    resource, control = _resource_of(o.host), seen.control_of(o)
    exists = control is not None and control.address is not None
    if resource is None or exists or o.failure != Failure.NAME_NOT_FOUND:
        return (), None
    host, noun = _plain(o.host), resource.noun
    names = _names(seen, resource)
    if not names.isdisjoint((host, host.removeprefix("dualstack."))):
        return (), None
    read = bool(resource.lists) and all(name in seen.facts for name in resource.lists)
    if not read or not _is_of_region(host, seen.region):
        return (), (
            f"See whether the {noun} of this name still exists: it may have been deleted or"
            " renamed, or the name is mistyped. Then give the function a name that exists."
        )
    near = _nearest(host, names)
    because = (
        f"No {noun} that was read in this account and Region has this name: it was deleted, renamed"
        " or mistyped."
    )
    remedy = f"Give the function the name of the {noun} that is meant: none has this one any more."
    if near:
        remedy += f" Names like it that exist: {', '.join(near)}; nothing says which is meant."
    return (because,), remedy


def _zone_in(host: str) -> str | None:
    """Return the zone that stands in a name of AWS's, where a Region should."""
    if not _DOMAIN.search(host):
        return None
    return next((label for label in host.split(".") if _ZONE.fullmatch(label)), None)


def _plain(host: str | None) -> str:
    return (host or "").rstrip(".").lower()


def _resource_of(host: str | None) -> _Resource | None:
    name = _plain(host)
    domain = _DOMAIN.search(name)
    own = name[: domain.start()] if domain else ""
    # The Region stands before the service's word, or behind it.
    own = ".".join(label for label in own.split(".") if not _REGION.fullmatch(label))
    return next((one for one in _RESOURCES if own and one.host.search(own)), None)


def _is_of_region(host: str, region: str | None) -> bool:
    """Tell whether a name is of the Region whose lists were read; caches write it in short."""
    if region is None:
        return False
    country, *where, number = region.split("-")
    short = country + "".join(_short(word) for word in where) + number
    return not {region, short}.isdisjoint(host.split("."))


def _short(word: str) -> str:
    """Write "southeast" as "se", and "east" as "e"."""
    for first in ("north", "south"):
        if word.startswith(first) and word != first:
            return first[0] + word[len(first)]
    return word[0]


def _names(seen: Seen, resource: _Resource) -> set[str]:
    """Return every name in the lists that hold such resources."""
    found = (_within(row) for key in resource.lists for row in seen.rows(key))
    return {_plain(name) for names in found for name in names}


def _within(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield every text below a list's entry that is a name of AWS's."""
    if isinstance(value, str):
        if _DOMAIN.search(_plain(value)):
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _within(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _within(part)


def _nearest(host: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the few names that hold this one's own word, or begin like it."""
    wanted = _word(host)
    found = [(name, _alike(wanted, _word(name))) for name in names]
    near = sorted((-alike, len(name), name) for name, alike in found if alike)
    return tuple(name for _, _, name in near[:_SHOWN])


def _word(host: str) -> str:
    """Return the name that somebody has given to a resource."""
    labels = [label for label in host.split(".") if label not in _BEFORE]
    found = _AROUND.match(labels[0])
    return found[1] if found else labels[0]


def _alike(one: str, other: str) -> int:
    """Count the letters that two names share, where they are so many that it may be no chance."""
    short = min(len(one), len(other))
    unlike = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    begin = short if one in other or other in one else next(unlike, short)
    return begin if begin >= _ALIKE and 2 * begin >= short else 0
