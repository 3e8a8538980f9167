"""Reading fields out of AWS's JSON: the value in its type, or one sentence that says where and why.

Every reader names the key on failure; whoever iterates a list adds the list's name and the index,
so that the sentence ends up as "RouteTables[2].Routes[0].DestinationCidrBlock: ...".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from probe.network.addresses import Block, address, cidr

T = TypeVar("T")
Entry = Mapping[str, Any]


class Malformed(ValueError):  # noqa: N818 - it describes a value
    """A value that is not of AWS's shape: where it stands, and what should stand there."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {expected}")
        self.where = where
        self.expected = expected

    def under(self, prefix: str) -> Malformed:
        """Return the same complaint seen from one level further out."""
        joint = "" if self.where.startswith("[") or not self.where else "."
        return Malformed(f"{prefix}{joint}{self.where}", self.expected)


def shown(value: object) -> str:
    """Show a value in a sentence, cut to a length that a terminal can bear."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def text(entry: Entry, key: str) -> str:
    """Read a string that must be there."""
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise Malformed(key, f"expected a string, got {shown(value)}")
    return value


def maybe_text(entry: Entry, key: str) -> str | None:
    """Read a string that may be missing."""
    value = entry.get(key)
    if value is None or value == "":
        return None
    return text(entry, key)


def flag(entry: Entry, key: str) -> bool | None:
    """Read a boolean; None when it is missing."""
    value = entry.get(key)
    if value is not None and not isinstance(value, bool):
        raise Malformed(key, f"expected true or false, got {shown(value)}")
    return value


def number(entry: Entry, key: str) -> int | None:
    """Read a whole number; None when it is missing."""
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(key, f"expected a whole number, got {shown(value)}")
    return value


def mapping(entry: Entry, key: str) -> Entry:
    """Read an object; empty when it is missing."""
    value = entry.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed(key, f"expected an object, got {shown(value)}")
    return value


def items(entry: Entry, key: str) -> tuple[Entry, ...]:
    """Read a list of objects; empty when it is missing."""
    found = sequence(entry, key)
    for value in found:
        if not isinstance(value, (dict, Mapping)):  # asking an abstract class alone takes long
            where = next(index for index, one in enumerate(found) if one is value)
            raise Malformed(f"{key}[{where}]", f"expected an object, got {shown(value)}")
    return found


def texts(entry: Entry, key: str) -> tuple[str, ...]:
    """Read a list of strings; empty when it is missing."""
    found = sequence(entry, key)
    for index, value in enumerate(found):
        if not isinstance(value, str):
            raise Malformed(f"{key}[{index}]", f"expected a string, got {shown(value)}")
    return found


def sequence(entry: Entry, key: str) -> tuple[Any, ...]:
    """Read a list of anything; empty when it is missing."""
    value = entry.get(key)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise Malformed(key, f"expected a list, got {shown(value)}")
    return tuple(value)


def each(entry: Entry, key: str, read: Callable[[Entry], T]) -> tuple[T, ...]:
    """Read every object of a list with `read`; a complaint gets the list's name and the index."""
    result = []
    for index, value in enumerate(items(entry, key)):
        try:
            result.append(read(value))
        except Malformed as complaint:
            raise complaint.under(f"{key}[{index}]") from None
    return tuple(result)


def block(entry: Entry, key: str) -> Block:
    """Read a CIDR block that must be there."""
    return as_block(text(entry, key), key)


def maybe_block(entry: Entry, key: str) -> Block | None:
    """Read a CIDR block that may be missing."""
    value = maybe_text(entry, key)
    return None if value is None else as_block(value, key)


def as_block(value: str, where: str) -> Block:
    """Read a CIDR block out of a string."""
    try:
        return cidr(value)
    except ValueError:
        raise Malformed(where, f"{shown(value)} is not a CIDR block") from None


def maybe_address(entry: Entry, key: str) -> Block | None:
    """Read one IP address that may be missing."""
    value = maybe_text(entry, key)
    if value is None:
        return None
    try:
        return address(value)
    except ValueError:
        raise Malformed(key, f"{shown(value)} is not an IP address") from None
