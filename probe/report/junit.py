"""A report as JUnit XML: one test case for each check, or for each path where none was made."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from probe.model import Status
from probe.report import summary, table
from probe.report.safe import for_xml
from probe.report.ways import STATUS

if TYPE_CHECKING:
    from probe.model import Finding, Observation, Path, Report

_WORD = {Status.FAIL: "failure", Status.UNDETERMINED: "error", Status.SKIPPED: "skipped"}


def render(*reports: Report) -> str:
    """Give reports as a document: a suite for each."""
    suites = [_suite(report) for report in reports]
    root = suites[0]
    if len(suites) > 1:
        root = ET.Element("testsuites", name="lambda-probe")
        root.extend(suites)
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=True) + "\n"


def _suite(report: Report) -> ET.Element:
    suite = ET.Element("testsuite", name="lambda-probe", id=for_xml(report.id))
    suite.set("timestamp", for_xml(report.started_at.rstrip("Z")))
    suite.set("time", f"{report.duration_ms / 1000:.3f}")
    for one in report.observations:
        _observed(suite, one, report)
    for path in () if report.observations else report.paths:
        _walked(suite, path, report)
    if not len(suite):
        case = ET.SubElement(suite, "testcase", classname="lambda-probe", name="report")
        _end(case, report.status, summary.sentence(report), "")
    suite.set("tests", str(len(suite)))
    for word, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(word, str(len(suite.findall(f"testcase/{kind}"))))
    return suite


def _observed(suite: ET.Element, one: Observation, report: Report) -> None:
    case = ET.SubElement(suite, "testcase", classname=for_xml(one.check), name=for_xml(one.target))
    case.set("time", f"{sum(step.ms for step in one.steps) / 1000:.3f}")
    _end(case, one.status, table.said(one), _why(one.label, report))


def _walked(suite: ET.Element, path: Path, report: Report) -> None:
    name = path.target or path.destination or "path"
    case = ET.SubElement(
        suite, "testcase", classname=for_xml(path.subnet_id or "function"), name=for_xml(name)
    )
    said = "; ".join(blocker.why or blocker.code for blocker in path.blockers)
    gaps = "; ".join(f"{gap.what}: {gap.reason}" for gap in path.undetermined)
    _end(case, STATUS[path.verdict], said or gaps or path.verdict, _why(name, report))


def _end(case: ET.Element, status: Status, said: str, why: str) -> None:
    if status in _WORD:
        word = ET.SubElement(case, _WORD[status], message=for_xml(said))
        word.text = for_xml(why) or None


def _why(label: str, report: Report) -> str:
    return "\n\n".join(told(one) for one in report.findings if label in one.explains)


def told(finding: Finding) -> str:
    """Tell a cause and its fix as plain lines."""
    lines = [f"{finding.title}. ({finding.confidence}: {finding.code})", *finding.because]
    if finding.fix:
        words = f"Fix: {finding.fix.text} {finding.fix.promise}".rstrip()
        lines += [words, *finding.fix.cli]
    elif finding.confirm:
        lines += ["To settle it:", finding.confirm]
    return "\n".join(lines)
