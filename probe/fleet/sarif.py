"""The fleet's report as SARIF 2.1.0: each cause at each component a result.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe import __version__
from probe.model import Confidence
from probe.report.sarif import SCHEMA, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.fleet.summary import Cause, Component, Fleet


def render(fleet: Fleet) -> str:
    """Give the log."""
    results = [result for one in fleet.components for result in _results(one)]
    rules = list(dict.fromkeys(result["ruleId"] for result in results))
    for result in results:
        result["ruleIndex"] = rules.index(result["ruleId"])
    told = [*map(str, fleet.missing), *map(str, fleet.unread)]
    run = {
        "tool": {
            "driver": {
                "name": "lambda-probe",
                "version": __version__,
                "rules": list(map(rule, rules)),
            }
        },
        "automationDetails": {"id": "lambda-probe/audit/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": line}} for line in told
                ],
            }
        ],
        "results": results,
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _results(one: Component) -> Iterator[dict[str, Any]]:
    for cause in sorted(one.causes.values(), key=lambda cause: (-cause.functions, cause.code)):
        yield _result(one, cause)


def _result(one: Component, cause: Cause) -> dict[str, Any]:
    name = one.name or cause.code
    where = ", ".join(sorted(map(str, one.scopes)))
    fix = f" {cause.fix}" if cause.fix else ""
    text = f"{cause.title}: {cause.functions} functions in {where} cannot reach "
    return {
        "ruleId": cause.code,
        "level": "error" if one.confidence is Confidence.PROVEN else "warning",
        "message": {"text": f"{text}{', '.join(sorted(cause.targets))}.{fix}"},
        "locations": [
            {"logicalLocations": [{"name": name, "fullyQualifiedName": name, "kind": "resource"}]}
        ],
        "partialFingerprints": {"cause/v1": f"{cause.code} {name}"},
        "properties": {"confidence": one.confidence.value, "functions": cause.functions},
    }
