"""What a list of domains does to a connection, and what packets say against it."""

from __future__ import annotations

from typing import Any

import pytest

from probe import walks
from probe.causes.disagreement import CLOSED_BUT_ARRIVES, OPEN_BUT_LOST
from probe.causes.seen import Seen
from probe.model import Blocker, Stage, Undetermined
from probe.settings import parse
from tests.causes.build import blocked, evidence, findings, path, possible, proven, saw

ARN = "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/out"
CODE = "firewall-rule-blocks"
RULE = f"domain list {ARN}"


def listed(action: str | None = "drops", speaks: str | None = "tls", **more: Any) -> Blocker:
    """Return a list that stops what is said first."""
    facts = {"opens": True, "rule": RULE, "speaks": speaks, "action": action}
    return blocked(CODE, ARN, **{**facts, **more})


@pytest.mark.parametrize(
    ("failed", "blocker"),
    [
        ("tls timeout", listed()),
        ("tls reset", listed("rejects")),
        ("tls closed", listed("rejects")),
        ("exchange timeout", listed(speaks="http")),
        ("exchange timeout", listed(speaks=None)),
    ],
)
def test_a_list_is_proven_by_what_it_does(failed: str, blocker: Blocker) -> None:
    """The connection opened, and what named the host was lost."""
    o = saw("http", failed)

    assert proven(evidence(o, paths=[path(o, blocker)])) == [CODE]


@pytest.mark.parametrize("failed", ["tls reset", "tls closed"])
def test_another_end_than_the_list_would_make_fits_badly(failed: str) -> None:
    """A list that drops resets nothing."""
    o = saw("http", failed)
    found = evidence(o, paths=[path(o, listed())])

    assert proven(found) == []
    assert CODE in possible(found)


@pytest.mark.parametrize(
    "failed", [None, "tls tls_untrusted", "tls not_tls", "exchange timeout", "exchange http_status"]
)
def test_an_answer_to_the_greeting_contradicts_the_list(failed: str | None) -> None:
    """It arrived, whatever became of the rest."""
    o = saw("http", failed)
    found = evidence(o, paths=[path(o, listed())])

    assert CODE not in {f.code for f in findings(found)}
    assert CLOSED_BUT_ARRIVES in proven(found)


@pytest.mark.parametrize("doubt", [False, True])
def test_silence_on_connecting_is_never_a_lists_doing(*, doubt: bool) -> None:
    """The way is open as far as packets came; the list is told as what the configuration says."""
    o = saw("http", "connect timeout")
    perhaps = listed(None, partial=True, supposing="it applies")
    gap = [Undetermined(RULE, "it looks into what packets carry")] if doubt else []
    walked = path(o, perhaps if doubt else listed(), unread=gap)
    found = findings(evidence(o, paths=[walked]))

    assert [f.code for f in found if o.label in f.explains] == [OPEN_BUT_LOST]


@pytest.mark.parametrize("failed", ["tls timeout", "tls reset", None])
def test_a_way_that_a_list_cuts_is_open_to_what_never_came_so_far_alone(
    failed: str | None,
) -> None:
    """Who came as far has met it."""
    o = saw("http", failed)

    assert not Seen(evidence(o, paths=[path(o, listed())])).is_open(o.label)


def test_what_else_is_open_leaves_silence_open_too() -> None:
    """Only the list is no reason for it."""
    o = saw("http", "connect timeout")
    unread = Undetermined("network ACLs", "AccessDenied", "ec2:DescribeNetworkAcls")
    found = evidence(o, paths=[path(o, listed(), unread=[unread])])

    assert OPEN_BUT_LOST not in {f.code for f in findings(found)}


def test_a_list_that_may_apply_is_possible_and_named() -> None:
    """With the command that shows it."""
    o = saw("http", "tls timeout")
    walked = path(
        o,
        listed(None, partial=True, supposing="it applies"),
        unread=[Undetermined(RULE, "it looks into what packets carry")],
    )
    found = evidence(o, paths=[walked])
    first = findings(found)[0]

    assert proven(found) == []
    assert (first.code, first.component) == (CODE, ARN)
    assert first.confirm == f"aws network-firewall describe-rule-group --rule-group-arn {ARN}"


AWS = {"AWS_REGION": "eu-west-1"}
TARGETS: list[tuple[dict[str, Any], str | None]] = [
    ({"check": "http", "url": "https://api.example.com/"}, "tls"),
    ({"check": "http", "url": "http://api.example.com/"}, "http"),
    ({"check": "aws", "service": "sts"}, "tls"),
    ({"check": "logs"}, "tls"),
    ({"check": "dynamodb"}, "tls"),
    ({"check": "tcp", "host": "api.example.com", "port": 443}, "nothing"),
    ({"check": "tcp", "host": "db.example.com", "port": 3306}, "nothing"),
    ({"check": "tcp", "host": "api.example.com", "port": 443, "tls": True}, "tls"),
    ({"check": "cache", "host": "cache.example.com", "tls": True}, "tls"),
    ({"check": "cache", "host": "cache.example.com"}, None),
    ({"check": "rds", "host": "db.example.com", "port": 5432, "engine": "postgres"}, None),
]


@pytest.mark.parametrize(("asked", "speaks"), TARGETS)
def test_what_a_check_says_first(asked: dict[str, Any], speaks: str | None) -> None:
    """Before it is made, by what it is."""
    (target,) = parse({"targets": [asked]}, AWS).targets

    assert walks.planned(target).speaks == speaks


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_before_a_proxy_something_else_is_said_first(scheme: str) -> None:
    """The target's name stands in what the proxy is asked for, not in a greeting."""
    asked = {"check": "http", "url": f"{scheme}://api.example.com/"}
    proxies = {f"{scheme}_proxy": "http://10.0.2.3:3128"}
    (target,) = parse({"targets": [asked]}, {**AWS, **proxies}).targets
    o = saw("http", "tls timeout", proxy="http://10.0.2.3:3128")

    assert target.proxy
    assert walks.planned(target).speaks is None
    assert walks.seen(o).speaks is None


def test_a_handshake_that_was_seen_was_begun() -> None:
    """Whatever the check is called."""
    assert walks.seen(saw("tcp", "tls timeout")).speaks == "tls"
    assert walks.seen(saw("tcp", "connect timeout")).speaks == "nothing"
    assert walks.seen(saw("rds", "exchange timeout")).speaks is None
    assert saw("tcp", "tls timeout").stage is Stage.TLS
