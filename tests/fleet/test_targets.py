"""What functions are taken to want: services, and each database and cache beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probe import settings
from probe.causes import CATALOGUE
from probe.fleet import results
from probe.fleet.network import aimed, look
from probe.fleet.placements import Scope
from probe.fleet.targets import SERVICES, neighbours
from probe.model import Status
from probe.network.values import ReadFailed
from tests.fleet.scale import EMPTY, Account
from tests.network.world import tcp

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Scope("200000000001", "eu-west-1")


def database(name: str, engine: str, port: int | None = 5432, vpc: str = "vpc-a") -> dict[str, Any]:
    """Write a database as RDS tells it."""
    host = f"{name}.abc.eu-west-1.rds.amazonaws.com"
    return {
        "DBInstanceIdentifier": name,
        "Engine": engine,
        "DBSubnetGroup": {"VpcId": vpc, "Subnets": [{"SubnetIdentifier": "subnet-out"}]},
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-db", "Status": "active"}],
        **({"Endpoint": {"Address": host, "Port": port}} if port else {}),
    }


def cache(name: str, engine: str, **more: Any) -> dict[str, Any]:
    """Write a cache as ElastiCache tells it."""
    endpoint = {"Address": f"{name}.abc.0001.euw1.cache.amazonaws.com", "Port": 6379}
    return {
        "CacheClusterId": name,
        "Engine": engine,
        "CacheSubnetGroupName": "caches",
        "CacheNodes": [{"Endpoint": endpoint}, {"Endpoint": {**endpoint, "Address": "other"}}],
        **more,
    }


class Aws:
    """A reader of lists."""

    def __init__(self, denied: str = "", **lists: list[dict[str, Any]]) -> None:
        self.denied, self.lists = denied, lists

    def __call__(self, service: str, operation: str, **_: Any) -> Mapping[str, Any]:
        """Give one list."""
        if operation == self.denied:
            raise ReadFailed("AccessDenied", f"{service}:{operation}")
        name = operation.removeprefix("Describe")
        groups = [{"CacheSubnetGroupName": "caches", "VpcId": "vpc-a"}]
        return {name: groups if name == "CacheSubnetGroups" else self.lists.get(name, [])}


@pytest.mark.parametrize(
    ("engine", "check"),
    [
        ("postgres", "rds"),
        ("aurora-mysql", "rds"),
        ("sqlserver-se", "rds"),
        ("oracle-se2-cdb", "rds"),
        ("docdb", "tcp"),
        ("custom-oracle-ee", "tcp"),
        ("db2-se", "tcp"),
    ],
)
def test_each_database_is_a_target_that_a_check_takes(engine: str, check: str) -> None:
    """By its protocol where there is a check that speaks it, else by its port."""
    found = neighbours(Aws(DBInstances=[database("orders", engine)]))

    (target,) = found.of("vpc-a")
    assert target["check"] == check
    assert settings.parse({"targets": [target]}, {}).targets[0].port == 5432


def test_a_database_belongs_to_its_own_network() -> None:
    """Functions of another VPC are not taken to want it; one without an address is no target."""
    other, coming = database("b", "mysql", vpc="vpc-b"), database("c", "mysql", port=None)
    found = neighbours(Aws(DBInstances=[database("a", "mysql"), other, coming]))

    assert [target["host"].partition(".")[0] for target in found.of("vpc-a")] == ["a"]
    assert [target["host"].partition(".")[0] for target in found.of("vpc-b")] == ["b"]
    assert found.of(None) == ()


def test_each_cache_is_one_target_in_its_own_manner() -> None:
    """With TLS where it is on; Memcached speaks another protocol, and its port is enough."""
    caches = [
        cache("plain", "redis"),
        cache("secret", "valkey", TransitEncryptionEnabled=True),
        cache("old", "memcached"),
    ]
    found = neighbours(Aws(CacheClusters=caches)).of("vpc-a")

    assert [(one["check"], one.get("tls")) for one in found] == [
        ("cache", False),
        ("cache", True),
        ("tcp", None),
    ]
    assert len(list(aimed(found, "eu-west-1"))) == 3


def test_databases_that_may_not_be_listed_leave_the_caches() -> None:
    """And that they were left out is said, with the permission."""
    aws = Aws("DescribeDBInstances", CacheClusters=[cache("plain", "redis")])
    found = neighbours(aws)

    assert len(found.of("vpc-a")) == 1
    assert [one.needs for one in found.unread] == ["rds:DescribeDBInstances"]


def test_the_services_are_targets_and_the_internet_needs_no_name() -> None:
    """The internet is walked to as such, whatever could be read of DNS."""
    aims = list(aimed(SERVICES, "eu-west-1"))

    assert [aim.label for aim in aims] == [
        "internet",
        "dynamodb dynamodb",
        "aws s3",
        "logs logs",
        "aws secretsmanager",
    ]
    assert not aims[0].named


def test_more_targets_than_one_event_may_name_are_all_walked_to() -> None:
    """A network may have a thousand databases."""
    many = [
        {"check": "tcp", "host": f"10.0.{n // 250}.{n % 250}", "port": 5432} for n in range(1200)
    ]

    assert len(list(aimed(many, "eu-west-1"))) == 1200


class Network(Account):
    """The network of the measurement, with a database in it that admits one group or another."""

    def __init__(self, admitted: str) -> None:
        super().__init__(0.0)
        self.world.group("sg-db", ingress=[tcp(5432, group=admitted)])
        self.world.interface(
            "eni-db", "10.0.0.50", "subnet-out", ["sg-db"], RequesterId="amazon-rds"
        )
        self.world.lists["DBInstances"].append(database("orders", "postgres"))

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Answer one call; RDS has a database here."""
        if operation == "ListFunctions":
            return {"Functions": [self.world.lists["FunctionConfiguration"]]}
        if operation == "DescribeDBInstances":
            return {"DBInstances": self.world.lists["DBInstances"]}
        if operation in EMPTY:
            return EMPTY[operation]
        return super().__call__(service, operation, **parameters)


@pytest.mark.parametrize(
    ("admitted", "codes"), [("sg-1", []), ("sg-other", ["target-security-group-blocks"])]
)
def test_a_database_that_nobody_named_is_walked_to(admitted: str, codes: list[str]) -> None:
    """It does not admit the function: that is found; it does: nothing is."""
    found = look(Network(admitted), HERE)

    (result,) = found.results
    assert [broken.code for broken in result.broken] == codes
    assert result.status is (Status.FAIL if codes else Status.PASS)


def test_causes_of_one_function_alone_are_in_the_catalogue() -> None:
    """A code that was renamed would be laid on every function in its place."""
    assert set(CATALOGUE) >= results.OWN
