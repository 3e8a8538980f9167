"""Two reports side by side: what broke, what was mended, and which change explains it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.compare import changes, records
from probe.compare.changes import Change
from probe.model import Direction, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.model import Hop, Observation, Path, Report

_GOOD = frozenset({Status.PASS, Verdict.REACHABLE})
_BAD = frozenset({Status.FAIL, Verdict.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Turn:
    """A target whose outcome is another than before."""

    target: str
    before: str
    after: str
    broke: bool
    explained_by: tuple[Change, ...] = ()
    subnet_ids: tuple[str, ...] = ()  # from which it is so, where paths were walked


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs."""

    turns: tuple[Turn, ...] = ()
    changes: tuple[Change, ...] = ()
    appeared: tuple[str, ...] = ()  # codes of causes
    vanished: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # what cannot be compared

    @property
    def broke(self) -> bool:
        """Whether something was reached and no longer is."""
        return any(turn.broke for turn in self.turns)


def compare(
    before: Report,
    after: Report,
    found: Iterable[Change] | None = None,
    unread: Iterable[str] = (),
) -> Comparison:
    """Compare two reports; `found`: the changes of their configurations, where known."""
    if found is None:
        parts = changes.between(records.of_report(before), records.of_report(after))
        found = (*parts, *_decisions(before.paths, after.paths))
    every = tuple(found)
    codes = [{one.code: None for one in report.findings} for report in (before, after)]
    return Comparison(
        turns=tuple(_turns(before, after, every)),
        changes=every,
        appeared=tuple(code for code in codes[1] if code not in codes[0]),
        vanished=tuple(code for code in codes[0] if code not in codes[1]),
        unread=tuple(sorted(unread)),
    )


def outcomes(report: Report) -> frozenset[str]:
    """Name the targets that a report says something of."""
    return frozenset(target for target, _ in _outcomes(report))


def _turns(before: Report, after: Report, found: tuple[Change, ...]) -> Iterator[Turn]:
    """Tell each turn once, with the subnets that share it; what broke comes first."""
    old = _outcomes(before)
    shared: dict[Turn, list[str]] = {}
    for (label, subnet), (status, said) in _outcomes(after).items():
        was = old.get((label, subnet))
        if was is None or was[0] == status:
            continue
        culprits = _concerned(after if status in _BAD else before, label, subnet)
        why = tuple(c for c in found if culprits & {c.component, *c.mentions})
        broke = was[0] in _GOOD and status in _BAD
        shared.setdefault(Turn(label, was[1], said, broke, why), []).append(subnet or "")
    for turn in sorted(shared, key=lambda turn: not turn.broke):
        yield replace(turn, subnet_ids=tuple(filter(None, shared[turn])))


def _outcomes(report: Report) -> dict[tuple[str, str | None], tuple[str, str]]:
    """Say how each target ended: by packets, or where none were sent by the configuration."""
    if report.observations:
        return {(one.label, None): (one.status, _said(one)) for one in report.observations}
    return {(p.target or "", p.subnet_id): (p.verdict, p.verdict.value) for p in report.paths}


def _said(one: Observation) -> str:
    words = (one.status, one.stage, one.failure) if one.status is Status.FAIL else (one.status,)
    return " ".join(filter(None, words))


def _concerned(report: Report, label: str, subnet: str | None) -> set[str]:
    """Name the components at which a target's ways are closed, and those that a cause names."""
    found = {f.component for f in report.findings if f.component and label in f.explains}
    for path in report.paths:
        if path.target == label and subnet in (None, path.subnet_id):
            for blocker in path.blockers:
                facts = (fact for fact in blocker.facts.values() if isinstance(fact, str))
                # A VPC or a subnet is concerned in everything, and so explains nothing.
                wide = ("vpc-", "subnet-")
                found |= {blocker.component, *(f for f in facts if not f.startswith(wide))}
    return found


def _decisions(before: Iterable[Path], after: Iterable[Path]) -> Iterator[Change]:
    """Find what decides otherwise than before about the same packets."""
    old = _by_place(before)
    told: dict[tuple[object, ...], Change] = {}
    for place, hop in _by_place(after).items():
        was = old.get(place)
        if was is not None and (was.action == "deny") != (hop.action == "deny"):
            way = "answers" if hop.direction is Direction.RETURN else "requests"
            words = f"{hop.component} now says {hop.action} to {way} of {place[0]}: {hop.why}"
            change = Change(hop.component, f"{words} (before: {was.why})")
            told.setdefault((place[0], hop.direction, hop.component), change)
    yield from told.values()


def _by_place(paths: Iterable[Path]) -> dict[tuple[object, ...], Hop]:
    found: dict[tuple[object, ...], Hop] = {}
    for path in paths:
        for hop in path.hops:
            if hop.kind in ("security-group", "network-acl"):
                place = (path.target, path.subnet_id, hop.direction, hop.component)
                if place not in found or hop.action == "deny":
                    found[place] = hop
    return found
