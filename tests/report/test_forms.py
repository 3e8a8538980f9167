"""The forms for pipelines: JUnit, SARIF and GitHub's annotations, of the same reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from sarif_pydantic import Sarif

from probe.causes import CATALOGUE
from probe.model import Confidence, Report, Status
from probe.report import github, junit, sarif
from probe.report.document import from_document
from tests.report.networks import sixty_subnets
from tests.report.test_text import CASES
from tests.report.values import REPORT

if TYPE_CHECKING:
    from pathlib import Path

SOME = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def read(file: Path) -> Report:
    """Read a saved report."""
    return from_document(json.loads(file.read_text("utf-8")))


def suite(report: Report) -> ET.Element:
    """Give the suite that a JUnit reader sees."""
    return ET.fromstring(junit.render(report).encode())


def run_of(report: Report) -> dict[str, Any]:
    """Give the run that a SARIF reader sees."""
    (run,) = json.loads(sarif.render(report))["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_junit_has_a_case_for_each_check(file: Path) -> None:
    """Failures are counted as they stand, and each carries the cause that explains it."""
    report = read(file)
    found = suite(report)
    cases = found.findall("testcase")
    failed = [one for one in report.observations if one.status is Status.FAIL]

    if report.observations:
        assert len(cases) == len(report.observations)
        assert int(found.get("failures", "")) == len(failed)
    assert int(found.get("tests", "")) == len(cases)
    told = "".join(failure.text or "" for failure in found.iter("failure"))
    explained = {label for finding in report.findings for label in finding.explains}
    if any(one.label in explained for one in failed):
        assert report.findings[0].title in told


def test_junit_has_a_case_for_each_path_where_nothing_was_sent() -> None:
    """A placement that is not deployed is refused by its paths."""
    found = suite(sixty_subnets())

    assert (found.get("tests"), found.get("failures")) == ("6", "1")
    (failed,) = (case for case in found.findall("testcase") if case.find("failure") is not None)
    assert failed.get("classname") == "subnet-app-c"


@SOME
@given(REPORT)
def test_any_report_is_junit(report: Report) -> None:
    """Whatever a report holds, a reader of XML can read it, and sees a failure where there is."""
    found = suite(report)

    assert found.findall("testcase")
    if not report.observations and not report.paths and report.status is Status.FAIL:
        assert found.get("failures") == "1"


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_sarif_has_a_result_for_each_cause(file: Path) -> None:
    """A proven cause is an error; its rule comes from the catalogue, with AWS's own page."""
    report = read(file)
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    results = [result for result in run["results"] if result["ruleId"] != sarif.NOT_REACHED]

    assert [result["ruleId"] for result in results] == [f.code for f in report.findings]
    for result, finding in zip(results, report.findings, strict=True):
        proven = finding.confidence is Confidence.PROVEN
        assert result["level"] == ("error" if proven else "warning")
        rule = rules[result["ruleIndex"]]
        assert rule["helpUri"] == CATALOGUE[finding.code].source
        assert rule["id"] == finding.code
    if report.status is Status.FAIL and report.observations:
        assert any(result["level"] for result in run["results"])


@SOME
@given(REPORT)
def test_any_report_is_sarif(report: Report) -> None:
    """What the format demands is there, whatever the report holds."""
    document = json.loads(sarif.render(report))
    known = Sarif.model_validate(document)
    # Read into the format's own types and written again, nothing is missing: each key is known.
    assert json.loads(known.model_dump_json(by_alias=True, exclude_none=True)) == document
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["level"] in ("error", "warning")
    for told in run["invocations"][0]["toolExecutionNotifications"]:
        assert told["message"]["text"]


@SOME
@given(REPORT)
def test_any_report_is_annotations(report: Report) -> None:
    """One command a line: nothing in a report can end a command, or begin another."""
    lines = github.render(report).splitlines()

    assert len(lines) == 1 + len(report.findings) + len(report.undetermined)
    assert all(
        line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in lines
    )


def test_an_annotation_cannot_be_forged() -> None:
    """A server's words with a line of their own stay inside the annotation that quotes them."""
    line = github.command("error", "a,b::c", "first\n::set-env name=X::y\r100 %")

    assert line == "::error title=a%2Cb%3A%3Ac::first%0A::set-env name=X::y%0D100 %25"
