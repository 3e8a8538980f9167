"""A saved reading of AWS: describe answers under their list names, or the word that it is unread.

Takes what `aws ec2 describe-*` prints, unchanged: one object whose keys are list names (see
`probe.network.keys`), several such objects one after another or in a list, or a directory of them,
also as other tools spell them (`probe.network.spelling`). Checks the outline and says in one
sentence what is wrong; interprets nothing, calls nothing, and never keeps a function's environment
variables.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from probe.network import keys, shapes, spelling
from probe.network.fields import Malformed, shown
from probe.network.values import ReadFailed, Snapshot, SnapshotError, Unread, Value

if TYPE_CHECKING:
    from pathlib import Path

    from probe.network.fields import Entry

__all__ = ["ReadFailed", "Snapshot", "SnapshotError", "Unread", "dump", "load", "load_path"]


# What an answer holds when it is one page of several, and others follow.
MORE = ("NextToken", "NextMarker", "Marker")


def load(document: Entry | str | bytes, *, name: str) -> Snapshot:
    """Read a snapshot out of JSON text or of an object already parsed."""
    reading = _Reading()
    with _not_collected():
        reading.take([document] if isinstance(document, Mapping) else document, name)
        return reading.snapshot(name)


def load_path(path: Path) -> Snapshot:
    """Read a snapshot file, or every *.json file below a directory as one snapshot.

    Other tools keep more in such a directory than a walk needs: what it knows is taken.
    """
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files:
        raise SnapshotError(f"{path}: holds no .json file")
    reading = _Reading(several=path.is_dir())
    with _not_collected():
        for file in files:
            try:
                text = file.read_bytes()
            except OSError as error:
                raise SnapshotError(f"{file}: {error.strerror or error}") from None
            reading.take(text, str(file))
        return reading.snapshot(str(path))


@contextmanager
def _not_collected() -> Iterator[None]:
    """Have what is made here count as old: it lives as long as the snapshot, and has no cycles.

    Else the collector looks through all of a large account several times while it is read, and
    once more in the middle of the diagnosis.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else somebody keeps things frozen on purpose
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()


class _Reading:
    """The lists out of one document after another."""

    def __init__(self, *, several: bool = False) -> None:
        self._several = several  # of many files, what is none of AWS's answers is left alone
        self._values: dict[str, Value] = {}
        self._strange = False  # a key that is none of ours
        self._begun: set[str] = set()  # lists of which a page was followed by others
        self._ended: set[str] = set()  # lists of which some page was the last, or the only one

    def take(self, document: list[Entry] | str | bytes, name: str) -> None:
        """Take every list of a document that is known."""
        found: dict[str, Value] = {}
        parts = document if isinstance(document, list) else _parts(document, name)
        for part in (answer for one in parts for answer in spelling.answers(one, name)):
            if not isinstance(part, Mapping):
                if self._several:
                    self._strange = True
                    continue
                raise SnapshotError(
                    f"{name}: expected a JSON object whose keys are list names such as Subnets, "
                    f"got {shown(part)}"
                )
            pages = self._begun if any(part.get(key) for key in MORE) else self._ended
            for key, value in part.items():
                try:
                    taken = _take(found, key, value)
                except Malformed as complaint:
                    raise SnapshotError(f"{name}: {complaint}") from None
                pages.update(taken)
                self._strange = self._strange or not taken
        for key, one in _checked(Snapshot(found, name)).values.items():
            self._values[key] = _joined(self._values.get(key), one)

    def snapshot(self, name: str) -> Snapshot:
        """Return all of it. A list whose last page is missing was not read."""
        if self._strange and not self._values:
            raise SnapshotError(
                f"{name}: none of its keys is a list that AWS describes; expected names such as "
                "Vpcs, Subnets, RouteTables, SecurityGroups, NetworkAcls"
            )
        for key in self._begun - self._ended:
            self._values[key] = Unread("only its first pages were saved", keys.needs(key))
        return _checked(Snapshot(self._values, name))


def _checked(snapshot: Snapshot) -> Snapshot:
    try:
        for name, value in snapshot.values.items():
            if isinstance(value, tuple):
                shapes.check(name, value)
    except Malformed as complaint:
        raise SnapshotError(f"{snapshot.name}: {complaint}") from None
    return snapshot


def dump(snapshot: Snapshot) -> dict[str, Any]:
    """Return the snapshot as one JSON-ready object in the form that `load` takes."""
    return {name: _plain(value) for name, value in snapshot.values.items()}


def _plain(value: Value) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Unread):
        return {"unread": value.reason, **({"needs": value.needs} if value.needs else {})}
    return list(value) if isinstance(value, tuple) else value


def _parts(document: str | bytes, name: str) -> Iterator[Any]:
    """Yield the JSON values of a text: one, or several pasted one after another."""
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document
    except UnicodeDecodeError:
        raise SnapshotError(f"{name}: is not UTF-8 text") from None
    decoder = json.JSONDecoder()
    position = _skip_space(text, 0)
    if position == len(text):
        raise SnapshotError(f"{name}: is empty")
    while position < len(text):
        try:
            part, position = decoder.raw_decode(text, position)
        except ValueError as error:
            where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise SnapshotError(f"{name}: is not JSON{where}") from None
        except RecursionError:
            raise SnapshotError(f"{name}: is nested too deeply to be a snapshot") from None
        position = _skip_space(text, position)
        yield part


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _take(values: dict[str, Value], key: str, value: object) -> tuple[str, ...]:
    """Check the outline of one key's value and keep it; return the list that it went into."""
    name = keys.ALIASES.get(key, key)
    if key in keys.NESTED:
        name = keys.NESTED[key]
        for index, outer in enumerate(_entries(key, value)):
            found = _entries(f"{key}[{index}].{name}", outer.get(name, []))
            values[name] = _joined(values.get(name), found)
        values.setdefault(name, ())
    elif name in keys.OBJECTS:
        values[name] = _object(key, value)
    elif name in keys.LISTS:
        values[name] = _joined(values.get(name), _list(key, value))
    else:
        return ()
    return (name,)


def _list(key: str, value: object) -> tuple[Entry, ...] | Unread:
    """Read a list of objects; also the whole answer pasted under its own name, and null."""
    if isinstance(value, Mapping):
        if (unread := _unread(key, value)) is not None:
            return unread
        if key in value:
            return _list(key, value[key])
        raise Malformed(key, f"expected a list, got an object with {shown(sorted(value)[:3])}")
    found = _entries(key, value)
    identity = keys.LISTS[keys.ALIASES.get(key, key)].id
    for index, entry in enumerate(found):
        if identity is not None and not isinstance(entry.get(identity), str):
            raise Malformed(f"{key}[{index}].{identity}", "expected a string, the id of the entry")
    return found


def _object(key: str, value: object) -> Entry | Unread:
    if not isinstance(value, Mapping):
        raise Malformed(key, f"expected an object, got {shown(value)}")
    if (unread := _unread(key, value)) is not None:
        return unread
    inner = value.get(key)
    found = inner if isinstance(inner, Mapping) else value
    return {name: part for name, part in found.items() if name.lower() != "environment"}


def _unread(key: str, value: Entry) -> Unread | None:
    if "unread" not in value:
        return None
    reason, needs = value["unread"], value.get("needs")
    if not isinstance(reason, str):
        raise Malformed(f"{key}.unread", f"expected the reason as a string, got {shown(reason)}")
    return Unread(reason, needs if isinstance(needs, str) else keys.needs(key))


def _entries(where: str, value: object) -> tuple[Entry, ...]:
    if not isinstance(value, list | tuple):
        raise Malformed(where, f"expected a list, got {shown(value)}")
    for index, entry in enumerate(value):
        if not isinstance(entry, Mapping):
            raise Malformed(f"{where}[{index}]", f"expected an object, got {shown(entry)}")
    return tuple(value)


def _joined(old: Value | None, new: Value) -> Value:
    """Join the same list out of two documents; a part that was not read leaves it unread."""
    if old is None or isinstance(old, Unread):
        return new if old is None else old
    if isinstance(new, (Unread, Mapping)) or isinstance(old, Mapping):
        return new
    return old + new
