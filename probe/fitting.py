"""Makes a report's document fit where it has to go, and says in it what was left out.

A run over many targets, addresses and repetitions can outgrow an invocation's answer or a log
event, and then nothing at all would be delivered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# 6 MB, with room for how Lambda writes it.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ANSWER_BYTES = 5_500_000
# A log event was 256 KB for long, and what collects logs behind CloudWatch still cuts there.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LOG_BYTES = 240_000

_KEPT = 20  # of every list, when nothing else helps

Document = dict[str, Any]


def fitting(document: Document, limit: int) -> Document:
    """Give the document, or as much as fits: attempts go first, findings and failures last."""
    left_out: list[str] = []
    for what, cut in _CUTS:
        if len(json.dumps(document)) <= limit:
            break
        smaller = {**document, **cut(document)}
        if smaller != document:
            left_out.append(what)
        document = smaller
    if left_out:
        gap = {"what": ", ".join(left_out), "reason": f"more than {limit} bytes", "needs": None}
        document = {**document, "undetermined": [*document["undetermined"], gap]}
    return document


def _no_attempts(document: Mapping[str, Any]) -> Document:
    lists = ("observations", "control")
    return {key: [{**seen, "attempts": []} for seen in document[key]] for key in lists}


def _only_verdicts(document: Mapping[str, Any]) -> Document:
    return {"subnets": [{**verdict, "observations": []} for verdict in document["subnets"]]}


def _only_failures(document: Mapping[str, Any]) -> Document:
    failed = [seen for seen in document["observations"] if seen["status"] == Status.FAIL]
    return {"observations": failed, "control": []}


def _only_closed_paths(document: Mapping[str, Any]) -> Document:
    return {"paths": [path for path in document["paths"] if path["blockers"]]}


def _only_the_first(document: Mapping[str, Any]) -> Document:
    findings = [
        {**finding, "explains": finding["explains"][:_KEPT], "because": finding["because"][:_KEPT]}
        for finding in document["findings"][:_KEPT]
    ]
    lists = ("observations", "undetermined", "paths")
    return {"findings": findings, **{key: document[key][:_KEPT] for key in lists}}


_CUTS: tuple[tuple[str, Callable[[Mapping[str, Any]], Document]], ...] = (
    ("the attempts", _no_attempts),
    ("what each subnet saw", _only_verdicts),
    ("the paths that are open", _only_closed_paths),
    ("the checks that passed", _only_failures),
    (f"all but the first {_KEPT} of each kind", _only_the_first),
)
