"""The template as an AWS account has it: created by moto's CloudFormation, and what that lacks.

moto's CloudFormation knows no alarms, schedules and invocation settings, and writes the policies of
a role in no JSON. Its other interfaces know all of them, so they are created there from the same
transformed template, with the ids of the resources that are. moto has no composite alarms at all:
`Deployed.resources` tells what one would be.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.cloudformation import Stack

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    Clients = Callable[[str], Any]  # service -> boto3 client

NAME = "lambda-probe"
BUCKET, KEY = "bucket", "key"  # as `tests.cloudformation` transforms it
BY_CLOUDFORMATION = (
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::SecurityGroup",
    "AWS::Events::Rule",
    "AWS::IAM::Role",  # without its policies
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
)
UNKNOWN = ("AWS::CloudWatch::CompositeAlarm",)


class _Settled(Stack):
    """Parameters and conditions put in; what only exists after creation is left to CloudFormation.

    moto's CloudFormation does not bear AWS::NoValue everywhere.
    """

    def _substituted(self, found: re.Match[str]) -> str:
        return str(self.values.get(found[1], found[0]))

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref" if argument not in self.values:
                return {"Ref": argument}
            case "GetAtt":
                return {"Fn::GetAtt": argument}
            case "Sub":
                text = super()._call("Sub", argument)
                return {"Fn::Sub": text} if "${" in text else text
            case "Join":
                parts = self.resolve(argument[1])
                plain = all(isinstance(part, str) for part in parts)
                return argument[0].join(parts) if plain else {"Fn::Join": [argument[0], parts]}
            case "Split":
                whole = self.resolve(argument[1])
                plain = isinstance(whole, str)
                return whole.split(argument[0]) if plain else {"Fn::Split": [argument[0], whole]}
        return super()._call(function, argument)


@dataclass
class Deployed:
    """A stack that exists."""

    clients: Clients
    resources: dict[str, Any]  # with every name and ARN put in
    ids: dict[str, str]  # logical id -> what Ref gives

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Give the properties of every resource of a type."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def policy(self, role: str) -> list[dict[str, Any]]:
        """Read the statements of a role's inline policies from IAM."""
        iam, name = self.clients("iam"), self.ids[role]
        found: list[dict[str, Any]] = []
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found += document["Statement"]
        return found


def deploy(
    plain: dict[str, Any], clients: Clients, pseudo: dict[str, str], **parameters: str
) -> Deployed:
    """Create the stack; `pseudo` says the account and the Region."""
    settled = _Settled(plain, pseudo, **parameters).resources
    _upload(clients("s3"))
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            name: _for_cloudformation(resource)
            for name, resource in settled.items()
            if resource["Type"] in BY_CLOUDFORMATION
        },
        "Outputs": {
            "".join(one): {"Value": {"Fn::GetAtt": list(one)}} for one in _attributes(settled)
        },
    }
    cloudformation = clients("cloudformation")
    cloudformation.create_stack(StackName=NAME, TemplateBody=json.dumps(template))
    (stack,) = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    known = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    made = cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
    ids = {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in made}
    for name, resource in settled.items():
        if "AlarmName" in resource["Properties"]:
            ids[name] = resource["Properties"]["AlarmName"]
    deployed = Deployed(clients, _named(settled, ids, known), ids)
    _create_the_rest(deployed)
    return deployed


def _for_cloudformation(resource: dict[str, Any]) -> dict[str, Any]:
    left_out = ("Policies",) if resource["Type"] == "AWS::IAM::Role" else ()
    properties = {k: v for k, v in resource["Properties"].items() if k not in left_out}
    return {"Type": resource["Type"], "Properties": properties}


def _upload(s3: Any) -> None:
    """Put something where the code would be; what runs is the artifact itself."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("placeholder.py", "")
    region = s3.meta.region_name
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=BUCKET, **({} if region == "us-east-1" else where))
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=packed.getvalue())


def _attributes(value: Any) -> set[tuple[str, str]]:
    """Find every attribute that is asked for."""
    if isinstance(value, dict):
        if "Fn::GetAtt" in value:
            return {(value["Fn::GetAtt"][0], value["Fn::GetAtt"][1])}
        return set().union(*map(_attributes, value.values()))
    return set().union(*map(_attributes, value)) if isinstance(value, list) else set()


def _named(value: Any, ids: dict[str, str], known: dict[str, str]) -> Any:
    """Put the names and ARNs in that the resources have got."""
    if isinstance(value, list):
        return [_named(one, ids, known) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": name}:
            return ids[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return known[name + attribute]
        case {"Fn::Sub": text}:
            for name, identity in ids.items():
                text = text.replace(f"${{{name}}}", identity)
            return text
        case {"Fn::Join": [between, parts]}:
            return between.join(_named(parts, ids, known))
        case {"Fn::Split": [between, whole]}:
            return _named(whole, ids, known).split(between)
    return {key: _named(one, ids, known) for key, one in value.items()}


def _create_the_rest(deployed: Deployed) -> None:
    """Create through their own interfaces what moto's CloudFormation passes over."""
    for name, resource in deployed.resources.items():
        kind, properties = resource["Type"], resource["Properties"]
        match kind:
            case "AWS::IAM::Role":
                for policy in properties.get("Policies", ()):
                    _put(deployed, deployed.ids[name], policy)
            case "AWS::IAM::Policy":
                for role in properties["Roles"]:
                    _put(deployed, role, properties)
            case "AWS::CloudWatch::Alarm":
                numbers = {"Period", "EvaluationPeriods", "Threshold"}
                asked = {k: int(v) if k in numbers else v for k, v in properties.items()}
                deployed.clients("cloudwatch").put_metric_alarm(**asked)
            case "AWS::Scheduler::Schedule":
                deployed.clients("scheduler").create_schedule(**properties)
            case "AWS::Lambda::EventInvokeConfig":
                asked = {k: v for k, v in properties.items() if k != "Qualifier"}
                deployed.clients("lambda").put_function_event_invoke_config(**asked)
            case _ if kind not in BY_CLOUDFORMATION and kind not in UNKNOWN:
                raise LookupError(f"nobody creates {kind}")


def _put(deployed: Deployed, role: str, policy: dict[str, Any]) -> None:
    # SAM's own policies name no version, which AWS takes and moto does not.
    document = {"Version": "2012-10-17", **policy["PolicyDocument"]}
    deployed.clients("iam").put_role_policy(
        RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(document)
    )
