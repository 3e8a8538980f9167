"""Every scenario with further checks that failed, skipped or found nothing: a report comes of it.

A report is all that people have. One check that nobody thought of beside the others, a name without
an address above all, must not cost what is known of the rest, or its fixes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from probe.commands.console import Exit
from probe.model import (
    Attempt,
    Confidence,
    Failure,
    Finding,
    Fix,
    Observation,
    Stage,
    Status,
)
from probe.network.snapshot import dump
from probe.report.document import from_document, to_document
from probe.with_snapshot import mended
from tests.causes.scenes import FILES, scene

if TYPE_CHECKING:
    from pathlib import Path

    from probe.model import Report

NAMELESS = ("name_not_found", "no_address", "no_answer", "server_failure", "timeout")


def failed(
    check: str, words: str, host: str | None, address: str | None, port: int | None
) -> Observation:
    """Make a check that failed in these words."""
    stage, _, failure = words.partition(" ")
    attempt = Attempt(address, Status.FAIL, Stage(stage), Failure(failure))
    return Observation(
        check=check,
        target=f"{host or address} {words}",
        status=Status.FAIL,
        stage=attempt.stage,
        failure=attempt.failure,
        address=address,
        port=port,
        host=host or address,
        attempts=(attempt,),
    )


SKIPPED = Observation(
    "http", "skipped", Status.SKIPPED, failure=Failure.NOT_ATTEMPTED, host="late.example.net"
)
BESIDE = {
    "names": [
        failed(check, f"resolve {failure}", host, None, port)
        for failure in NAMELESS
        for check, host, port in (
            ("http", "nobody.corp.internal", 80),
            ("http", "nobody.example.net", 443),
            ("rds", "gone.abc.us-east-1.rds.amazonaws.com", 5432),
            ("cache", "gone.abc.0001.us-east-1.cache.amazonaws.com", 6379),
            ("aws", "sqs.us-east-1.amazonaws.com", 443),
            ("dns", "nobody.example.net", None),
        )
    ],
    "packets": [
        failed("http", "tls tls_failed", "old.example.net", "203.0.113.77", 443),
        failed("http", "connect timeout", "six.example.net", "2600:9000::77", 443),
        failed("http", "connect unreachable", None, "fd12::7", 80),
        failed("tcp", "connect timeout", None, "10.77.0.7", 9000),
        failed("tcp", "connect refused", None, "203.0.113.78", 9000),
        failed("dns", "connect timeout", "name.example.net", "10.77.0.53", 53),
        failed("aws", "exchange name_not_found", "sqs.us-east-1.amazonaws.com", None, 443),
    ],
    "nothing": [
        SKIPPED,
        replace(SKIPPED, target="bare", host=None, stage=Stage.CONNECT),
        failed("http", "exchange unclassified", "odd.example.net", None, None),
        failed("tcp", "connect timeout", "unknown.example.net", None, 443),
    ],
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kind", BESIDE)
def test_a_report_comes_of_whatever_stands_beside(file: str, kind: str) -> None:
    """All is judged and told, and every fix could be drafted and checked."""
    known = scene(file)
    more = replace(known, observations=(*BESIDE[kind], *known.observations))

    report = more.judge()

    assert report.observations == more.observations
    assert mistakes(report) == []


@pytest.mark.parametrize("words", ["resolve name_not_found", "resolve no_answer", "tls tls_failed"])
@pytest.mark.parametrize("file", FILES)
def test_a_report_comes_of_every_second_check_that_ends_in_another_way(
    file: str, words: str
) -> None:
    """The same network, where what the scenario expects of one check came of none."""
    known = scene(file)
    ended = [
        failed(o.check, words, o.host, None if words.startswith("resolve") else o.address, o.port)
        for o in known.observations
    ]
    for first in (0, 1):
        mixed = [*known.observations]
        mixed[first::2] = ended[first::2]

        assert mistakes(replace(known, observations=tuple(mixed)).judge()) == []


def mistakes(report: Report) -> list[str]:
    """Give what a report says of mistakes of our own."""
    return [gap.reason for gap in report.undetermined if "lambda-probe itself" in gap.reason]


# --- and where there is a mistake all the same ---

FINDINGS = tuple(
    Finding(code, Confidence.PROVEN, None, code, (), (), Fix("words"))
    for code in ("no-route-to-internet", "blackhole-route")
)


def test_a_mistake_in_one_fix_costs_that_fix_alone() -> None:
    """The other finding has its fix, and the report says which has none."""
    checked = Fix("a command", checked=True)

    def broken(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        if any(finding.code == "blackhole-route" for finding in findings):
            raise ValueError("not an address")
        return tuple(replace(finding, fix=checked) for finding in findings)

    findings, gaps = mended(FINDINGS, broken)

    assert [finding.fix for finding in findings] == [checked, FINDINGS[1].fix]
    assert [gap.what for gap in gaps] == ["fix of blackhole-route"]
    assert gaps[0].reason == "a mistake in lambda-probe itself, ValueError: not an address"


def test_a_mistake_about_several_fixes_costs_none_and_is_told() -> None:
    """What fails only together is drafted apart."""
    checked = Fix("a command", checked=True)

    def broken(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        if len(findings) > 1:
            raise KeyError("sg-new")
        return (replace(findings[0], fix=checked),)

    findings, gaps = mended(FINDINGS, broken)

    assert [finding.fix for finding in findings] == [checked, checked]
    assert [gap.what for gap in gaps] == ["fixes of several findings"]


BROKEN = """
from probe import cli
from probe.remedy.table import REMEDIES
REMEDIES["function-not-in-vpc"] = lambda _: int("no number")
cli.main()
"""


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_mistake_in_drafting_does_not_end_the_command(
    debug: tuple[str, ...], tmp_path: Path
) -> None:
    """The findings come, with what went wrong; where in the program only who asks is shown."""
    known = scene("a-function-outside-every-vpc-has-the-internet-and-no-private-network.yaml")
    saved, report = tmp_path / "snapshot.json", tmp_path / "report.json"
    saved.write_text(json.dumps(dump(known.snapshot)), encoding="utf-8")
    report.write_text(json.dumps(to_document(known.judge())), encoding="utf-8")
    words = [*debug, "diagnose", "--report", str(report), "--snapshot", str(saved)]

    done = subprocess.run(
        [sys.executable, "-c", BROKEN, *words, "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )

    told = from_document(json.loads(done.stdout), name="report")
    assert done.returncode == Exit.FAIL
    assert "function-not-in-vpc" in [finding.code for finding in told.findings]
    assert mistakes(told)
    assert ("Traceback" in done.stderr) == bool(debug)
