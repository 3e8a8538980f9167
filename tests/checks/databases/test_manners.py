"""A MySQL that is met by mistake is left as it likes to be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.settings import SettingsError, parse
from tests.checks.databases.test_fakes import error, mysql, target
from tests.checks.servers import answers, check, hangs, seen, serving

if TYPE_CHECKING:
    import socket


@pytest.mark.parametrize("engine", ["postgres", "sqlserver", "oracle"])
def test_a_greeting_is_heard_before_anything_is_said(engine: str) -> None:
    """The server gets a whole login, as from the right check, and not a word of another engine."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        mysql(error(1045))(Listening(connection, heard))  # type: ignore[arg-type]

    with serving(talk) as server:
        observation = check(target(engine, server.port))

    assert seen(observation) == ("fail", "exchange", "unexpected_answer")
    assert observation.detail["looks_like"] == "mysql"
    assert observation.detail["login_error"] == 1045
    assert bytes(heard).endswith(b"lambda-probe\0\0mysql_native_password\0")


class Listening:
    """A connection that notes what it hears."""

    def __init__(self, connection: socket.socket, heard: bytearray) -> None:
        self._connection, self._heard = connection, heard
        self.sendall = connection.sendall

    def recv(self, count: int, flags: int = 0) -> bytes:
        """Read, and note it."""
        data = self._connection.recv(count, flags)
        self._heard += data
        return data


def test_the_right_engine_on_an_odd_port_is_met_as_ever() -> None:
    """Who waits to be spoken to is spoken to, and the moment of listening is not in its time."""
    with serving(answers(b"\x00\x08\x00\x00\x02\x00\x00\x00")) as server:
        observation = check(target("oracle", server.port))

    assert seen(observation) == ("pass", "exchange", None)


def test_a_silent_server_is_given_its_whole_time() -> None:
    """Listening takes nothing from the stage."""
    with serving(hangs) as server:
        observation = check(target("postgres", server.port), timeout_s=0.3)

    assert seen(observation) == ("fail", "exchange", "timeout")
    assert observation.steps[-1].ms >= 300


@pytest.mark.parametrize(
    "entry",
    [
        {"check": "cache", "host": "db.example", "port": 3306},
        {"check": "http", "url": "http://db.example:3306/"},
        {"check": "http", "url": "https://db.example:3306/"},
        {"check": "tcp", "host": "db.example", "port": 3306, "tls": True},
    ],
)
def test_checks_that_would_be_counted_do_not_go_to_the_port_of_mysql(
    entry: dict[str, object],
) -> None:
    """A request, a PING or a ClientHello is a broken handshake to a MySQL: it is not sent."""
    with pytest.raises(SettingsError, match="MySQL"):
        parse({"targets": [entry]}, {})
