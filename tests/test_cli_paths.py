"""The commands about paths, run as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from probe.report import schemas
from tests.command import command, refused
from tests.paths_world import small

if TYPE_CHECKING:
    from pathlib import Path

OPEN, SHUT = "203.0.113.10:443", "10.0.3.10:1"


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """Save the small network as a snapshot file."""
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(small().lists), "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("to", "verdict", "code"), [(OPEN, "reachable", 0), (SHUT, "unreachable", 1)]
)
def test_path_answers_in_the_promised_keys(saved: str, to: str, verdict: str, code: int) -> None:
    """Verdict, hops, blockers and what is undetermined, as JSON when piped."""
    ran = command("path", saved, "--from", "subnet-open,sg-fn", "--to", to)
    found = json.loads(ran.stdout)

    assert (ran.returncode, found["verdict"]) == (code, verdict)
    assert list(found)[:4] == ["verdict", "hops", "blockers", "undetermined"]
    assert {"direction", "component", "kind", "action", "why"} == set(found["hops"][0])
    promised = {"code", "ra_code", "component", "direction"}
    assert all(promised <= set(blocker) for blocker in found["blockers"])
    assert bool(found["blockers"]) == (verdict == "unreachable")
    # One path has the form that it has inside a report.
    assert set(found) == set(schemas.load("report")["$defs"]["path"]["properties"])


def test_path_draws_the_way_and_where_it_is_closed(saved: str) -> None:
    """The answer, the line of hops with the broken one marked, and why."""
    ran = command("path", saved, "--from", "subnet-open,sg-fn", "--to", SHUT, "--format", "text")
    answer, _, drawing = ran.stdout.partition("\n\n")
    title, head, chain, *why = drawing.splitlines()

    assert answer.startswith("✗ 10.0.3.10:1 cannot be reached from subnet-open: target-security")
    assert (title, head) == ("PATH", "✗ subnet-open → 10.0.3.10:1")
    assert chain.endswith("─ ✗ sg-db")
    assert "[target-security-group-blocks]" in " ".join(why)


def test_a_path_that_depends_on_what_was_not_read_is_undetermined(tmp_path: Path) -> None:
    """Exit code 3, and the permission that would settle it."""
    file = tmp_path / "some.json"
    lists = {name: rows for name, rows in small().lists.items() if name != "RouteTables"}
    file.write_text(json.dumps(lists), "utf-8")
    ran = command("path", str(file), "--from", "subnet-open,sg-fn", "--to", OPEN)

    assert ran.returncode == 3
    assert "ec2:DescribeRouteTables" in {u["needs"] for u in json.loads(ran.stdout)["undetermined"]}


def test_a_batch_is_answered_line_by_line(saved: str) -> None:
    """Many questions, one process, answers in the order of the questions."""
    asked = [{"from": "subnet-open,sg-fn", "to": to} for to in (OPEN, SHUT, OPEN)]
    ran = command("path", saved, "--batch", "-", stdin="\n".join(map(json.dumps, asked)))

    verdicts = [json.loads(line)["verdict"] for line in ran.stdout.splitlines()]
    assert (ran.returncode, verdicts) == (0, ["reachable", "unreachable", "reachable"])


def test_pasted_output_of_the_aws_cli_works_as_it_is(tmp_path: Path) -> None:
    """A directory with one file for each describe call is a snapshot."""
    for name, rows in small().lists.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({name: rows}), "utf-8")
    ran = command("path", str(tmp_path), "--from", "subnet-open,sg-fn", "--to", OPEN)

    assert ran.returncode == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--to", OPEN), "--from and --to are needed, or --batch."),
        (("--from", "subnet-open,sg-fn", "--to", "h"), "--to: 'h' must be a host and a port"),
        (("--from", "open", "--to", OPEN), "--from: 'open' must be a subnet"),
        (("--from", "subnet-x,sg-fn", "--to", OPEN), "--from: subnet-x is not in"),
        (("--batch", "no-such-file"), "no-such-file: No such file or directory"),
    ],
)
def test_a_bad_question_is_one_sentence(saved: str, words: tuple[str, ...], sentence: str) -> None:
    """It names the option and what is accepted."""
    assert sentence in refused(command("path", saved, *words))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Subnets: []", "is not JSON"),
        ('{"Subnets": {}}', "Subnets: expected a list"),
        ('{"Subnets": [{"SubnetId": 1}]}', "Subnets[0].SubnetId"),
        ('{"weather": []}', "none of its keys is a list that AWS describes"),
    ],
)
def test_a_bad_snapshot_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """It names the file and the key."""
    file = tmp_path / "bad.json"
    file.write_text(text, "utf-8")
    said = refused(command("path", str(file), "--from", "subnet-a,sg-a", "--to", "h:1"))

    assert said.startswith(str(file))
    assert sentence in said


def preflight(saved: str, to: str, *more: str, subnets: str = "subnet-open,subnet-shut") -> Any:
    """Ask about a placement; give exit code and document."""
    words = ("preflight", "--subnets", subnets, "--security-groups", "sg-fn", "--to", to)
    ran = command(*words, "--snapshot", saved, *more)
    return ran.returncode, json.loads(ran.stdout)


def test_preflight_gives_a_verdict_for_each_subnet(saved: str) -> None:
    """A placement with one subnet that is cut off is refused, and the difference is said."""
    code, found = preflight(saved, OPEN)

    assert code == 1
    assert found["verdict"] == "unreachable"
    assert [(p["subnet_id"], p["verdict"]) for p in found["paths"]] == [
        ("subnet-open", "reachable"),
        ("subnet-shut", "unreachable"),
    ]
    assert "reachable from subnet-open; unreachable from subnet-shut" in found["difference"]


def test_preflight_accepts_a_placement_that_reaches_everything(saved: str) -> None:
    """Several targets are several questions; exit code 0 says that all are reached."""
    code, found = preflight(saved, "10.0.3.10:5432", "--to", OPEN, subnets="subnet-open")

    assert code == 0
    assert [p["target"] for p in found["paths"]] == ["10.0.3.10:5432", OPEN]


@pytest.mark.parametrize(
    ("subnets", "groups", "sentence"),
    [
        ("open", "sg-fn", "--subnets: 'open' must be ids like subnet-0a1b"),
        ("subnet-open", "fn", "--security-groups: 'fn' must be ids like sg-0a1b"),
        ("subnet-nope", "sg-fn", "--subnets: subnet-nope is not in"),
    ],
)
def test_a_bad_placement_is_one_sentence(
    saved: str, subnets: str, groups: str, sentence: str
) -> None:
    """It names the option and what is accepted."""
    words = ("--subnets", subnets, "--security-groups", groups, "--to", OPEN, "--snapshot", saved)

    assert sentence in refused(command("preflight", *words))
