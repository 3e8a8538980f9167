"""What every part of the way back needs: the API, and the names behind AWS's ids."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.lab.cloud import Cloud
    from tests.lab.scenario import Scenario

    Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """The account as it is now, beside the scenario that it was made from."""

    cloud: Cloud

    @property
    def old(self) -> Scenario:
        """Give the scenario before the changes."""
        return self.cloud.scenario

    def entries(self, operation: str, key: str, service: str = "ec2", **more: Any) -> list[Entry]:
        """Read one list."""
        found: list[Entry] = getattr(self.cloud.aws(service), operation)(**more)[key]
        return found

    def name(self, kind: str, identifier: str) -> str:
        """Name something as the scenario does; what is new is called by its id."""
        for key, known in self.cloud.ids.items():
            if known == identifier and key.startswith(f"{kind} "):
                return key.removeprefix(f"{kind} ")
        self.cloud.ids[f"{kind} {identifier}"] = identifier
        return identifier

    def names(self, kind: str, identifiers: Sequence[str]) -> tuple[str, ...]:
        """Name several things."""
        return tuple(self.name(kind, identifier) for identifier in identifiers)

    def vpcs(self) -> Iterator[Entry]:
        """Read the VPCs, without the one that AWS makes for every account."""
        return (vpc for vpc in self.entries("describe_vpcs", "Vpcs") if not vpc["IsDefault"])

    def of_vpcs(self, operation: str, key: str) -> list[Entry]:
        """Read a list, as far as it is about these VPCs."""
        homes = {vpc["VpcId"] for vpc in self.vpcs()}
        return [entry for entry in self.entries(operation, key) if entry.get("VpcId") in homes]


def network4(text: str) -> ipaddress.IPv4Network:
    """Read an IPv4 range."""
    return ipaddress.IPv4Network(text)


def network6(text: str | None) -> ipaddress.IPv6Network | None:
    """Read an IPv6 range, if there is one."""
    return ipaddress.IPv6Network(text) if text else None
