"""Rules for databases and caches that AWS describes: whether they run, and on which port.

What was read of the resource itself is held against where the packets went.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from probe.causes.cause import CUT_OFF, REFUSAL, SILENCE, Match, Proof
from probe.model import Stage

if TYPE_CHECKING:
    from probe.causes.seen import Seen
    from probe.model import Observation

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
_RUNNING = frozenset(
    {
        "available",
        "backing-up",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "converting-to-vpc",
        "delete-precheck",
        "modifying",
        "moving-to-vpc",
        "renaming",
        "storage-config-upgrade",
        "storage-initialization",
        "storage-optimization",
    }
)
_NAMED_BY = {
    "DBInstances": "DBInstanceIdentifier",
    "DBClusters": "DBClusterIdentifier",
    "CacheClusters": "CacheClusterId",
    "ReplicationGroups": "ReplicationGroupId",
}


def stopped(seen: Seen) -> Iterator[Match]:
    """Find a database behind the name whose status, says RDS, is one without connections."""
    for o in seen.failing:
        for identifier, status in _databases(seen, o):
            if status.lower() not in _RUNNING:
                sentence = f"The status of {identifier} is {status}."
                yield Match((o.label,), Proof.CONFIGURATION, identifier, (sentence,))


def _databases(seen: Seen, o: Observation) -> Iterator[tuple[str, str]]:
    for key, prefix in (("DBInstances", "DBInstance"), ("DBClusters", "DBCluster")):
        for entry in seen.rows(key):
            endpoint = entry.get("Endpoint")
            address = endpoint.get("Address") if isinstance(endpoint, Mapping) else endpoint
            status = entry.get("DBInstanceStatus") or entry.get("Status")
            if address and status and str(address).lower() == (o.host or "").lower():
                yield str(entry.get(f"{prefix}Identifier")), str(status)


def wrong_port(seen: Seen) -> Iterator[Match]:
    """Find databases and caches that were asked on another port than their own."""
    for o in seen.failing:
        if seen.symptom(o) not in SILENCE | REFUSAL or o.port is None:
            continue
        for identifier, ports, certain in _ports(seen, o):
            if ports and o.port not in ports:
                own = " and ".join(str(port) for port in sorted(ports))
                sentence = f"{identifier} listens on port {own}; the check went to port {o.port}."
                proof = Proof.CONFIGURATION if certain else Proof.FIT
                yield Match((o.label,), proof, identifier, (sentence,))


def other_encryption(seen: Seen) -> Iterator[Match]:
    """Find caches that were greeted in TLS and do not encrypt, or in plain text and do.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html
    """
    for o in seen.failing:
        if o.stage is not Stage.TLS and not in_plain_text(seen, o):
            continue
        found = [
            (str(entry.get(_NAMED_BY[key])), entry.get("TransitEncryptionEnabled"))
            for key in ("CacheClusters", "ReplicationGroups")
            for entry in seen.rows(key)
            if o.port in set(_listening(entry, (o.host or "").lower()))
        ]
        wanted = o.stage is not Stage.TLS
        for name, encrypts in found:
            if encrypts is wanted:
                turned, used = ("on", "plain text") if wanted else ("off", "TLS")
                sentence = (
                    f"{name} has encryption in transit turned {turned}; the check used {used}."
                )
                yield Match((o.label,), Proof.CONFIGURATION, name, (sentence,))
        if wanted and not found:
            sentence = f"{o.label}: a cache that encrypts in transit hangs up on plain text."
            yield Match((o.label,), Proof.FIT, o.host or o.address, (sentence,), weight=0.9)


def in_plain_text(seen: Seen, o: Observation) -> bool:
    """Tell whether a cache hung up on, or never answered, a greeting in plain text."""
    cut = o.stage is Stage.EXCHANGE and seen.symptom(o) in CUT_OFF
    return o.check == "cache" and cut and seen.detail(o, "tls_version") is None


def other_engine(seen: Seen, o: Observation) -> str | None:
    """Say which engine the database behind the name has, where it was asked as another."""
    asked = seen.detail(o, "engine")
    for key in ("DBInstances", "DBClusters") if asked else ():
        for entry in seen.rows(key):
            engine = entry.get("Engine")
            ours = engine and set(_listening(entry, (o.host or "").lower()))
            if ours and _speaks(str(engine)) != _speaks(str(asked)):
                name = entry.get(_NAMED_BY[key])
                return f"The engine of {name} is {engine}; the check spoke to it as {asked}."
    return None


def _speaks(engine: str) -> str:
    """Name the protocol of an engine: Aurora and MariaDB speak that of MySQL."""
    if "postgres" in engine:
        return "postgres"
    return "mysql" if engine.startswith(("aurora", "mariadb")) else engine.partition("-")[0]


def _ports(seen: Seen, o: Observation) -> Iterator[tuple[str, set[int], bool]]:
    """Yield each resource of this host's name, its ports, and whether it can have no others."""
    for key, field in _NAMED_BY.items():
        for entry in seen.rows(key):
            ports = set(_listening(entry, (o.host or "").lower()))
            # An option group can give Oracle a second port, for TLS, that is not told here:
            # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.Oracle.Options.SSL.html
            yield str(entry.get(field)), ports, not str(entry.get("Engine")).startswith("oracle")


def _listening(entry: object, host: str) -> Iterator[int]:
    """Yield the ports that stand beside this host's name, however deep in the entry."""
    if isinstance(entry, list | tuple):
        for item in entry:
            yield from _listening(item, host)
    if not isinstance(entry, Mapping):
        return
    named = [entry.get(key) for key in ("Address", "Endpoint", "ReaderEndpoint")]
    port: Any = entry.get("Port")
    if isinstance(port, int) and any(isinstance(n, str) and n.lower() == host for n in named):
        yield port
    for value in entry.values():
        yield from _listening(value, host)
