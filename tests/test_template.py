"""The template as CloudFormation sees it, held against the code that it deploys."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from probe import settings
from probe.checks import CHECKS
from tests.cloudformation import Stack, load, transformed
from tests.invocation import process

ROOT = Path(__file__).parents[1]
OWN_GROUP = "OwnInterfaceGroup.GroupId"
VPC = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}


@cache
def template() -> dict[str, Any]:
    """Read the template as it is written."""
    return load(ROOT / "template.yaml")


@cache
def plain() -> dict[str, Any]:
    """Give the plain CloudFormation that it becomes."""
    return transformed(template())


def stack(**parameters: str) -> Stack:
    """Deploy with these parameters, on paper."""
    return Stack(plain(), **parameters)


def probe_of(deployed: Stack, function: str = "ProbeFunction") -> dict[str, Any]:
    """Give the properties of a function."""
    properties: dict[str, Any] = deployed.resources[function]["Properties"]
    return properties


def variables(deployed: Stack, function: str = "ProbeFunction") -> dict[str, str]:
    """Give the environment of a function."""
    found: dict[str, str] = probe_of(deployed, function)["Environment"]["Variables"]
    return found


def statements(deployed: Stack, role: str = "ProbeRole") -> list[dict[str, Any]]:
    """Give every policy statement of a role, wherever it is written."""
    policies = list(deployed.resources[role]["Properties"]["Policies"])
    for policy in deployed.of_type("AWS::IAM::Policy").values():
        policies += [policy] if role in policy["Roles"] else []
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def actions(deployed: Stack, effect: str, role: str = "ProbeRole") -> set[str]:
    """Give what a role allows, or denies."""
    found: set[str] = set()
    for statement in statements(deployed, role):
        if statement["Effect"] == effect:
            action = statement["Action"]
            found.update([action] if isinstance(action, str) else action)
    return found


# --- parameters ---------------------------------------------------------------------------------


def test_every_parameter_explains_itself_and_has_a_default() -> None:
    """Nothing has to be typed to deploy, and each parameter stands in one group of the console."""
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]

    assert sorted(grouped) == sorted(template()["Parameters"])
    for name, parameter in template()["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter["Description"].endswith("."), name


def test_without_subnets_there_is_no_vpc() -> None:
    """The defaults deploy a probe outside any VPC, and it is told so."""
    deployed = stack()

    assert "VpcConfig" not in probe_of(deployed)
    assert variables(deployed)["PROBE_SUBNET_IDS"] == ""


def test_subnets_and_groups_attach_the_probe_and_are_told_to_it() -> None:
    """The probe knows by its environment where it was put."""
    deployed = stack(**VPC, DualStack="true")

    assert probe_of(deployed)["VpcConfig"] == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
        "Ipv6AllowedForDualStack": "true",
    }
    assert variables(deployed)["PROBE_SUBNET_IDS"] == "subnet-1,subnet-2"
    assert variables(deployed)["PROBE_SECURITY_GROUP_IDS"] == "sg-1"


def test_the_default_environment_is_accepted() -> None:
    """What the defaults put into the environment is a usable configuration."""
    configured = settings.parse({}, {**variables(stack()), "AWS_REGION": "eu-west-1"})

    assert [target.check for target in configured.targets] == ["http", "dynamodb", "logs"]
    assert configured.timeout_s == 3


@pytest.mark.parametrize("name", ["Timeout", "Repeat", "MaxTargets", "MaxPorts", "MaxRepeat"])
def test_the_bounds_of_a_number_are_those_of_the_code(name: str) -> None:
    """Both ends of what CloudFormation accepts are accepted by the function."""
    for bound in ("MinValue", "MaxValue"):
        value = str(template()["Parameters"][name][bound])
        environment = {**variables(stack(**{name: value})), "AWS_REGION": "eu-west-1"}
        targets = [{"check": "dns", "name": "localhost"}]

        settings.parse({"targets": targets}, environment)


def test_every_variable_is_read_and_every_one_read_is_set() -> None:
    """The environment of the template and the names in the code are the same."""
    text = "".join(file.read_text() for file in (ROOT / "probe").rglob("*.py"))

    given = set(variables(stack())) | set(variables(stack(), "DiagnoseFunction"))
    assert given == set(re.findall(r"\bPROBE_[A-Z_]+\b", text))


@pytest.mark.parametrize("function", ["ProbeFunction", "DiagnoseFunction"])
def test_long_lists_of_targets_fit_the_environment(function: str) -> None:
    """The longest list that is accepted leaves room in the 4 KB that Lambda gives a function."""
    longest = template()["Parameters"]["Targets"]["MaxLength"]
    given = variables(stack(**VPC, Targets=""), function)
    others = sum(len(name) + len(value) for name, value in given.items())

    assert longest + others < 4096


def test_no_parameter_gets_lost_in_the_transform() -> None:
    """The plain template asks for what the written one asks for: no default was written in."""

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            inside = [names(one) for one in value.values()]
            text = value.get("Fn::Sub", "")
            found = {value["Ref"]} if "Ref" in value else set()
            return found.union(*inside, re.findall(r"\$\{(\w+)\}", str(text)))
        return set().union(*map(names, value)) if isinstance(value, list) else set()

    known = set(template()["Parameters"])
    assert known == names(template()) & known == names(plain()) & known


def test_an_interface_of_its_own_changes_nothing_else() -> None:
    """The probe's own group has no rules: the other groups say what it may reach, as before."""
    deployed = stack(**VPC, OwnInterfaceVpcId="vpc-1")
    (group,) = deployed.of_type("AWS::EC2::SecurityGroup").values()

    assert probe_of(deployed)["VpcConfig"]["SecurityGroupIds"] == ["sg-1", OWN_GROUP]
    assert variables(deployed)["PROBE_SECURITY_GROUP_IDS"] == f"sg-1,{OWN_GROUP}"
    assert variables(deployed, "DiagnoseFunction")["PROBE_SPARE_GROUP"] == OWN_GROUP
    assert "SecurityGroupIngress" not in group
    assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["127.0.0.1/32"]
    assert stack(**VPC).of_type("AWS::EC2::SecurityGroup") == {}


# --- permissions --------------------------------------------------------------------------------

INTERFACES = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TABLE = "dynamodb:DescribeTable"


def test_the_probe_may_do_nearly_nothing() -> None:
    """By default the role serves Lambda alone: interfaces and the log."""
    assert actions(stack(), "Allow") == INTERFACES | LOGS


def test_the_log_permission_ends_at_its_own_group() -> None:
    """What the probe writes, it writes to the log group of this stack."""
    (resource,) = [
        one["Resource"] for one in statements(stack()) if "logs:PutLogEvents" in one["Action"]
    ]

    assert resource == "ProbeLogGroup.Arn"


def test_the_code_is_denied_what_lambda_does_with_its_role() -> None:
    """Interface permissions are denied to calls of the function's own code, as AWS advises."""
    deployed = stack(NamePrefix="orders")
    (denied,) = [one for one in statements(deployed) if one["Effect"] == "Deny"]

    assert set(denied["Action"]) >= INTERFACES
    assert denied["Condition"] == {
        "ArnEquals": {
            "lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders"
        }
    }
    assert probe_of(deployed)["FunctionName"] == "orders"


def test_what_checks_sign_can_be_switched_on_and_nothing_else() -> None:
    """The parameter offers exactly the actions that the checks know, a table being its own."""
    offered = set(template()["Parameters"]["SignedActions"]["AllowedValues"]) - {""}

    assert offered | {TABLE} == {action for check in CHECKS for action in check.actions}


def test_signed_checks_are_allowed_when_switched_on() -> None:
    """Actions and tables that are named are allowed, and only those."""
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
    deployed = stack(SignedActions="sqs:ListQueues", DynamoDbTableArns=arn)

    assert actions(deployed, "Allow") - INTERFACES - LOGS == {"sqs:ListQueues", TABLE}
    (tables,) = [one for one in statements(deployed) if one["Action"] == TABLE]
    assert tables["Resource"] == [arn]


def test_every_allowed_action_carries_its_reason() -> None:
    """Beside each action that is allowed stands why."""
    text = (ROOT / "template.yaml").read_text()

    allowed = INTERFACES | LOGS | {TABLE} | actions(stack(), "Allow", "DiagnoseRole")
    for action in allowed:
        assert re.search(rf"{action} # \w", text), action


def test_a_boundary_bounds_every_role() -> None:
    """A house rule on permissions reaches also the role that SAM makes for the schedule."""
    arn = "arn:aws:iam::123456789012:policy/boundary"
    roles = stack(PermissionsBoundary=arn).of_type("AWS::IAM::Role")

    assert len(roles) == 3
    assert {role["PermissionsBoundary"] for role in roles.values()} == {arn}
    for role in stack().of_type("AWS::IAM::Role").values():
        assert "PermissionsBoundary" not in role


# --- runs ---------------------------------------------------------------------------------------


def test_a_scheduled_run_is_made_once() -> None:
    """Neither the schedule nor Lambda repeats a run: a later one would speak of another moment."""
    deployed = stack()
    (schedule,) = deployed.of_type("AWS::Scheduler::Schedule").values()
    invocation = deployed.of_type("AWS::Lambda::EventInvokeConfig")[
        "ProbeFunctionEventInvokeConfig"
    ]

    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert schedule["Target"]["Input"] == "{}"
    assert invocation["MaximumRetryAttempts"] == 0


def test_the_log_group_is_kept_as_long_as_told() -> None:
    """Each function writes to its group of the stack, whose retention is a parameter."""
    deployed = stack(LogRetentionDays="7", NamePrefix="orders")
    groups = deployed.of_type("AWS::Logs::LogGroup")

    assert groups == {
        "ProbeLogGroup": {"LogGroupName": "/aws/lambda/orders", "RetentionInDays": "7"},
        "DiagnoseLogGroup": {"LogGroupName": "/aws/lambda/orders-diagnose", "RetentionInDays": "7"},
    }
    assert probe_of(deployed)["LoggingConfig"] == {"LogGroup": "ProbeLogGroup"}
    diagnosing = probe_of(deployed, "DiagnoseFunction")
    assert diagnosing["LoggingConfig"] == {"LogGroup": "DiagnoseLogGroup"}


def test_two_stacks_of_different_prefixes_do_not_meet() -> None:
    """Whatever has a name of ours has the prefix in it."""
    named = ("FunctionName", "LogGroupName", "AlarmName", "TopicName", "DashboardName", "Name")

    def names(prefix: str) -> set[str]:
        properties = [one["Properties"] for one in stack(NamePrefix=prefix).resources.values()]
        kinds = [one["Type"] for one in stack(NamePrefix=prefix).resources.values()]
        return {
            f"{kind} {given[key]}"
            for kind, given in zip(kinds, properties, strict=True)
            for key in named
            if isinstance(given.get(key), str) and kind != "AWS::Lambda::EventInvokeConfig"
        }

    assert len(names("orders")) > 10
    assert {name for name in names("orders") & names("users") if "Function" not in name} == set()


# --- alarms -------------------------------------------------------------------------------------


def watched(alarm: dict[str, Any]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Give the one metric that an alarm looks at."""
    dimensions = sorted((one["Name"], one["Value"]) for one in alarm["Dimensions"])
    return alarm["Namespace"], alarm["MetricName"], tuple(dimensions)


def emitted(log: list[dict[str, Any]]) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Give every metric that CloudWatch makes of a log."""
    return {
        (directive["Namespace"], metric["Name"], tuple(sorted((d, line[d]) for d in dimensions)))
        for line in log
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }


def test_each_kind_of_check_has_one_alarm() -> None:
    """A check without an alarm, or an alarm without a check, would be noticed by nobody."""
    alarms = stack().of_type("AWS::CloudWatch::Alarm")
    failures = [alarm for alarm in alarms.values() if alarm["MetricName"] == "Failure"]

    checks = [dict(watched(alarm)[2])["check"] for alarm in failures]
    assert sorted(checks) == sorted(check.name for check in CHECKS)


def test_every_alarm_watches_what_a_real_run_emits() -> None:
    """Namespace, metric and dimensions of each alarm are those of a run of every check."""
    own = "127.0.0.1"  # refused before anything is sent, which is a failure like any other
    targets = [
        {"check": "http", "url": f"http://{own}/"},
        {"check": "dynamodb", "host": own},
        {"check": "rds", "host": own, "port": 5432, "engine": "postgres"},
        {"check": "logs", "host": own},
        {"check": "tcp", "host": own, "port": 80},
        {"check": "dns", "name": "localhost"},
        {"check": "aws", "service": "sqs", "host": own},
        {"check": "cache", "host": own, "port": 6379},
    ]
    deployed = stack()
    name = probe_of(deployed)["FunctionName"]
    log, _ = process(
        {},
        AWS_LAMBDA_FUNCTION_NAME=name,
        AWS_REGION="eu-west-1",
        **{
            **{k: str(v) for k, v in variables(deployed).items()},
            "PROBE_TARGETS": json.dumps(targets),
        },
    )

    alarms = deployed.of_type("AWS::CloudWatch::Alarm")
    # A function's Ref is its name.
    names = [watched(alarm) for alarm in alarms.values()]
    looked_at = {
        (space, metric, tuple((d, name if v == "ProbeFunction" else v) for d, v in dimensions))
        for space, metric, dimensions in names
    }
    assert len(looked_at) == len(alarms) == len(CHECKS) + 1
    assert looked_at <= emitted(log)


def test_a_failing_check_raises_its_alarm_and_silence_does_not() -> None:
    """One failure in a period is an alarm; a period without a run leaves it as it was."""
    for name, alarm in stack().of_type("AWS::CloudWatch::Alarm").items():
        if alarm["MetricName"] == "Failure":
            assert alarm["Statistic"] == "Maximum", name
            assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            assert alarm["Threshold"] == 1
            assert alarm["TreatMissingData"] == "ignore"


def test_silence_raises_the_heartbeat_alarm() -> None:
    """No run within the time is an alarm by itself, unless the schedule is off on purpose."""
    alarm = stack(HeartbeatSeconds="1800").of_type("AWS::CloudWatch::Alarm")["HeartbeatAlarm"]

    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["Period"] == "1800"
    assert "HeartbeatAlarm" not in stack(ScheduleState="DISABLED").resources
