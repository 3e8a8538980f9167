"""Where this function stands, as far as it can be seen from inside.

A function cannot see its own VPC configuration: the template tells it in two variables. What those
do not say is Unknown; nothing is asked of AWS, which may well be out of reach from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Placement, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBNETS = "PROBE_SUBNET_IDS"
SECURITY_GROUPS = "PROBE_SECURITY_GROUP_IDS"


def here(environment: Mapping[str, str], az_id: str | Unknown | None) -> Placement:
    """Say where we are; `az_id` comes from Lambda's metadata endpoint, and from nowhere else."""
    subnets = _ids(environment, SUBNETS)
    in_vpc = subnets if isinstance(subnets, Unknown) else bool(subnets)
    name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
    return Placement(
        function=name or Unknown("not running in Lambda"),
        region=_region(environment),
        in_vpc=in_vpc,
        vpc_id=_vpc(in_vpc),
        subnet_ids=subnets,
        security_group_ids=_ids(environment, SECURITY_GROUPS),
        az_id=az_id,
        subnet_id=_subnet(subnets),
    )


def _ids(environment: Mapping[str, str], name: str) -> tuple[str, ...] | Unknown:
    # An empty list is the template's word that there is no VPC; no list is no word at all.
    text = environment.get(name)
    if text is None:
        return Unknown(f"{name} is not set", "lambda:GetFunctionConfiguration")
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _region(environment: Mapping[str, str]) -> str | Unknown:
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return region or Unknown("AWS_REGION is not set")


def _vpc(in_vpc: bool | Unknown) -> Unknown | None:
    if isinstance(in_vpc, Unknown):
        return in_vpc
    reason = "not visible from inside the function"
    return Unknown(reason, "ec2:DescribeSubnets") if in_vpc else None


def _subnet(subnets: tuple[str, ...] | Unknown) -> str | Unknown | None:
    # One of several is told by its zone, and only to who may read the subnets.
    if isinstance(subnets, Unknown):
        return subnets
    if len(subnets) > 1:
        return Unknown("which of the subnets is not visible from inside", "ec2:DescribeSubnets")
    return subnets[0] if subnets else None
