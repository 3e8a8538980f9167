"""Tries changes out, each once: the same step from the same snapshot, the same path through one.

A draft is put together step by step, checked alone and with others, and most of that begins alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.model import Path
    from probe.network.values import Snapshot
    from probe.remedy.edit import Change
    from probe.remedy.proposal import Proposal

    WalkAgain = Callable[[Snapshot, Path], Path]


class Trials:
    """What came of every change and every walk so far.

    Each is kept beside the snapshot that it began from, so that no other can take its identity.
    """

    def __init__(self, walk_again: WalkAgain) -> None:
        self._walk_again = walk_again
        self._changed: dict[tuple[int, Change], tuple[Snapshot, Snapshot]] = {}
        self._walked: dict[tuple[int, str | None, str | None, str | None], tuple[Snapshot, Path]]
        self._walked = {}

    def after(self, proposal: Proposal, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot as it would be after all steps."""
        for step in proposal.steps:
            key = id(snapshot), step.change
            if key not in self._changed:
                self._changed[key] = snapshot, step.change(snapshot)
            snapshot = self._changed[key][1]
        return snapshot

    def walk(self, snapshot: Snapshot, path: Path) -> Path:
        """Walk from where a path begins to where it leads, in another snapshot."""
        key = id(snapshot), path.subnet_id, path.destination, path.target
        if key not in self._walked:
            self._walked[key] = snapshot, self._walk_again(snapshot, path)
        return self._walked[key][1]
