"""The state file of an audit: whole lines count, cut ones never were, others' are refused."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from probe.fleet.audit import Plan, run
from probe.fleet.ledger import Ledger, LedgerError
from probe.fleet.network import Found
from probe.fleet.placements import Grouped, Scope
from probe.fleet.results import Missing, Result
from probe.model import Status
from probe.network.values import ReadFailed
from tests.fleet.test_summary import NAT, spot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

PLAN = {"scopes": [["200000000001", "a-b-1"]], "targets": None, "role": None}
SPOT = spot(1, 3)
FOUND = Found(
    SPOT.scope,
    Grouped((SPOT,), outside=2, elsewhere=1),
    (Result(SPOT.id, Status.FAIL, (NAT,)),),
    (Missing("200000000001 a-b-1 vpc", "unusable", None, "x", 3),),
    calls=21,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a state file that is not there yet."""
    return tmp_path / "audit.state"


def finished(path: Path, plan: dict[str, Any] | None = None) -> list[Found]:
    """Read the file as the next run would."""
    return list(Ledger(path, plan or PLAN).finished())


def test_what_was_kept_is_read_again_as_it_was(path: Path) -> None:
    """Every part of it, in the order in which it was finished."""
    ledger = Ledger(path, PLAN)
    assert list(ledger.finished()) == []
    ledger.keep(FOUND)
    ledger.keep(FOUND)

    assert finished(path) == [FOUND, FOUND]


@pytest.mark.parametrize("cut", [1, 2, 40, 300])
def test_a_line_that_a_kill_cut_short_never_was(path: Path, cut: int) -> None:
    """And what is kept afterwards stands on a line of its own."""
    ledger = Ledger(path, PLAN)
    list(ledger.finished())
    ledger.keep(FOUND)
    ledger.keep(FOUND)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])

    again = Ledger(path, PLAN)
    assert list(again.finished()) == [FOUND]
    again.keep(FOUND)

    assert path.read_bytes() == whole


def test_a_file_whose_first_line_was_cut_is_begun_anew(path: Path) -> None:
    """Nothing was finished yet."""
    path.write_text('{"audit": {"sco')

    assert finished(path) == []
    Ledger(path, PLAN).keep(FOUND)
    assert finished(path) == [FOUND]


def test_the_state_of_another_audit_is_refused_and_left_as_it_is(path: Path) -> None:
    """Other accounts' results must not come into this one's answer."""
    list(Ledger(path, PLAN).finished())
    before = path.read_bytes()

    with pytest.raises(LedgerError, match="is the state of another audit"):
        finished(path, {**PLAN, "targets": [{"check": "logs"}]})

    assert path.read_bytes() == before


def test_a_file_that_is_something_else_is_refused_and_left_as_it_is(path: Path) -> None:
    """A mistyped --state must not cost a file."""
    path.write_text("a shopping list\n")

    with pytest.raises(LedgerError, match="is no state file of an audit"):
        finished(path)

    assert path.read_text() == "a shopping list\n"


def test_only_its_owner_may_read_it(path: Path) -> None:
    """It names functions and networks of whole accounts."""
    finished(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_failed_is_tried_again_and_what_was_finished_is_not(path: Path) -> None:
    """An account that denied yesterday may lend its role today."""
    good, bad = Scope("200000000001", "a-b-1"), Scope("200000000002", "a-b-1")
    plan = Plan((good, bad))
    asked: list[Scope] = []

    class Reader:
        def __init__(self, scope: Scope) -> None:
            self.scope = scope

        def __call__(self, service: str, operation: str, **_: Any) -> Mapping[str, Any]:
            asked.append(self.scope)
            if self.scope == bad:
                raise ReadFailed("AccessDenied", f"{service}:{operation}")
            return {"Functions": []}

    first = run(plan, Reader, Ledger(path, plan.to_json()), lambda _: None)
    assert sorted(asked) == [good, bad]
    asked.clear()
    again = run(plan, Reader, Ledger(path, plan.to_json()), lambda _: None)

    assert asked == [bad]
    assert [str(one) for one in first.missing] == [str(one) for one in again.missing]


def test_a_mistake_of_ours_in_one_account_costs_no_other(path: Path) -> None:
    """It is a line of the answer, and the others stand."""
    plan = Plan((Scope("200000000001", "a-b-1"), Scope("200000000002", "a-b-1")))

    def reader(scope: Scope) -> Any:
        def read(*_: str, **__: Any) -> Mapping[str, Any]:
            if scope.account.endswith("1"):
                raise KeyError("oops")
            return {"Functions": []}

        return read

    fleet = run(plan, reader, Ledger(path, plan.to_json()), lambda _: None)

    (missing,) = fleet.missing
    assert str(missing) == (
        "200000000001 a-b-1: a mistake in lambda-probe itself, KeyError: 'oops'"
    )
