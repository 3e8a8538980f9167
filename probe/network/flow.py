"""What travels: a packet with sets of addresses and ports, since the walk stands for all of them.

A function's packets may leave from any address its interfaces may have and from any port that
Lambda picks. A gate that stops only some of them makes a path fail sometimes, which is worth more
than a yes or a no.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.vpc import NotRead

Ports = tuple[int, int]

# Lambda and NAT gateways use the whole of it.
# https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
EPHEMERAL: Ports = (1024, 65535)


@dataclass(frozen=True, slots=True)
class Packet:
    """Every packet of one direction of one connection."""

    protocol: str  # "tcp" | "udp"
    source: tuple[Block, ...]
    source_ports: Ports
    destination: tuple[Block, ...]
    destination_ports: Ports
    # Set where the function's own addresses were not read: any address of its subnet stands for
    # them, and what stops only some of those says nothing.
    doubt: NotRead | None = None

    def reply(self) -> Packet:
        """Return the packets that answer these."""
        return Packet(
            self.protocol,
            self.destination,
            self.destination_ports,
            self.source,
            self.source_ports,
            self.doubt,
        )

    def from_address(self, source: tuple[Block, ...]) -> Packet:
        """Return the same packets after a translation of their source."""
        return replace(self, source=source, source_ports=EPHEMERAL, doubt=None)

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.destination[0].version


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border that packets crossed on their way: what it does to references to groups."""

    kind: str  # "peering" | "transit-gateway" | "middlebox" | "gateway"
    component: str
    # Whether an inbound rule that names a group on the far side still matches; NotRead when the
    # setting that decides was not read.
    references: bool | NotRead
    why: str = ""
    ra_code: str = "SG_REFERENCES_NOT_PRESERVED"  # where references are lost here
    outward: bool | NotRead | None = None  # the same for outbound rules; None: as for inbound ones

    def carries(self, *, egress: bool) -> bool | NotRead:
        """Return whether a rule of one direction that names a group beyond still matches."""
        return self.references if self.outward is None or not egress else self.outward

    def why_not(self, *, egress: bool) -> str:
        """Say why such a rule does not match."""
        if egress and self.outward is False:
            return (
                f"{self.component} carries references to groups for inbound rules only, also with"
                " security group referencing on"
            )
        return self.why


def ports_text(ports: Ports) -> str:
    """Return "443" or "1024-65535"."""
    first, last = ports
    return str(first) if first == last else f"{first}-{last}"


def blocks_text(blocks: tuple[Block, ...]) -> str:
    """Return "10.0.1.0/24", or several with commas."""
    return ", ".join(map(str, blocks))
