"""Arithmetic on blocks of IP addresses and ranges of ports; knows nothing of AWS.

A block is two integers, not an `ipaddress` object: a security group of 60 rules is read in
microseconds, and "does this rule cover every address the function may have" is a comparison.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTHS = {4: 32, 6: 128}


class Block(NamedTuple):
    """Every address from `low` to `high`, both included, of one IP version."""

    version: int
    low: int
    high: int

    @property
    def prefix_length(self) -> int:
        """Length of the network part; exact for a CIDR block."""
        return WIDTHS[self.version] - (self.high - self.low).bit_length()

    def contains(self, other: Block) -> bool:
        """Whether all of `other` lies in this block."""
        return self.version == other.version and self.low <= other.low and other.high <= self.high

    def overlaps(self, other: Block) -> bool:
        """Whether the two have an address in common."""
        return self.version == other.version and self.low <= other.high and other.low <= self.high

    def common(self, other: Block) -> Block | None:
        """Return the addresses that lie in both, or None."""
        if not self.overlaps(other):
            return None
        return Block(self.version, max(self.low, other.low), min(self.high, other.high))

    def __str__(self) -> str:
        if self.low == self.high:
            return _text(self.version, self.low)
        size = self.high - self.low + 1
        if size & (size - 1) == 0 and self.low % size == 0:
            return f"{_text(self.version, self.low)}/{self.prefix_length}"
        return f"{_text(self.version, self.low)}-{_text(self.version, self.high)}"


class Area(NamedTuple):
    """Addresses times ports: what a rule of a network ACL matches, and what is left of a packet."""

    block: Block
    first: int
    last: int


ALL_PORTS = (0, 65535)


def cidr(text: str) -> Block:
    """Read "10.0.0.0/16", "2001:db8::/32" or a bare address. ValueError when it is neither."""
    base, slash, length = text.partition("/")
    version = 6 if ":" in base else 4
    low = _number(version, base)
    width = WIDTHS[version]
    if not slash:
        return Block(version, low, low)
    if not (length.isascii() and length.isdecimal() and int(length) <= width):
        raise ValueError(text)
    size = 1 << (width - int(length))
    low -= low % size
    return Block(version, low, low + size - 1)


def address(text: str) -> Block:
    """Read one address as a block of one. ValueError when it is none."""
    version = 6 if ":" in text else 4
    number = _number(version, text)
    return Block(version, number, number)


def is_address(text: str) -> bool:
    """Whether the text is one IPv4 or IPv6 address."""
    try:
        address(text)
    except ValueError:
        return False
    return True


def _number(version: int, text: str) -> int:
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    try:
        return int.from_bytes(socket.inet_pton(family, text), "big")
    except (OSError, UnicodeEncodeError, ValueError) as error:
        raise ValueError(text) from error


def _text(version: int, number: int) -> str:
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    return socket.inet_ntop(family, number.to_bytes(WIDTHS[version] // 8, "big"))


def minus(block: Block, hole: Block) -> tuple[Block, ...]:
    """Return what is left of `block` without the addresses of `hole`."""
    common = block.common(hole)
    if common is None:
        return (block,)
    left = Block(block.version, block.low, common.low - 1)
    right = Block(block.version, common.high + 1, block.high)
    return tuple(piece for piece in (left, right) if piece.low <= piece.high)


def without(blocks: Iterable[Block], holes: Iterable[Block]) -> tuple[Block, ...]:
    """Return what is left of `blocks` when every hole is taken out."""
    rest = tuple(blocks)
    for hole in holes:
        rest = tuple(piece for block in rest for piece in minus(block, hole))
    return rest


def carve(area: Area, rule: Area) -> tuple[Area | None, tuple[Area, ...]]:
    """Split an area by a rule: the part that the rule matches, and the rest."""
    block = area.block.common(rule.block)
    first, last = max(area.first, rule.first), min(area.last, rule.last)
    if block is None or first > last:
        return None, (area,)
    rest = [Area(piece, area.first, area.last) for piece in minus(area.block, block)]
    if area.first < first:
        rest.append(Area(block, area.first, first - 1))
    if last < area.last:
        rest.append(Area(block, last + 1, area.last))
    return Area(block, first, last), tuple(rest)


# What never leaves for the internet: RFC 1918, shared (RFC 6598), loopback, link-local, unique
# local. Documentation ranges count as public: people and labs use them as public addresses.
_PRIVATE = tuple(
    map(
        cidr,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "::1/128",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)


def is_private(block: Block) -> bool:
    """Whether the address has no meaning on the internet."""
    return any(private.contains(block) for private in _PRIVATE)
