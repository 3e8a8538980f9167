"""Where a function stands, as its configuration tells; asks nobody.

What only the function itself can know, its zone and so its subnet, is taken from its own word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.model import Placement, Unknown
from probe.network.snapshot import Snapshot, Unread

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_ASKED = Unknown("the function was not asked")


def placement(snapshot: Snapshot, function: str, own: Placement | None = None) -> Placement:
    """Say where the function stands; `own` is what it said of itself, where it was asked."""
    configuration = snapshot.get("FunctionConfiguration")
    if isinstance(configuration, Unread | tuple):
        return own or _nowhere(function, configuration)
    vpc = _vpc_config(configuration)
    subnet_ids = tuple(vpc.get("SubnetIds") or ())
    stands = Placement(
        function=configuration.get("FunctionName") or function,
        region=_region(configuration),
        in_vpc=bool(subnet_ids),
        vpc_id=_vpc_id(snapshot, subnet_ids) if subnet_ids else None,
        subnet_ids=subnet_ids,
        security_group_ids=groups(snapshot),
    )
    if own is None:
        return replace(stands, az_id=NOT_ASKED, subnet_id=_only(subnet_ids))
    return replace(stands, az_id=own.az_id, subnet_id=_subnet_id(snapshot, subnet_ids, own))


def told(configuration: Mapping[str, Any], own: Placement | None) -> dict[str, tuple[str, ...]]:
    """Give subnets and groups by the function's own word, where Lambda's was not to be had."""
    subnets = own.subnet_ids if own and not configuration else ()
    members = own.security_group_ids if own and not configuration else ()
    if isinstance(subnets, Unknown) or isinstance(members, Unknown):
        return {}
    return {"subnet_ids": subnets, "security_group_ids": members}


def groups(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the function's security groups; none where its configuration was not read."""
    configuration = snapshot.get("FunctionConfiguration")
    if isinstance(configuration, Unread | tuple):
        return ()
    return tuple(_vpc_config(configuration).get("SecurityGroupIds") or ())


def _nowhere(function: str, unread: Unread | tuple[Any, ...]) -> Placement:
    reason = unread if isinstance(unread, Unread) else Unread("is no object")
    unknown = Unknown(reason.reason, reason.needs)
    return Placement(function, unknown, unknown, unknown, unknown, unknown, unknown, unknown)


def _vpc_config(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    found = configuration.get("VpcConfig")
    return found if isinstance(found, dict) else {}


def _region(configuration: Mapping[str, Any]) -> str | Unknown:
    parts = str(configuration.get("FunctionArn", "")).split(":")
    return parts[3] if len(parts) > 3 else Unknown("the configuration holds no FunctionArn")


def _vpc_id(snapshot: Snapshot, subnet_ids: tuple[str, ...]) -> str | Unknown:
    """Find the VPC by the subnets, which say of themselves where they are."""
    found = {row.get("VpcId") for row in _subnets(snapshot, subnet_ids)} - {None}
    if len(found) == 1:
        return str(found.pop())
    return Unknown("Subnets do not tell it", "ec2:DescribeSubnets")


def _only(subnet_ids: tuple[str, ...]) -> str | Unknown | None:
    return subnet_ids[0] if len(subnet_ids) == 1 else NOT_ASKED if subnet_ids else None


def _subnet_id(
    snapshot: Snapshot, subnet_ids: tuple[str, ...], own: Placement
) -> str | Unknown | None:
    """Find the one subnet of the function in the zone that it runs in, unless there are two.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html
    """
    rows = _subnets(snapshot, subnet_ids)
    there = [row["SubnetId"] for row in rows if row.get("AvailabilityZoneId") == own.az_id]
    if isinstance(own.az_id, str) and len(there) == 1 and len(rows) == len(subnet_ids):
        return str(there[0])
    return own.subnet_id


def _subnets(snapshot: Snapshot, subnet_ids: tuple[str, ...]) -> list[Mapping[str, Any]]:
    rows = snapshot.get("Subnets")
    found = rows if isinstance(rows, tuple) else ()
    return [row for row in found if row.get("SubnetId") in subnet_ids]
