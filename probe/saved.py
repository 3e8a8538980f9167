"""Judging what was saved: without AWS, without packets, with the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe import configured, settings, walks
from probe.conclusion import Begun, conclude

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.model import Report
    from probe.network.snapshot import Snapshot


def again(report: Report, snapshot: Snapshot) -> Report:
    """Judge once more what was seen, by a configuration that was saved."""
    own = report.placement
    function = own.function if isinstance(own.function, str) else snapshot.name
    return conclude(
        Begun(),
        configured.placement(snapshot, function, own),
        report.observations,
        snapshot=snapshot,
        control=report.control,
        error=report.error,
    )


def walk(
    function: str, event: Mapping[str, Any], snapshot: Snapshot, environment: Mapping[str, str]
) -> Report:
    """Walk to an event's targets through a configuration that was saved; nothing is sent."""
    placement = configured.placement(snapshot, function)
    region = {"AWS_REGION": placement.region} if isinstance(placement.region, str) else {}
    wanted = settings.parse(event, {**environment, **region})
    return conclude(Begun(), placement, snapshot=snapshot, aims=map(walks.planned, wanted.targets))
