"""The terminal report: its sentences and drawings, held by cases that are read by people.

A case is a pair of files in `cases/`: a report's document, and the text that it must give. A new
case is two new files.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe import model
from probe.model import (
    Attempt,
    Confidence,
    Direction,
    Failure,
    Finding,
    Hop,
    Observation,
    Report,
    Stage,
    Status,
    Step,
    SubnetVerdict,
    Verdict,
)
from probe.report import subnets, way
from probe.report.document import from_document
from probe.report.pen import COMMANDS, Pen, safe
from probe.report.summary import ANSWERED, sentence
from probe.report.table import shown
from probe.report.text import render
from tests.report.test_document import BARE
from tests.report.validation import assert_report
from tests.report.values import REPORT

CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_report_reads_as_its_case_says(case: Path) -> None:
    """The document gives the text beside it, in at most 80 columns but for a single option."""
    document = json.loads(case.read_text("utf-8"))
    assert_report(document)

    text = render(from_document(document))

    assert case.with_suffix(".txt").read_text("utf-8") == text
    long = [line for line in text.splitlines() if len(line) > 80]
    assert [line for line in long if not line.startswith("       --")] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_colour_changes_nothing_but_colour(case: Path) -> None:
    """Without its colours, the coloured report is the plain one."""
    report = from_document(json.loads(case.read_text("utf-8")))

    assert render(report) == COLOUR.sub("", render(report, Pen(colour=True)))
    assert render(report) != render(report, Pen(colour=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_plain_terminal_gets_plain_characters(case: Path) -> None:
    """Where only ASCII can be shown, nothing else is drawn."""
    report = from_document(json.loads(case.read_text("utf-8")))

    assert render(report, Pen(fancy=False)).isascii()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(REPORT, st.integers(1, 200), st.booleans())
def test_any_report_can_be_drawn(report: Report, width: int, fancy: bool) -> None:
    """Whatever a report holds and however narrow the terminal, there is text, and it is safe."""
    text = render(report, Pen(width, fancy=fancy))

    assert text.endswith("\n")
    assert text == safe(text)


def test_what_commands_a_terminal_is_made_visible() -> None:
    """Escape sequences and text that runs backwards are shown and do not act; words stay."""
    assert safe("\x1b[2J\u202e\x85") == r"\x1b[2J\u202e\x85"
    assert safe("naïve é 東京\n") == "naïve é 東京\n"
    assert "Cc" in COMMANDS


def seen(*failures: Failure | None) -> Report:
    """Give a report with one observation for each failure; None is a pass."""
    return replace(
        BARE,
        observations=tuple(
            Observation(
                "tcp",
                f"h:{number}",
                Status.FAIL if failure else Status.PASS,
                Stage.CONNECT,
                failure,
            )
            for number, failure in enumerate(failures, 1)
        ),
    )


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (seen(None), "orders reaches tcp h:1."),
        (seen(None, None), "orders reaches both targets."),
        (seen(None, None, None), "orders reaches all 3 targets."),
        (seen(Failure.TIMEOUT), "orders cannot reach tcp h:1."),
        (seen(Failure.TIMEOUT, None, None), "orders cannot reach tcp h:1."),
        (seen(Failure.ACCESS_DENIED, None), "orders cannot use tcp h:1."),
        (
            seen(Failure.ACCESS_DENIED, Failure.TIMEOUT),
            "orders can reach neither of its 2 targets.",
        ),
        (seen(*[Failure.ACCESS_DENIED] * 3), "orders can use none of its 3 targets."),
        (seen(), "Nothing was tried from orders."),
    ],
)
def test_the_answer_is_one_sentence(report: Report, said: str) -> None:
    """It names the target when it is one, and never calls unreached what has answered."""
    assert said == sentence(report)


def now_and_then(failure: Failure | None, passed: int, tried: int) -> Observation:
    """Give an observation of which some attempts passed."""
    (one,) = seen(failure).observations
    attempts = [Attempt(None, Status.PASS, Stage.EXCHANGE)] * passed
    attempts += [Attempt(None, Status.FAIL, Stage.CONNECT, failure)] * (tried - passed)
    return replace(one, attempts=tuple(attempts))


@pytest.mark.parametrize(
    ("observations", "said"),
    [
        (
            [now_and_then(Failure.TIMEOUT, 5, 6)],
            "orders reaches tcp h:1 only sometimes (5 of 6 attempts).",
        ),
        (
            [now_and_then(Failure.TIMEOUT, 5, 6), now_and_then(Failure.TIMEOUT, 1, 6)],
            "orders reaches both targets only sometimes (6 of 12 attempts).",
        ),
        (
            [now_and_then(Failure.TIMEOUT, 0, 6), now_and_then(Failure.TIMEOUT, 1, 6)],
            "orders cannot reach tcp h:1 and reaches tcp h:1 only sometimes (1 of 6 attempts).",
        ),
        ([now_and_then(Failure.TIMEOUT, 0, 6)], "orders cannot reach tcp h:1."),
    ],
)
def test_what_is_reached_now_and_then_is_not_called_unreached(
    observations: list[Observation], said: str
) -> None:
    """Some attempts came through: k of n, not none."""
    assert said == sentence(replace(BARE, observations=tuple(observations)))


def test_a_zone_says_that_its_checks_fail_only_sometimes() -> None:
    """The line of a zone counts checks; those that failed sometimes are not called dead."""
    some, dead = now_and_then(Failure.TIMEOUT, 1, 6), now_and_then(Failure.TIMEOUT, 0, 6)

    def line(*observations: Observation) -> str:
        return subnets.said(SubnetVerdict(("subnet-a",), "az1", Status.FAIL, (), observations))

    assert line(some, some) == "subnet-a (az1): 2 of 2 checks fail sometimes"
    assert line(some, dead) == "subnet-a (az1): 2 of 2 checks fail, 1 only sometimes"
    assert line(dead) == "subnet-a (az1): 1 of 1 checks fail"


def a_finding(confirm: str | None, *same_symptom: str) -> Report:
    """Give a report with one possible cause."""
    finding = Finding("code", Confidence.POSSIBLE, None, "Title", (), ("tcp h:1",))
    findings = (replace(finding, confirm=confirm, same_symptom=same_symptom),)
    return replace(seen(Failure.TIMEOUT), findings=findings)


def test_words_to_be_filled_in_are_told_once_and_only_where_there_are_any() -> None:
    """A reader has not met VPC_ID before; a metric's name or AWS's own is none of these."""
    blank = "aws ec2 describe-nat-gateways --filter Name=vpc-id,Values=VPC_ID"
    none = "aws cloudwatch get-metric-statistics --namespace AWS/NATGateway --x $(date -u +%FT%TZ)"

    assert render(a_finding(blank)).count("The word in capitals (VPC_ID)") == 1
    assert "in capitals (VPC_ID, HOST)" in render(a_finding(f"{blank} HOST"))
    assert "in capitals" not in render(a_finding(none))
    assert "in capitals" not in render(a_finding(None))


def test_of_many_that_look_alike_four_are_named() -> None:
    """Thirteen bare codes help nobody; the document has them all."""
    text = render(a_finding("aws", "a", "b", "c", "d", "e", "f"))

    assert "or else   a, b, c, d and 2 more" in text
    assert "or else   a, b, c, d\n" in render(a_finding("aws", "a", "b", "c", "d"))


def test_a_reason_is_given_once() -> None:
    """What several causes have in common stands with the first."""
    (one,) = a_finding(None).findings
    both = replace(
        a_finding(None),
        findings=(
            replace(one, because=("As of all.", "As of one.")),
            replace(one, code="no-return-route", because=("As of all.", "As of two.")),
        ),
    )
    text = render(both, Pen(80))

    assert [text.count(reason) for reason in ("As of all.", "As of one.", "As of two.")] == [
        1,
        1,
        1,
    ]


def test_an_answer_is_not_silence() -> None:
    """Words for silence and refusal are not among those for an answer."""
    assert ANSWERED.isdisjoint({Failure.TIMEOUT, Failure.REFUSED, Failure.RESET, Failure.CLOSED})


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0.0, "0.0 ms"), (9.94, "9.9 ms"), (9.95, "10 ms"), (999.4, "999 ms"), (999.5, "1.0 s"),
     (9_994.0, "10.0 s"), (9_995.0, "10 s"), (61_000.0, "61 s")],
)  # fmt: skip
def test_a_time_has_as_many_digits_as_it_deserves(ms: float, said: str) -> None:
    """Three digits are what a reader compares."""
    assert said == shown(ms)


def test_a_stage_that_happened_is_never_an_empty_bar() -> None:
    """A millisecond beside three seconds is still drawn, and the bar keeps its width."""
    bar = Pen().bar([1.0, 3000.0, 0.0, 2.0], 3003.0, 10)

    assert bar == "░▒▒▒▒▒▒▒▒█"


def test_bars_share_one_scale() -> None:
    """The slowest target fills its bar, and a target of half its time half."""
    quick = Observation("tcp", "q:1", Status.PASS, Stage.CONNECT, steps=(Step(Stage.CONNECT, 50),))
    slow = Observation("tcp", "s:1", Status.PASS, Stage.CONNECT, steps=(Step(Stage.CONNECT, 100),))
    text = render(replace(BARE, observations=(quick, slow)))

    bars = [line.count("▒") for line in text.splitlines() if ":1" in line]
    assert bars[1] == 2 * bars[0]


def test_a_folded_command_is_still_that_command() -> None:
    """A long command is broken before an option, never inside quotes."""
    text = (
        "aws ec2 create-route --route-table-id rtb-1 --description 'a --b' --nat-gateway-id nat-1"
    )
    lines = Pen(width=50).command(text, "  ")

    assert text == "".join(lines).replace("\\    ", "").strip()
    assert all(len(line) <= 50 for line in lines)


def test_an_empty_command_is_an_empty_line() -> None:
    """Of a fix without words nothing is broken into options."""
    assert Pen().command("\t" * 90, "  ") == ["  "]


def test_a_dns_server_that_cannot_answer_is_marked_on_a_way_that_is_open() -> None:
    """Another one answers, so the name has its way; the dead one is not drawn as part of it."""
    hops = (
        Hop(Direction.FORWARD, "10.0.2.53", "dns-server", "deny", "i-old is stopped"),
        Hop(Direction.FORWARD, "10.0.2.54", "dns-server", "allow", "udp 53: reachable"),
    )
    path = model.Path(
        Verdict.REACHABLE, hops, target="tcp db.example:5432", destination="db.example"
    )
    plain = Pen(fancy=False)

    drawn = "\n".join(way.lines((path,), plain))

    assert f"{plain.sign('fail')} 10.0.2.53" in drawn
    assert f"{plain.sign('fail')} 10.0.2.54" not in drawn
