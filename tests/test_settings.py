"""The event's contract: what is accepted, and one clear sentence for what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.checks import CHECKS
from probe.settings import SettingsError, parse

AROUND = {"AWS_REGION": "eu-west-1"}
MISTAKES = json.loads(Path(__file__).with_name("mistakes.json").read_text())
TCP = {"check": "tcp", "host": "cache.example.internal", "port": 6379}


def test_the_event_of_the_contract_is_understood() -> None:
    """The example of the documentation gives one target for each of its entries."""
    event = {
        "targets": [
            {"check": "http", "url": "https://checkip.amazonaws.com"},
            {"check": "dynamodb", "table": "orders"},
            {"check": "rds", "host": "db.example.internal", "port": 5432, "engine": "postgres"},
            {"check": "logs"},
            TCP,
            {"check": "dns", "name": "db.example.internal"},
            {"check": "aws", "service": "secretsmanager"},
        ],
        "timeout_s": 3,
        "repeat": 1,
    }
    found = parse(event, AROUND)

    assert [(t.check, t.label, t.host, t.port) for t in found.targets] == [
        ("http", "https://checkip.amazonaws.com/", "checkip.amazonaws.com", 443),
        ("dynamodb", "orders", "dynamodb.eu-west-1.amazonaws.com", 443),
        ("rds", "db.example.internal:5432", "db.example.internal", 5432),
        ("logs", "logs", "logs.eu-west-1.amazonaws.com", 443),
        ("tcp", "cache.example.internal:6379", "cache.example.internal", 6379),
        ("dns", "db.example.internal", "db.example.internal", None),
        ("aws", "secretsmanager", "secretsmanager.eu-west-1.amazonaws.com", 443),
    ]
    assert (found.timeout_s, found.repeat, found.region) == (3.0, 1, "eu-west-1")
    assert [t.service for t in found.targets if t.service] == ["dynamodb", "logs", "secretsmanager"]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "version": "0"},
        {"source": "aws.scheduler", "detail-type": "Scheduled Event", "region": "us-east-1"},
        {"timeout_s": 7},
    ],
)
def test_without_targets_the_environment_has_them(event: dict[str, Any]) -> None:
    """An empty event, a schedule's and one without targets mean the function's own targets."""
    around = {
        **AROUND,
        "PROBE_TARGETS": json.dumps([TCP]),
        "PROBE_TIMEOUT_S": "1.5",
        "PROBE_REPEAT": "4",
    }
    found = parse(event, around)

    assert [t.label for t in found.targets] == ["cache.example.internal:6379"]
    assert found.timeout_s == event.get("timeout_s", 1.5)
    assert found.repeat == 4
    assert found.region == "eu-west-1"


def wrong(event: object, around: dict[str, str] | None = None) -> str:
    """Give the sentence that an event is refused with."""
    with pytest.raises(SettingsError) as raised:
        parse(event, AROUND if around is None else around)
    sentence = str(raised.value)
    assert "\n" not in sentence
    assert sentence.isprintable()
    assert len(sentence) < 600
    return sentence


def one(**target: Any) -> dict[str, Any]:
    """Make an event of one target."""
    return {"targets": [target]}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["sentence"][:60])
def test_a_mistake_is_one_sentence_that_names_the_key(mistake: dict[str, Any]) -> None:
    """The sentence names the path of the key and what is accepted there."""
    assert wrong(mistake["event"]) == mistake["sentence"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, -0.0])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    """What Python calls a number and JSON does not is refused in one sentence too."""
    assert wrong({"targets": [TCP], "timeout_s": number}).startswith("timeout_s must be a number")


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///path",
        "https://[::1",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://a..b/",
        "https://\ud800.example/",
        "http://10.0.0.1:80:80/",
        "https://exam\tple.com/",
    ],
)
def test_a_url_that_no_request_could_be_made_of_is_refused(url: str) -> None:
    """What requests could not send is refused before anything is sent."""
    assert wrong(one(check="http", url=url)).startswith("targets[0].url must be the URL")


@pytest.mark.parametrize(
    ("url", "label", "host", "port"),
    [
        (
            "https://user:CANARY@example.com/a?b=CANARY#CANARY",
            "https://example.com/a",
            "example.com",
            443,
        ),
        ("http://EXAMPLE.com:8080", "http://example.com:8080/", "example.com", 8080),
        ("HTTPS://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x", "2001:db8::1", 8443),
        (
            "http://b\u00fccher.example/",
            "http://xn--bcher-kva.example/",
            "xn--bcher-kva.example",
            80,
        ),
        # Two readers could disagree on these; what is dialled is what requests reads.
        ("https://a.example\\@b.example/", "https://a.example/%5C@b.example/", "a.example", 443),
        ("http://%31%32%37.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80),
        ("http://127.0.0.1%2f@x.example/", "http://x.example/", "x.example", 80),
    ],
)
def test_a_url_is_shown_without_user_info_and_query(
    url: str, label: str, host: str, port: int
) -> None:
    """What people see of a URL holds no secret; what is dialled is what requests would dial."""
    (target,) = parse(one(check="http", url=url), {}).targets

    assert (target.label, target.host, target.port) == (label, host, port)
    assert "CANARY" not in repr(target)


@pytest.mark.parametrize(
    ("around", "sentence"),
    [
        ({}, "targets is missing, and so is PROBE_TARGETS in the environment"),
        ({"PROBE_TARGETS": "[CANARY"}, "PROBE_TARGETS is not JSON"),
        ({"PROBE_TARGETS": "{}"}, "PROBE_TARGETS must be a list of targets, not an object."),
        ({"PROBE_TARGETS": "[]"}, "PROBE_TARGETS must hold at least one target"),
        ({"PROBE_TARGETS": '[{"check": "dns"}]'}, "PROBE_TARGETS[0].name is missing"),
        ({"PROBE_TARGETS": "[" * 100_000}, "PROBE_TARGETS is not JSON"),
        ({"PROBE_TIMEOUT_S": "CANARY"}, "PROBE_TIMEOUT_S must be a number from 0.05 to 60"),
        ({"PROBE_REPEAT": "0"}, "PROBE_REPEAT must be a whole number from 1 to 20, not 0."),
        ({"AWS_REGION": "CANARY"}, "AWS_REGION must be an AWS Region"),
    ],
)
def test_a_bad_environment_is_named_by_its_variable(around: dict[str, str], sentence: str) -> None:
    """The variable is named, its value is not shown."""
    shown = wrong({}, around)

    assert shown.startswith(sentence)
    assert "CANARY" not in shown


def test_a_target_without_a_region_says_where_one_can_come_from() -> None:
    """An AWS check needs a Region: the target's, the event's, or the environment's."""
    assert "AWS_REGION" in wrong(one(check="logs"), {})
    for event in (
        {**one(check="logs"), "region": "us-east-1"},
        one(check="logs", region="us-east-1"),
    ):
        assert parse(event, {}).targets[0].host == "logs.us-east-1.amazonaws.com"


def test_a_zone_for_a_region_is_told_as_that() -> None:
    """A mistake that many make; the value itself is not repeated."""
    with pytest.raises(SettingsError, match="not one of its zones: leave out the letter"):
        parse(one(check="aws", service="sqs", region="eu-west-1a"), {})


def test_targets_that_would_be_shown_alike_are_told_apart() -> None:
    """What is found of one is said of it by its label."""
    dynamodb = {"check": "dynamodb"}
    twice = {"check": "tcp", "host": "db.internal", "port": 5432}
    targets = [
        dynamodb,
        {**dynamodb, "region": "us-east-1"},
        {**dynamodb, "table": "orders", "region": "us-east-1"},
        {"check": "logs", "region": "us-east-1"},
        twice,
        twice,
    ]

    found = parse({"targets": targets, "region": "eu-west-1"}, {}).targets

    assert [target.label for target in found] == [
        "dynamodb",
        "dynamodb us-east-1",
        "orders us-east-1",
        "logs us-east-1",
        "db.internal:5432",
        "db.internal:5432 (2)",
    ]


def test_an_unknown_service_is_named_with_what_comes_near() -> None:
    """A service that botocore does not know is a mistake in the event."""
    assert wrong(one(check="aws", service="secretmanager")).startswith("targets[0].service: ")
    assert "secretsmanager" in wrong(one(check="aws", service="secretmanager"))


@pytest.mark.parametrize(
    ("limit", "event", "words"),
    [
        ({"PROBE_MAX_TARGETS": "2"}, {"targets": [TCP] * 3}, "3 targets; at most 2"),
        ({"PROBE_MAX_REPEAT": "2"}, {"targets": [TCP], "repeat": 3}, "from 1 to 2, not 3"),
        (
            {"PROBE_MAX_PORTS": "2"},
            {"targets": [{**TCP, "port": port} for port in (1, 2, 3)]},
            "3 ports; at most 2",
        ),
        ({}, {"targets": [TCP] * 1001}, "1001 targets; at most 1000"),
    ],
)
def test_the_environment_limits_what_an_event_may_ask(
    limit: dict[str, str], event: dict[str, Any], words: str
) -> None:
    """Targets, repetitions and ports are capped, so that nobody can scan with the probe."""
    assert words in wrong(event, limit)


def test_the_allow_list_comes_from_the_environment_only() -> None:
    """An event cannot widen what may be dialled."""
    found = parse(one(**TCP), {"PROBE_ALLOW": ".example.internal"})

    assert found.policy.refuses("a.example.internal", "10.0.0.1") is None
    assert found.policy.refuses("a.example.com", "10.0.0.1")
    assert found.policy.refuses("localhost", "127.0.0.1")
    assert wrong({**one(**TCP), "allow": "*"}).startswith("allow is not known")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_refuses_a_key_that_it_does_not_know(check: Any) -> None:
    """A misspelt key is an error, never a default in disguise."""
    sentence = wrong(one(check=check.name, adress="x"))

    assert sentence.startswith("targets[0].adress is not known; accepted here: check")


KEYS = sorted({key for check in CHECKS for key in check.keys} | {"check", "targets", "source"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
HOSTS = st.text(max_size=40) | st.sampled_from(["h", "10.0.0.1", "::1", "[::1]", "a" * 64, "."])
TARGETS = st.fixed_dictionaries(
    {"check": st.sampled_from([check.name for check in CHECKS])},
    optional={
        "host": HOSTS,
        "name": HOSTS,
        "port": st.integers(-1, 70000) | JSON,
        "url": HOSTS.map("http://{}".format) | HOSTS.map("https://u:p@{}/?q".format) | JSON,
        "engine": st.sampled_from(["mysql", "oracle"]) | JSON,
        "service": st.sampled_from(["s3", "nothing"]) | JSON,
        "region": st.sampled_from(["eu-west-1", "mars-1"]) | JSON,
        "table": JSON,
        "tls": JSON,
        "method": JSON,
        "expect_status": JSON,
    },
)


@settings(max_examples=500)
@given(st.fixed_dictionaries({"targets": st.lists(TARGETS | JSON, max_size=3)}) | JSON)
def test_no_event_whatsoever_raises_anything_but_a_settings_error(event: object) -> None:
    """An event is understood or refused in one sentence; there is no third way."""
    try:
        sentence = "" if parse(event, AROUND).targets else "no targets"
    except SettingsError as error:
        sentence = str(error)

    assert sentence.isprintable()
    assert sentence != "no targets"


def test_targets_and_repetitions_together_have_a_bound() -> None:
    """Whatever the template allows, one run makes no more connections than it can tell of."""
    targets = [{"check": "tcp", "host": "h", "port": 1}] * 1000

    assert parse({"targets": targets, "repeat": 10}, {}).repeat == 10
    with pytest.raises(SettingsError, match="at most 10000 connections"):
        parse({"targets": targets, "repeat": 11}, {})
