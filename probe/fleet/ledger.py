"""What an audit has finished, in a file: an interruption repeats nothing and loses nothing.

One JSON object a line. The first says which audit it is; each further one is an account and Region
that was read and walked, whole. A line that a kill cut short is as if it had never been.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from probe.fleet import results
from probe.fleet.network import Found
from probe.fleet.placements import Grouped, Scope
from probe.fleet.results import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class LedgerError(ValueError):
    """The state file cannot be used; the text is one sentence for the user."""


class Ledger:
    """The state file of one audit."""

    def __init__(self, path: Path, plan: Mapping[str, Any]) -> None:
        self._path = path
        self._plan = json.dumps(plan, sort_keys=True)

    def finished(self) -> Iterator[Found]:
        """Yield what was finished before, and cut off what was not; a new file yields nothing."""
        if not self._path.exists():
            self._begin()
            return
        good, entries = self._whole_lines()
        if not entries:
            self._begin()
            return
        if entries[0] != {"audit": json.loads(self._plan)}:
            raise LedgerError(
                f"{self._path} is the state of another audit, with other accounts, Regions or "
                "targets: name another file with --state, or delete this one"
            )
        with self._path.open("rb+") as file:
            file.truncate(good)
        yield from map(_found, entries[1:])

    def keep(self, found: Found) -> None:
        """Write down that an account and Region is finished; on return it is on the disk."""
        with self._path.open("ab") as file:
            file.write(json.dumps(_entry(found)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Forget everything: the audit has come to its end, and its answer is given."""
        self._path.unlink(missing_ok=True)

    def _begin(self) -> None:
        try:
            # Names of functions and networks are nobody else's business.
            with os.fdopen(
                os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as f:
                f.write(f'{{"audit": {self._plan}}}\n')
        except OSError as error:
            raise LedgerError(f"--state {self._path}: {error.strerror}") from None

    def _whole_lines(self) -> tuple[int, list[Any]]:
        """Return how many bytes are whole lines, and what those say."""
        try:
            data = self._path.read_bytes()
        except OSError as error:
            raise LedgerError(f"--state {self._path}: {error.strerror}") from None
        good = data.rfind(b"\n") + 1
        try:
            return good, [json.loads(line) for line in data[:good].splitlines()]
        except ValueError:
            raise LedgerError(f"--state {self._path} is no state file of an audit") from None


def _entry(found: Found) -> dict[str, Any]:
    return {
        "scope": [found.scope.account, found.scope.region],
        "spots": [results.spot_to_json(spot) for spot in found.grouped.spots],
        "outside": found.grouped.outside,
        "elsewhere": found.grouped.elsewhere,
        "results": [results.to_json(one) for one in found.results],
        "missing": [[m.where, m.reason, m.needs, m.spot, m.functions] for m in found.missing],
        "calls": found.calls,
    }


def _found(entry: Mapping[str, Any]) -> Found:
    spots = tuple(map(results.spot_from_json, entry["spots"]))
    return Found(
        Scope(*entry["scope"]),
        Grouped(spots, entry["outside"], entry["elsewhere"]),
        tuple(map(results.from_json, entry["results"])),
        tuple(Missing(*one) for one in entry["missing"]),
        entry["calls"],
    )
