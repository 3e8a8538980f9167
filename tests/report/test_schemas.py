"""The published schemas say what the program accepts: no more keys, no fewer, no other bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.checks import CHECKS
from probe.report import schemas
from probe.settings import SettingsError, parse
from tests.report.validation import problems

AROUND = {"AWS_REGION": "eu-west-1", "PROBE_MAX_REPEAT": "1000", "PROBE_MAX_PORTS": "1000"}
TARGETS = schemas.load("event")["$defs"]["target"]["oneOf"]

VALUES = st.one_of(
    st.sampled_from(
        (
            "h",
            "db.example.internal",
            "[::1]",
            "10.0.0.1",
            " h ",
            "a b",
            "h/p",
            "u@h",
            "http://h",
            "",
        )
    ),
    st.sampled_from(("https://h.example/x", "HTTP://h", "ftp://h", "GET", "POST", "HEAD")),
    st.sampled_from(("postgres", "oracle-se2", "db2", "orders", "t!", "eu-west-1", "Europe", "s3")),
    st.sampled_from(("sqs", "ListQueues", "ListBuckets", "Weather", "secretsmanager", "nothing")),
    st.sampled_from((-1, 0, 1, 99, 100, 599, 600, 1433, 5432, 65535, 65536, 0.5, 5432.5)),
    st.sampled_from((True, False, None, [], [200], [200, 404], [99], {}, ["x"])),
)
KEYS = sorted({key for check in CHECKS for key in check.keys} | {"password"})


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a target with mostly its own keys, and values that may be of another key."""
    check = draw(st.sampled_from(CHECKS))
    keys = draw(st.lists(st.sampled_from(check.keys), unique=True))
    keys += draw(st.lists(st.sampled_from(KEYS), max_size=1)) if draw(st.booleans()) else []
    return {"check": check.name} | {key: draw(VALUES) for key in keys}


EVENTS = st.fixed_dictionaries(
    {"targets": st.lists(targets(), max_size=2) | VALUES},
    optional={"timeout_s": VALUES, "repeat": VALUES, "region": VALUES, "tls": VALUES},
)


def accepts(event: dict[str, Any]) -> bool:
    """Whether the program takes the event."""
    try:
        parse(event, AROUND)
    except SettingsError:
        return False
    return True


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS)
def test_the_schema_accepts_whatever_the_program_accepts(event: dict[str, Any]) -> None:
    """Nobody who validates an event first is kept from one that would work."""
    assert not accepts(event) or problems("event", event) == []


GOOD = (
    {"check": "http", "url": "https://h.example/x", "method": "HEAD", "expect_status": [200, 404]},
    {"check": "http", "url": "http://h.example:8080/", "expect_status": 204},
    {"check": "dynamodb"},
    {"check": "dynamodb", "table": "orders", "region": "us-east-1"},
    {"check": "rds", "host": "db.internal", "engine": "aurora-mysql"},
    {"check": "rds", "host": "db.internal", "port": 1521},
    {"check": "logs", "signed": True},
    {"check": "tcp", "host": "::1", "port": 65535, "tls": True},
    {"check": "dns", "name": "db.internal"},
    {"check": "aws", "service": "sqs", "action": "ListQueues"},
    {"check": "cache", "host": "10.0.0.1"},
)


@pytest.mark.parametrize("target", GOOD, ids=str)
def test_both_accept(target: dict[str, Any]) -> None:
    """Every check in a form that works."""
    assert accepts({"targets": [target]})
    assert problems("event", {"targets": [target]}) == []


@pytest.mark.parametrize("target", GOOD, ids=str)
def test_neither_accepts_an_unknown_key(target: dict[str, Any]) -> None:
    """The same, with a key that nobody knows."""
    event = {"targets": [target | {"weather": 1}]}

    assert not accepts(event)
    assert problems("event", event) != []


@pytest.mark.parametrize(
    "event",
    [
        {"targets": []},
        {"targets": {}},
        {"targets": [7]},
        {"targets": [{}]},
        {"targets": [{"check": "htpt", "url": "https://h"}]},
        {"targets": [{"check": "http"}]},
        {"targets": [{"check": "http", "url": "ftp://h"}]},
        {"targets": [{"check": "http", "url": "https://h", "method": "POST"}]},
        {"targets": [{"check": "http", "url": "https://h", "expect_status": 600}]},
        {"targets": [{"check": "http", "url": "https://h", "expect_status": []}]},
        {"targets": [{"check": "tcp", "host": "h"}]},
        {"targets": [{"check": "tcp", "host": "h", "port": 0}]},
        {"targets": [{"check": "tcp", "host": "h", "port": 65536}]},
        {"targets": [{"check": "tcp", "host": "h", "port": "443"}]},
        {"targets": [{"check": "tcp", "host": "h", "port": True}]},
        {"targets": [{"check": "tcp", "host": "h:1", "port": 1, "tls": "yes"}]},
        {"targets": [{"check": "rds", "host": "h"}]},
        {"targets": [{"check": "rds", "host": "h", "port": 99}]},
        {"targets": [{"check": "rds", "host": "h", "engine": "db2"}]},
        {"targets": [{"check": "dns", "name": ""}]},
        {"targets": [{"check": "aws", "service": "S3"}]},
        {"targets": [{"check": "aws", "service": "s3", "action": "DeleteBucket"}]},
        {"targets": [GOOD[0]], "timeout_s": 0},
        {"targets": [GOOD[0]], "timeout_s": 61},
        {"targets": [GOOD[0]], "repeat": 0},
        {"targets": [GOOD[0]], "region": "Europe"},
        {"target": [GOOD[0]]},
    ],
    ids=str,
)
def test_neither_accepts(event: dict[str, Any]) -> None:
    """What the program refuses for its form, the schema refuses as well."""
    assert not accepts(event)
    assert problems("event", event) != []


@pytest.mark.parametrize("source", ["aws.events", "aws.scheduler"])
def test_a_schedule_needs_no_targets(source: str) -> None:
    """Its event is accepted as it comes, and means the targets of the environment."""
    event = {"version": "0", "source": source, "detail-type": "Scheduled Event", "detail": {}}
    targets = '[{"check": "dns", "name": "db.internal"}]'

    assert parse(event, {**AROUND, "PROBE_TARGETS": targets}).targets[0].host == "db.internal"
    assert problems("event", event) == problems("event", {}) == []


def test_every_check_and_every_key_is_in_the_schema() -> None:
    """In the order in which the program knows them."""
    described = {
        one["properties"]["check"]["const"]: tuple(one["properties"])[1:] for one in TARGETS
    }

    assert {check.name: set(check.keys) for check in CHECKS} == {
        name: set(keys) for name, keys in described.items()
    }
    assert [check.name for check in CHECKS] == list(described)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_one(name: str) -> None:
    """Each is valid by the draft that it names, and no other file lies beside them."""
    jsonschema.Draft202012Validator.check_schema(schemas.load(name))
    files = Path(str(schemas.__file__)).with_name("schema").iterdir()

    assert sorted(file.name for file in files) == [f"{name}.schema.json" for name in schemas.NAMES]
