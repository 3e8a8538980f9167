"""The checks of databases and caches, against the real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.checks import sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    World = Mapping[str, Any]


@pytest.fixture(scope="module")
def world() -> World:
    """Look at every server once."""
    found: World = sandbox.run("tests.checks.databases.world")
    return found


def outcome(world: World, name: str) -> tuple[str, str, str | None]:
    """Give status, stage and failure of one observation."""
    one = world["seen"][name]
    return one["status"], one["stage"], one["failure"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("postgres", ("pass", "exchange", None)),
        ("postgres as tcp", ("pass", "connect", None)),
        ("postgres as mysql", ("fail", "exchange", "timeout")),
        ("postgres as cache", ("fail", "exchange", "closed")),
        ("mariadb", ("pass", "exchange", None)),
        ("mariadb as postgres", ("fail", "exchange", "unexpected_answer")),
        ("mariadb as oracle", ("fail", "exchange", "unexpected_answer")),
        ("redis", ("pass", "exchange", None)),
        ("redis with a password", ("pass", "exchange", None)),
        ("redis as sqlserver", ("fail", "exchange", "timeout")),
        ("full postgres", ("fail", "exchange", "server_busy")),
        ("full mariadb", ("fail", "exchange", "server_busy")),
    ],
)
def test_each_server_is_proven_to_be_what_it_is(
    world: World, name: str, expected: tuple[str, str, str | None]
) -> None:
    """A database passes as itself and as nothing else, and says when it is full."""
    assert outcome(world, name) == expected, world["seen"][name]["detail"]


def test_postgres_shows_its_certificate_unverified(world: World) -> None:
    """TLS of a database is looked at, not judged, and its stage is timed on its own."""
    one = world["seen"]["postgres"]

    assert one["detail"]["certificate"]["subject"] == "CN=db.example.com"
    assert one["detail"]["certificate"]["issuer"] == "CN=Database CA"
    assert one["detail"]["certificate"]["verified"] is False
    assert one["detail"]["tls_offered"] is True
    assert {step["stage"] for step in one["steps"]} == {"connect", "tls", "exchange"}
    assert one["detail"]["passed"] == "3 of 3"


def test_a_server_that_is_full_says_so_in_its_own_words(world: World) -> None:
    """The server's code and words are in the detail."""
    postgres, mariadb = (
        world["seen"][name]["detail"] for name in ("full postgres", "full mariadb")
    )

    assert postgres["error_code"] == "53300"
    assert "too many clients" in postgres["message"]
    assert mariadb["error_code"] == 1040
    assert "Too many connections" in mariadb["message"]


def test_mariadb_denies_the_login_and_tells_its_version(world: World) -> None:
    """The login for nobody is answered with "access denied", or with "not from your address"."""
    detail = world["seen"]["mariadb"]["detail"]

    assert detail["login_error"] == 1045
    assert "MariaDB" in detail["server_version"]


def test_a_password_is_an_answer(world: World) -> None:
    """NOAUTH proves a server that is up and reached."""
    assert world["seen"]["redis"]["detail"]["message"] == "+PONG"
    assert world["seen"]["redis with a password"]["detail"]["message"].startswith("-NOAUTH")


def test_redis_without_tls_is_not_tls(world: World) -> None:
    """TLS on a plain port ends at the TLS stage."""
    status, stage, failure = outcome(world, "redis with tls")

    assert (status, stage) == ("fail", "tls")
    assert failure in ("timeout", "closed", "not_tls")


def test_probes_hold_no_connection_of_postgres(world: World) -> None:
    """Right after twenty of them all four connections that it has are the application's."""
    assert world["sessions"] == 4


def test_postgres_logs_nothing_of_the_probe(world: World) -> None:
    """Hanging up at the question for a password leaves no line in the log, and no error."""
    assert outcome(world, "postgres with passwords") == ("pass", "exchange", None)
    assert "pg_hba" not in world["log"]
    assert "FATAL" not in world["log"]
    assert "reset by peer" not in world["log"]
    assert "reloading configuration files" in world["log"]
