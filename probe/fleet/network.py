"""One account and Region: its functions grouped, each network read once, every placement walked.

Sends nothing: the way of packets is walked through what was read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe import configured, settings, walks
from probe.conclusion import Begun, conclude
from probe.fleet import results, targets
from probe.fleet.placements import Grouped, grouped
from probe.fleet.reading import Once
from probe.fleet.results import Gap, Missing
from probe.network.collector.collect import collect
from probe.network.dns.names import STAND_IN
from probe.network.values import ReadFailed, SnapshotError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probe.fleet.placements import Scope, Spot
    from probe.fleet.results import Result
    from probe.network.collector.collect import Reader
    from probe.network.values import Snapshot
    from probe.walks import Aim

    Targets = Sequence[Mapping[str, Any]]

_AT_ONCE = 500  # targets in one event; a network may have more databases than an event may name


@dataclass(frozen=True, slots=True)
class Found:
    """What became known of one account and Region."""

    scope: Scope
    grouped: Grouped
    results: tuple[Result, ...] = ()
    missing: tuple[Missing, ...] = ()
    calls: int = 0


def look(read: Reader, scope: Scope, wanted: Targets | None = None) -> Found:
    """Walk from every placement to the targets given, or to those that are guessed."""
    once = Once(read)
    try:
        functions = functions_of(once, scope)
    except ReadFailed as failed:
        return Found(scope, Grouped(()), missing=(_missing(scope, failed),), calls=once.calls)
    near = targets.neighbours(once) if wanted is None and functions.spots else targets.Neighbours()
    found: list[Result] = []
    missing: list[Missing] = []
    for vpc_id, spots in _by_network(once, functions.spots).items():
        aimed = wanted if wanted is not None else (*targets.SERVICES, *near.of(vpc_id))
        try:
            found += _walked(once, scope, spots, aimed)
        except SnapshotError as unusable:
            missing += [results.missing(spot, str(unusable)) for spot in spots]
    gaps = tuple(Gap("targets", one.reason, one.needs) for one in near.unread)
    found = [replace(one, gaps=(*one.gaps, *gaps)) for one in found] if gaps else found
    return Found(scope, functions, tuple(found), tuple(missing), once.calls)


def functions_of(read: Reader, scope: Scope) -> Grouped:
    """Group the functions of an account and Region; their environments are not kept."""
    return grouped(scope, read("lambda", "ListFunctions")["Functions"])


def _missing(scope: Scope, failed: ReadFailed) -> Missing:
    return Missing(str(scope), failed.reason, failed.needs)


def _by_network(read: Reader, spots: Iterable[Spot]) -> dict[str | None, list[Spot]]:
    """Part the placements by the VPC of their subnets; None: which it is could not be read."""
    found: dict[str | None, list[Spot]] = {}
    spots = list(spots)
    vpcs = vpcs_of(read) if spots else {}
    for spot in spots:
        found.setdefault(vpcs.get(spot.subnet_ids[0]), []).append(spot)
    return found


def vpcs_of(read: Reader, **wanted: Any) -> dict[str, str]:
    """Say in which VPC each subnet is, as far as the subnets may be read."""
    try:
        rows = read("ec2", "DescribeSubnets", **wanted)["Subnets"]
    except ReadFailed:
        return {}
    return {row["SubnetId"]: row["VpcId"] for row in rows}


def _walked(read: Reader, scope: Scope, spots: Sequence[Spot], wanted: Targets) -> Iterable[Result]:
    """Read one network, and walk from each of its placements."""
    aims = tuple(aimed(wanted, scope.region))
    snapshot = collect(
        read,
        subnet_ids=sorted({subnet for spot in spots for subnet in spot.subnet_ids}),
        security_group_ids=sorted({group for spot in spots for group in spot.group_ids}),
        addresses=[address for aim in aims for address in aim.literals if address != STAND_IN],
        hosts=[aim.host for aim in aims if aim.host and aim.named],
        services=[aim.service for aim in aims if aim.service],
    )
    return [_judged(spot, snapshot, aims) for spot in spots]


def aimed(wanted: Targets, region: str) -> Iterator[Aim]:
    """Take an event's targets as walks do. The internet is any address of it: no name is needed."""
    for start in range(0, len(wanted), _AT_ONCE):
        event = {"targets": list(wanted[start : start + _AT_ONCE])}
        for target in settings.parse(event, {"AWS_REGION": region}).targets:
            aim = walks.planned(target)
            if target.label == f"{targets.INTERNET}/":
                aim = replace(aim, label="internet", host=STAND_IN)
            yield aim


def _judged(spot: Spot, snapshot: Snapshot, aims: Iterable[Aim]) -> Result:
    own = snapshot.with_values(FunctionConfiguration=spot.configuration)
    where = configured.placement(own, spot.functions[0])
    return results.of_report(spot.id, conclude(Begun(), where, snapshot=own, aims=aims))
