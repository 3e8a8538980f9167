"""What counts as right, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.lab import accuracy
from tests.lab.expectations import Expectation, ExpectedFinding
from tests.lab.playing import scoring
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from pathlib import Path

CAUSE, OTHER, THIRD = "blackhole-route", "nacl-blocks-return", "path-lossy"
ALIKE = "nacl-blocks-request"  # what every finding below names as its look-alike
EXPECTED = Expectation(findings=(ExpectedFinding(CAUSE),))
NOTHING = Expectation(findings=())


def report(*findings: tuple[str, str]) -> dict[str, Any]:
    """Write as much of a report as is judged."""
    return {
        "observations": [{"status": "fail"}],
        "findings": [
            {"code": code, "confidence": word, "same_symptom": [ALIKE]} for code, word in findings
        ],
    }


@pytest.mark.parametrize(
    ("expect", "found", "verdict"),
    [
        (EXPECTED, [(CAUSE, "proven")], "right"),
        (EXPECTED, [(CAUSE, "possible"), (OTHER, "possible")], "right"),
        (EXPECTED, [(OTHER, "possible"), (CAUSE, "possible")], "undetermined"),
        (EXPECTED, [], "undetermined"),
        (EXPECTED, [(OTHER, "proven"), (CAUSE, "proven")], "wrong"),
        (NOTHING, [], "right"),
        (NOTHING, [(OTHER, "possible")], "right"),
        (NOTHING, [(OTHER, "proven")], "wrong"),
        (Expectation(first=CAUSE), [(CAUSE, "possible")], "right"),
        (Expectation(findings=(), first=CAUSE), [], "undetermined"),
    ],
)
def test_the_first_ranked_cause_decides(
    expect: Expectation, found: list[tuple[str, str]], verdict: str
) -> None:
    """Only what is called proven can be wrong; a wrong guess leaves it undetermined."""
    assert scoring.judge(expect, report(*found)).first == verdict


def test_precision_and_recall_count_the_same_cause_as_often_as_it_is_there() -> None:
    """Two groups that block are two findings."""
    twice = Expectation(findings=(ExpectedFinding(CAUSE), ExpectedFinding(CAUSE)))
    judged = scoring.judge(twice, report((CAUSE, "proven"), (OTHER, "proven")))

    assert (judged.proven, judged.proven_true, judged.expected) == (2, 1, 2)


def test_what_is_to_be_first_may_be_proven() -> None:
    """A scenario that lists no findings does not say that there are none."""
    judged = scoring.judge(Expectation(first=CAUSE), report((CAUSE, "proven")))

    assert (judged.proven, judged.proven_true) == (1, 1)


def test_a_cause_in_the_fourth_place_is_not_among_the_first_three() -> None:
    """Nobody reads that far."""
    guesses = [(OTHER, "possible"), (THIRD, "possible"), (OTHER, "possible")]

    assert scoring.judge(EXPECTED, report(*guesses, (CAUSE, "possible"))).near is False
    assert scoring.judge(EXPECTED, report(*guesses[:2], (CAUSE, "possible"))).near is True
    assert scoring.judge(NOTHING, report(*guesses)).near is None


def test_what_is_possible_at_most_has_to_be_said() -> None:
    """Nothing is to be proven, and silence would be no answer."""
    expected = Expectation(findings=(), possible=(CAUSE,))

    both = report((OTHER, "possible"), (CAUSE, "possible"))
    assert scoring.judge(expected, both).first == "right"
    assert scoring.judge(expected, report()).first == "undetermined"
    assert scoring.judge(expected, report((CAUSE, "proven"))).first == "wrong"


def test_a_look_alike_is_counted_apart() -> None:
    """The finding that names it is not the cause, and whoever reads it learns of the cause."""
    judged = scoring.judge(
        Expectation(findings=(ExpectedFinding(ALIKE),)), report((OTHER, "possible"))
    )

    assert (judged.near, judged.alike, judged.first) == (False, True, "undetermined")


def test_what_has_no_symptoms_cannot_be_ranked_by_them() -> None:
    """A disagreement needs the configuration, and where all passed there is nothing to explain."""
    disagreement = Expectation(findings=(ExpectedFinding("configuration-open-packets-lost"),))
    guess = report((OTHER, "possible"))
    passed = {"observations": [{"status": "pass"}], "findings": []}

    assert scoring.judge(disagreement, guess).near is False
    assert scoring.judge(disagreement, guess, blind=True).near is None
    assert scoring.judge(EXPECTED, passed, blind=True).near is None
    assert scoring.judge(EXPECTED, guess, blind=True).near is False


def test_what_lambda_itself_says_is_counted_apart() -> None:
    """A function that did not start has seen nothing: what is proven then was told."""
    told = {**report((CAUSE, "proven")), "observations": []}

    assert scoring.judge(EXPECTED, told, blind=True).told == 1
    assert scoring.judge(EXPECTED, report((CAUSE, "proven"))).told == 0
    readings = dict.fromkeys(scoring.READINGS, told)
    measured = scoring.measured(EXPECTED, {"reports": readings, "fixes": []})
    assert scoring.rows({"a": measured})[0][-1] == "1, 1 of them by Lambda itself"


def saved(found: list[tuple[str, str]], *, worked: bool = True) -> dict[str, Any]:
    """Write down a scenario with one fix, of which every reading told the same."""
    fix = {"code": CAUSE, "number": 0, "worked": worked}
    answer = {"reports": dict.fromkeys(scoring.READINGS, report(*found)), "fixes": [fix]}
    return scoring.measured(EXPECTED, answer)


def test_the_table_counts_scenarios() -> None:
    """A line for each share of the configuration; no precision where nothing is proven."""
    lines = scoring.rows({"a": saved([(CAUSE, "proven")]), "b": saved([(OTHER, "possible")])})

    assert {line[1:] for line in lines} == {
        ("2", "1", "0", "1", "100 %", "50 %", "1 of 2", "1 of 2", "1"),
    }
    assert scoring.rows({"b": saved([(OTHER, "possible")])})[0][5:7] == ("–", "0 %")  # noqa: RUF001


def test_a_promise_that_was_not_kept_is_told() -> None:
    """A wrong proven cause, a fix that opens nothing: each by the name of its scenario."""
    assert scoring.mistakes({"a": saved([(CAUSE, "proven")])}) == []

    bad = {"a": saved([(OTHER, "proven")], worked=False)}
    told = scoring.mistakes(bad)

    assert f"a, readable: {OTHER} is not the cause" in told
    assert scoring.missed(bad) == [f"a, unread: the first three are {OTHER}"]
    assert f"a: way 0 of fixing {CAUSE} does not open the path" in told
    assert scoring.fixes({"a": saved([], worked=False)}).endswith(
        "1 carried out, 0 opened the path."
    )


def test_what_was_measured_is_about_the_scenarios_that_are_there() -> None:
    """Each one whose configuration can be read, by the causes that it expects by now."""
    files = accuracy.SCENARIOS.glob("*.yaml")
    scenarios = {file.name: parse(file.read_text(), file.name) for file in files}

    assert {name: found["causes"] for name, found in accuracy.saved().items()} == {
        name: scoring.causes(one.expect) for name, one in scenarios.items() if not one.unreadable
    }


class Breaking:
    """Stands for a worker of the lab that dies of one of two scenarios."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def measure(self, text: str, name: str) -> dict[str, Any]:
        """Answer, or break down."""
        del text
        if "bad" in name:
            raise RuntimeError("the lab's worker ended with 1")
        told = report((CAUSE, "proven"))
        return {"reports": dict.fromkeys(scoring.READINGS, told), "fixes": []}


def test_a_scenario_that_breaks_the_lab_costs_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named and not counted, and what was measured before it and after it is kept."""
    text = next(accuracy.SCENARIOS.glob("*.yaml")).read_text()
    for name in ("a-bad", "b-good", "c-bad", "d-good"):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.setattr(accuracy, "Worker", Breaking)
    monkeypatch.setattr(accuracy, "SCENARIOS", tmp_path)
    monkeypatch.setattr(accuracy, "SAVED", tmp_path / "accuracy.json")

    code = accuracy.main(["--jobs", "1", str(tmp_path)])

    assert code == 1
    assert set(accuracy.saved()) == {"b-good.yaml", "d-good.yaml"}
    out = capsys.readouterr().out
    assert "- a-bad.yaml: the lab broke: the lab's worker ended with 1" in out
