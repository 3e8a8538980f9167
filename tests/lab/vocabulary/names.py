"""The names that a file defines, which its parts refer to each other by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.reading import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

GATEWAY_SERVICES = ("dynamodb", "s3")


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the file defines, collected before anything is read, for references."""

    vpcs: tuple[str, ...]
    subnets: tuple[str, ...]
    route_tables: tuple[str, ...]
    nacls: tuple[str, ...]
    groups: tuple[str, ...]
    prefix_lists: tuple[str, ...]  # with those that AWS keeps
    hosts: tuple[str, ...]
    load_balancers: tuple[str, ...]
    endpoints: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]]  # kind of route target -> names
    subnet_vpcs: Mapping[str, str]  # subnet -> its VPC

    def vpc(self, node: Node, fields: Mapping[str, Node]) -> str:
        """Read the key `vpc`, which may be left out where there is one VPC, or one named main."""
        if "vpc" in fields:
            return fields["vpc"].reference(self.vpcs, "a VPC")
        if len(self.vpcs) == 1 or "main" in self.vpcs:
            return self.vpcs[0]
        raise node.bad(
            "the key vpc as well, since this file has "
            + (
                f"several ({', '.join(self.vpcs)})"
                if self.vpcs
                else "none: add the key vpc to the file"
            )
        )

    def group(self, node: Node, vpc: str) -> str:
        """Read the name of a security group; `default` is the one of this VPC."""
        if node.value == "default":
            return f"default@{vpc}"
        return node.reference(self.groups, "a security group")


def entries(fields: Mapping[str, Node], key: str) -> list[tuple[str, Node]]:
    """List what a section names; a name without a description has an empty one."""
    if key not in fields:
        return []
    return [
        (word, Node(node.file, node.path, {}) if node.value is None else node)
        for word, node in fields[key].named()
    ]


def collect(fields: Mapping[str, Node]) -> Names:
    """Look through the file for the names that it defines, before anything is read."""

    def words(key: str) -> tuple[str, ...]:
        return tuple(word for word, _ in entries(fields, key))

    vpcs = (*(("main",) if "vpc" in fields else ()), *words("vpcs"))
    kinds = {
        "nat-gateway": "nat_gateways",
        "peering": "peerings",
        "transit-gateway": "transit_gateways",
        "nat-instance": "nat_instances",
        "firewall": "firewalls",
        "host": "hosts",
    }
    inline = tuple(
        word
        for word, node in entries(fields, "subnets")
        if isinstance(node.value, dict) and node.value.get("routes") is not None
    )
    homes: dict[str, str] = {}
    names = Names(
        vpcs=vpcs,
        subnets=words("subnets"),
        route_tables=(*words("route_tables"), *inline),
        nacls=words("nacls"),
        groups=words("security_groups"),
        prefix_lists=(*words("prefix_lists"), *GATEWAY_SERVICES),
        hosts=words("hosts"),
        load_balancers=words("load_balancers"),
        endpoints=words("endpoints"),
        targets={kind: words(key) for kind, key in kinds.items()},
        subnet_vpcs=homes,
    )
    for word, node in entries(fields, "subnets"):
        homes[word] = home_of(node, names)
    return names


def home_of(node: Node, names: Names) -> str:
    """Read the VPC of something before the rest of it is read."""
    stated = node.value.get("vpc") if isinstance(node.value, dict) else None
    return names.vpc(node, {} if stated is None else {"vpc": node.child("vpc", stated)})
