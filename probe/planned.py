"""A placement that is not deployed yet, judged as if it were: by the configuration around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.conclusion import Begun, conclude
from probe.model import Placement, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.asking import Place, Stand
    from probe.model import Report
    from probe.network.values import Snapshot

NOT_DEPLOYED = Unknown("not deployed yet")


def judge(
    snapshot: Snapshot, stand: Stand, places: Iterable[Place], name: str | None = None
) -> Report:
    """Say what a function would reach if it stood there, and why not."""
    subnets = snapshot.get("Subnets")
    rows = subnets if isinstance(subnets, tuple) else ()
    found = {str(row.get("VpcId")) for row in rows if row.get("SubnetId") in stand.subnet_ids}
    placement = Placement(
        function=name or NOT_DEPLOYED,
        region=NOT_DEPLOYED,
        in_vpc=True,
        vpc_id=found.pop() if len(found) == 1 else Unknown("its subnets do not tell"),
        subnet_ids=stand.subnet_ids,
        security_group_ids=stand.group_ids,
        az_id=NOT_DEPLOYED,
        subnet_id=stand.subnet_ids[0] if len(stand.subnet_ids) == 1 else NOT_DEPLOYED,
    )
    return conclude(Begun(), placement, snapshot=snapshot, aims=[place.aim for place in places])
