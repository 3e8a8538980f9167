"""A network ACL that commands change one by one, as AWS would; judges packets by its first match.

Written apart from the program: what a fix does on its way, and not only at its end, shows here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.remedy.commands import Command

LEAST, MOST = 1, 32766  # numbers that AWS takes


@dataclass
class Acl:
    """The rules of one network ACL, by direction and number."""

    rules: dict[tuple[bool, int], Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Mapping[str, Any]]) -> Acl:
        """Build it from the entries of a snapshot."""
        return cls({(entry["Egress"], entry["RuleNumber"]): entry for entry in entries})

    def carry_out(self, command: Command) -> None:
        """Change it; AssertionError where AWS would refuse."""
        rule = command.parameters
        place = rule["Egress"], rule["RuleNumber"]
        assert LEAST <= rule["RuleNumber"] <= MOST
        assert (place in self.rules) != command.operation.startswith("create"), command
        if command.operation.startswith("delete"):
            del self.rules[place]
        else:
            self.rules[place] = rule

    def lets(self, address: str, port: int, protocol: str, *, egress: bool) -> bool:
        """Whether packets to this port pass, to or from this address."""
        for _, rule in sorted(self.rules.items(), key=lambda one: one[0][1]):
            ports = rule.get("PortRange") or {"From": 0, "To": 65535}
            if (
                rule["Egress"] == egress
                and rule["Protocol"] in ("-1", protocol)
                and ip_address(address) in ip_network(rule["CidrBlock"])
                and ports["From"] <= port <= ports["To"]
            ):
                return bool(rule["RuleAction"] == "allow")
        return False
