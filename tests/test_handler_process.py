"""The function in a process of its own: what it prints, what it loads, whom it connects to."""

from __future__ import annotations

import json

import pytest

from tests.invocation import process
from tests.report.validation import assert_report
from tests.test_handler import LAMBDA, REFUSED, RESOLVED
from tests.watching import assert_emf


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)


def test_the_log_holds_the_report_and_the_metrics_one_line_each() -> None:
    """Every line of stdout is one JSON object: the report with its request, then the metrics."""
    log, _ = process({"targets": [RESOLVED, REFUSED]})

    report, *metrics = log
    assert report["message"] == "report"
    assert report["request_id"] == "request-1"
    assert_report(report["report"])
    assert all("_aws" in line for line in metrics)


def test_a_bad_event_is_logged_and_beats_no_heart() -> None:
    """The sentence is in the log; no metric pretends that a run was made."""
    log, _ = process({"targets": "none"})

    assert len(log) == 1
    assert log[0]["report"]["error"].startswith("targets must be a list")


def test_the_metrics_are_what_cloudwatch_reads() -> None:
    """Each line is by the specification, and no dimension is there that was not asked for."""
    log, _ = process(
        {"targets": [RESOLVED, REFUSED, REFUSED]}, POWERTOOLS_SERVICE_NAME="of-another-function"
    )

    lines = [line for line in log if "_aws" in line]
    for line in lines:
        assert_emf(line)
    sets = {
        tuple(dimensions)
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
    }
    always = {("function", "check"), ("function", "check", "target"), ("function",)}
    assert sets - {("function", "code")} == always
    assert [line["Failure"] for line in lines if "Failure" in line] == [[0.0], [1.0], [1.0]]


def test_the_start_loads_little_and_connects_to_nothing() -> None:
    """A cold start with the usual targets loads neither boto3 nor anything of the command line."""
    targets = [
        {"check": "http", "url": "https://checkip.amazonaws.com"},
        {"check": "dynamodb"},
        {"check": "logs"},
    ]
    _, start = process(PROBE_TARGETS=json.dumps(targets))

    assert start["connected"] == []
    packages = {name.partition(".")[0] for name in start["loaded"]}
    assert packages.isdisjoint({"boto3", "s3transfer", "click", "rich", "jsonschema", "asyncio"})
    assert "botocore.session" not in start["loaded"]
    assert not {"probe.cli", "probe.commands"} & set(start["loaded"])
