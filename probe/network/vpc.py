"""A snapshot one can ask questions: typed entries by id and by relation, or NotRead.

An index over a list is built on the first question about it, and an entry is read into its type
on the first question about that entry: the cost of a path does not depend on what it does not
touch. What was not read raises NotRead, and so does an id that a list does not hold: the list may
have been read with a filter, so an id that is missing is never taken for a thing that is gone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, TypeVar

from probe.model import Undetermined
from probe.network import fields, keys
from probe.network.fields import Malformed
from probe.network.values import Indexed, Readings, Snapshot, SnapshotError, Unread

T = TypeVar("T")
Entry = Mapping[str, Any]
Rows = tuple[Entry, ...]
KeysOf = Callable[[Entry], Iterable[Hashable]]
Index = dict[Any, list[int]]


class NotRead(Exception):  # noqa: N818 - it is a fact about the snapshot, not a fault of ours
    """An answer depends on something that was not read, or that nobody can know from here."""

    def __init__(self, what: str, reason: str, needs: str | None = None) -> None:
        super().__init__(f"{what}: {reason}")
        self.undetermined = Undetermined(what, reason, needs)


class Missing(NotRead):
    """A list was read, and does not hold the id that something else names."""


@dataclass(frozen=True, slots=True)
class Field:
    """Finds entries by what stands in one field of theirs."""

    name: str

    def __call__(self, entry: Entry) -> tuple[Hashable]:
        """Return the one key of an entry."""
        return (entry.get(self.name),)

    def index(self, rows: Rows) -> Index:
        """Return where each value stands."""
        index: Index = {}
        for position, entry in enumerate(rows):
            index.setdefault(entry.get(self.name), []).append(position)
        return index


@dataclass(frozen=True, slots=True)
class Listed:
    """Finds entries by what stands in one field of the objects in a list of theirs."""

    within: str
    name: str

    def __call__(self, entry: Entry) -> list[Hashable]:
        """Return every key of an entry."""
        return [item.get(self.name) for item in fields.items(entry, self.within)]

    def index(self, rows: Rows) -> Index:
        """Return where each value stands. TypeError or AttributeError when a list is none."""
        index: Index = {}
        for position, entry in enumerate(rows):
            for item in entry.get(self.within) or ():
                index.setdefault(item.get(self.name), []).append(position)
        return index


IN_VPC = Field("VpcId")


def as_written(entry: Entry) -> Entry:
    """Return an entry of AWS's as it is; one function, so that what was read is remembered."""
    return entry


class Network:
    """Typed, indexed lookups over one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def rows(self, name: str) -> tuple[Entry, ...]:
        """Return every entry of a list. NotRead when the list was not read."""
        found = self.snapshot.values.get(name)
        if isinstance(found, tuple):  # first, as nothing is asked more often
            return found
        if isinstance(found := self.snapshot.get(name), Unread):
            raise NotRead(name, found.reason, found.needs)
        raise SnapshotError(f"{self.snapshot.name}: {name}: expected a list, got an object")

    def has(self, name: str) -> bool:
        """Whether the list or object was read."""
        return not isinstance(self.snapshot.get(name), Unread)

    def thing(self, name: str) -> Entry:
        """Return a single object such as FunctionConfiguration. NotRead when it was not read."""
        found = self.snapshot.get(name)
        if isinstance(found, Unread):
            raise NotRead(name, found.reason, found.needs)
        if not isinstance(found, Mapping):
            raise SnapshotError(f"{self.snapshot.name}: {name}: expected an object, got a list")
        return found

    def one(self, name: str, identity: str, read: Callable[[Entry], T]) -> T:
        """Return the entry with this id, read into its type. NotRead when it is not there."""
        found = self.maybe(name, identity, read)
        if found is None:
            raise Missing(identity, f"is not in {name}", keys.needs(name))
        return found

    def maybe(self, name: str, identity: str, read: Callable[[Entry], T]) -> T | None:
        """Return the entry with this id, or None when the list was read without it."""
        found = self.positions(name, identity)
        return self._typed(name, self.rows(name), found[0], read) if found else None

    def positions(self, name: str, identity: str) -> Sequence[int]:
        """Return where in its list the entry with this id stands; nowhere is no answer."""
        field = keys.LISTS[name].id or ""
        return self._indexed(name, field, self.rows(name), Field(field)).get(identity, ())

    def where(
        self,
        name: str,
        label: str,
        keys_of: Callable[[Entry], Iterable[Hashable]],
        key: Hashable,
        read: Callable[[Entry], T],
    ) -> tuple[T, ...]:
        """Return every entry that carries `key` under the index `label`, read into its type."""
        rows = self.rows(name)
        found = self._indexed(name, label, rows, keys_of).get(key)
        return tuple([self._typed(name, rows, at, read) for at in found]) if found else ()

    def where_in_vpc(
        self,
        name: str,
        label: str,
        keys_of: Callable[[Entry], Iterable[Hashable]],
        *,
        vpc_id: str,
        key: Hashable,
        read: Callable[[Entry], T],
    ) -> tuple[T, ...]:
        """Return what `where` returns of one VPC; entries of others are not looked into."""
        rows, indexes = self.rows(name), self.snapshot.readings.indexes
        place = id(rows), f"{label} in {vpc_id}"
        if place not in indexes:
            here = self._indexed(name, "VpcId", rows, IN_VPC).get(vpc_id, ())
            pairs = ((at, one) for at in here for one in self._keys(name, rows, at, keys_of))
            index: Index = {}
            for position, one in pairs:
                index.setdefault(one, []).append(position)
            indexes[place] = rows, index
        found = indexes[place][1].get(key, ())
        return tuple(self._typed(name, rows, position, read) for position in found)

    def all(self, name: str, read: Callable[[Entry], T]) -> tuple[T, ...]:
        """Return every entry of a list, read into its type."""
        rows = self.rows(name)
        return tuple(self._typed(name, rows, position, read) for position in range(len(rows)))

    def remember(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return what `make` made the first time this key was asked for."""
        made = self.snapshot.made
        found = made.get(key)
        if found is None:
            found = made[key] = make()
        result: T = found
        return result

    def _indexed(self, name: str, label: str, rows: Rows, keys_of: KeysOf) -> Index:
        """Return the index of a list: remembered, amended from that of another copy, or built."""
        readings = self.snapshot.readings
        known = readings.indexes.get((id(rows), label))
        if known is None:
            first = readings.firsts.get((name, label))
            changed = _changed(readings, first[0], rows) if first else None
            if first and changed is not None:
                index = self._amended(name, first, rows, changed, keys_of)
            else:
                index = self._built(name, rows, keys_of)
            known = readings.indexes[id(rows), label] = (rows, index)
            readings.firsts.setdefault((name, label), known)
        return known[1]

    def _built(self, name: str, rows: Rows, keys_of: KeysOf) -> Index:
        try:
            if isinstance(keys_of, Field | Listed):
                return keys_of.index(rows)
            return _index(map(keys_of, rows))
        except (Malformed, TypeError, AttributeError):
            # Rare, so only now each entry is looked into.
            each = range(len(rows))
            return _index(self._keys(name, rows, position, keys_of) for position in each)

    def _amended(
        self, name: str, first: Indexed, rows: Rows, changed: Iterable[int], keys_of: KeysOf
    ) -> Index:
        """Return the index of a changed copy. The lists inside are shared, and so replaced."""
        before, index = first[0], dict(first[1])
        for position in changed:
            if position < len(before):
                for key in self._keys(name, before, position, keys_of):
                    index[key] = [one for one in index[key] if one != position]
            for key in self._keys(name, rows, position, keys_of):
                index[key] = sorted((*index.get(key, ()), position))
        return index

    def _keys(self, name: str, rows: Rows, position: int, keys_of: KeysOf) -> list[Hashable]:
        try:
            # A list or object where AWS has a string is never asked for.
            return [key for key in keys_of(rows[position]) if _hashable(key)]
        except Malformed as complaint:
            raise self._error(name, position, complaint) from None

    def _typed(
        self, name: str, rows: tuple[Entry, ...], position: int, read: Callable[[Entry], T]
    ) -> T:
        entry, entries = rows[position], self.snapshot.readings.entries
        known = entries.get((id(entry), read))
        if known is None:
            try:
                known = entries[id(entry), read] = (entry, read(entry))
            except Malformed as complaint:
                raise self._error(name, position, complaint) from None
        result: T = known[1]
        return result

    def _error(self, name: str, position: int, complaint: Malformed) -> SnapshotError:
        return SnapshotError(f"{self.snapshot.name}: {complaint.under(f'{name}[{position}]')}")


def _index(keys: Iterable[Iterable[Hashable]]) -> Index:
    """Return where each key stands, given the keys of every entry."""
    index: Index = {}
    for position, found in enumerate(keys):
        for key in found:
            index.setdefault(key, []).append(position)
    return index


def _hashable(key: Hashable) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


def _changed(readings: Readings, before: Rows, after: Rows) -> Sequence[int] | None:
    """Return where a list differs from another copy of it; None when it is another list."""
    copy = readings.copies.get(id(after))
    if copy and copy.of is before:
        return copy.changed
    if len(after) < len(before):
        return None
    found = list(compress(range(len(before)), map(operator.is_not, before, after)))
    return None if len(found) > len(before) // 2 else [*found, *range(len(before), len(after))]
