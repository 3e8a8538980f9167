"""The audit of several accounts, as a command, with moto as their AWS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from tests.command import ROOT, Ran, command
from tests.fleet import organization as org
from tests.fleet.organization import HOME, ROLE, THROTTLED, WORD, Organization
from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    # AWS refuses with codes that the models of single services do not list.
    pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\):UserWarning"),
    pytest.mark.xdist_group("fleet-audit"),  # one organisation for all of them
]

A, B, C = "200000000001", "200000000002", "200000000003"
REGIONS = "eu-west-1,us-east-1"


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Organization, org.Built]]:
    """Build three accounts in two Regions; the third lends no role, one Region is throttled."""
    with org.served() as organization:
        dead = org.build(organization, A, "eu-west-1", behind_nat=300, isolated=12, dead=True)
        org.build(organization, A, "us-east-1", behind_nat=2)
        org.build(organization, B, "eu-west-1", behind_nat=5, isolated=1)
        organization.without_role.add(C)
        organization.faults[B, "us-east-1", "lambda:ListFunctions"] = THROTTLED
        yield organization, dead


def words(state: Path, accounts: str = f"{A},{B},{C}", *more: str) -> list[str]:
    """Write the command line."""
    role = ["--role-name", ROLE, "--external-id", WORD]
    where = ["--accounts", accounts, "--regions", REGIONS, "--state", str(state)]
    return ["audit", *where, *role, *more]


def ran_in(organization: Organization, *line: str) -> Ran:
    """Run a command line of somebody in the organisation."""
    with mock.patch.dict(os.environ, org.environment(organization)):
        return command(*line)


def audited(world: tuple[Organization, org.Built], state: Path, *more: str) -> dict[str, Any]:
    """Audit everything; give the document."""
    ran = ran_in(world[0], *words(state), "--format", "json", *more)
    assert ran.returncode == 1, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.fixture(scope="module")
def found(
    world: tuple[Organization, org.Built], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Audit everything once."""
    return audited(world, tmp_path_factory.mktemp("audit") / "state")


def test_one_dead_nat_gateway_is_one_finding_and_the_first(
    world: tuple[Organization, org.Built], found: dict[str, Any]
) -> None:
    """300 functions behind it, 12 in a subnet without a way out, and neighbours that reach all."""
    first, second = found["components"][:2]
    assert (first["component"], first["functions"]) == (world[1].nat, 300)
    assert [cause["code"] for cause in first["causes"]] == ["nat-gateway-failed"]
    assert set(first["causes"][0]["targets"]) >= {"internet", "dynamodb dynamodb", "logs logs"}
    assert (second["component"], second["functions"]) == (world[1].isolated, 12)
    names = {one["id"]: one["functions"] for one in found["placements"]}
    assert sorted(n for spot in first["placements"] for n in names[spot]) == sorted(
        f"behind-nat-{n}" for n in range(300)
    )
    assert found["functions_by_status"] == {"fail": 313, "pass": 7}


def test_each_account_that_denies_and_each_region_that_is_throttled_is_one_line(
    found: dict[str, Any],
) -> None:
    """With the permission that is lacking, or the reason; and no line about anything else."""
    assert [(one["where"], one["reason"], one["needs"]) for one in found["missing"]] == [
        (f"{B} us-east-1", "TooManyRequestsException: Rate exceeded", "lambda:ListFunctions"),
        (f"{C} eu-west-1, us-east-1", "AccessDenied", "sts:AssumeRole"),
    ]
    assert found["unread"] == []


def test_a_network_is_read_once_however_many_placements_it_has(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Twelve calls more would be one placement more; and nothing but reading is asked for."""
    world[0].asked.clear()
    audited(world, tmp_path / "state")

    actions = [action for account, region, action in world[0].asked if region == "eu-west-1"]
    once = ("ec2:DescribeRouteTables", "ec2:DescribeNatGateways", "lambda:ListFunctions")
    assert [actions.count(action) for action in once] == [2, 2, 2]  # of A and of B
    verbs = {action.partition(":")[2][:8] for _, _, action in world[0].asked}
    assert verbs <= {
        "Describe",
        "ListFunc",
        "ListHost",
        "ListFire",
        "ListReso",
        "GetManag",
        "GetMetri",
    } | {
        "AssumeRo",
        "GetCalle",
    }


def test_a_subnet_list_that_may_not_be_read_leaves_its_functions_undetermined(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Not read is not absent: nothing is blamed, and the permission is told once."""
    denial = ("UnauthorizedOperation", "no", 403)
    world[0].faults[B, "eu-west-1", "ec2:DescribeRouteTables"] = denial
    try:
        found = audited(world, tmp_path / "state")
    finally:
        del world[0].faults[B, "eu-west-1", "ec2:DescribeRouteTables"]

    assert found["functions_by_status"] == {"fail": 312, "pass": 2, "undetermined": 6}
    (gap,) = found["unread"]
    assert (gap["account"], gap["needs"], gap["functions"]) == (B, "ec2:DescribeRouteTables", 6)


def test_given_targets_take_the_place_of_guesses(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Only what the event names is walked to."""
    event = tmp_path / "event.json"
    event.write_text('{"targets": [{"check": "tcp", "host": "10.0.2.9", "port": 5432}]}')

    world[0].asked.clear()
    ran = ran_in(world[0], *words(tmp_path / "s", A, str(event)))

    found = json.loads(ran.stdout)
    assert {t for one in found["components"] for c in one["causes"] for t in c["targets"]} <= {
        "tcp 10.0.2.9:5432"
    }
    assert world[0].calls(A, "", "rds:DescribeDBInstances") == 0


def test_a_text_begins_with_the_answer(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Who reads one line has read which component breaks most."""
    ran = ran_in(world[0], *words(tmp_path / "s"), "--format", "text")

    said = " ".join(ran.stdout.split())
    assert said.startswith(
        "320 functions in 2 accounts, 5 distinct placements: 313 do not reach everything, "
        f"{world[1].nat} alone breaks 300. 2 parts could not be looked at."
    )
    assert f"{C} eu-west-1, us-east-1: AccessDenied; needs sts:AssumeRole" in said
    assert f"{B} us-east-1: TooManyRequestsException: Rate exceeded (lambda:ListFunctions)" in said
    assert "open-sesame" not in ran.stdout + ran.stderr


def test_what_was_finished_before_a_kill_is_not_repeated_and_nothing_is_lost(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Killed while one account hangs, started again: the same answer as without a kill."""
    organization, state = world[0], tmp_path / "state"
    gate = organization.held[B, "lambda:ListFunctions"] = threading.Event()
    process = subprocess.Popen(
        [sys.executable, "-m", "probe.cli", *words(state, f"{A},{B}")],
        cwd=ROOT,
        env={**os.environ, **org.environment(organization)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = [process.stderr.readline() for _ in range(2)]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    gate.set()
    del organization.held[B, "lambda:ListFunctions"]
    assert sorted(line.split()[3] for line in told) == [A, A]
    organization.asked.clear()

    again = _document(ran_in(organization, *words(state, f"{A},{B}")))

    assert organization.calls(A) == 0
    assert organization.calls(B, "eu-west-1", "lambda:ListFunctions") == 1
    assert not state.exists()
    whole = _document(ran_in(organization, *words(state, f"{A},{B}")))
    assert again == whole


def _document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_an_organisation_is_all_its_active_accounts(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Those that were closed are not asked."""
    listed = [
        {"Id": B, "Status": "ACTIVE", "Name": "b"},
        {"Id": "200000000009", "Status": "SUSPENDED", "Name": "closed"},
    ]
    answer = {"organizations:ListAccounts": lambda _, call: wire.write(call, {"Accounts": listed})}
    line = ["--organization", "--role-name", ROLE, "--external-id", WORD, "--regions", "eu-west-1"]
    with mock.patch.dict(world[0].answers, answer):
        ran = ran_in(world[0], "audit", *line, "--state", str(tmp_path / "s"))

    assert {one["account"] for one in _document(ran)["placements"]} == {B}
    assert world[0].calls("200000000009") == 0


def test_an_answer_that_could_not_be_written_is_not_asked_for_again(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """The disk was full, or the folder not there: what was read is kept for the next try."""
    line = ["--regions", "eu-west-1", "--state", str(tmp_path / "s")]

    lost = ran_in(world[0], "audit", *line, "-o", str(tmp_path / "nowhere" / "fleet.json"))
    world[0].asked.clear()
    found = ran_in(world[0], "audit", *line)

    assert (lost.returncode, found.returncode) == (2, 0)
    assert world[0].calls(HOME, "eu-west-1", "lambda:ListFunctions") == 0
    assert not (tmp_path / "s").exists()


def test_ones_own_account_needs_no_role(
    world: tuple[Organization, org.Built], tmp_path: Path
) -> None:
    """Nothing is taken on where nobody asks for it; and a page has its ending as its form."""
    page = tmp_path / "fleet.html"
    world[0].asked.clear()
    line = ["--regions", "eu-west-1", "--state", str(tmp_path / "s"), "-o", str(page)]

    ran = ran_in(world[0], "audit", *line)

    assert (ran.returncode, ran.stdout) == (0, "")
    assert page.read_text().startswith("<!doctype html>")
    assert world[0].calls(HOME, "", "sts:AssumeRole") == 0
    assert world[0].calls(HOME, "eu-west-1", "lambda:ListFunctions") == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--accounts", A], "Other accounts need --role-name"),
        (["--accounts", "12", "--role-name", "r"], "'12' must be an account's number"),
        (["--organization", "--accounts", A, "--role-name", "r"], "exclude each other"),
        (["--state", "/nowhere/at/all"], "--state /nowhere/at/all: No such file or directory"),
    ],
)
def test_bad_usage_is_one_sentence(
    world: tuple[Organization, org.Built], more: list[str], sentence: str
) -> None:
    """It names the flag and what it takes."""
    ran = ran_in(world[0], "audit", "--regions", "eu-west-1", *more)

    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert sentence in ran.stderr
