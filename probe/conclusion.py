"""What was seen and what was read, put together into a report. Asks nobody.

So a saved report and a saved snapshot give the same answer again, without AWS.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from probe import walks
from probe.causes import CATALOGUE
from probe.diagnosis import Diagnosis, diagnose
from probe.model import Confidence, Evidence, Report, Status, Undetermined, Unknown, Verdict
from probe.network import keys
from probe.network.snapshot import Snapshot, Unread
from probe.network.vpc import Network
from probe.remedy.mend import mend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probe.model import Observation, Path, Placement
    from probe.walks import Aim


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Begun:
    """A report's identity, taken when the work on it begins."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: str = field(default_factory=_now)
    clock: float = field(default_factory=time.monotonic)

    @property
    def ms(self) -> float:
        """How long ago that was."""
        return round(1000 * (time.monotonic() - self.clock), 1)


def conclude(
    begun: Begun,
    placement: Placement,
    observations: tuple[Observation, ...] = (),
    *,
    snapshot: Snapshot | None = None,
    control: tuple[Observation, ...] | None = None,
    aims: Iterable[Aim] | None = None,
    facts: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> Report:
    """Judge what was seen and read. `aims`: the targets, where nobody sent packets to them."""
    snapshot = snapshot or Snapshot()
    aims = tuple(map(walks.seen, observations)) if aims is None else tuple(aims)
    paths = walks.walk_all(Network(snapshot), placement, aims) if snapshot.values else ()
    evidence = Evidence(
        placement=placement,
        observations=observations,
        paths=paths,
        control=control,
        **_read(snapshot, facts or {}),
    )
    judged = diagnose(evidence)
    return Report(
        id=begun.id,
        started_at=begun.at,
        duration_ms=begun.ms,
        status=_status(observations, paths),
        placement=placement,
        observations=observations,
        findings=mend(judged.findings, paths, snapshot, walks.again(snapshot, placement, aims)),
        undetermined=(*judged.undetermined, *_never_asked(judged, snapshot)),
        control=control,
        paths=paths,
        error=error,
    )


def _read(snapshot: Snapshot, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a snapshot adds to the evidence, and what it lacks."""
    unread = {k: v for k, v in snapshot.values.items() if isinstance(v, Unread)}
    found = {k: v for k, v in snapshot.values.items() if k not in unread}
    missing = Unknown("not read", "lambda:GetFunctionConfiguration")
    return {
        "function": found.get("FunctionConfiguration", missing),
        "facts": {**found, **facts},
        "unread": tuple(Undetermined(k, v.reason, v.needs) for k, v in unread.items()),
    }


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
            yield Undetermined(what, "not asked for", permission)


def _told_by(permission: str) -> tuple[str, ...]:
    return tuple(name for name in (*keys.LISTS, *keys.OBJECTS) if keys.needs(name) == permission)


def _status(observations: tuple[Observation, ...], paths: tuple[Path, ...]) -> Status:
    """Say what packets saw; where none were sent, what the configuration says."""
    seen = {one.status for one in observations}
    said = {path.verdict for path in paths}
    if Status.FAIL in seen or (not seen and Verdict.UNREACHABLE in said):
        return Status.FAIL
    if seen == {Status.PASS} or (not seen and said == {Verdict.REACHABLE}):
        return Status.PASS
    return Status.UNDETERMINED
