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
    # Whether a rule that names a group on one side still matches on the other; NotRead when the
    # setting that decides was not read.
    references: bool | NotRead
    why: str = ""
    ra_code: str = "SG_REFERENCES_NOT_PRESERVED"  # where references are lost here
    outward: bool = True  # False: rules for what goes out do not match in any case

    @property
    def why_not_outward(self) -> str:
        """Say why an outbound rule that names a group beyond does not match."""
        return (
            f"{self.component} carries references to groups for inbound rules only, also with"
            " security group referencing on"
        )


def ports_text(ports: Ports) -> str:
    """Return "443" or "1024-65535"."""
    first, last = ports
    return str(first) if first == last else f"{first}-{last}"


def blocks_text(blocks: tuple[Block, ...]) -> str:
    """Return "10.0.1.0/24", or several with commas."""
    return ", ".join(map(str, blocks))
