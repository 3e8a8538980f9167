"""An alarm's change of state, and the message to people that explains it.

The finding, its component and its fix come first: a pager shows three lines. Sends nothing.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from probe.model import Confidence
from probe.report import summary
from probe.report.pen import Pen
from probe.report.text import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Finding, Report

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_LONGEST_SUBJECT, _LONGEST_TEXT = 100, 200_000
_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True, slots=True)
class Change:
    """What EventBridge tells when an alarm changes its state."""

    name: str
    state: str  # ALARM, OK, INSUFFICIENT_DATA
    at: str
    region: str
    account: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published; `attributes` are for the filters of those who listen."""

    subject: str
    text: str
    attributes: Mapping[str, str]


def read(event: Mapping[str, object]) -> Change | None:
    """Read an event of EventBridge; None where it is not about an alarm."""
    if event.get("source") != "aws.cloudwatch":
        return None
    detail = _object(event.get("detail"))
    state = _object(detail.get("state"))
    return Change(
        name=str(detail.get("alarmName", "an alarm")),
        state=str(state.get("value", "changed")),
        at=str(event.get("time", "")),
        region=str(event.get("region", "")),
        account=str(event.get("account", "")),
        reason=" ".join(str(state.get("reason", "")).split()),
    )


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def message(report: Report, change: Change, link: str) -> Message:
    """Explain the alarm by a report that was made because of it."""
    finding = report.findings[0] if report.findings else None
    text = "\n".join(_lines(report, change, finding, link))
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}\n... the rest is in the log: {link}"
    return Message(_subject(report, change), text, _attributes(report, change, finding))


def _subject(report: Report, change: Change) -> str:
    """Give one line of ASCII, as SNS wants it."""
    line = f"{change.state} {change.name}: {summary.sentence(report)}"
    line = "".join(c if c.isascii() and c.isprintable() else "?" for c in line)
    return line if len(line) <= _LONGEST_SUBJECT else f"{line[: _LONGEST_SUBJECT - 3]}..."


def _attributes(report: Report, change: Change, finding: Finding | None) -> dict[str, str]:
    known = {"alarm": change.name, "state": change.state, "status": report.status.value}
    if finding:
        known |= {"code": finding.code, "confidence": finding.confidence.value}
    return known


def _lines(report: Report, change: Change, finding: Finding | None, link: str) -> Iterator[str]:
    yield summary.sentence(report)
    yield from _cause(finding) if finding else ("No cause was found.",)
    yield f"Log: {link}"
    yield ""
    where = ", ".join(filter(None, (change.region, f"account {change.account}")))
    yield f"Alarm {change.name} is in state {change.state} since {change.at} ({where})."
    if change.reason:
        yield change.reason
    yield "The checks were made again to explain this:"
    yield ""
    yield render(report, Pen(fancy=False)).rstrip()


def _cause(finding: Finding) -> Iterator[str]:
    sure = "Cause" if finding.confidence is Confidence.PROVEN else "Possible cause"
    yield f"{sure}: {finding.title} ({finding.code})"
    if finding.component:
        yield f"Component: {finding.component}"
    if finding.fix:
        yield f"Fix: {finding.fix.text} {finding.fix.promise}".rstrip()
        yield from (f"  {command}" for command in finding.fix.cli)


def log_link(partition: str, region: str, group: str, stream: str, request_id: str) -> str:
    """Lead to the log of one invocation in the console."""

    def twice(text: str) -> str:
        # The console reads what stands behind the # as encoded twice, with $ for %.
        return quote(quote(text, safe=""), safe="").replace("%", "$")

    quoted = twice(f'"{request_id}"')
    host = _CONSOLES.get(partition, "console.aws.amazon.com")
    return (
        f"https://{region}.{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
        f"{twice(group)}/log-events/{twice(stream)}"
        f"$3FfilterPattern$3D{quoted}"
    )
