"""What was seen and what was read, put together into a report. Asks nobody.

So a saved report and a saved snapshot give the same answer again, without AWS.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from probe.diagnosis import diagnose
from probe.model import Evidence, Report, Status, Unknown, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probe.model import Observation, Part, Path, Placement
    from probe.network.values import Snapshot
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
    evidence = Evidence(
        placement=placement,
        observations=observations,
        control=control,
        function=Unknown("not read", "lambda:GetFunctionConfiguration"),
        facts=facts or {},
    )
    network: tuple[Part, ...] = ()
    paths: tuple[Path, ...] = ()
    if snapshot is None:
        judged = diagnose(evidence)
    else:
        # Loaded here: the probe has no snapshot, and would pay for all this at every cold start.
        from probe import walks, with_snapshot

        aims = tuple(map(walks.seen, observations)) if aims is None else tuple(aims)
        evidence = with_snapshot.informed(evidence, snapshot, aims)
        judged = with_snapshot.completed(diagnose(evidence), evidence, snapshot, aims)
        network = with_snapshot.drawn(evidence, snapshot)
        paths = with_snapshot.unrefuted(evidence.paths, judged.findings)
    return Report(
        id=begun.id,
        started_at=begun.at,
        duration_ms=begun.ms,
        status=_status(observations, evidence.paths),
        placement=placement,
        observations=observations,
        findings=judged.findings,
        undetermined=judged.undetermined,
        control=control,
        paths=paths,
        network=network,
        error=error,
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
