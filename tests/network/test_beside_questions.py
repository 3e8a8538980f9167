"""Reading what stands beside the packet way: the role's policies, the gateway's metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probe.network.collector.collect import collect
from probe.network.snapshot import ReadFailed, Unread
from tests.network.aws import Aws
from tests.network.world import ANYWHERE, World

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = {"Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
ANSWERS: dict[str, Mapping[str, Any]] = {
    "ListAttachedRolePolicies": {
        "AttachedPolicies": [{"PolicyName": "managed", "PolicyArn": MANAGED}]
    },
    "ListRolePolicies": {"PolicyNames": ["inline"]},
    "GetPolicy": {"Policy": {"PolicyName": "managed", "Arn": MANAGED, "DefaultVersionId": "v3"}},
    "GetPolicyVersion": {"PolicyVersion": {"VersionId": "v3", "Document": DOCUMENT}},
    "GetRolePolicy": {"RoleName": "r", "PolicyName": "inline", "PolicyDocument": DOCUMENT},
    "GetMetricStatistics": {"Label": "ErrorPortAllocation", "Datapoints": [{"Sum": 3.0}] * 2},
}


@pytest.fixture
def world() -> World:
    """Build a private subnet with a NAT gateway, and a function with a role."""
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.group("sg-fn")
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "fn",
        "Role": "arn:aws:iam::111122223333:role/path/r",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return world


def test_every_policy_of_the_role_is_read_with_its_document(world: World) -> None:
    """Attached and inline; the managed one by its default version."""
    snapshot = collect(Aws(world, garbage=ANSWERS), function="fn")

    policies = snapshot.get("RolePolicies")
    assert isinstance(policies, tuple)
    assert {p["PolicyName"]: p["PolicyDocument"] for p in policies} == {
        "managed": DOCUMENT,
        "inline": DOCUMENT,
    }


@pytest.mark.parametrize(
    "operation",
    ["ListAttachedRolePolicies", "ListRolePolicies", "GetPolicy", "GetPolicyVersion"],
)
def test_one_policy_that_cannot_be_read_leaves_all_of_them_unread(
    world: World, operation: str
) -> None:
    """The one that is missing may allow everything."""
    reader = Aws(world, garbage=ANSWERS, denied=[operation])

    found = collect(reader, function="fn").get("RolePolicies")

    assert isinstance(found, Unread)
    assert found.needs == f"iam:{operation}"


def test_a_function_without_a_vpc_is_asked_for_its_role_too(world: World) -> None:
    """The fix that puts it into one has to know whether the role may make interfaces."""
    world.lists["FunctionConfiguration"]["VpcConfig"] = {"SubnetIds": []}
    reader = Aws(world, garbage=ANSWERS)

    collect(reader, function="fn")

    assert "ListRolePolicies" in reader.asked


def test_the_metric_of_a_gateway_on_the_way_is_read_once(world: World) -> None:
    """Its points are added up; a gateway that no route names is not asked about."""
    world.nat("subnet-public", name="nat-unused")
    reader = Aws(world, garbage=ANSWERS)

    snapshot = collect(reader, function="fn")

    assert snapshot.get("NatGatewayMetrics") == (
        {"NatGatewayId": "nat-a", "ErrorPortAllocation": 6.0},
    )
    assert reader.asked.count("GetMetricStatistics") == 1


def test_a_metric_that_cannot_be_read_is_unread(world: World) -> None:
    """No number is not zero."""
    reader = Aws(world, garbage=ANSWERS, denied=["GetMetricStatistics"])

    assert isinstance(collect(reader, function="fn").get("NatGatewayMetrics"), Unread)


def test_a_failure_here_touches_nothing_else(world: World) -> None:
    """The route tables are read all the same."""

    class Broken(Aws):
        def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
            if service in ("iam", "cloudwatch"):
                raise ReadFailed("no such service here")
            return super().__call__(service, operation, **parameters)

    snapshot = collect(Broken(world), function="fn")

    assert isinstance(snapshot.get("RouteTables"), tuple)
    assert isinstance(snapshot.get("RolePolicies"), Unread)
