"""Distinct placements: functions with the same subnets and groups share their network's fate.

Such functions share their network interfaces, so one walk speaks for all of them. Whether IPv6 is
allowed belongs to it: of two functions on the same interface, one may leave over IPv6 alone.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.stand_in import PROBE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One Region of one account: what is read with one set of credentials."""

    account: str
    region: str

    def __str__(self) -> str:
        """Write it as people read it."""
        return f"{self.account} {self.region}"


@dataclass(frozen=True, slots=True)
class Spot:
    """One distinct placement, and the functions behind it."""

    scope: Scope
    subnet_ids: tuple[str, ...]  # sorted, like the groups: AWS keeps no order
    group_ids: tuple[str, ...]
    dual_stack: bool
    functions: tuple[str, ...]
    probe: str | None = None  # a deployed probe among them, which can send packets for all

    def __str__(self) -> str:
        """Name it by one of its functions, which people know."""
        more = f" and {len(self.functions) - 1} more" if len(self.functions) > 1 else ""
        return f"{self.scope} {self.functions[0]}{more}"

    @property
    def id(self) -> str:
        """A short name that is the same in every run."""
        scope = self.scope
        parts = (
            scope.account,
            scope.region,
            *self.subnet_ids,
            *self.group_ids,
            str(self.dual_stack),
        )
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    @property
    def configuration(self) -> dict[str, Any]:
        """Say what Lambda says of each of these functions, as far as the network goes."""
        name = self.functions[0]
        where = f"{self.scope.region}:{self.scope.account}"
        return {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:{where}:function:{name}",
            "VpcConfig": {
                "SubnetIds": list(self.subnet_ids),
                "SecurityGroupIds": list(self.group_ids),
                "Ipv6AllowedForDualStack": self.dual_stack,
            },
        }


@dataclass(frozen=True, slots=True)
class Grouped:
    """The functions of one scope, by placement."""

    spots: tuple[Spot, ...]  # those with most functions first
    outside: int = 0  # functions that are attached to no VPC
    elsewhere: int = 0  # functions on managed instances, whose network is not in VpcConfig


def grouped(scope: Scope, configurations: Iterable[Mapping[str, Any]]) -> Grouped:
    """Group functions, as ListFunctions tells them, by their placement."""
    found: dict[tuple[tuple[str, ...], tuple[str, ...], bool], list[str]] = {}
    probes: dict[object, str] = {}
    outside = elsewhere = 0
    for one in configurations:
        vpc = one.get("VpcConfig") or {}
        subnets = tuple(sorted(set(vpc.get("SubnetIds") or ())))
        if one.get("CapacityProviderConfig"):
            elsewhere += 1
        elif not subnets:
            outside += 1
        else:
            groups = tuple(sorted(set(vpc.get("SecurityGroupIds") or ())))
            key = (subnets, groups, bool(vpc.get("Ipv6AllowedForDualStack")))
            found.setdefault(key, []).append(str(one["FunctionName"]))
            if one.get("Handler") == PROBE:
                probes.setdefault(key, str(one["FunctionName"]))
    spots = [
        Spot(scope, *key, tuple(sorted(names)), probes.get(key)) for key, names in found.items()
    ]
    spots.sort(key=lambda spot: (-len(spot.functions), spot.subnet_ids, spot.group_ids))
    return Grouped(tuple(spots), outside, elsewhere)
