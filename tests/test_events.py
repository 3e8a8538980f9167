"""The events in `events/` are documentation, input for `sam local invoke`, and tests."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from probe.checks import CHECKS
from probe.connection.resolve import Answer
from probe.model import Failure, Status
from probe.runner import run
from probe.settings import parse

EVENTS = sorted((Path(__file__).parents[1] / "events").glob("*.json"))
AROUND = {
    "AWS_REGION": "eu-west-1",
    "PROBE_TARGETS": '[{"check": "tcp", "host": "db.example.internal", "port": 5432}]',
}


def nowhere(_: str, __: float) -> Answer:
    """Resolve every name to nothing, so that no event leaves this machine."""
    return Answer((), 0.1, Failure.NAME_NOT_FOUND)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_each_event_is_parsed_and_run(path: Path) -> None:
    """Every event gives one observation for each of its targets."""
    # Only addresses of this sandbox's own could be dialled; the list admits none at all.
    around = {**AROUND, "PROBE_ALLOW": "example.internal, example.com, amazonaws.com"}
    settings = parse(json.loads(path.read_text()), around)
    found = run(settings, deadline=time.monotonic() + 10, look=nowhere)

    assert [o.target for o in found] == [t.label for t in settings.targets]
    assert {o.status for o in found} == {Status.FAIL}
    assert {o.failure for o in found} <= {Failure.NAME_NOT_FOUND, Failure.FORBIDDEN_TARGET}


def test_there_is_an_event_for_every_check() -> None:
    """Whoever adds a check shows how it is asked for, alone and beside the others."""
    names = {path.stem for path in EVENTS}
    everything = json.loads((EVENTS[0].parent / "everything.json").read_text())

    assert {check.name for check in CHECKS} <= names
    assert [t["check"] for t in everything["targets"]] == [check.name for check in CHECKS]
