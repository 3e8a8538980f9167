"""Steps about the function itself: which subnets and security groups it stands in, its role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.vpc import NotRead
from probe.remedy import edit
from probe.remedy.command import call
from probe.remedy.proposal import Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VPC_ACCESS = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"


def place(
    function: Mapping[str, Any],
    subnet_ids: Sequence[str],
    group_ids: Sequence[str],
    *,
    ipv6: bool | None = None,
) -> tuple[Step, ...]:
    """Put the function into these subnets with these groups, and wait until it is there.

    Lambda replaces the whole of VpcConfig, so what is to stay must be said again:
    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
    """
    old = function.get("VpcConfig") or {}
    ipv6 = old.get("Ipv6AllowedForDualStack") if ipv6 is None else ipv6
    config: dict[str, Any] = {"SubnetIds": list(subnet_ids), "SecurityGroupIds": list(group_ids)}
    if ipv6:
        config["Ipv6AllowedForDualStack"] = True
    change = edit.merged("FunctionConfiguration", VpcConfig={**old, **config})
    name = function.get("FunctionName")
    if not name:
        raise NotRead("the function", "not read", "lambda:GetFunctionConfiguration")
    update = {"FunctionName": name, "VpcConfig": config}
    return (
        Step(call("lambda", "update-function-configuration", update), change),
        Step(call("lambda", "wait function-updated-v2", {"FunctionName": name})),
    )


def allow_interfaces(role_name: str) -> Step:
    """Give a role the permissions that Lambda needs to make its network interfaces."""
    parameters = {"RoleName": role_name, "PolicyArn": VPC_ACCESS}
    return Step(call("iam", "attach-role-policy", parameters))
