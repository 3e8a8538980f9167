"""What a reading of AWS is, as a value: lists by AWS's own names, or why one was not read."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from probe.network import keys

Entry = Mapping[str, Any]


class SnapshotError(ValueError):
    """A snapshot that cannot be used; its text is one sentence that names file and key."""


class ReadFailed(Exception):  # noqa: N818 - it is a fact about one reading, not a fault of ours
    """One AWS call did not answer: why, and the permission that it needs."""

    def __init__(self, reason: str, needs: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs = needs


@dataclass(frozen=True, slots=True)
class Unread:
    """A list that was not read. Never the same as an empty one."""

    reason: str
    needs: str | None = None


Value = tuple[Entry, ...] | Entry | Unread
Indexed = tuple[tuple[Entry, ...], dict[Any, list[int]]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A list that differs from another one only at some positions, or beyond its end."""

    rows: tuple[Entry, ...]
    of: tuple[Entry, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """What was already read out of a snapshot's lists and entries, which never change.

    A changed copy of a snapshot shares it: walking again reads only what the change has made new.
    Each is kept beside what it was read from, so that no other thing can take its identity.
    """

    indexes: dict[tuple[int, str], Indexed] = field(default_factory=dict)
    firsts: dict[tuple[str, str], Indexed] = field(default_factory=dict)  # of each list and label
    copies: dict[int, Copy] = field(default_factory=dict)  # of lists, where somebody said so
    entries: dict[tuple[int, object], tuple[Entry, Any]] = field(default_factory=dict)

    def branch(self) -> Readings:
        """Return readings that begin as these are, and add nothing to them."""
        return Readings(
            dict(self.indexes), dict(self.firsts), dict(self.copies), dict(self.entries)
        )


@dataclass(frozen=True)
class Snapshot:
    """What was read, by AWS's list names. A name that is missing was not read."""

    values: Mapping[str, Value] = field(default_factory=dict)
    name: str = "snapshot"
    calls: int = 0  # AWS calls that reading it took; 0 when it came from a file
    readings: Readings = field(default_factory=Readings, compare=False, repr=False)
    # What was concluded from this one alone; a changed copy begins without.
    made: dict[tuple[Hashable, ...], Any] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def get(self, name: str) -> Value:
        """Return the list or object of that name, or Unread."""
        found = self.values.get(name)
        if found is not None:
            return found
        if self.calls:  # whoever asked AWS left it out: no permission is missing for it
            return Unread("nothing that was read led to it")
        return Unread("not in the snapshot", keys.needs(name))

    def apart(self) -> Snapshot:
        """Return a copy with which all that is read out of its changed copies is forgotten."""
        return replace(self, readings=self.readings.branch())

    def with_values(self, **values: Value) -> Snapshot:
        """Return a copy in which these lists stand instead."""
        return replace(self, values={**self.values, **values})

    def with_changed(self, name: str, rows: tuple[Entry, ...], *changed: int) -> Snapshot:
        """Return a copy in which a list differs at these positions only, or beyond its end."""
        before, copies = self.get(name), self.readings.copies
        if isinstance(before, tuple):
            earlier = copies.get(id(before), Copy(before, before, ()))
            positions = tuple(sorted({*earlier.changed, *changed}))
            copies[id(rows)] = Copy(rows, earlier.of, positions)
        return self.with_values(**{name: rows})
