"""Paths that lead the same way are one way: shown once, with every target that shares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.model import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.model import Path

STATUS = {
    Verdict.REACHABLE: Status.PASS,
    Verdict.UNREACHABLE: Status.FAIL,
    Verdict.UNDETERMINED: Status.UNDETERMINED,
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way, and everything that goes it."""

    paths: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The path that stands for all of them."""
        return self.paths[0]

    @property
    def status(self) -> Status:
        """Its verdict, in the words of checks."""
        return STATUS[self.path.verdict]

    @property
    def targets(self) -> tuple[str, ...]:
        """What is reached this way, each once."""
        return tuple(dict.fromkeys(p.target or p.destination or "" for p in self.paths))


def shared(paths: Iterable[Path]) -> tuple[Way, ...]:
    """Group the paths by the way they go, the broken ones first."""
    found: dict[object, list[Path]] = {}
    for path in sorted(paths, key=lambda path: path.verdict is Verdict.REACHABLE):
        closed = tuple((b.code, b.component, b.direction) for b in path.blockers)
        # Behind the last gateway every address is the same.
        hops = tuple(
            (h.direction, "internet" if h.kind == "internet" else h.component) for h in path.hops
        )
        found.setdefault((path.subnet_id, path.verdict, closed, hops), []).append(path)
    return tuple(Way(tuple(members)) for members in found.values())
