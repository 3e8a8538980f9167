"""What people are told when an alarm changes its state."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from probe.alarm import Change, log_link, message, read
from probe.model import Confidence, Finding, Fix, Status
from tests.test_metrics import REPORT

EVENTS = Path(__file__).parents[1] / "events"
CHANGE = Change("lambda-probe", "ALARM", "2026-11-22T04:00:00Z", "eu-west-1", "123456789012", "Why")
LINK = "https://console.example/log"
FINDING = Finding(
    "no-route-to-internet",
    Confidence.PROVEN,
    "rtb-1",
    "The subnet has no route to the internet",
    (),
    (),
    Fix("Add a route.", ("aws ec2 create-route",), checked=True),
)
EXPLAINED = replace(REPORT, findings=(FINDING,))


def test_an_event_of_eventbridge_is_read() -> None:
    """The documented event gives the alarm's name, its new state, and when and where that was."""
    change = read(json.loads((EVENTS / "alarm.json").read_text()))

    assert change is not None
    assert (change.name, change.state) == ("lambda-probe", "ALARM")
    assert (change.region, change.account) == ("eu-west-1", "123456789012")
    assert change.reason.startswith("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:")


def test_a_schedules_event_is_no_alarm() -> None:
    """The near miss: an event of EventBridge about something else."""
    assert read(json.loads((EVENTS / "schedule.json").read_text())) is None


def test_an_event_with_hardly_anything_in_it_is_still_an_alarm() -> None:
    """Whatever is missing is left out, and the diagnosis is made all the same."""
    assert read({"source": "aws.cloudwatch", "detail": "odd"}) == Change(
        "an alarm", "changed", "", "", ""
    )


def test_the_first_lines_are_cause_component_and_fix() -> None:
    """A pager shows little: what to do stands before everything else."""
    lines = message(EXPLAINED, CHANGE, LINK).text.splitlines()

    assert lines[1:6] == [
        "Cause: The subnet has no route to the internet (no-route-to-internet)",
        "Component: rtb-1",
        "Fix: Add a route. Checked: with this change the path opens.",
        "  aws ec2 create-route",
        f"Log: {LINK}",
    ]
    assert "Alarm lambda-probe is in state ALARM since 2026-11-22T04:00:00Z" in lines[7]
    assert lines[8] == "Why"


def test_a_cause_that_is_not_proven_is_not_told_as_one() -> None:
    """Nobody is sent to repair what only fits."""
    possible = replace(FINDING, confidence=Confidence.POSSIBLE)

    assert "Possible cause: " in message(replace(REPORT, findings=(possible,)), CHANGE, LINK).text


def test_without_a_cause_that_is_said() -> None:
    """A message comes for every change, also when the checks pass again."""
    told = message(replace(REPORT, findings=(), status=Status.PASS), CHANGE, LINK)

    assert "No cause was found." in told.text
    assert told.attributes == {"alarm": "lambda-probe", "state": "ALARM", "status": "pass"}


def test_the_subject_is_what_sns_takes() -> None:
    """At most a hundred characters of ASCII in one line, whatever a target is called."""
    odd = replace(CHANGE, name="lambda-próbe\n" + "x" * 200)
    subject = message(EXPLAINED, odd, LINK).subject

    assert len(subject) == 100
    assert subject.isascii()
    assert subject.isprintable()


def test_a_long_report_is_cut_and_the_log_has_the_rest() -> None:
    """SNS takes 256 KB; the beginning is what matters."""
    long = replace(FINDING, because=("word " * 100_000,))
    text = message(replace(REPORT, findings=(long,)), CHANGE, LINK).text

    assert len(text.encode()) < 256 * 1024
    assert text.endswith(f"the rest is in the log: {LINK}")


def test_the_link_leads_to_the_log_of_this_run() -> None:
    """The console reads what stands behind the # as encoded twice, with $ for %."""
    link = log_link("aws-cn", "cn-north-1", "/aws/lambda/p", "2026/11/22/[$LATEST]ab", "r-1")
    inner = unquote(unquote(link.replace("$", "%")))

    assert link.startswith("https://cn-north-1.console.amazonaws.cn/cloudwatch/home?")
    assert "/log-group//aws/lambda/p/log-events/2026/11/22/[$LATEST]ab?" in inner
    assert inner.endswith('filterPattern="r-1"')
