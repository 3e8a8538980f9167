"""Gives every proven finding its fix, and says which fixes were checked by walking again.

A fix is checked when its own blockers are gone from the walk through the changed snapshot, and the
path is open there: with this fix alone, or with the fixes of all findings together when several
causes close one path. Pure: it changes copies of a snapshot, and nothing outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.causes.detours import detours
from probe.model import Confidence, Fix, Verdict
from probe.network.walk.path import end_of
from probe.remedy import quotas
from probe.remedy.advice import ADVICE
from probe.remedy.draft import already_done, drafts_for, starts
from probe.remedy.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from probe.model import Blocker, Finding, Path
    from probe.network.values import Snapshot
    from probe.remedy.draft import Draft
    from probe.remedy.trials import WalkAgain

    Key = tuple[str, str | None]  # code and component of a finding

# It is about the server, and the place that closes the way to it has a finding of its own.
_OF_A_SERVER = "custom-resolver-unreachable"


def mend(
    findings: Sequence[Finding],
    paths: Sequence[Path],
    snapshot: Snapshot,
    walk_again: WalkAgain,
) -> tuple[Finding, ...]:
    """Return the findings with their fixes.

    `walk_again(snapshot, path)` walks from `path.subnet_id` to the path's destination in another
    snapshot: with the groups that FunctionConfiguration has there, and to the address that the
    target's name has there.
    """
    proven = [finding for finding in findings if finding.confidence is Confidence.PROVEN]
    trials, snapshot, paths = Trials(walk_again), snapshot.apart(), _straight(proven, paths)
    drafts = _draft_all(proven, paths, snapshot, trials)
    open_ = tuple(path for path in paths if path.verdict is Verdict.REACHABLE)
    shut = tuple(path for path in paths if path not in open_)
    chosen = {key: options[0] for key, options in drafts.items() if options}
    sound: dict[Key, int] = {}
    for key in chosen:  # the better way may be one that the ways of the others do not go with
        check = Check(snapshot, _without(key, chosen), trials, open_, shut)
        holding = [draft for draft in drafts[key] if check.holds(draft)]
        holding.sort(key=lambda draft: bool(quotas.doubt(snapshot, draft.proposal, trials)))
        drafts[key] = (*holding, *(draft for draft in drafts[key] if draft not in holding))
        chosen[key], sound[key] = drafts[key][0], len(holding)
    known = {(blocker.code, blocker.component) for path in paths for blocker in path.blockers}
    for key in tuple(chosen):
        check = Check(snapshot, _without(key, chosen), trials, open_, shut)
        good, rest = drafts[key][: sound[key]], drafts[key][sound[key] :]
        if good:  # a way that was walked and does not open is no alternative to one that does
            rest = tuple(one for one in rest if not one.changes)
        drafts[key] = (*good, *(one for one in rest if not check.leads_astray(one, known)))
        if drafts[key]:
            chosen[key] = drafts[key][0]
        else:
            del chosen[key]
    mended, taken = [], snapshot  # as it is when the fixes before this one are made
    for finding in findings:
        own = _key(finding)
        options = drafts.get(own, ()) if finding in proven else ()
        check = Check(snapshot, _without(own, chosen), trials, open_, shut)
        mended.append(_with_fix(finding, options, check, taken))
        taken = trials.after(options[0].proposal, taken) if options else taken
    return tuple(mended)


def _straight(proven: Sequence[Finding], paths: Sequence[Path]) -> tuple[Path, ...]:
    """Leave out what closes the way of a call to the wrong place: nobody has to open it.

    What closes the way to the right place too comes to light when that way is walked.
    """
    passed = detours(proven)
    return tuple(
        replace(
            path, blockers=tuple(b for b in path.blockers if (b.code, path.target) not in passed)
        )
        for path in paths
    )


def _draft_all(
    findings: Sequence[Finding], paths: Sequence[Path], snapshot: Snapshot, trials: Trials
) -> dict[Key, tuple[Draft, ...]]:
    """Draft the fixes in order; each keeps clear of the ids and numbers of those before it."""
    drafts: dict[Key, tuple[Draft, ...]] = {}
    taken = snapshot
    for finding in findings:
        own = stopped_by(finding, paths)
        options = drafts_for(own, snapshot, taken, trials, tuple(paths))
        options = tuple(replace(one, paths=(*one.paths, *_on(one, paths))) for one in options)
        check = Check(snapshot, {key: found[0] for key, found in drafts.items() if found}, trials)
        options = tuple(sorted(options, key=lambda draft: not check.clears(draft)))
        done = already_done(own)
        opened = options and check.clears(options[0]) and not _is_done(options[0], taken, trials)
        if own and check.clears(done):
            of_a_server = _OF_A_SERVER in (finding.code, *(code for code, _ in drafts))
            if of_a_server and _repeats(
                drafts_for(own, snapshot, snapshot, trials, tuple(paths)), drafts
            ):
                options = (done,)
            elif not opened:
                options = (done, *options)
        drafts[_key(finding)] = options
        if options:
            taken = trials.after(options[0].proposal, taken)
    return drafts


def _repeats(alone: Sequence[Draft], drafts: Mapping[Key, tuple[Draft, ...]]) -> bool:
    """Whether a fix, were it the only one, would be commands that the fixes before it run."""
    own = alone[0].proposal.cli if alone else ()
    said = {
        command for found in drafts.values() for one in found[:1] for command in one.proposal.cli
    }
    return bool(own) and said.issuperset(own)


def _is_done(draft: Draft, taken: Snapshot, trials: Trials) -> bool:
    """Whether the fixes before it change all that it would."""
    return draft.changes and trials.after(draft.proposal, taken) == taken


def _without(key: Key, drafts: Mapping[Key, Draft]) -> dict[Key, Draft]:
    return {other: draft for other, draft in drafts.items() if other != key}


def _on(draft: Draft, paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the ways of packets on from names: who only gets an answer has not arrived."""
    told = {(path.target, path.subnet_id) for path in draft.paths if end_of(path) is None}
    return tuple(
        path for path in paths if (path.target, path.subnet_id) in told and path not in draft.paths
    )


def _key(finding: Finding) -> Key:
    return finding.code, finding.component


def stopped_by(
    finding: Finding, paths: Sequence[Path]
) -> tuple[tuple[Path, tuple[Blocker, ...]], ...]:
    """Return the paths that a finding is about, each with the blockers that are this finding."""
    for wanted in (finding.component, None):
        found = tuple(
            (path, blockers)
            for path in paths
            if (
                blockers := tuple(
                    blocker
                    for blocker in path.blockers
                    if blocker.code == finding.code and wanted in (None, blocker.component)
                )
            )
        )
        if found:
            return found
    return ()


@dataclass(frozen=True, slots=True)
class Check:
    """Walks again: through a fix alone, and through it together with the fixes of others."""

    snapshot: Snapshot
    others: dict[Key, Draft]  # the first fix of each of the other findings
    trials: Trials
    open: tuple[Path, ...] = ()  # what must not be closed by a fix
    shut: tuple[Path, ...] = ()  # what is not open now

    def clears(self, draft: Draft) -> bool:
        """Whether the fix alone removes its own blockers; all others, where they do its work."""
        after = self._after(draft, self.others if draft.covered else {})
        return (draft.changes or draft.covered) and all(
            (blocker.code, blocker.component) not in draft.own
            for path in draft.paths
            for walked in self._walks(path, after)
            for blocker in walked.blockers
        )

    def holds(self, draft: Draft) -> bool:
        """Whether the fix does its own part, opens the paths, alone or with others, closes none."""
        opens = self._opens(draft, {}) or self._opens(draft, self.others)
        return opens and self.clears(draft) and self._keeps(draft)

    def leads_astray(self, draft: Draft, known: Collection[tuple[str, str]]) -> bool:
        """Whether it leaves what it is for, or leads into a hole that was not on the way.

        Nobody should run such commands: the words of the cause itself say more.
        """
        if draft.covered and not self.others:
            return True  # it rests on nothing
        if not (draft.covered or self.alters(draft)):
            return False
        after = self._after(draft, self.others)
        return not self.clears(draft) or any(
            not blocker.partial and (blocker.code, blocker.component) not in known
            for path in draft.paths
            for walked in self._walks(path, after)
            for blocker in walked.blockers
        )

    def alters(self, draft: Draft) -> bool:
        """Whether it changes anything that a walk can see; to wait for AWS does not."""
        return self._after(draft, {}) is not self.snapshot

    def missing(self, draft: Draft) -> str:
        """Say why nobody can promise that the paths open, with this fix and all others."""
        after = self._after(draft, self.others)
        found = [walked for path in draft.paths for walked in self._walks(path, after)]
        for walked in found:
            for blocker in walked.blockers:
                return f"{blocker.code} of {blocker.component} closes the path still."
            for gap in walked.undetermined:
                return (
                    f"Whether the path opens then depends on {gap.what}, which is not known: "
                    f"{gap.reason}."
                )
        shut = [path.target for path in self.open if path.target and not self._is_open(path, after)]
        names = " and ".join(dict.fromkeys(shut))
        return f"It closes the way to {names}, which is open now." if names else ""

    def beside(self, draft: Draft) -> tuple[Key, ...] | None:
        """Return whose fixes it takes besides this one to open its paths; None: all do not do.

        A function is in all of its subnets: a target is open to it when it is open from each, as
        far as fixes can open it there.
        """
        if not self.holds(draft):
            return None
        draft = replace(draft, paths=(*draft.paths, *self._from_other_subnets(draft)))
        if self._opens(draft, {}):
            return ()
        targets = {path.target for path in draft.paths}
        near = {
            key: other
            for key, other in self.others.items()
            if not targets.isdisjoint(path.target for path in other.paths)
        }
        # Fixes for other targets are hardly ever needed, and each of them costs walks to drop.
        needed = near if self._opens(draft, near) else self.others
        for key in reversed(tuple(needed)):
            rest = _without(key, needed)
            needed = rest if self._opens(draft, rest) else needed
        return tuple(needed)

    def _from_other_subnets(self, draft: Draft) -> Iterator[Path]:
        """Yield the ways to the same targets that other places close, and all fixes open."""
        targets = {path.target for path in draft.paths}
        after = self._after(draft, self.others)
        for path in self.shut:
            if path.target in targets and path not in draft.paths and self._is_open(path, after):
                yield path

    def _keeps(self, draft: Draft) -> bool:
        """Whether every path that is open stays open."""
        after = self._after(draft, {})
        return all(self._is_open(path, after) for path in self.open)

    def _opens(self, draft: Draft, others: Mapping[Key, Draft]) -> bool:
        after = self._after(draft, others)
        return all(self._is_open(path, after) for path in draft.paths)

    def _is_open(self, path: Path, after: Snapshot) -> bool:
        return all(walked.verdict is Verdict.REACHABLE for walked in self._walks(path, after))

    def _after(self, draft: Draft, others: Mapping[Key, Draft]) -> Snapshot:
        after = self.snapshot
        for one in (*others.values(), draft):
            after = self.trials.after(one.proposal, after)
        return after

    def _walks(self, path: Path, after: Snapshot) -> list[Path]:
        return [self.trials.walk(after, start) for start in starts(path, self.snapshot, after)]


def _with_fix(finding: Finding, drafts: Sequence[Draft], check: Check, taken: Snapshot) -> Finding:
    if not drafts:
        return _with_advice(finding, check.snapshot)
    first, *others = (_fix(draft, check, taken) for draft in drafts)
    opens = check.beside(drafts[0]) is not None
    kept = tuple(
        fix
        for draft, fix in zip(drafts[1:], others, strict=True)
        if not ((drafts[0].covered or draft.proposal.fallback) and opens)
        # A way that was walked and does not open is no alternative to one that does.
        and (not opens or not draft.changes or check.beside(draft) is not None)
        and not draft.covered
    )
    return replace(finding, fix=replace(first, alternatives=kept))


def _fix(draft: Draft, check: Check, taken: Snapshot) -> Fix:
    beside, text = check.beside(draft), draft.proposal.text
    doubt = quotas.doubt(taken, draft.proposal, check.trials)
    if beside is None and draft.covered:
        text = "The fixes before this one take this away as well."
    if beside is None and (draft.covered or check.alters(draft)):
        text = f"{text} {check.missing(draft)}".rstrip()
    return Fix(
        text=f"{text} {doubt}".rstrip(),
        cli=draft.proposal.cli,
        cloudformation=draft.proposal.cloudformation,
        checked=beside is not None and not doubt,
        together_with=tuple(" ".join(filter(None, key)) for key in beside or ()),
        cost=draft.proposal.cost,
    )


def _with_advice(finding: Finding, snapshot: Snapshot) -> Finding:
    """Give a finding that no change of the configuration mends its words and commands."""
    advise = ADVICE.get(finding.code)
    proposal = advise(finding, snapshot) if advise is not None else None
    if proposal is None or finding.confidence is not Confidence.PROVEN:
        return finding
    words = proposal.text or (finding.fix.text if finding.fix else finding.title)
    fix = Fix(words, proposal.cli, proposal.cloudformation, cost=proposal.cost)
    return replace(finding, fix=fix)
