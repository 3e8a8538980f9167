"""From an event to a report: the order in which things are asked, and nothing more.

`look` makes the checks from here. `conclude` puts observations, configuration and control
together; it asks nobody, so saved files give the same answer again.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from probe import diagnosis, runner, walks
from probe.causes import CATALOGUE
from probe.model import Evidence, Report, Status, Undetermined, Unknown, Verdict
from probe.network.snapshot import Snapshot, Unread
from probe.network.vpc import Network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.model import Observation, Path, Placement
    from probe.settings import Settings

_FAR_END = frozenset({"identity", "target"})  # layers of causes


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


def look(settings: Settings, placement: Placement, *, deadline: float) -> Report:
    """Make the checks from here, and judge by what they saw alone."""
    begun = Begun()
    report = conclude(begun, placement, runner.run(settings, deadline=deadline))
    if isinstance(placement.function, str):
        return report
    # A machine that is no function has no placement that could be at fault.
    far_end = tuple(f for f in report.findings if CATALOGUE[f.code].layer in _FAR_END)
    return replace(report, findings=far_end)


def conclude(
    begun: Begun,
    placement: Placement,
    observations: tuple[Observation, ...] = (),
    *,
    snapshot: Snapshot | None = None,
    control: tuple[Observation, ...] | None = None,
    aims: Iterable[walks.Aim] | None = None,
    error: str | None = None,
) -> Report:
    """Judge what was seen and read. `aims`: the targets, where nobody sent packets to them."""
    snapshot = snapshot or Snapshot()
    network = Network(snapshot)
    aims = tuple(map(walks.seen, observations)) if aims is None else tuple(aims)
    paths = walks.walk_all(network, placement, aims) if snapshot.values else ()
    evidence = _evidence(placement, observations, paths, control, snapshot)
    judged = diagnosis.diagnose(evidence)
    return Report(
        id=begun.id,
        started_at=begun.at,
        duration_ms=begun.ms,
        status=_status(observations, paths),
        placement=placement,
        observations=observations,
        findings=judged.findings,
        undetermined=judged.undetermined,
        control=control,
        paths=paths,
        error=error,
    )


def _evidence(
    placement: Placement,
    observations: tuple[Observation, ...],
    paths: tuple[Path, ...],
    control: tuple[Observation, ...] | None,
    snapshot: Snapshot,
) -> Evidence:
    function = snapshot.get("FunctionConfiguration")
    unread = {k: v for k, v in snapshot.values.items() if isinstance(v, Unread)}
    return Evidence(
        placement=placement,
        observations=observations,
        paths=paths,
        control=control,
        function=Unknown(function.reason, function.needs)
        if isinstance(function, Unread)
        else function,  # type: ignore[arg-type]
        facts={k: v for k, v in snapshot.values.items() if k not in unread},
        unread=tuple(Undetermined(k, v.reason, v.needs) for k, v in unread.items()),
    )


def _status(observations: tuple[Observation, ...], paths: tuple[Path, ...]) -> Status:
    """Say what packets saw; where none were sent, what the configuration says."""
    seen = {one.status for one in observations}
    said = {path.verdict for path in paths}
    if Status.FAIL in seen or (not seen and Verdict.UNREACHABLE in said):
        return Status.FAIL
    if seen == {Status.PASS} or (not seen and said == {Verdict.REACHABLE}):
        return Status.PASS
    return Status.UNDETERMINED
