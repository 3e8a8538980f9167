"""A report as annotations of a GitHub workflow: a proven cause is an error, else a warning.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Confidence, Status
from probe.report import junit, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Report
    from probe.report.location import Source

_LEVEL = {Confidence.PROVEN: "error", Confidence.POSSIBLE: "warning"}
_STATUS = {Status.PASS: "notice", Status.FAIL: "error"}


def render(report: Report, source: Source | None = None) -> str:
    """Give one workflow command a line, beside the lines of the file that it is about."""
    return "\n".join(_lines(report, source)) + "\n"


def _lines(report: Report, source: Source | None) -> Iterator[str]:
    def place(component: str | None = None) -> dict[str, str]:
        line = source and source.line(report, component)
        return {"file": source.path, "line": str(line)} if source else {}

    level = _STATUS.get(report.status, "warning")
    yield command(level, "lambda-probe", summary.sentence(report), **place())
    for finding in report.findings:
        told = junit.told(finding)
        yield command(_LEVEL[finding.confidence], finding.code, told, **place(finding.component))
    for gap in report.undetermined:
        settles = f" ({gap.needs} would settle it)" if gap.needs else ""
        yield command("notice", "not known", f"{gap.what}: {gap.reason}{settles}", **place())


def command(level: str, title: str, message: str, **place: str) -> str:
    """Write one annotation; what would end it early is escaped as GitHub has it."""
    named = {**place, "title": title}
    words = ",".join(f"{name}={_escaped(value, ',:')}" for name, value in named.items())
    return f"::{level} {words}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
