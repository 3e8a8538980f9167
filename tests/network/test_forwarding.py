"""Resolver rules: which names are asked of servers whose answers no AWS API tells."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from probe.network.dns.names import Answer, resolve
from probe.network.vpc import Network
from probe.network.walk.path import Source
from tests.network.world import World

SERVERS = [{"Ip": "10.9.0.53", "Port": 53}, {"Ip": "10.9.1.53", "Port": 53}]


@pytest.fixture
def world() -> World:
    """Build a VPC with a private zone, and the rule that AWS gives every VPC."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.lists["HostedZones"] = [
        {"HostedZoneId": "Z1", "Name": "corp.example.", "VPCs": [{"VPCId": "vpc-a"}]}
    ]
    record = {"Name": "db.corp.example.", "Type": "A", "ResourceRecords": [{"Value": "10.0.1.9"}]}
    world.lists["ResourceRecordSets"] = [{"HostedZoneId": "Z1", "ResourceRecordSets": [record]}]
    associate(world, "rslvr-autodefined-rr-internet-resolver")
    return world


def associate(world: World, rule_id: str, vpc: str = "vpc-a") -> None:
    """Have a VPC go by a rule."""
    world.lists["ResolverRuleAssociations"].append(
        {
            "Id": f"rslvr-rrassoc-{len(world.lists['ResolverRuleAssociations'])}",
            "ResolverRuleId": rule_id,
            "VPCId": vpc,
            "Status": "COMPLETE",
        }
    )


def rule(world: World, domain: str, kind: str = "FORWARD", vpc: str = "vpc-a") -> str:
    """Add a rule for a domain, and associate it."""
    rule_id = f"rslvr-rr-{len(world.lists['ResolverRules'])}"
    more: dict[str, Any] = (
        {"TargetIps": SERVERS, "ResolverEndpointId": "rslvr-out-1"} if kind == "FORWARD" else {}
    )
    world.lists["ResolverRules"].append(
        {"Id": rule_id, "DomainName": domain, "RuleType": kind, **more}
    )
    associate(world, rule_id, vpc)
    return rule_id


def asked(world: World, host: str) -> Answer:
    """Resolve a name from the function's subnet."""
    return resolve(Network(world.snapshot()), host, Source("subnet-app", ("sg-fn",)))


def is_forwarded(answer: Answer) -> bool:
    """Tell whether only the servers of a rule can tell the answer."""
    return answer.verdict is Verdict.UNDETERMINED and any(
        hop.kind == "resolver-rule" for hop in answer.hops
    )


@pytest.mark.parametrize(
    ("domain", "host", "forwarded"),
    [
        ("partner.example.", "api.partner.example", True),
        ("partner.example.", "partner.example", True),
        ("partner.example.", "api.other-partner.example", False),
        (".", "api.example.com", True),
        (".", "sqs.eu-west-1.amazonaws.com", True),
        (".", "orders.abc.eu-west-1.rds.amazonaws.com", True),
        # The zone, and what AWS keeps for itself, are nearer than a wider rule.
        (".", "db.corp.example", False),
        ("example.", "db.corp.example", False),
        (".", "ip-10-0-1-5.eu-west-1.compute.internal", False),
        # The same domain: the rule goes before the zone; and so does one for a part of it.
        ("corp.example.", "db.corp.example", True),
        ("db.corp.example.", "db.corp.example", True),
        ("db.corp.example.", "erp.corp.example", False),
    ],
)
def test_the_nearest_of_rules_and_zones_decides(
    world: World, domain: str, host: str, *, forwarded: bool
) -> None:
    """A domain with all below it; a forwarding rule before a zone of the same name."""
    rule(world, domain)

    assert is_forwarded(asked(world, host)) is forwarded


def test_a_forwarded_name_says_who_is_asked(world: World) -> None:
    """The servers, and the endpoint that asks them."""
    rule_id = rule(world, "partner.example.")

    answer = asked(world, "api.partner.example")

    (hop,) = (hop for hop in answer.hops if hop.kind == "resolver-rule")
    assert hop.component == rule_id
    assert "partner.example asked of 10.9.0.53, 10.9.1.53 by rslvr-out-1" in hop.why
    assert answer.addresses == ()


def test_a_system_rule_takes_a_domain_out_of_a_wider_one(world: World) -> None:
    """What AWS should answer itself."""
    rule(world, ".")
    rule(world, "amazonaws.com.", kind="SYSTEM")

    assert not is_forwarded(asked(world, "sqs.eu-west-1.amazonaws.com"))
    assert is_forwarded(asked(world, "api.example.com"))


def test_a_rule_of_another_vpc_is_not_asked(world: World) -> None:
    """Rules count for the VPCs that they are associated with."""
    world.vpc("10.1.0.0/16", "vpc-b")
    rule(world, ".", vpc="vpc-b")

    assert not is_forwarded(asked(world, "api.example.com"))


@pytest.mark.parametrize("missing", ["ResolverRuleAssociations", "ResolverRules"])
def test_rules_that_could_not_be_read_are_named(world: World, missing: str) -> None:
    """A rule may stand before the zone: what it says of a name is then not known."""
    rule(world, ".")
    world.lists[missing] = {"unread": "AccessDenied"}

    answer = asked(world, "db.corp.example")

    assert answer.verdict is Verdict.UNDETERMINED
    assert answer.undetermined[0].needs in (
        "route53resolver:ListResolverRuleAssociations",
        "route53resolver:GetResolverRule",
    )
