"""Judging what was saved: without AWS, without packets, with the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe import by_subnet, configured, settings, stand_in, walks
from probe.conclusion import Begun, conclude
from probe.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.model import Report
    from probe.network.snapshot import Snapshot


def again(report: Report, snapshot: Snapshot) -> Report:
    """Judge once more what was seen, by a configuration that was saved."""
    name = report.placement.function
    function = name if isinstance(name, str) else snapshot.name
    begun = Begun()
    judged = [
        conclude(
            begun,
            configured.placement(snapshot, function, own),
            seen,
            snapshot=snapshot,
            control=report.control,
            error=report.error,
        )
        for own, seen in by_subnet.seen_before(report)
    ]
    zones = {verdict.az_id: verdict.subnet_ids for verdict in report.subnets}
    unseen = [one.status for one in report.subnets if isinstance(one.status, Unknown)]
    found = by_subnet.together(judged, zones, *unseen[:1] or (Unknown("not seen"),))
    return stand_in.spoken_for(found, report.sent_by)


def walk(
    function: str, event: Mapping[str, Any], snapshot: Snapshot, environment: Mapping[str, str]
) -> Report:
    """Walk to an event's targets through a configuration that was saved; nothing is sent."""
    placement = configured.placement(snapshot, function)
    region = {"AWS_REGION": placement.region} if isinstance(placement.region, str) else {}
    wanted = settings.parse(event, {**environment, **region})
    return conclude(Begun(), placement, snapshot=snapshot, aims=map(walks.planned, wanted.targets))
