"""Questions beside the packet way: may the role build interfaces, are NAT gateways out of ports.

Both are about faults that no walk can see, and both are asked only of what this placement uses.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from probe.network.collector.gathering import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from probe.network.collector.gathering import Gathering
    from probe.network.routes import RouteTable
    from probe.network.values import Entry

_HOURS = 3  # of a metric: long enough for a fault that somebody is looking into


def followed(found: Gathering, tables: Iterable[RouteTable]) -> Iterator[Question]:
    """Ask for the role's policies, step by step, and for metrics of gateways in routes."""
    function = found.object("FunctionConfiguration")
    role = str(function.get("Role") or "").rpartition("/")[2]
    if role:
        yield _iam("ListAttachedRolePolicies", {"RoleName": role}, _attached)
        yield _iam("ListRolePolicies", {"RoleName": role}, _inline)
        yield from _documents(found.entries("RolePolicies"), role)
    targets = {route.target for table in tables for route in table.routes}
    yield from map(_metric, sorted(t for t in targets if t.startswith("nat-")))


def _documents(policies: Iterable[Entry], role: str) -> Iterator[Question]:
    for policy in policies:
        name, arn, version = (
            policy.get(key) for key in ("PolicyName", "PolicyArn", "DefaultVersionId")
        )
        if "PolicyDocument" in policy:
            continue
        if arn is None:
            asked = {"RoleName": role, "PolicyName": name}
            yield _iam("GetRolePolicy", asked, lambda answer: [answer])
        elif version is None:
            yield _iam("GetPolicy", {"PolicyArn": arn}, lambda answer: [answer["Policy"]])
        else:
            yield _version(str(name), {"PolicyArn": arn, "VersionId": version})


def _version(name: str, asked: Mapping[str, Any]) -> Question:
    def entries(answer: Mapping[str, Any]) -> list[Entry]:
        return [{"PolicyName": name, "PolicyDocument": answer["PolicyVersion"]["Document"]}]

    return _iam("GetPolicyVersion", asked, entries)


def _attached(answer: Mapping[str, Any]) -> list[Entry]:
    return [
        {"PolicyName": one["PolicyName"], "PolicyArn": one["PolicyArn"]}
        for one in answer["AttachedPolicies"]
    ]


def _inline(answer: Mapping[str, Any]) -> list[Entry]:
    return [{"PolicyName": name} for name in answer["PolicyNames"]]


def _iam(
    operation: str,
    parameters: Mapping[str, Any],
    entries: Callable[[Mapping[str, Any]], Iterable[Entry]],
) -> Question:
    return Question("RolePolicies", "iam", operation, parameters, entries)


def _metric(gateway_id: str) -> Question:
    """Ask how often a gateway found no port for a connection.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway-cloudwatch.html
    """

    def entries(answer: Mapping[str, Any]) -> list[Entry]:
        failed = sum(float(point["Sum"]) for point in answer["Datapoints"])
        return [{"NatGatewayId": gateway_id, "ErrorPortAllocation": failed}]

    # Whole hours, so that asking again within a run is known to be the same question.
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Question(
        "NatGatewayMetrics",
        "cloudwatch",
        "GetMetricStatistics",
        {
            "Namespace": "AWS/NATGateway",
            "MetricName": "ErrorPortAllocation",
            "Dimensions": [{"Name": "NatGatewayId", "Value": gateway_id}],
            "StartTime": until - timedelta(hours=_HOURS),
            "EndTime": until,
            "Period": 3600,
            "Statistics": ["Sum"],
        },
        entries,
    )
