"""The function, its role, and the interfaces that Lambda makes for it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.cloud.base import Cloud

NAME = "probe"
HANDLER = "probe.handler.probe"
# What AWSLambdaVPCAccessExecutionRole allows.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
NEEDED = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def function(cloud: Cloud, variables: Mapping[str, str]) -> None:
    """Create the function with its role and interfaces."""
    placed = cloud.scenario.function
    subnets = [cloud.id("subnet", subnet) for subnet in placed.subnets]
    groups = [cloud.id("security-group", group) for group in placed.security_groups]
    more: dict[str, Any] = {}
    if subnets:
        more["VpcConfig"] = {
            "SubnetIds": subnets,
            "SecurityGroupIds": groups,
            "Ipv6AllowedForDualStack": placed.ipv6,
        }
    # A function cannot see its own VPC configuration: template.yaml tells it, and so do we.
    told = {"PROBE_SUBNET_IDS": ",".join(subnets), "PROBE_SECURITY_GROUP_IDS": ",".join(groups)}
    made = cloud.aws("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Role=_role(cloud),
        Handler=HANDLER,
        Code={"ZipFile": _code()},
        Timeout=60,
        MemorySize=256,
        Environment={"Variables": {**told, **variables}},
        **more,
    )
    cloud.ids[f"function {NAME}"] = made["FunctionArn"]
    for subnet in placed.subnets:
        name = f"AWS Lambda VPC ENI-{NAME}-0d2f1c5e-6a53-4f0e-9e1b-5f3a1c2b4d6e"
        interface = cloud.interface(cloud.plan.eni("function", subnet), name)
        cloud.managed(interface, "lambda", "amazon-aws")
    if placed.managed_instances:
        cloud.account.overrides[NAME] = _on_managed_instances(cloud)
    elif placed.state != "Active":
        cloud.account.overrides[NAME] = {
            "State": placed.state,
            "StateReason": placed.state_reason or placed.state,
            **({"StateReasonCode": placed.state_reason} if placed.state_reason else {}),
        }


def _on_managed_instances(cloud: Cloud) -> dict[str, Any]:
    """Say where the function's network comes from: it has none of its own.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-networking.html
    """
    arn = f"arn:aws:lambda:{cloud.account.region}:{cloud.account.id}:capacity-provider:lab"
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": arn}}
    return {
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""},
        "CapacityProviderConfig": provider,
    }


def _role(cloud: Cloud) -> str:
    placed, iam = cloud.scenario.function, cloud.aws("iam")
    statements = [{"Effect": "Allow", "Action": list(placed.allow or NEEDED), "Resource": "*"}]
    if placed.deny:
        statements.append({"Effect": "Deny", "Action": list(placed.deny), "Resource": "*"})
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    iam.put_role_policy(
        RoleName=NAME,
        PolicyName="lab",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    cloud.ids[f"role {NAME}"] = NAME
    return str(role["Arn"])


def _code() -> bytes:
    """Pack a module that is never run: the lab starts the product's own code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("placeholder.py", "")
    return packed.getvalue()
