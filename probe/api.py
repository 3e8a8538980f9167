"""The package for notebooks and tests: what the command line does, as functions on values.

`from probe import diagnose` and the rest; nothing of it is loaded before it is asked for, so that a
Lambda function's start does not pay for it.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from probe import asking, investigation, placement, planned, saved, settings
from probe.causes import CATALOGUE
from probe.compare.files import compare as compare_saved
from probe.compare.reports import Comparison
from probe.compare.reports import compare as compare_reports
from probe.network.snapshot import Snapshot, load_path
from probe.network.vpc import Network
from probe.report.document import from_document, to_document
from probe.report.text import render as to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.causes.cause import Cause
    from probe.model import Path, Report

__all__ = [
    "Comparison",
    "Snapshot",
    "diagnose",
    "diff",
    "explain",
    "path",
    "preflight",
    "read_report",
    "read_snapshot",
    "run",
    "to_document",
    "to_html",
    "to_text",
]
PATIENCE_S = 120.0


def run(event: Mapping[str, Any], *, allow_loopback: bool = False) -> Report:
    """Make the checks of an event from this machine."""
    wanted = settings.parse(event, os.environ, allow_loopback=allow_loopback)
    here = placement.here(os.environ, None)
    return investigation.look(wanted, here, deadline=time.monotonic() + PATIENCE_S)


def diagnose(
    function: str,
    event: Mapping[str, Any] | None = None,
    *,
    snapshot: Snapshot | None = None,
    invoke: bool | None = None,
    profile: str | None = None,
    region: str | None = None,
) -> Report:
    """Say what a function cannot reach, and why; with a snapshot, AWS is not asked."""
    if snapshot is not None:
        return saved.walk(function, event or {}, snapshot, os.environ)
    from probe.aws import invoker, reader

    world = investigation.World(
        read=reader(region, profile),
        invoke=None if invoke is False else invoker(region, profile),
        is_probe=invoke is True,
        deadline=time.monotonic() + PATIENCE_S,
        environment={"AWS_REGION": region} if region else {},
    )
    report, _ = investigation.investigate(function, event or {}, world)
    return report


def read_snapshot(name: str | os.PathLike[str]) -> Snapshot:
    """Read a saved configuration: a file, or a directory of `aws ec2 describe-*` outputs."""
    return load_path(File(name))


def read_report(name: str | os.PathLike[str]) -> Report:
    """Read a saved report."""
    return from_document(json.loads(File(name).read_text("utf-8")), name=str(name))


def path(snapshot: Snapshot, start: str, to: str) -> Path:
    """Walk from `SUBNET[,SG...]` to `HOST:PORT`."""
    return asking.ask(Network(snapshot), start, to)


def preflight(
    snapshot: Snapshot, subnets: Sequence[str], groups: Sequence[str], to: Sequence[str]
) -> Report:
    """Say what a function would reach if it stood there."""
    stand = asking.Stand(tuple(subnets), tuple(groups))
    return planned.judge(snapshot, stand, [asking.place(one) for one in to])


def diff(before: Report | Snapshot, after: Report | Snapshot) -> Comparison:
    """Tell what changed between two reports or two snapshots."""
    if isinstance(before, Snapshot) and isinstance(after, Snapshot):
        return compare_saved((before, after), (before.name, after.name))
    if isinstance(before, Snapshot) or isinstance(after, Snapshot):
        raise TypeError("two reports are compared, or two snapshots")
    return compare_reports(before, after)


def explain(code: str) -> Cause:
    """Give a cause of the catalogue."""
    return CATALOGUE[code]


def to_html(report: Report) -> str:
    """Give a report as one self-contained page; needs the extra `cli`."""
    from probe.report.page.render import render

    return render(report)
