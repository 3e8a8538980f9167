"""The pieces of a topology: namespaces with their links, routes and filters. Pure values and text.

Every namespace that routes is *silent*: it never answers and never complains, as AWS does not.
All of them hang on one bridge, the fabric, where each has a link-local IPv6 address; a route names
its next hop by that address for both families, so that no address of the fabric can clash with
one of a VPC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.reading import Address, Network

FABRIC = "fabric"
# No ICMP errors, no resets, no answer to anyone; neighbour discovery is how ports find each other.
_SILENT = """
table inet silent {
  chain neighbours {
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
  chain input {
    type filter hook input priority 0; policy drop;
    jump neighbours
  }
  chain output {
    type filter hook output priority 0; policy drop;
    jump neighbours
    tcp flags rst accept comment "of a firewall that rejects"
  }
}
"""


@dataclass(slots=True)
class Space:
    """One network namespace, as it will be made."""

    name: str
    forwards: bool = False
    ipv6: bool = True  # False: the family does not exist here, beyond ::1
    commands: list[str] = field(default_factory=list)  # lines for `ip -batch`
    commands6: list[str] = field(default_factory=list)  # lines for `ip -6 -batch`
    filters: list[str] = field(default_factory=list)  # nftables
    sysctls: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.commands.append("link set lo up")

    def silence(self) -> None:
        """Make it a router of AWS's: it forwards and never speaks itself."""
        self.forwards = True
        self.filters.append(_SILENT)

    def address(self, device: str, address: Address) -> None:
        """Give the namespace an address of its own."""
        if address.version == 6:
            self.commands.append(f"addr add {address}/128 dev {device} nodad")
        else:
            self.commands.append(f"addr add {address}/32 dev {device}")

    def route(self, destination: Network, way: str, table: int | None = None) -> None:
        """Add a route; `way` is what `via`, `direct` or `BLACKHOLE` gives."""
        kind, where = ("blackhole ", "") if way == BLACKHOLE else ("", f" {_way(destination, way)}")
        into = f" table {table}" if table else ""
        lines = self.commands6 if isinstance(destination, IPv6Network) else self.commands
        lines.append(f"route add {kind}{destination}{where}{into}")

    def rule(self, priority: int, selector: str, table: int, *, ipv6: bool = False) -> None:
        """Send some packets to a table of their own."""
        lines = self.commands6 if ipv6 else self.commands
        lines.append(f"rule add pref {priority} {selector} lookup {table}")


BLACKHOLE = "blackhole"


def _way(destination: Network, way: str) -> str:
    """Write a next hop for the family of the destination."""
    if way.startswith("fe80:"):
        hop, _, device = way.partition("%")
        family = "" if isinstance(destination, IPv6Network) else "inet6 "
        return f"via {family}{hop} dev {device} onlink"
    return way


@dataclass(slots=True)
class Topology:
    """All namespaces and the links between them."""

    spaces: dict[str, Space] = field(default_factory=dict)
    links: list[tuple[str, str, str, str]] = field(default_factory=list)  # space, device, twice
    _ports: int = 0

    def __post_init__(self) -> None:
        fabric = self.space(FABRIC)
        fabric.commands += [
            "link add br0 type bridge mcast_snooping 0",
            "link set br0 up",
        ]

    def space(self, name: str, *, ipv6: bool = True) -> Space:
        """Add a namespace."""
        space = Space(name, ipv6=ipv6)
        self.spaces[name] = space
        return space

    def router(self, name: str) -> Space:
        """Add a namespace that only forwards."""
        space = self.space(name)
        space.silence()
        return space

    def link(self, one: Space, device: str, other: Space, other_device: str) -> None:
        """Join two namespaces by a cable."""
        self.links.append((one.name, device, other.name, other_device))
        one.commands.append(f"link set {device} up")
        other.commands.append(f"link set {other_device} up")

    def port(self, space: Space, device: str = "fab") -> str:
        """Plug a namespace into the fabric; give the next hop by which the others reach it."""
        self._ports += 1
        fabric = self.spaces[FABRIC]
        self.link(space, device, fabric, f"p{self._ports}")
        fabric.commands.append(f"link set p{self._ports} master br0")
        space.commands.append(f"addr add fe80::{self._ports:x}/64 dev {device} nodad")
        return f"fe80::{self._ports:x}"
