"""The fault matrix, as `python -m tests.faults` prints it: every cell right, and nothing left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from probe.checks import CHECKS
from tests.faults.__main__ import Outcome, run_all
from tests.faults.case import WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    """Run the matrix once, with the environment put back after it."""
    before = dict(os.environ)
    yield run_all()
    os.environ.clear()
    os.environ.update(before)


def test_every_check_tells_every_fault_by_its_stage_and_failure(outcome: Outcome) -> None:
    """Silence, refusal, resets, drips, floods, other protocols, TLS, DNS, loss: each is itself."""
    assert outcome.wrong == []


def test_the_matrix_is_no_smaller_than_it_was(outcome: Outcome) -> None:
    """A table that lost its rows would be right about nothing."""
    assert len({one.fault for one in outcome.results}) >= 100
    assert len(outcome.results) >= 600
    assert {one.way for one in outcome.results} == set(WAYS)
    assert {str(way["check"]) for way in WAYS.values()} == {check.name for check in CHECKS}


def test_nothing_is_left_behind(outcome: Outcome) -> None:
    """Neither threads nor sockets outlive what made them."""
    assert outcome.threads_left == ()
    assert outcome.descriptors_left == 0


def test_no_server_makes_the_probe_hold_much(outcome: Outcome) -> None:
    """A hundred megabytes from each of a dozen servers leave the memory as it was."""
    assert outcome.grown_mb < 100
