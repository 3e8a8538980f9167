"""The probe never locks the application out of its database: the proof, on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks import sandbox


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """Let it happen once."""
    told: dict[str, Any] = sandbox.run("tests.checks.databases.lockout", seconds=240)
    return told


@pytest.mark.parametrize(
    "when",
    [
        "at first",
        "after 1000 probes",
        "after 50 tcp checks",
        "after 60 probes for another engine",
        "after 50 probes of a server that requires TLS",
    ],
)
def test_the_application_can_still_log_in(story: dict[str, Any], when: str) -> None:
    """From the probe's own address, however often the probe was there before."""
    assert story[when] == "works"


def test_every_one_of_the_thousand_probes_reached_the_database(story: dict[str, Any]) -> None:
    """The proof is of probes that met the server, not of ones that missed it."""
    assert story["probes that passed"] == 1000
    assert story["while TLS is required"] == "pass"


def test_a_probe_for_another_engine_says_that_it_is_the_wrong_one(story: dict[str, Any]) -> None:
    """The greeting was heard, and the server was left as MySQL likes to be left."""
    assert story["what 60 probes for another engine saw"] == ["unexpected_answer"]


def test_bare_connections_would_have_locked_it_out(story: dict[str, Any]) -> None:
    """The same server does block a client that only connects, so the proof proves something."""
    assert "1129" in story["after 12 bare connections"]
    assert "many connection errors" in story["after 12 bare connections"]


def test_a_blocked_client_is_told_as_one(story: dict[str, Any]) -> None:
    """Where somebody else has got the address blocked, the probe says so."""
    assert story["the probe of a blocked client"] == ["client_blocked", 1129]
