"""Pure changes of a snapshot: what AWS would say after a command was carried out.

A list that was not read stays unread: adding one entry to it would make it look complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from probe.network.values import Snapshot, Unread
from probe.network.vpc import Network

Entry = Mapping[str, Any]
Change = Callable[[Snapshot], Snapshot]


def nothing(snapshot: Snapshot) -> Snapshot:
    """Change nothing."""
    return snapshot


def all_of(*changes: Change) -> Change:
    """Return the changes one after another as one."""

    def change(snapshot: Snapshot) -> Snapshot:
        for each in changes:
            snapshot = each(snapshot)
        return snapshot

    return change


def added(name: str, entry: Entry) -> Change:
    """Add an entry to a list."""

    def change(snapshot: Snapshot) -> Snapshot:
        found = snapshot.get(name)
        if isinstance(found, Unread | Mapping):
            return snapshot
        return snapshot.with_changed(name, (*found, entry), len(found))

    return change


def amended(name: str, identity: str, edit: Callable[[Entry], Entry]) -> Change:
    """Put an edited entry in the place of the one with this id."""

    def change(snapshot: Snapshot) -> Snapshot:
        found = snapshot.get(name)
        if isinstance(found, Unread | Mapping):
            return snapshot
        rows = list(found)
        positions = Network(snapshot).positions(name, identity)
        for position in positions:
            rows[position] = edit(rows[position])
        return snapshot.with_changed(name, tuple(rows), *positions)

    return change


def removed(name: str, drop: Callable[[Entry], bool]) -> Change:
    """Take entries from a list."""
    return _listed(name, lambda rows: tuple(row for row in rows if not drop(row)))


def every(name: str, edit: Callable[[Entry], Entry]) -> Change:
    """Edit every entry of a list."""
    return _listed(name, lambda rows: tuple(edit(row) for row in rows))


def merged(name: str, **fields: object) -> Change:
    """Set fields of a single object such as FunctionConfiguration."""

    def change(snapshot: Snapshot) -> Snapshot:
        found = snapshot.get(name)
        return snapshot.with_values(
            **{name: {**(found if isinstance(found, Mapping) else {}), **fields}}
        )

    return change


def _listed(name: str, edit: Callable[[tuple[Entry, ...]], tuple[Entry, ...]]) -> Change:
    def change(snapshot: Snapshot) -> Snapshot:
        found = snapshot.get(name)
        if isinstance(found, Unread | Mapping):
            return snapshot
        return snapshot.with_values(**{name: edit(found)})

    return change


def revived(target: str) -> Change:
    """Make the routes to something that works again active: AWS calls them blackholes no more."""

    def alive(route: Entry) -> Entry:
        return {**route, "State": "active"} if target in route.values() else route

    def change(table: Entry) -> Entry:
        if not any(target in route.values() for route in table.get("Routes") or ()):
            return table
        return {**table, "Routes": [alive(route) for route in table.get("Routes") or ()]}

    return every("RouteTables", change)


def without_items(entry: Entry, key: str, drop: Callable[[Entry], bool]) -> Entry:
    """Return the entry without the items of one of its lists that `drop` says."""
    return {**entry, key: [item for item in entry.get(key) or () if not drop(item)]}


def with_item(entry: Entry, key: str, *items: object) -> Entry:
    """Return the entry with more items in one of its lists."""
    return {**entry, key: [*(entry.get(key) or ()), *items]}
