"""Writes CloudFormation resources as YAML.

What does not exist yet has an id that ends in "-new" (see `probe.remedy.proposal`); in a template
it stands as a reference to the resource that creates it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from probe.remedy.command import NEW

# Logical name of a new resource by the prefix of its id.
_NAMES = {
    "dopt": "DhcpOptions",
    "eigw": "EgressOnlyInternetGateway",
    "eipalloc": "NatAddress",
    "igw": "InternetGateway",
    "nat": "NatGateway",
    "pcx": "PeeringConnection",
    "rslvr-fdl": "AllowedDomains",
    "rtb": "RouteTable",
    "sg": "SecurityGroup",
    "subnet": "Subnet",
    "vpce": "VpcEndpoint",
}
# Ref of these does not give the id that others ask for.
_ATTRIBUTES = {"eipalloc": "AllocationId", "sg": "GroupId"}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?:::?[A-Za-z0-9_./-]+)*")
_NOT_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template."""

    name: str  # logical name, or the id of the new resource
    type: str
    properties: Mapping[str, Any]
    depends_on: str | None = None  # id of the new resource that has to be there first


def fragment(resources: Iterable[Resource]) -> str | None:
    """Return the resources as they stand below `Resources:`; None when there are none."""
    document: dict[str, Any] = {}
    for resource in resources:
        name = _free(logical_name(resource.name), document)
        body = {"Type": resource.type}
        if resource.depends_on is not None:
            body["DependsOn"] = logical_name(resource.depends_on)
        document[name] = {**body, "Properties": _referring(resource.properties)}
    return "\n".join(_lines(document, "")) + "\n" if document else None


def logical_name(identity: str) -> str:
    """Return the logical name of a new resource; any other name stays as it is."""
    found = NEW.fullmatch(identity)
    return f"{_NAMES[found[1]]}{found[2]}" if found else identity


def _free(name: str, taken: Mapping[str, Any]) -> str:
    number = 2
    wanted = name
    while wanted in taken:
        wanted, number = f"{name}{number}", number + 1
    return wanted


def _referring(value: object) -> object:
    """Put a reference in the place of every id that does not exist yet."""
    if isinstance(value, Mapping):
        return {key: _referring(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_referring(part) for part in value]
    found = NEW.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    name = logical_name(found[0])
    if found[1] in _ATTRIBUTES:
        return {"Fn::GetAtt": [name, _ATTRIBUTES[found[1]]]}
    return {"Ref": name}


def _lines(value: object, indent: str) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, part in value.items() for line in _member(key, part, indent)]
    if isinstance(value, list):
        return [line for part in value for line in _item(part, indent)]
    return [f"{indent}{_scalar(value)}"]


def _member(key: str, value: object, indent: str) -> list[str]:
    if isinstance(value, Mapping | list) and value:
        return [f"{indent}{key}:", *_lines(value, f"{indent}  ")]
    return [f"{indent}{key}: {_scalar(value)}"]


def _item(value: object, indent: str) -> list[str]:
    first, *rest = _lines(value, f"{indent}  ")
    return [f"{indent}- {first.lstrip()}", *rest]


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return json.dumps(value)
