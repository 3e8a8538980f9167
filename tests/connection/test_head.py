"""The head of an answer is read within bounds, and the socket stays its owner's."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from probe.connection.head import Head
from probe.failure import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connect two sockets."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_a_head_is_read_and_its_headers_are_told(pair: tuple[socket.socket, socket.socket]) -> None:
    """An ordinary answer, and the connection still stands when the answer is closed."""
    near, far = pair
    far.sendall(b"HTTP/1.1 204 No Content\r\nX-Id: 7\r\nConnection: close\r\n\r\n")
    head = Head(near, method="GET")
    head.begin()
    found = head.status, head.getheader("x-id")
    head.close()
    far.sendall(b"more")

    assert found == (204, "7")
    assert near.recv(4) == b"more"


def test_a_head_of_a_megabyte_is_refused(pair: tuple[socket.socket, socket.socket]) -> None:
    """Sixteen headers that the standard library would take are more than may be held."""
    near, far = pair
    line = b"X-Header: " + b"v" * 60_000 + b"\r\n"
    far.setblocking(False)
    head = Head(near, method="GET")
    far.send(b"HTTP/1.1 200 OK\r\n" + line * 2)

    with pytest.raises(Failed, match="has no end"):
        head.begin()
    head.close()


def test_a_head_that_ends_within_the_bound_passes(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Ninety headers are many, and allowed."""
    near, far = pair
    far.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-Header: 0123456789\r\n" * 90 + b"\r\n")
    head = Head(near, method="GET")
    head.begin()
    head.close()

    assert head.status == 200


def test_what_cannot_be_http_is_told_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    """Nobody waits for the end of a line that began as another protocol's."""
    near, far = pair
    far.sendall(b"SSH")
    near.settimeout(20)
    head = Head(near, method="GET")

    with pytest.raises(Failed, match="is not HTTP"):
        head.begin()
    head.close()


def test_a_head_may_come_in_small_pieces(pair: tuple[socket.socket, socket.socket]) -> None:
    """Half a word of HTTP is not taken for another protocol."""
    near, far = pair
    far.sendall(b"HT")
    sender = threading.Thread(target=far.sendall, args=(b"TP/1.1 200 OK\r\n\r\n",))
    head = Head(near, method="GET")
    sender.start()
    head.begin()
    sender.join()
    head.close()

    assert head.status == 200
