"""Plain TCP servers for targets that only have to behave in one way, well or badly.

They run in this process on sockets opened in the host's namespace.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.spawn import Jobs

    Talk = Callable[[socket.socket], None]

# The smallest answer to a PRELOGIN: packet type 4, its length, one option (VERSION) and the end.
# https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/60f56408-0188-4cd5-8b90-25c6f2423868
_PRELOGIN = bytes.fromhex("04010017000001000000060006ff100007d00000000000")
# REFUSE, which a listener sends for a service name that it does not know.
_TNS_REFUSE = b"(DESCRIPTION=(ERR=12514)(VSNNUM=0)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"


def tcp(connection: socket.socket) -> None:
    """Greet, and say nothing more."""
    connection.sendall(b"lab ready\r\n")
    _drain(connection)


def silent(connection: socket.socket) -> None:
    """Accept and never say a word."""
    _drain(connection)


def closes(connection: socket.socket) -> None:
    """Accept and hang up."""
    connection.shutdown(socket.SHUT_RDWR)


def resets(connection: socket.socket) -> None:
    """Accept and reset: with no time to linger a close becomes an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def sqlserver(connection: socket.socket) -> None:
    """Answer as SQL Server does before any login."""
    if connection.recv(4096)[:1] == b"\x12":
        connection.sendall(_PRELOGIN)
    _drain(connection)


def oracle(connection: socket.socket) -> None:
    """Answer as an Oracle listener does to an unknown service."""
    if len(connection.recv(4096)) > 4:
        data = struct.pack(">BBH", 34, 0, len(_TNS_REFUSE)) + _TNS_REFUSE
        header = struct.pack(">HHBBH", 8 + len(data), 0, 4, 0, 0)
        connection.sendall(header + data)
    _drain(connection)


TALKS: dict[str, Talk] = {
    "tcp": tcp,
    "silent": silent,
    "closes": closes,
    "resets": resets,
    "sqlserver": sqlserver,
    "oracle": oracle,
}


def serve(jobs: Jobs, listener: socket.socket, talk: Talk) -> None:
    """Serve a listening socket until the jobs are closed."""
    jobs.accept(listener, lambda connection: _talk(connection, talk))


def _talk(connection: socket.socket, talk: Talk) -> None:
    with connection:
        try:
            connection.settimeout(60)
            talk(connection)
        except OSError:
            return  # the client left first


def _drain(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass
