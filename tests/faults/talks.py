"""What hostile and broken servers say. Each talk is given one connection, and ends when it ends."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

from tests.checks.servers import RST_ON_CLOSE, drain

if TYPE_CHECKING:
    from tests.checks.servers import Talk

HUGE = 100 * 1024 * 1024
_CHUNK = 256 * 1024


def then(first: bytes, after: Talk, *, asked: bool = True) -> Talk:
    """Say something (to the first bytes heard, or unasked), and go on in another way."""

    def talk(connection: socket.socket) -> None:
        if asked:
            connection.recv(65536)
        connection.sendall(first)
        after(connection)

    return talk


def every_second(connection: socket.socket) -> None:
    """Say one byte a second, of a line that never ends."""
    while True:
        connection.sendall(b"+")
        time.sleep(1)


def resets_at_once(connection: socket.socket) -> None:
    """Answer the connection itself with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)


def huge(beginning: bytes, *, asked: bool) -> Talk:
    """Begin like this and go on for a hundred megabytes."""

    def talk(connection: socket.socket) -> None:
        if asked:
            connection.recv(65536)
        connection.sendall(beginning)
        for _ in range(HUGE // _CHUNK):
            connection.sendall(b"A" * _CHUNK)
        drain(connection)

    return talk


def endless(line: bytes, beginning: bytes = b"HTTP/1.1 200 OK\r\n") -> Talk:
    """Begin an answer, and repeat one line for ever."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(beginning)
        while True:
            connection.sendall(line * 64)

    return talk


def urgent(connection: socket.socket) -> None:
    """Say everything out of band."""
    connection.recv(65536)
    for _ in range(64):
        connection.send(b"!", socket.MSG_OOB)
    drain(connection)


def never_reads(connection: socket.socket) -> None:
    """Close the window: accept, and take nothing."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    time.sleep(3)


def packet(number: int, payload: bytes) -> bytes:
    """Frame a packet of MySQL's."""
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def greeting(version: bytes = b"8.4.3") -> bytes:
    """Greet as MySQL does."""
    tail = b"12345678\0\xff\xff\xff\x02\x00\xff\xdf\x15" + bytes(10)
    return packet(
        0, b"\x0a" + version + b"\0" + struct.pack("<I", 7) + tail + b"123456789012\0native\0"
    )


def http(*lines: str, status: str = "200 OK") -> bytes:
    """Write the head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def prelogin(body: bytes) -> bytes:
    """Frame an answer of SQL Server's."""
    return struct.pack("!BBHHBB", 4, 1, 8 + len(body), 0, 1, 0) + body


def tns(kind: int, body: bytes = b"") -> bytes:
    """Frame an answer of an Oracle listener."""
    return struct.pack("!HHBBH", 8 + len(body), 0, kind, 0, 0) + body
