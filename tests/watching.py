"""What CloudWatch and EventBridge make of a function's log: metrics, alarms, events. Pure.

As their documentation has it, and no more than the template uses; moto creates alarms and rules,
and does not evaluate them.
"""

from __future__ import annotations

import json
import operator
import re
from typing import TYPE_CHECKING, Any

from moto.events.models import EventPattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Metric = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, name, dimensions

STATISTICS: dict[str, Callable[[list[float]], float]] = {"Maximum": max, "Sum": sum}
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}


def numbers(lines: Iterable[str]) -> dict[Metric, list[float]]:
    """Read the metrics out of log lines, by the embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found: dict[Metric, list[float]] = {}
    for line in _objects(lines):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for metric in directive["Metrics"]:
                    value = line[metric["Name"]]
                    key = (directive["Namespace"], metric["Name"], dimensions)
                    found.setdefault(key, []).extend(value if isinstance(value, list) else [value])
    return found


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            read = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict):
            yield read


def assert_emf(line: dict[str, Any]) -> None:
    """Hold one line against the specification of the embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    metadata = line["_aws"]
    assert isinstance(metadata["Timestamp"], int)
    for directive in metadata["CloudWatchMetrics"]:
        assert directive["Namespace"] == "LambdaProbe"
        for dimensions in directive["Dimensions"]:
            assert 0 < len(dimensions) <= 30
            assert all(isinstance(line[name], str) and line[name] for name in dimensions)
        assert 0 < len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            values = line[metric["Name"]]
            assert metric["Unit"] in {"Count", "Milliseconds"}
            assert all(isinstance(value, float) for value in values)
            assert 0 < len(values) <= 100


def watched(alarm: Mapping[str, Any]) -> Metric:
    """Give the one metric that an alarm looks at."""
    dimensions = frozenset((one["Name"], one["Value"]) for one in alarm["Dimensions"])
    return alarm["Namespace"], alarm["MetricName"], dimensions


def rings(alarm: Mapping[str, Any], lines: Iterable[str]) -> bool:
    """Evaluate an alarm over one period, in which the function wrote these lines.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    values = numbers(lines).get(watched(alarm))
    if not values:
        return bool(alarm["TreatMissingData"] == "breaching")
    compare = COMPARISONS[alarm["ComparisonOperator"]]
    return bool(compare(STATISTICS[alarm["Statistic"]](values), alarm["Threshold"]))


def holds(rule: str, raised: Iterable[str]) -> bool:
    """Evaluate a composite alarm's rule, of the words that ours uses.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    terms = [re.fullmatch(r'ALARM\("(.+)"\)|FALSE', term) for term in rule.split(" OR ")]
    if not all(terms):
        raise ValueError(f"not a rule that is understood here: {rule}")
    return any(term[1] in set(raised) for term in terms if term and term[1])


def event(alarm: str, state: str, account: str, region: str, before: str = "") -> dict[str, Any]:
    """Write the event of an alarm's change.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    before = before or ("OK" if state == "ALARM" else "ALARM")
    at = "2026-11-22T04:00:00Z"
    return {
        "version": "0",
        "id": "2dde0eb1-528b-d2d5-9ca6-6d590caf2329",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": account,
        "time": at,
        "region": region,
        "resources": [f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}"],
        "detail": {
            "alarmName": alarm,
            "configuration": {"alarmRule": "..."},
            "previousState": {"value": before, "timestamp": at},
            "state": {
                "value": state,
                "reason": f"an alarm of its rule transitioned to {state}",
                "timestamp": at,
            },
        },
    }


def matches(pattern: str, happened: Mapping[str, Any]) -> bool:
    """Ask moto's EventBridge whether a rule's pattern fits an event."""
    found: Any = EventPattern.load(pattern)
    return bool(found.matches_event(happened))
