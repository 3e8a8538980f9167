"""No database counts the probe against anybody, whatever its engine counts.

What each counts: MySQL and MariaDB handshakes that break off (see `test_lockout`), SQL Server and
Oracle failed logins, PostgreSQL connections that stay. So: no login that could fail, never two
connections at a time, and none that outlives its probe.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.checks.databases.test_fakes import PRELOGIN, error, mysql, target, tds
from tests.checks.servers import Server, check, drain, established, hangs, seen, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
ENGINES = ("postgres", "mysql", "sqlserver", "oracle")


def polite(engine: str, heard: list[bytes]) -> Callable[[socket.socket], None]:
    """Serve an engine well and slowly, and note what is said to it."""

    def talk(connection: socket.socket) -> None:
        time.sleep(0.02)
        if engine == "mysql":
            mysql(error(1045))(connection)
            return
        first = connection.recv(4096)
        heard.append(first)
        if engine == "postgres":
            connection.sendall(b"N")
            heard.append(connection.recv(4096))
            connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x0a")
        else:
            answer = (
                tds(4, PRELOGIN) if engine == "sqlserver" else b"\x00\x08\x00\x00\x04\x00\x00\x00"
            )
            connection.sendall(answer)
        while more := connection.recv(4096):
            heard.append(more)

    return talk


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_never_has_two_connections_of_one_check(engine: str) -> None:
    """Repetitions wait for each other, for every engine, and each connection is ended."""
    with serving(polite(engine, [])) as server:
        observation = check(target(engine, server.port), repeat=5)
        most, count = server.most_open, len(server.peers)

    assert seen(observation) == ("pass", "exchange", None)
    assert (most, count) == (1, 5)


@pytest.mark.parametrize("engine", ["postgres", "sqlserver", "oracle"])
def test_nothing_is_said_that_a_server_could_count_as_a_failed_login(engine: str) -> None:
    """The first words of a protocol, and then the end: no login, no password, no token.

    MS-TDS, 2.2.3.1.1: a login is a message of type 16, PRELOGIN is one of type 18. An Oracle login
    is in packets of type 6 (data); a listener is asked in type 1. PostgreSQL's password is a
    message `p`.
    """
    heard: list[bytes] = []
    with serving(polite(engine, heard)) as server:
        check(target(engine, server.port), repeat=3)

    if engine == "sqlserver":
        assert [word[0] for word in heard] == [0x12] * 3
    elif engine == "oracle":
        assert [word[4] for word in heard] == [1] * 3
    else:
        assert [word[:8] for word in heard[::2]] == [b"\x00\x00\x00\x08\x04\xd2\x16\x2f"] * 3
        assert all(word[4:8] == b"\x00\x03\x00\x00" for word in heard[1::2])
        assert len(heard) == 6


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_probe_that_is_stopped_half_way_leaves_nothing(stop: int, tmp_path: Path) -> None:
    """No connection, no process and no file is left, however it was stopped."""
    with serving(hangs) as server:
        both = [target("postgres", server.port), target("oracle", server.port)]
        event = {"targets": both, "timeout_s": 60}
        path = tmp_path / "event.json"
        path.write_text(json.dumps(event))
        own = tmp_path / "own"
        own.mkdir()
        words = [sys.executable, "-m", "probe.cli", "run", str(path), "--allow-loopback"]
        around = {
            **os.environ,
            "TMPDIR": str(own),
            "HOME": str(own),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with subprocess.Popen(
            words, cwd=ROOT, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            server.wait_for(2)
            process.send_signal(stop)
            process.wait(30)
        wait_until_alone(server)

        assert list(own.iterdir()) == []


def wait_until_alone(server: Server) -> None:
    """Wait until the kernel has told the server that every peer is gone."""
    patience = time.monotonic() + 10
    while any(established(one) for one in server.connections):
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_what_drains_sees_the_end() -> None:
    """The server's own view of a peer that has left is what the test above relies on."""
    with serving(drain) as server:
        check({"check": "tcp", "host": "127.0.0.1", "port": server.port})
        server.wait_for(1)
        wait_until_alone(server)
