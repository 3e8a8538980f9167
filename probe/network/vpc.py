"""A snapshot one can ask questions: typed entries by id and by relation, or NotRead.

An index over a list is built on the first question about it, and an entry is read into its type
on the first question about that entry: the cost of a path does not depend on what it does not
touch. What was not read raises NotRead, and so does an id that a list does not hold: the list may
have been read with a filter, so an id that is missing is never taken for a thing that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from probe.model import Undetermined
from probe.network import keys
from probe.network.fields import Malformed
from probe.network.values import Snapshot, SnapshotError, Unread

T = TypeVar("T")
Entry = Mapping[str, Any]


class NotRead(Exception):  # noqa: N818 - it is a fact about the snapshot, not a fault of ours
    """An answer depends on something that was not read, or that nobody can know from here."""

    def __init__(self, what: str, reason: str, needs: str | None = None) -> None:
        super().__init__(f"{what}: {reason}")
        self.undetermined = Undetermined(what, reason, needs)


class Missing(NotRead):
    """A list was read, and does not hold the id that something else names."""


class Network:
    """Typed, indexed lookups over one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._indexes: dict[tuple[str, str], dict[Hashable, list[int]]] = {}
        self._read: dict[tuple[Hashable, ...], Any] = {}

    def rows(self, name: str) -> tuple[Entry, ...]:
        """Return every entry of a list. NotRead when the list was not read."""
        found = self.snapshot.get(name)
        if isinstance(found, Unread):
            raise NotRead(name, found.reason, found.needs)
        if isinstance(found, Mapping):
            raise SnapshotError(f"{self.snapshot.name}: {name}: expected a list, got an object")
        return found

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
        field = keys.LISTS[name].id or ""
        found = self.where(name, field, lambda entry: (entry.get(field),), identity, read)
        return found[0] if found else None

    def where(
        self,
        name: str,
        label: str,
        keys_of: Callable[[Entry], Iterable[Hashable]],
        key: Hashable,
        read: Callable[[Entry], T],
    ) -> tuple[T, ...]:
        """Return every entry that carries `key` under the index `label`, read into its type."""
        index = self._indexes.get((name, label))
        if index is None:
            index = self._indexes[name, label] = self._index(name, keys_of)
        rows = self.rows(name)
        return tuple(self._typed(name, rows, position, read) for position in index.get(key, ()))

    def all(self, name: str, read: Callable[[Entry], T]) -> tuple[T, ...]:
        """Return every entry of a list, read into its type."""
        rows = self.rows(name)
        return tuple(self._typed(name, rows, position, read) for position in range(len(rows)))

    def remember(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return what `make` made the first time this key was asked for."""
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = make()
        result: T = found
        return result

    def _index(
        self, name: str, keys_of: Callable[[Entry], Iterable[Hashable]]
    ) -> dict[Hashable, list[int]]:
        index: dict[Hashable, list[int]] = {}
        for position, entry in enumerate(self.rows(name)):
            try:
                found = tuple(keys_of(entry))
            except Malformed as complaint:
                raise self._error(name, position, complaint) from None
            for key in found:
                try:
                    index.setdefault(key, []).append(position)
                except TypeError:  # a list or object where AWS has a string: never asked for
                    continue
        return index

    def _typed(
        self, name: str, rows: tuple[Entry, ...], position: int, read: Callable[[Entry], T]
    ) -> T:
        key = (name, position, read)
        found = self._read.get(key)
        if found is None:
            try:
                found = self._read[key] = read(rows[position])
            except Malformed as complaint:
                raise self._error(name, position, complaint) from None
        result: T = found
        return result

    def _error(self, name: str, position: int, complaint: Malformed) -> SnapshotError:
        return SnapshotError(f"{self.snapshot.name}: {complaint.under(f'{name}[{position}]')}")
