"""Two saved files, whichever they are: reports, or configurations with a function in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe import asking, configured, planned
from probe.compare import changes, records
from probe.compare.reports import Comparison, outcomes
from probe.compare.reports import compare as compare_reports
from probe.network.snapshot import Snapshot, load
from probe.report.document import from_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.model import Report

    Saved = Mapping[str, Any] | Snapshot


def compare(
    saved: tuple[Saved, Saved], names: tuple[str, str], targets: Sequence[str] = ()
) -> Comparison:
    """Compare two saved things of one kind."""
    are_reports = [not isinstance(one, Snapshot) and "schema" in one for one in saved]
    if all(are_reports):
        if targets:
            raise asking.AskError("--to: the targets of reports stand in the reports")
        before, after = (from_document(d, name=n) for d, n in zip(saved, names, strict=True))
        if (old := outcomes(before)) and (new := outcomes(after)) and old.isdisjoint(new):
            raise asking.AskError(
                f"{names[0]} and {names[1]}: no target stands in both, so nothing can be compared"
            )
        return compare_reports(before, after)
    if any(are_reports):
        raise asking.AskError(f"{names[0]} and {names[1]}: one is a report, the other is not")
    first, second = (
        one if isinstance(one, Snapshot) else load(one, name=name)
        for one, name in zip(saved, names, strict=True)
    )
    unread = records.unread(first) ^ records.unread(second)
    found = changes.between(_kept(first, unread), _kept(second, unread))
    places = [asking.place(text) for text in targets]
    return compare_reports(_judged(first, places), _judged(second, places), found, unread)


def _kept(snapshot: Snapshot, unread: frozenset[str]) -> records.Records:
    """Leave out what the other side has not read: missing there, it would look gone or new."""
    values = {name: value for name, value in snapshot.values.items() if name not in unread}
    return records.of_snapshot(Snapshot(values, snapshot.name))


def _judged(snapshot: Snapshot, places: Sequence[asking.Place]) -> Report:
    stands = configured.placement(snapshot, "the function")
    subnets = stands.subnet_ids if isinstance(stands.subnet_ids, tuple) else ()
    if places and not subnets:
        raise asking.AskError(
            f"{snapshot.name}: holds no function in a VPC whose paths could be walked; "
            "`lambda-probe snapshot FUNCTION` keeps one"
        )
    stand = asking.Stand(subnets, configured.groups(snapshot))
    name = stands.function if isinstance(stands.function, str) else None
    return planned.judge(snapshot, stand, places, name)
