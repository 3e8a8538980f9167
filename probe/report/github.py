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

_LEVEL = {Confidence.PROVEN: "error", Confidence.POSSIBLE: "warning"}
_STATUS = {Status.PASS: "notice", Status.FAIL: "error"}


def render(report: Report) -> str:
    """Give one workflow command a line."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    level = _STATUS.get(report.status, "warning")
    yield command(level, "lambda-probe", summary.sentence(report))
    for finding in report.findings:
        yield command(_LEVEL[finding.confidence], finding.code, junit.told(finding))
    for gap in report.undetermined:
        settles = f" ({gap.needs} would settle it)" if gap.needs else ""
        yield command("notice", "not known", f"{gap.what}: {gap.reason}{settles}")


def command(level: str, title: str, message: str) -> str:
    """Write one annotation; what would end it early is escaped as GitHub has it."""
    return f"::{level} title={_escaped(title, ',:')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
