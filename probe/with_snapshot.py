"""What a saved or fresh reading of AWS adds to a conclusion: paths, facts, fixes, and what is open.

Apart from `probe.conclusion`, since the probe itself has no snapshot and must not load all this.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe import walks
from probe.causes import CATALOGUE
from probe.failure import describe, trace
from probe.model import Confidence, Undetermined, Unknown
from probe.network import keys, services
from probe.network.parts import parts
from probe.network.values import Unread
from probe.network.vpc import Network
from probe.remedy.mend import mend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probe.diagnosis import Diagnosis
    from probe.model import Evidence, Finding, Part, Path
    from probe.network.values import Snapshot
    from probe.walks import Aim

    Mend = Callable[[tuple[Finding, ...]], tuple[Finding, ...]]

# What tells which others to ask for, the last in that order first.
_LEADS = ("RouteTables", "Subnets", "FunctionConfiguration")
_OF_BALANCERS = "elasticloadbalancing:"

log = logging.getLogger(__name__)


def informed(seen: Evidence, snapshot: Snapshot, aims: Iterable[Aim]) -> Evidence:
    """Add the ways to every aim, what was read, and what was not."""
    unread = {k: v for k, v in snapshot.values.items() if isinstance(v, Unread)}
    found: dict[str, Any] = {k: v for k, v in snapshot.values.items() if k not in unread}
    return replace(
        seen,
        paths=walks.walk_all(Network(snapshot), seen.placement, aims) if snapshot.values else (),
        function=found.get("FunctionConfiguration", seen.function),
        facts={**found, **seen.facts},
        unread=tuple(Undetermined(k, v.reason, v.needs) for k, v in unread.items()),
    )


def completed(
    judged: Diagnosis, evidence: Evidence, snapshot: Snapshot, aims: Iterable[Aim]
) -> Diagnosis:
    """Give the findings their fixes, and name what they depend on and nobody asked for."""
    again = walks.again(snapshot, evidence.placement, tuple(aims))
    findings, faults = mended(
        judged.findings, lambda some: mend(some, evidence.paths, snapshot, again)
    )
    gaps = (*judged.undetermined, *_never_asked(judged, snapshot), *faults)
    return replace(judged, findings=findings, undetermined=gaps)


def mended(
    findings: tuple[Finding, ...], mend_some: Mend
) -> tuple[tuple[Finding, ...], tuple[Undetermined, ...]]:
    """Give the findings their fixes. A mistake of ours costs fixes and never the findings.

    Where drafting them together fails, each is drafted alone, and only what fails then has none.
    """
    try:
        return mend_some(findings), ()
    except Exception as error:  # noqa: BLE001 - whatever it is, the report goes out
        log.log(logging.ERROR, "%s", trace(error))
        what = f"fix of {findings[0].code}" if len(findings) == 1 else "fixes of several findings"
        gap = Undetermined(what, f"a mistake in lambda-probe itself, {describe(error)}")
    if len(findings) == 1:
        return findings, (gap,)
    alone = [mended((finding,), mend_some) for finding in findings]
    faults = tuple(fault for _, own in alone for fault in own)
    return tuple(finding for one, _ in alone for finding in one), faults or (gap,)


def unrefuted(paths: tuple[Path, ...], findings: tuple[Finding, ...]) -> tuple[Path, ...]:
    """Leave out what a walk took for granted and an answer of AWS has proven not to be so."""
    refuted = {
        (label, services.allowing(str(one.component)))
        for one in findings
        if one.code == "endpoint-policy-denies" and one.confidence is Confidence.PROVEN
        for label in one.explains
    }
    return tuple(
        replace(
            path, assumptions=tuple(a for a in path.assumptions if (path.target, a) not in refuted)
        )
        for path in paths
    )


def drawn(evidence: Evidence, snapshot: Snapshot) -> tuple[Part, ...]:
    """Give what a picture shows of the network around the placement."""
    subnet_ids = evidence.placement.subnet_ids
    own = () if isinstance(subnet_ids, Unknown) else subnet_ids
    return parts(snapshot, own, evidence.paths)


def _never_asked(judged: Diagnosis, snapshot: Snapshot) -> Iterator[Undetermined]:
    """Name what a possible cause depends on, and nobody came to ask for."""
    if not snapshot.values:
        return
    named = {gap.needs for gap in judged.undetermined}
    possible = [f.code for f in judged.findings if f.confidence is Confidence.POSSIBLE]
    for permission in dict.fromkeys(need for code in possible for need in CATALOGUE[code].needs):
        lists = _told_by(permission)
        if permission not in named and not any(name in snapshot.values for name in lists):
            what = ", ".join(lists) or permission.partition(":")[2]
            yield Undetermined(what, _why_not_asked(permission, snapshot), permission)


def _why_not_asked(permission: str, snapshot: Snapshot) -> str:
    """Say what would have led to a list: the collector follows what it has read."""
    first = ("LoadBalancers",) if permission.startswith(_OF_BALANCERS) else ()
    unread = (n for n in (*first, *_LEADS) if isinstance(snapshot.values.get(n), Unread))
    if (name := next(unread, None)) is not None:
        return f"{name} would have led to it, and was not read"
    return "nothing that was read leads to it"


def _told_by(permission: str) -> tuple[str, ...]:
    return tuple(name for name in (*keys.LISTS, *keys.OBJECTS) if keys.needs(name) == permission)
