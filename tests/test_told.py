"""Who is told of what: the template's composite alarm, its rule, its topic and its dashboard."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from probe import __version__
from probe.checks import CHECKS
from tests import watching
from tests.invocation import process
from tests.test_template import stack, template

ACCOUNT = ("123456789012", "eu-west-1")


def composite(**parameters: str) -> dict[str, Any]:
    """Give the alarm over all alarms."""
    (found,) = stack(**parameters).of_type("AWS::CloudWatch::CompositeAlarm").values()
    return found


def rule(**parameters: str) -> str:
    """Give the pattern of the rule that starts the diagnosis."""
    found = stack(**parameters).of_type("AWS::Events::Rule")["DiagnoseFunctionAlarmChange"]
    return json.dumps(found["EventPattern"])


# --- the alarm over all alarms --------------------------------------------------------------------


def test_each_alarm_alone_raises_the_one_over_all() -> None:
    """None of them is forgotten, and while all are well it is."""
    names = [name for name in stack().of_type("AWS::CloudWatch::Alarm") if "Fleet" not in name]

    assert len(names) == len(CHECKS) + 1
    for name in names:
        assert watching.holds(composite()["AlarmRule"], [name])
    assert not watching.holds(composite()["AlarmRule"], [])


def test_without_a_schedule_there_is_no_heartbeat_to_listen_to() -> None:
    """An alarm that does not exist could not be in the rule."""
    assert "Heartbeat" not in composite(ScheduleState="DISABLED")["AlarmRule"]


def test_single_alarms_tell_nobody() -> None:
    """One outage is one message: what rings below the one over all has no actions of its own."""
    for alarm in stack().of_type("AWS::CloudWatch::Alarm").values():
        assert alarm.keys().isdisjoint({"AlarmActions", "OKActions"})
    assert "AlarmActions" not in composite()


# --- the rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "before", "starts"),
    [
        ("ALARM", "OK", True),
        ("ALARM", "INSUFFICIENT_DATA", True),
        ("OK", "ALARM", True),
        ("OK", "INSUFFICIENT_DATA", False),
        ("INSUFFICIENT_DATA", "ALARM", False),
    ],
)
def test_beginning_and_end_start_the_diagnosis(state: str, before: str, starts: bool) -> None:
    """A new alarm that finds all well is no news."""
    event = watching.event(composite()["AlarmName"], state, *ACCOUNT, before=before)

    assert watching.matches(rule(), event) is starts


def test_nobody_elses_alarm_starts_it() -> None:
    """Neither another stack's, nor one of those below the one over all."""
    for name in ("somebody-elses", "lambda-probe-http", "orders"):
        assert not watching.matches(rule(), watching.event(name, "ALARM", *ACCOUNT))
    own = watching.event("orders", "ALARM", *ACCOUNT)
    assert watching.matches(rule(NamePrefix="orders"), own)


# --- the topic ------------------------------------------------------------------------------------

THEIRS = "arn:aws:sns:eu-west-1:123456789012:pager"


@pytest.mark.parametrize(("given", "topic"), [("", "Topic"), (THEIRS, THEIRS)])
def test_one_topic_is_told_of_causes_and_of_failures_to_find_one(given: str, topic: str) -> None:
    """The stack's own, or the one that is given; the role may tell that one and no other."""
    deployed = stack(AlarmTopicArn=given)
    function = deployed.resources["DiagnoseFunction"]["Properties"]
    settings = deployed.resources["DiagnoseInvokeConfig"]["Properties"]
    policies = deployed.resources["DiagnoseRole"]["Properties"]["Policies"]

    assert function["Environment"]["Variables"]["PROBE_TOPIC_ARN"] == topic
    assert settings["DestinationConfig"]["OnFailure"]["Destination"] == topic
    assert [
        one["Resource"]
        for policy in policies
        for one in policy["PolicyDocument"]["Statement"]
        if one["Action"] == "sns:Publish"
    ] == [topic]
    assert ("Topic" in deployed.resources) is (not given)


def test_an_address_is_subscribed_when_it_is_given() -> None:
    """Without one nobody is, and the topic is there to be subscribed to."""
    (topic,) = stack(AlarmEmail="ops@example.com").of_type("AWS::SNS::Topic").values()

    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": "ops@example.com"}]
    assert "Subscription" not in stack().of_type("AWS::SNS::Topic")["Topic"]


# --- the dashboard --------------------------------------------------------------------------------


# Words of Logs Insights' own.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
WORDS = {"filter", "ispresent", "stats", "count", "sum", "latest", "avg", "by", "bin", "sort"}
WORDS |= {"desc", "fields", "limit", "timestamp", "m"}


def asked_for(query: str) -> set[str]:
    """Give the fields that a query reads, each by the first part of its path."""
    text = re.sub(r"'[^']*'|SOURCE", "", query)
    named = set(re.findall(r"\bas (\w+)", text))
    read = set(re.findall(r"(?<![.\w])([A-Za-z_]\w*)", re.sub(r"\bas \w+", "", text)))
    return read - named - WORDS


def test_the_dashboard_asks_for_what_is_in_the_log() -> None:
    """Every field of its queries is in lines of a real run, every search is for real dimensions."""
    body = stack().of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]
    widgets = [one["properties"] for one in json.loads(body)["widgets"]]
    targets = [
        {"check": "tcp", "host": "127.0.0.1", "port": 80},
        {"check": "dns", "name": "localhost"},
    ]
    log, _ = process({"targets": targets}, AWS_LAMBDA_FUNCTION_NAME="p", AWS_REGION="eu-west-1")
    # What only a run in Lambda, and one that got further, has.
    known = {key for line in log for key in line} | {"zone", "connect_ms", "tls_ms", "exchange_ms"}
    queries = [one["query"] for one in widgets if "query" in one]
    searches = [m["expression"] for one in widgets for [m] in one.get("metrics", [])]

    assert {"Failure", "resolve_ms", "report"} <= set().union(*map(asked_for, queries)) <= known
    sets = {name: names for line in log for name, names in dimensions(line)}
    for search in searches:
        ((names, metric),) = re.findall(r'{LambdaProbe,([\w,]+)} MetricName="(\w+)"', search)
        assert set(names.split(",")) in sets.get(metric, [{"code", "function"}])


def dimensions(line: dict[str, Any]) -> list[tuple[str, list[set[str]]]]:
    """Give the sets of dimensions by which a line's metrics are counted."""
    return [
        (metric["Name"], [set(names) for names in directive["Dimensions"]])
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
        for metric in directive["Metrics"]
    ]


# --- what is written about it ---------------------------------------------------------------------


def test_the_application_has_the_version_of_the_program() -> None:
    """The Serverless Application Repository shows what is deployed, and files that exist."""
    told = template()["Metadata"]["AWS::ServerlessRepo::Application"]

    assert told["SemanticVersion"] == __version__
    assert len(told["Description"]) <= 256
    assert (told["LicenseUrl"], told["ReadmeUrl"]) == ("LICENSE", "README.md")


def test_what_checkov_is_not_to_say_has_a_reason() -> None:
    """Each exception is at its resource, with a sentence."""
    skips = [
        skip
        for resource in template()["Resources"].values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert skips
    assert all(skip["comment"].endswith(".") for skip in skips)
