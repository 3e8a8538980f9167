"""A function in several subnets: the zones they are in, and one report made of what each zone saw.

Two subnets of one zone cannot be told apart from inside: what is said of one is said of both.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.model import Confidence, Status, SubnetVerdict, Undetermined, Unknown
from probe.network.collector import questions
from probe.network.collector.gathering import Gathering
from probe.sweep import failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probe.model import Finding, Observation, Placement, Report
    from probe.network.collector.gathering import Reader
    from probe.sweep import Swept

    Zones = Mapping[str, tuple[str, ...]]

DOWN = "target-down-for-everyone"


def of_function(configuration: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the subnets of a function."""
    return tuple((configuration.get("VpcConfig") or {}).get("SubnetIds") or ())


def zones(configuration: Mapping[str, Any], read: Reader) -> Zones:
    """Give the subnets of each zone; none where there is but one subnet, or they cannot be read."""
    subnet_ids = of_function(configuration)
    if len(subnet_ids) < 2:
        return {}
    found = Gathering(read)
    found.ask([questions.subnets(subnet_ids)])
    zone_of = {
        row.get("SubnetId"): row.get("AvailabilityZoneId") for row in found.entries("Subnets")
    }
    if not all(zone_of.get(subnet_id) for subnet_id in subnet_ids):
        return {}
    return {
        str(zone): tuple(one for one in subnet_ids if zone_of[one] == zone)
        for zone in dict.fromkeys(map(zone_of.get, subnet_ids))
    }


def zones_met(swept: Swept) -> Zones:
    """Give the zones that were met, where nothing could be read of which subnets they are."""
    return {zone: () for zone in sorted(swept.reports) if zone}


def untried(subnet_ids: tuple[str, ...], met: Zones, *, needs: str) -> tuple[Undetermined, ...]:
    """Say that some subnets were perhaps not tried: fewer zones were met than there are subnets."""
    if len(subnet_ids) <= max(1, len(met)):
        return ()
    reason = (
        f"their zones cannot be read, and the probe ran in {' and '.join(met) or 'one'} alone; two "
        "subnets may be of one zone"
    )
    what = f"whether {' and '.join(subnet_ids)} were all tried"
    return (Undetermined(what, reason, needs),)


def worst_first(swept: Swept) -> list[Report]:
    """Put the report with most failures first; it is the one that gets explained in full."""
    return sorted(swept.reports.values(), key=failures, reverse=True)


def together(reports: list[Report], where: Zones, unseen: Unknown) -> Report:
    """Make one report of those of the zones, the worst first, with a verdict for each zone."""
    first, *others = reports
    by_zone = {report.placement.az_id: report for report in reports}
    return replace(
        first,
        findings=_merged(_not_down(first.findings, others), others),
        subnets=tuple(
            _verdict(by_zone[zone], zone, subnet_ids)
            if zone in by_zone
            else SubnetVerdict(subnet_ids, zone, unseen)
            for zone, subnet_ids in where.items()
        ),
    )


def seen_before(report: Report) -> Iterator[tuple[Placement, tuple[Observation, ...]]]:
    """Give what a saved report keeps of each zone, its own first; in full of that one only."""
    yield report.placement, report.observations
    for verdict in report.subnets:
        if isinstance(verdict.status, Status) and verdict.az_id != report.placement.az_id:
            yield replace(report.placement, az_id=verdict.az_id), verdict.observations


def _not_down(findings: Iterable[Finding], others: Iterable[Report]) -> tuple[Finding, ...]:
    """Leave out that a target is down for everyone, where another zone has reached it."""
    reached = {o.label for one in others for o in one.observations if o.status is Status.PASS}
    return tuple(
        one for one in findings if one.code != DOWN or not reached.issuperset(one.explains)
    )


def _merged(findings: tuple[Finding, ...], others: Iterable[Report]) -> tuple[Finding, ...]:
    """Add what other zones found and this one did not; what is proven stays in front.

    Of what this zone only reads of a subnet, another zone has perhaps seen what it does to packets.
    Its fix is this zone's: it follows the fixes before it, by their rule numbers and new ids.
    """
    found = {(one.code, one.component): one for one in findings}
    for report in others:
        for one in report.findings:
            if one.confidence is Confidence.PROVEN or not report.paths:
                own = found.setdefault((one.code, one.component), one)
                if _is_seen(one) and own.confidence is Confidence.PROVEN and not _is_seen(own):
                    found[one.code, one.component] = replace(one, fix=own.fix or one.fix)
    return tuple(sorted(found.values(), key=lambda one: one.confidence is not Confidence.PROVEN))


def _is_seen(finding: Finding) -> bool:
    """Whether packets met it; else it is what the configuration says."""
    return finding.confidence is Confidence.PROVEN and bool(finding.explains)


def _verdict(report: Report, zone: str, subnet_ids: tuple[str, ...]) -> SubnetVerdict:
    seen = {one.label for one in report.observations}
    proven = (
        one.code
        for one in report.findings
        if one.confidence is Confidence.PROVEN and seen.intersection(one.explains)
    )
    observations = tuple(replace(one, attempts=()) for one in report.observations)
    codes = tuple(dict.fromkeys(proven))
    return SubnetVerdict(subnet_ids, zone, report.status, codes, observations)


def unseen(swept: Swept) -> Unknown:
    """Say why zones were not met, if any were not."""
    (zone, report), *_ = swept.reports.items()
    if not zone and isinstance(report.placement.az_id, Unknown):
        return Unknown(f"the probe could not tell its zone: {report.placement.az_id.reason}")
    times = f"{swept.invocations} invocation{'s' if swept.invocations > 1 else ''}"
    because = f", then {swept.stopped}" if swept.stopped else ""
    return Unknown(f"none of {times} ran there{because}")
