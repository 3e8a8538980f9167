"""The control: the public targets, tried from outside the VPC."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe import control, settings
from probe.checks._api import Ask
from probe.investigation import FunctionError, investigate
from probe.model import (
    Stage,
    Status,
)
from tests.test_investigation import EVENT, Account, world

if TYPE_CHECKING:
    from collections.abc import Mapping


PRIVATE = (
    {"check": "tcp", "host": "10.0.3.10", "port": 5432},
    {"check": "tcp", "host": "fd00::1", "port": 5432},
    {"check": "tcp", "host": "localhost", "port": 5432},
    {"check": "dns", "name": "localhost"},
)


@pytest.mark.parametrize("target", PRIVATE, ids=str)
def test_the_control_sends_nothing_to_private_addresses(target: Mapping[str, Any]) -> None:
    """They mean something else in every network: there is no observation of them from here."""
    wanted = settings.parse({"targets": [target]}, {}, allow_loopback=True)

    assert control.look(wanted, deadline=float("inf")) == ()


def test_the_control_signs_nothing() -> None:
    """What the caller's own role may do says nothing of the function's; the label stays."""
    event = {"targets": [{"check": "dynamodb", "table": "orders"}], "region": "eu-west-1"}
    (target,) = settings.parse(event, {}).targets
    bare = control.unsigned(target)

    assert isinstance(target.exchange, Ask)
    assert target.exchange.call is not None
    assert bare == replace(target, exchange=replace(target.exchange, call=None))


def test_a_function_that_answers_something_else_is_no_probe() -> None:
    """Its answer is not taken for a report with everything missing."""
    with pytest.raises(FunctionError, match="fn is no probe, or another version of it: its answer"):
        investigate("fn", EVENT, world(Account("subnet-open"), lambda *_: {"statusCode": 200}))


def test_the_control_tells_of_a_name_that_is_nowhere() -> None:
    """A name that does not exist from here either says something about the name."""
    wanted = settings.parse({"targets": [{"check": "dns", "name": "no.such.invalid"}]}, {})
    (seen,) = control.look(wanted, deadline=float("inf"))

    assert (seen.status, seen.stage) == (Status.FAIL, Stage.RESOLVE)
