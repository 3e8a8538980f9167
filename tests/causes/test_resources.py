"""Databases and caches as AWS describes them, held against where the packets went."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Confidence
from tests.causes.build import blocked, evidence, findings, one, path, proven, saw

HOST = "orders.abc.eu-west-1.rds.amazonaws.com"
CACHE = "sessions.abc.0001.euw1.cache.amazonaws.com"
SILENT = "connect timeout"
INSTANCE = {
    "DBInstanceIdentifier": "orders",
    "DBInstanceStatus": "available",
    "Engine": "postgres",
    "Endpoint": {"Address": HOST, "Port": 5432},
}
# How AWS tells a port: beside the name, above it, or deep below.
TOLD: dict[str, tuple[str, dict[str, Any], str]] = {
    "an instance": ("DBInstances", INSTANCE, HOST),
    "a cluster": (
        "DBClusters",
        {"DBClusterIdentifier": "orders", "Endpoint": HOST, "Port": 5432},
        HOST,
    ),
    "a cluster's reader": (
        "DBClusters",
        {"DBClusterIdentifier": "orders", "Endpoint": "x", "ReaderEndpoint": HOST, "Port": 5432},
        HOST,
    ),
    "a cache's node": (
        "CacheClusters",
        {
            "CacheClusterId": "orders",
            "CacheNodes": [{"Endpoint": {"Address": CACHE, "Port": 5432}}],
        },
        CACHE,
    ),
    "a replication group": (
        "ReplicationGroups",
        {
            "ReplicationGroupId": "orders",
            "NodeGroups": [{"PrimaryEndpoint": {"Address": CACHE, "Port": 5432}}],
        },
        CACHE,
    ),
}


@pytest.mark.parametrize("failed", [SILENT, "connect refused"])
@pytest.mark.parametrize("told", TOLD)
def test_another_port_than_the_resources_own_is_the_wrong_one(told: str, failed: str) -> None:
    """Refused by the host or rightly dropped by its group: the port alone is to be changed."""
    name, entry, host = TOLD[told]
    seen = saw("tcp", failed, host=host, port=5433)
    stops = [blocked("target-security-group-blocks", "sg-db")] if failed == SILENT else []
    facts: dict[str, Any] = {name: [entry]}
    found = evidence(seen, paths=[path(seen, *stops)], **facts)

    assert proven(found) == ["wrong-port"]
    assert one(found, "wrong-port").component == "orders"
    assert "orders listens on port 5432; the check went to port 5433." in (
        one(found, "wrong-port").because
    )


@pytest.mark.parametrize(
    ("entry", "port", "failed"),
    [
        (INSTANCE, 5432, SILENT),
        (INSTANCE, 5433, "exchange timeout"),
        ({**INSTANCE, "Endpoint": {"Address": "other", "Port": 5432}}, 5433, SILENT),
        ({"DBInstanceIdentifier": "orders"}, 5433, SILENT),
    ],
    ids=["the right port", "somebody listens", "another database", "no endpoint yet"],
)
def test_a_port_that_may_be_right_is_not_called_wrong(
    entry: dict[str, Any], port: int, failed: str
) -> None:
    """Near misses: nothing is known to speak against the port."""
    seen = saw("rds", failed, host=HOST, port=port)
    found = evidence(seen, paths=[path(seen)], DBInstances=[entry])

    assert "wrong-port" not in [finding.code for finding in findings(found)]


def test_oracle_may_have_a_second_port() -> None:
    """An option group opens one for TLS that the instance's description does not tell."""
    seen = saw("rds", SILENT, host=HOST, port=2484)
    entry = {**INSTANCE, "Engine": "oracle-se2", "Endpoint": {"Address": HOST, "Port": 1521}}
    found = evidence(seen, paths=[path(seen)], DBInstances=[entry])

    assert one(found, "wrong-port").confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("encrypts", "expected"), [(False, ["unexpected-protocol"]), (True, []), (None, [])]
)
def test_tls_to_a_cache_that_does_not_encrypt(encrypts: bool | None, expected: list[str]) -> None:
    """Redis waits for the rest of what it takes for a line; what was not told is not held."""
    node = {"Endpoint": {"Address": CACHE, "Port": 6379}}
    entry = {"CacheClusterId": "sessions", "CacheNodes": [node]}
    told = entry if encrypts is None else {**entry, "TransitEncryptionEnabled": encrypts}
    seen = saw("tcp", "tls timeout", host=CACHE, port=6379)
    found = evidence(seen, paths=[path(seen)], CacheClusters=[told])

    assert proven(found) == expected
    assert [finding.code for finding in findings(found)].count("unexpected-protocol") == 1


@pytest.mark.parametrize(
    ("encrypts", "expected"), [(True, ["unexpected-protocol"]), (False, []), (None, [])]
)
def test_plain_text_to_a_cache_that_encrypts(encrypts: bool | None, expected: list[str]) -> None:
    """It hangs up; one that does not encrypt did so for another reason."""
    node = {"Endpoint": {"Address": CACHE, "Port": 6379}}
    entry = {"CacheClusterId": "sessions", "CacheNodes": [node]}
    told = [] if encrypts is None else [{**entry, "TransitEncryptionEnabled": encrypts}]
    seen = saw("cache", "exchange closed")
    found = evidence(seen, paths=[path(seen)], CacheClusters=told)

    assert proven(found) == expected
    guessed = [finding.code for finding in findings(found)]
    assert ("unexpected-protocol" in guessed) is (encrypts is not False)


def test_a_wrong_port_hides_no_missing_route() -> None:
    """The right port needs the route as well, and answers come back to the same ports."""
    seen = saw("rds", SILENT, host=HOST, port=5433)
    stops = ("no-route-to-target", "nacl-blocks-request", "nacl-blocks-return")
    found = evidence(seen, paths=[path(seen, *map(blocked, stops))], DBInstances=[INSTANCE])

    assert proven(found) == ["wrong-port", "nacl-blocks-return", "no-route-to-target"]


def test_a_group_that_is_closed_for_the_right_port_is_the_cause() -> None:
    """Near miss: the port is the database's own; and another target's group is its own matter."""
    seen = saw("rds", SILENT, host=HOST, port=5432)
    other = saw("rds", SILENT, host=f"a-{HOST}", port=5433)
    wrong = {
        **INSTANCE,
        "DBInstanceIdentifier": "a",
        "Endpoint": {"Address": other.host, "Port": 1},
    }
    stop = blocked("target-security-group-blocks", "sg-db")
    found = evidence(
        seen, other, paths=[path(seen, stop), path(other, stop)], DBInstances=[INSTANCE, wrong]
    )

    assert proven(found) == ["wrong-port", "target-security-group-blocks"]
    assert one(found, "wrong-port").explains == (other.label,)
    assert one(found, "target-security-group-blocks").explains == (seen.label,)
