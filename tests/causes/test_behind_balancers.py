"""What becomes of a connection to a load balancer that does not reach its targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.causes.disagreement import CLOSED_BUT_ARRIVES
from probe.model import Stage
from tests.causes.build import blocked, evidence, findings, one, path, possible, proven, saw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.model import Blocker, Finding

LEG = (
    "nacl-blocks-request",
    "nacl-blocks-return",
    "load-balancer-security-group-blocks",
    "load-balancer-target-security-group-blocks",
    "load-balancer-no-healthy-target",
)
OVER_HTTP = {"listener": "HTTP", "opens": True, "speaks": "http", "statuses": (502, 503, 504)}


def behind(code: str, listener: str = "HTTP") -> Blocker:
    """Return a closed place between a load balancer and its targets."""
    facts: dict[str, Any] = OVER_HTTP if listener == "HTTP" else {"listener": listener}
    return blocked(code, "acl-lb", **facts)


def explaining(found: Iterable[Finding], label: str) -> list[str]:
    """Name what explains an observation."""
    return [finding.code for finding in found if label in finding.explains]


@pytest.mark.parametrize("code", LEG)
@pytest.mark.parametrize("failed", ["timeout", "closed", "reset"])
def test_a_connection_that_opens_and_is_silent_is_stopped_behind_it(code: str, failed: str) -> None:
    """That it opened proves the way to an Application Load Balancer, and not the way on."""
    o = saw("http", f"exchange {failed}")

    assert proven(evidence(o, paths=[path(o, behind(code))])) == [code]


@pytest.mark.parametrize("code", LEG)
@pytest.mark.parametrize("status", [502, 503, 504])
def test_its_own_answer_speaks_of_its_targets(code: str, status: int) -> None:
    """It answers so where a target does not."""
    o = saw("http", "exchange http_status", http_status=status)

    assert one(evidence(o, paths=[path(o, behind(code))]), code).explains == (o.label,)
    assert code in proven(evidence(o, paths=[path(o, behind(code))]))


@pytest.mark.parametrize("code", LEG)
def test_another_answer_does_not(code: str) -> None:
    """A rule of the listener may have given it, or another target group."""
    o = saw("http", "exchange http_status", http_status=404)
    found = evidence(o, paths=[path(o, behind(code))])

    assert code not in proven(found)
    assert CLOSED_BUT_ARRIVES not in proven(found)
    assert code in possible(found)


@pytest.mark.parametrize("code", LEG)
def test_an_answer_that_was_wanted_contradicts_it(code: str) -> None:
    """Some target was reached."""
    o = saw("http")

    assert proven(evidence(o, paths=[path(o, behind(code))])) == [CLOSED_BUT_ARRIVES]


@pytest.mark.parametrize("code", LEG)
def test_no_connection_is_not_stopped_behind_it(code: str) -> None:
    """The load balancer itself would have taken it."""
    o = saw("http", "connect timeout")
    found = findings(evidence(o, paths=[path(o, behind(code))]))

    assert code not in explaining(found, o.label)


@pytest.mark.parametrize("code", LEG)
def test_a_mere_connection_does_not_contradict_it(code: str) -> None:
    """A check that asks nothing sees the load balancer and no more."""
    o = replace(saw("tcp"), stage=Stage.CONNECT)
    found = evidence(o, paths=[path(o, behind(code))])

    assert CLOSED_BUT_ARRIVES not in proven(found)
    assert one(found, code).explains == ()


@pytest.mark.parametrize("code", ["nacl-blocks-request", "nacl-blocks-return"])
def test_a_network_load_balancer_hands_the_connection_on(code: str) -> None:
    """None opens over TCP; one that does has reached a target."""
    silent, opened = saw("tcp", "connect timeout"), saw("tcp", "exchange timeout")

    assert proven(evidence(silent, paths=[path(silent, behind(code, "TCP"))])) == [code]
    assert CLOSED_BUT_ARRIVES in proven(evidence(opened, paths=[path(opened, behind(code, "TCP"))]))


@pytest.mark.parametrize("failed", ["connect timeout", "tls timeout", "exchange closed"])
def test_a_listener_for_tls_may_open_before_a_target_answers(failed: str) -> None:
    """AWS does not say, so neither end speaks against it."""
    o, code = saw("http", failed), "nacl-blocks-return"

    assert proven(evidence(o, paths=[path(o, behind(code, "TLS"))])) == [code]
