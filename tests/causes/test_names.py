"""Names that AWS gave to a resource and that nothing has any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.model import Confidence, Finding
from tests.causes.build import PLACEMENT, blind, blocked, evidence, findings, one, path, saw

GONE = "crm.abc.eu-west-1.rds.amazonaws.com"
LOST = "resolve name_not_found"


def instance(name: str) -> dict[str, Any]:
    """Return a database instance as RDS tells it."""
    address = f"{name}.abc.eu-west-1.rds.amazonaws.com"
    return {"DBInstanceIdentifier": name, "Endpoint": {"Address": address, "Port": 5432}}


def judged(host: str, failed: str = LOST, **lists: Any) -> Finding:
    """Judge a name that got no address where these lists were read."""
    seen = saw("tcp", failed, host=host)
    return one(evidence(seen, paths=[path(seen)], **lists), "name-not-found")


def text(finding: Finding) -> str:
    """Return what the finding has one do."""
    assert finding.fix is not None
    return finding.fix.text


def test_a_database_that_is_no_more_is_said_to_be_gone() -> None:
    """The list that would hold it was read: names like it are told, and none is called right."""
    names = ["crm-large", "crm2", "billing", "crm-archive", "crm-x-ray"]
    found = judged(GONE, DBInstances=[instance(name) for name in names])

    assert found.confidence is Confidence.PROVEN
    assert any("No database instance that was read" in said for said in found.because)
    assert "crm2." in text(found)
    assert text(found).count(".rds.") == 3
    assert "billing" not in text(found)
    assert "nothing says which" in text(found)
    assert "hosted zone" not in text(found)


def test_where_nothing_is_like_it_no_name_is_told() -> None:
    """A database of another name is no candidate."""
    found = judged(GONE, DBInstances=[instance("orders")])

    assert "none has this one any more" in text(found)
    assert "orders" not in text(found)


@pytest.mark.parametrize(
    ("host", "lists"),
    [
        (GONE, {}),
        (GONE.replace("eu-west-1", "us-east-1"), {"DBInstances": []}),
        ("crm.cluster-custom-abc.eu-west-1.rds.amazonaws.com", {"DBClusters": []}),
        ("sessions.abc.0001.euw1.cache.amazonaws.com", {"CacheClusters": []}),
        ("sessions.abc.0001.euw2.cache.amazonaws.com",
         {"CacheClusters": [], "ReplicationGroups": []}),
        ("docs.cluster-abc.eu-west-1.docdb.amazonaws.com", {"DBClusters": []}),
    ],
    ids=["no list", "another Region's", "a custom endpoint", "half of the lists",
         "another Region's cache", "another service's"],
)  # fmt: skip
def test_what_was_not_read_is_not_said_to_be_gone(host: str, lists: dict[str, Any]) -> None:
    """It may exist all the same, or have existed: that is to be looked up."""
    found = judged(host, **lists)

    assert not any("that was read" in said for said in found.because)
    assert "still exists" in text(found)


@pytest.mark.parametrize("failed", [None, "connect timeout"])
def test_a_name_that_exists_elsewhere_is_not_gone(failed: str | None) -> None:
    """Something in this VPC hides it."""
    control = [saw("tcp", failed, host=GONE)]

    assert "hosted zone" in text(judged(GONE, control=control, DBInstances=[]))


def test_a_name_without_an_address_exists() -> None:
    """The answer was that there is such a name."""
    assert "hosted zone" in text(judged(GONE, "resolve no_address", DBInstances=[]))


def test_a_database_that_was_read_exists() -> None:
    """Its name is hidden by something, and is not gone."""
    assert "hosted zone" in text(judged(GONE, DBInstances=[instance("crm")]))


def test_a_zone_of_the_same_name_is_what_answers() -> None:
    """Somebody made a private zone of AWS's own domain: that lacks the name."""
    seen = saw("tcp", LOST, host=GONE)
    stops = blocked("name-not-found", "/hostedzone/Z1")
    found = findings(evidence(seen, paths=[path(seen, stops)], DBInstances=[]))

    assert [(f.component, "hosted zone" in text(f)) for f in found] == [("/hostedzone/Z1", True)]


@pytest.mark.parametrize(
    ("host", "command"),
    [
        (GONE, "rds describe-db-instances"),
        ("crm.abc.rds.cn-north-1.amazonaws.com.cn", "rds describe-db-instances"),
        ("crm.cluster-ro-abc.eu-west-1.rds.amazonaws.com", "rds describe-db-clusters"),
        ("crm.proxy-abc.eu-west-1.rds.amazonaws.com", "rds describe-db-proxies"),
        ("x.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com", "rds describe-db-proxy-endpoints"),
        ("a.abc.0001.euw1.cache.amazonaws.com", "elasticache describe-cache-clusters"),
        ("master.a.abc.euw1.cache.amazonaws.com", "elasticache describe-replication-groups"),
        ("a-abc.serverless.euw1.cache.amazonaws.com", "elasticache describe-serverless-caches"),
        ("clustercfg.a.abc.memorydb.eu-west-1.amazonaws.com", "memorydb describe-clusters"),
        ("internal-a-1234567890.eu-west-1.elb.amazonaws.com", "elbv2 describe-load-balancers"),
        ("a-0123456789abcdef.elb.eu-west-1.amazonaws.com", "elbv2 describe-load-balancers"),
        ("a.abc.eu-west-1.redshift.amazonaws.com", "redshift describe-clusters"),
        ("a.cluster-abc.eu-west-1.neptune.amazonaws.com", "neptune describe-db-clusters"),
        ("vpc-a-abc.eu-west-1.es.amazonaws.com", "opensearch list-domain-names"),
        ("db.corp.example", "route53 list-hosted-zones-by-vpc"),
        ("rds.eu-west-1.amazonaws.com", "route53 list-hosted-zones-by-vpc"),
    ],
)
def test_the_command_lists_what_has_such_names(host: str, command: str) -> None:
    """With symptoms alone, one command tells whether anything still has the name."""
    found = one(evidence(saw("tcp", LOST, host=host)), "name-not-found")

    assert (found.confirm or "").startswith(f"aws {command} ")


@pytest.mark.parametrize(
    ("region", "short"),
    [
        ("us-east-1", "use1"),
        ("ap-southeast-2", "apse2"),
        ("ap-northeast-1", "apne1"),
        ("eu-north-1", "eun1"),
        ("ca-central-1", "cac1"),
    ],
)
def test_caches_write_their_region_in_short(region: str, short: str) -> None:
    """A cache of the Region whose lists were read, and have none of this name."""
    host = f"sessions.abc.0001.{short}.cache.amazonaws.com"
    seen = saw("cache", LOST, host=host)
    lists: dict[str, Any] = {"CacheClusters": [], "ReplicationGroups": []}
    placed = replace(PLACEMENT, region=region)
    found = evidence(seen, paths=[path(seen)], placement=placed, **lists)

    assert "none has this one any more" in text(one(found, "name-not-found"))


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("sqs.eu-west-1a.amazonaws.com", True),
        ("orders.abc.eu-west-1b.rds.amazonaws.com", True),
        ("sqs.eu-west-9.amazonaws.com", False),
        ("eu-west-1a.example.com", False),
    ],
)
def test_a_zone_where_a_region_belongs_is_told(host: str, zone: bool) -> None:
    """A slip that no hosted zone mends."""
    found = one(blind(saw("http", "resolve name_not_found", host=host)), "name-not-found")

    assert found.fix is not None
    assert ("is an Availability Zone" in found.fix.text) is zone
