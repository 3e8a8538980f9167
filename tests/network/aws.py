"""AWS's describe calls over a World: filters as EC2 applies them, and a record of the calls."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from probe.network.snapshot import ReadFailed

if TYPE_CHECKING:
    from tests.network.world import World

# Where a filter looks, when it is not simply the field of the same name.
WHERE = {
    "attachment.vpc-id": ("Attachments.VpcId", "VpcAttachments.VpcId"),
    "addresses.private-ip-address": ("PrivateIpAddresses.PrivateIpAddress", "PrivateIpAddress"),
    "ipv6-addresses.ipv6-address": ("Ipv6Addresses.Ipv6Address",),
    "addresses.association.public-ip": (
        "PrivateIpAddresses.Association.PublicIp",
        "Association.PublicIp",
    ),
    "requester-vpc-info.vpc-id": ("RequesterVpcInfo.VpcId",),
    "accepter-vpc-info.vpc-id": ("AccepterVpcInfo.VpcId",),
    "group-id": ("GroupId", "Groups.GroupId"),
    "attachment.instance-id": ("Attachment.InstanceId",),
    "db-instance-id": ("DBInstanceIdentifier",),
    "db-cluster-id": ("DBClusterIdentifier",),
}
LISTED = {
    "SearchTransitGatewayRoutes": "TransitGatewayRoutes",
    "GetManagedPrefixListEntries": "ManagedPrefixListEntries",
    "DescribeTargetHealth": "TargetHealthDescriptions",
}


class Aws:
    """A reader; `denied` names operations that fail, `garbage` what others answer instead."""

    def __init__(
        self,
        world: World,
        *,
        denied: Iterable[str] = (),
        garbage: Mapping[str, Any] | None = None,
    ) -> None:
        self.world = world
        self.denied = set(denied)
        self.garbage = dict(garbage or {})
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Answer one call."""
        with self._lock:
            self.asked.append(operation)
        if operation in self.denied or "*" in self.denied:
            raise ReadFailed("UnauthorizedOperation", f"{service}:{operation}")
        if operation in self.garbage:
            found: Mapping[str, Any] = self.garbage[operation]
            return found
        return self._answer(operation, parameters)

    def _answer(self, operation: str, parameters: dict[str, Any]) -> Mapping[str, Any]:
        lists = self.world.lists
        if operation == "GetFunctionConfiguration":
            return {**lists["FunctionConfiguration"], "Environment": {"Variables": {"KEY": "x"}}}
        if operation == "DescribeVpcAttribute":
            return self._attribute(parameters)
        if operation == "DescribeInstances":
            return {"Reservations": [{"Instances": self._filtered("Instances", parameters)}]}
        if operation == "DescribeVpcBlockPublicAccessOptions":
            options = lists.get("VpcBlockPublicAccessOptions", {"InternetGatewayBlockMode": "off"})
            return {"VpcBlockPublicAccessOptions": options}
        if operation in LISTED:
            return self._of_one(LISTED[operation], parameters)
        name = operation.removeprefix("Describe")
        if name not in lists:
            raise ReadFailed(f"the fake does not know {operation}")
        return {name: self._filtered(name, parameters)}

    def _attribute(self, parameters: dict[str, Any]) -> Mapping[str, Any]:
        key = parameters["Attribute"][0].upper() + parameters["Attribute"][1:]
        for entry in self.world.lists["VpcAttributes"]:
            if entry["VpcId"] == parameters["VpcId"]:
                return {"VpcId": entry["VpcId"], key: entry[key]}
        raise ReadFailed("InvalidVpcID.NotFound")

    def _of_one(self, name: str, parameters: dict[str, Any]) -> Mapping[str, Any]:
        for entry in self.world.lists[name]:
            if set(map(str, entry.values())) & set(map(str, parameters.values())):
                found: Mapping[str, Any] = entry
                return found
        raise ReadFailed("NotFound")

    def _filtered(self, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = parameters.get("Filters") or parameters.get("Filter") or []
        found: list[dict[str, Any]] = self.world.lists[name]
        for one in wanted:
            found = [e for e in found if set(one["Values"]) & set(values(e, one["Name"]))]
        for key, ids in parameters.items():
            if key.endswith("Ids"):
                found = [e for e in found if set(ids) & set(map(str, e.values()))]
        return found


def values(entry: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield what a filter of this name compares."""
    plain = "".join(part.capitalize() for part in name.split("-"))
    for way in WHERE.get(name, (plain,)):
        yield from _follow(entry, way.split("."))


def _follow(value: Any, way: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _follow(item, way)
    elif not way:
        yield str(value).lower() if isinstance(value, bool) else str(value)
    elif isinstance(value, Mapping) and way[0] in value:
        yield from _follow(value[way[0]], way[1:])
