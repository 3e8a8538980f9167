"""A report for a person at a terminal: the answer, the way, the checks, the causes, the gaps.

In that order, because a reader may stop at any line. Draws only what the report says; 80 columns
are enough. Needs no library, so that whatever runs the probe can print it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probe.model import Confidence, Unknown
from probe.report import subnets, summary, table, way
from probe.report.pen import Pen
from probe.report.safe import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Finding, Fix, Placement, Report

_SHOWN = 4
# What a command leaves to be filled in, as `probe.causes.telling` writes it: VPC_ID, HOST.
_BLANK = re.compile(r"\b(?:ADDRESS|FUNCTION|HOST|REGION|ROLE|[A-Z]+(?:_[A-Z]+)+)\b")


def render(report: Report, pen: Pen | None = None) -> str:
    """Give the report as text that ends with a newline."""
    pen = pen or Pen()
    report = harmless(report)
    sections = (
        _answer(report, pen),
        subnets.lines(report.subnets, pen),
        way.lines(report.paths, pen),
        table.lines(report.observations, "CHECKS", pen),
        table.lines(report.control or (), "CONTROL from outside the VPC", pen, own=False),
        causes(report.findings, pen),
        _gaps(report, pen),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _answer(report: Report, pen: Pen) -> Iterator[str]:
    first, *rest = pen.wrap(summary.sentence(report), f"{pen.sign(report.status)} ")
    yield pen.marked(report.status, first, "bold")
    yield from (pen.paint(line, "bold") for line in rest)
    if where := _where(report.placement, pen):
        yield from (pen.paint(line, "dim") for line in pen.wrap(where, "  "))


def _where(placement: Placement, pen: Pen) -> str:
    parts: list[str] = [] if isinstance(placement.region, Unknown) else [placement.region]
    if placement.in_vpc is False:
        parts.append("not in a VPC")
    for part in (placement.vpc_id, placement.subnet_ids, placement.security_group_ids):
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, tuple):
            parts.extend(part)
    return f" {pen.sign('dot')} ".join(parts)


def causes(findings: tuple[Finding, ...], pen: Pen) -> Iterator[str]:
    """Tell each cause with its fix, and with the reasons that none before it gave."""
    told: dict[tuple[str, ...], int] = {}
    said: set[str] = set()
    commands = [finding.confirm or "" for finding in findings]
    for number, finding in enumerate(findings, 1):
        if number > 1:
            yield ""
        reasons = [reason for reason in finding.because if reason not in said]
        said.update(reasons)
        yield from _finding(finding, number, reasons, pen)
        fixes = (finding.fix, *finding.fix.alternatives) if finding.fix else ()
        for head, fix in zip(("fix", *["or"] * len(fixes)), fixes, strict=False):
            yield from _fix(fix, f"   {head:<10}", told.setdefault(fix.cli, number) != number, pen)
    if blanks := list(dict.fromkeys(word for line in commands for word in _BLANK.findall(line))):
        words = "The word in capitals" if len(blanks) == 1 else "Words in capitals"
        yield ""
        yield from pen.wrap(f"{words} ({', '.join(blanks)}): not known here, to be filled in.")


def _finding(finding: Finding, number: int, reasons: list[str], pen: Pen) -> Iterator[str]:
    colour = "red" if finding.confidence is Confidence.PROVEN else "yellow"
    for line in pen.wrap(finding.title, f"{number}. "):
        yield pen.paint(line, "bold", colour)
    known = " ".join(filter(None, (finding.confidence, finding.code, finding.component)))
    yield from (pen.paint(line, "dim") for line in pen.wrap(known, "   "))
    for reason in reasons:
        yield from pen.wrap(reason, "   because   ")
    if finding.explains:
        yield from pen.wrap(", ".join(finding.explains), "   explains  ")
    if finding.same_symptom:
        yield from pen.wrap(_some(finding.same_symptom), "   or else   ")
    if finding.confirm:
        yield "   to settle it"
        yield from (pen.paint(line, "cyan") for line in pen.command(finding.confirm, "     "))


def _some(codes: tuple[str, ...]) -> str:
    """Name the first few: the command below tells them all apart, and the document has them all."""
    shown = ", ".join(codes[:_SHOWN])
    return f"{shown} and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else shown


def _fix(fix: Fix, head: str, again: bool, pen: Pen) -> Iterator[str]:
    checked = f" {fix.promise}" if fix.checked else ""
    if again and fix.cli:
        # The commands of an earlier finding: carried out once, they serve both.
        yield from pen.wrap(f"{fix.text}{checked} The commands stand above.", head)
        return
    yield from pen.wrap(f"{fix.text}{checked}", head)
    for command in fix.cli:
        yield from (pen.paint(line, "cyan") for line in pen.command(command, "     "))
    if fix.cost:
        yield from pen.wrap(fix.cost, "   costs     ")


def _gaps(report: Report, pen: Pen) -> Iterator[str]:
    if not report.undetermined:
        return
    yield pen.paint("NOT KNOWN", "bold")
    for gap in report.undetermined:
        settles = f" {pen.sign('to')} {gap.needs}" if gap.needs else ""
        yield from pen.wrap(f"{gap.what}: {gap.reason}{settles}", "  ", "    ")
