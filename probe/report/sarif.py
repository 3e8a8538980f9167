"""A report as SARIF 2.1.0: each cause a result, with its rule out of the catalogue.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe import __version__
from probe.causes import CATALOGUE
from probe.model import Confidence, Verdict
from probe.report import junit, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Finding, Report
    from probe.report.location import Source

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
NOT_REACHED = "not-reached"  # a failure that no cause explains


def render(*reports: Report, source: Source | None = None) -> str:
    """Give reports as a log: a run for each; with the file that they are about, if there is one."""
    runs = [_run(report, source) for report in reports]
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _run(report: Report, source: Source | None) -> dict[str, Any]:
    results = [_result(one, _place(report, source, one.component)) for one in report.findings]
    results += _unexplained(report, _place(report, source))
    rules = list(dict.fromkeys(result["ruleId"] for result in results))
    for result in results:
        result["ruleIndex"] = rules.index(result["ruleId"])
    driver = {"name": "lambda-probe", "version": __version__, "rules": list(map(rule, rules))}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"lambda-probe/{report.id}"},
        "invocations": [_invocation(report)],
        "results": results,
    }


def rule(code: str) -> dict[str, Any]:
    """Give a cause as a rule."""
    cause = CATALOGUE.get(code)
    if cause is None:
        return {"id": code, "shortDescription": {"text": "A target is not reached"}}
    return {
        "id": code,
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": cause.happens},
        "help": {"text": cause.remedy},
        "helpUri": cause.source,
        "properties": {"layer": cause.layer},
    }


def _place(report: Report, source: Source | None, component: str | None = None) -> dict[str, Any]:
    return source.physical(report, component) if source else {}


def _result(finding: Finding, where: dict[str, Any]) -> dict[str, Any]:
    proven = finding.confidence is Confidence.PROVEN
    component = finding.component or "function"
    place = {"name": component, "fullyQualifiedName": component, "kind": "resource"}
    return {
        "ruleId": finding.code,
        "level": "error" if proven else "warning",
        "message": {"text": junit.told(finding)},
        "locations": [{**where, "logicalLocations": [place]}],
        "partialFingerprints": {"cause/v1": f"{finding.code} {component}"},
        "properties": {"confidence": finding.confidence.value, "explains": list(finding.explains)},
    }


def _unexplained(report: Report, where: dict[str, Any]) -> Iterator[dict[str, Any]]:
    explained = {label for finding in report.findings for label in finding.explains}
    lost = [one.label for one in report.observations if one.status == "fail"]
    if not report.observations:
        lost = [p.target or "" for p in report.paths if p.verdict is Verdict.UNREACHABLE]
    for label in dict.fromkeys(lost):
        if label not in explained:
            yield {
                "ruleId": NOT_REACHED,
                "level": "error",
                "message": {"text": f"{summary.once(label)} is not reached."},
                "locations": [{**where, "logicalLocations": [{"name": label}]}],
            }


def _invocation(report: Report) -> dict[str, Any]:
    """Tell how the run went: what could not be read is a notification, and no result."""
    told = [
        {
            "level": "warning",
            "message": {
                "text": f"{gap.what}: {gap.reason}" + (f" ({gap.needs})" if gap.needs else "")
            },
        }
        for gap in report.undetermined
    ]
    return {
        "executionSuccessful": report.error is None,
        "startTimeUtc": report.started_at,
        "toolExecutionNotifications": told,
        **({"exitCodeDescription": report.error} if report.error else {}),
    }
