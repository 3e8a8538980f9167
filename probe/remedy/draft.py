"""Composes the fix of one finding out of the proposals for its blockers, step by step.

A finding may stop several paths, and a path that is mended at one place may show the next one
behind it. So a draft takes a step, walks again, and goes on until nothing of the finding is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe.network.values import Unread
from probe.network.vpc import NotRead
from probe.remedy.proposal import Context, Proposal
from probe.remedy.table import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.model import Blocker, Path
    from probe.network.values import Snapshot
    from probe.remedy.trials import Trials

    Stopped = Sequence[tuple[Path, tuple[Blocker, ...]]]
    Name = tuple[str, str]  # code and component of a blocker

MAX_STEPS = 8  # proposals for one path; more means that they do not help


@dataclass(frozen=True, slots=True)
class Draft:
    """One way to mend a finding on all of its paths."""

    proposal: Proposal
    paths: tuple[Path, ...]
    own: frozenset[Name]
    covered: bool = False  # the fixes before this one do it already

    @property
    def changes(self) -> bool:
        """Whether the proposal changes anything; else it is words."""
        return bool(self.proposal.steps)


def already_done(stopped: Stopped) -> Draft:
    """Return the draft of a finding that the fixes before it mend as well."""
    text = "The fixes before this one open this as well; nothing more has to be done."
    own = frozenset(_name(blocker) for _, blockers in stopped for blocker in blockers)
    return Draft(Proposal(text), tuple(path for path, _ in stopped), own, covered=True)


def drafts_for(
    stopped: Stopped,
    snapshot: Snapshot,
    taken: Snapshot,
    trials: Trials,
    paths: tuple[Path, ...],
) -> tuple[Draft, ...]:
    """Return a draft for each way in which these blockers can be mended, the better one first.

    `paths` are those of all targets, with these blockers or without.
    """
    if not stopped:
        return ()
    path, blockers = stopped[0]
    first = _propose(Context(snapshot, path, blockers[0], taken, paths))
    found: list[Draft | None] = []
    for option in first:
        # Only the better way builds on the fixes before it; another way stands for itself.
        ahead = snapshot if found else taken
        found.append(_Composer(snapshot, ahead, trials, stopped, paths).compose(option))
    return tuple(draft for draft in found if draft is not None)


def _propose(context: Context) -> tuple[Proposal, ...]:
    remedy = REMEDIES.get(context.blocker.code)
    if remedy is None:
        return ()
    try:
        return remedy(context)
    except NotRead:  # what the fix depends on was not read: nothing is proposed
        return ()


def starts(path: Path, before: Snapshot, after: Snapshot) -> tuple[Path, ...]:
    """Return where the path starts after a change: the function may have moved."""
    old, new = _subnet_ids(before), _subnet_ids(after)
    if path.subnet_id in new or new == old:
        return (path,)
    moved = [subnet_id for subnet_id in new if subnet_id not in old] or new
    return tuple(replace(path, subnet_id=subnet_id) for subnet_id in moved)


def _subnet_ids(snapshot: Snapshot) -> list[str]:
    function: Any = snapshot.get("FunctionConfiguration")
    if isinstance(function, Unread):
        return []
    return list((function.get("VpcConfig") or {}).get("SubnetIds") or ())


@dataclass(frozen=True, slots=True)
class _Composer:
    snapshot: Snapshot
    taken: Snapshot
    trials: Trials
    stopped: Stopped
    paths: tuple[Path, ...]

    @property
    def own(self) -> frozenset[Name]:
        return frozenset(_name(blocker) for _, blockers in self.stopped for blocker in blockers)

    def compose(self, like: Proposal) -> Draft | None:
        """Mend every path in the way of one proposal; None when one of them cannot be."""
        parts: list[Proposal] = []
        for path, _ in self.stopped:
            after = self.trials.after(_joined(parts), self.snapshot)
            for start in starts(path, self.snapshot, after):
                more = self._mend(start, parts, like)
                if more is None:
                    return None
                parts = more
        paths = tuple(path for path, _ in self.stopped)
        return Draft(_joined(parts), paths, self.own) if parts else None

    def _mend(self, path: Path, parts: list[Proposal], like: Proposal) -> list[Proposal] | None:
        """Take proposals until the path shows nothing of ours any more."""
        for _ in range(MAX_STEPS):
            after = self.trials.after(_joined(parts), self.snapshot)
            start = starts(path, self.snapshot, after)[0]
            blocker = self._next(path, self.trials.walk(after, start))
            if blocker is None:
                break
            options = _propose(Context(after, start, blocker, self.taken, self.paths))
            option = next((one for one in options if one.way == like.way), None)
            if option is None and _name(blocker) in self.own and not like.fallback:
                return None
            option = option or next(iter(options), None)
            if option is None or _said(option, parts):
                break
            parts = [*parts, option]
        return parts

    def _next(self, path: Path, walked: Path) -> Blocker | None:
        """Return what to mend next: what is ours first, then what came to light.

        What the path showed from the start and is not ours has a finding of its own; what only a
        step brings to light has none, and is mended along with this one.
        """
        names = {_name(blocker): blocker for blocker in walked.blockers}
        for name, blocker in names.items():
            if name in self.own:
                return blocker
        known = {_name(blocker) for blocker in path.blockers}
        components = {component for _, component in self.own}
        for name, blocker in names.items():
            if name not in known and blocker.component not in components:
                return blocker
        return None


def _name(blocker: Blocker) -> Name:
    return blocker.code, blocker.component


def _said(option: Proposal, parts: Sequence[Proposal]) -> bool:
    """Whether the same was proposed before, and did not help."""
    return any(option.cli == part.cli and option.text == part.text for part in parts)


def _joined(parts: Sequence[Proposal]) -> Proposal:
    """Return several proposals as one."""
    costs = dict.fromkeys(part.cost for part in parts if part.cost)
    return Proposal(
        text=" ".join(dict.fromkeys(part.text for part in parts)),
        steps=tuple(step for part in parts for step in part.steps),
        cost=" ".join(costs) or None,
        way=parts[0].way if parts else "",
        fallback=any(part.fallback for part in parts),
    )
