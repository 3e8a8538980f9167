"""A placement that is not deployed yet, judged as if it were: by the configuration around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.conclusion import Begun, conclude
from probe.model import Confidence, Placement, Report, Status, Unknown
from probe.plan.intent import PLANNED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.asking import Place, Stand
    from probe.model import Finding, Path
    from probe.network.values import Snapshot
    from probe.plan.intent import Plan

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
    report = conclude(Begun(), placement, snapshot=snapshot, aims=[place.aim for place in places])
    return replace(report, findings=tuple(map(_feasible, report.findings)))


def _feasible(finding: Finding) -> Finding:
    """Leave out commands about a group that does not exist yet: its template is to be changed."""
    if finding.fix is None:
        return finding
    fixes = [
        replace(fix, cli=()) if any(PLANNED in line for line in fix.cli) else fix
        for fix in (finding.fix, *finding.fix.alternatives)
    ]
    return replace(finding, fix=replace(fixes[0], alternatives=tuple(fixes[1:])))


def undecided(paths: Iterable[Path], name: str) -> Report:
    """Report on a function of which it is not known yet where it will stand."""
    begun, paths = Begun(), tuple(paths)
    return Report(
        id=begun.id,
        started_at=begun.at,
        duration_ms=begun.ms,
        status=Status.UNDETERMINED,
        placement=Placement(name, *[NOT_DEPLOYED] * 7),
        undetermined=tuple(dict.fromkeys(gap for path in paths for gap in path.undetermined)),
        paths=paths,
    )


def doubted(report: Report, plan: Plan) -> Report:
    """Take back what rules may change that a plan cannot tell yet."""
    if not plan.gaps or report.status is Status.PASS:
        return report
    return replace(
        report,
        status=Status.UNDETERMINED,
        paths=tuple(map(plan.doubted, report.paths)),
        findings=tuple(replace(f, confidence=Confidence.POSSIBLE) for f in report.findings),
        undetermined=(*report.undetermined, *plan.gaps),
    )
