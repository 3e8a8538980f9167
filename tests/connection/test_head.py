"""The head of an answer is read within bounds, whatever the other side sends."""

from __future__ import annotations

import http.client
import io
import socket
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.connection.head import read_head
from probe.connection.link import Link
from probe.failure import Failed
from probe.model import Failure, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\n"


class Ends(NamedTuple):
    """Both ends of a connection."""

    link: Link
    far: socket.socket


@contextmanager
def connected() -> Iterator[Ends]:
    """Connect two sockets."""
    near, far = socket.socketpair()
    with near, far:
        link = Link(near, connect_ms=0, facts={}, stage_s=20, cutoff=monotonic() + 20)
        link.enter(Stage.EXCHANGE)
        yield Ends(link, far)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Connect two sockets for one test."""
    with connected() as both:
        yield both


def test_a_head_is_read_and_its_headers_are_told(ends: Ends) -> None:
    """An ordinary answer: names in any case, values without the space around them."""
    ends.far.sendall(
        b"HTTP/1.1 204 No Content\r\nX-Id:  7 \r\nNot-X-Id: 8\r\nEmpty:\r\n\r\nX-Body: 9"
    )
    head = read_head(ends.link)

    assert head.status == 204
    assert [head.header(name) for name in ("x-id", "X-ID", "empty", "x-body", "id")] == [
        "7",
        "7",
        "",
        None,
        None,
    ]


@pytest.mark.parametrize(
    "before", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"]
)
@pytest.mark.parametrize("at_once", [True, False])
def test_interim_answers_are_passed_over(ends: Ends, before: bytes, at_once: bool) -> None:
    """What counts is the answer that they announce, also when it comes later."""
    ends.far.sendall(before * 2 + (OK + b"\r\n" if at_once else b""))
    if not at_once:
        timer = threading.Timer(0.05, ends.far.sendall, (OK + b"\r\n",))
        timer.start()

    assert read_head(ends.link).status == 200


def test_a_switch_of_protocols_is_no_interim_answer(ends: Ends) -> None:
    """Nothing follows a 101 that would be HTTP."""
    ends.far.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    assert read_head(ends.link).status == 101


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (OK + (b"X-Header: " + b"v" * 60_000 + b"\r\n") * 2, "has no end"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, "has no end"),
        (OK + b"X-Header: 1\r\n" * 101 + b"\r\n", "more than 100 headers"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "has no status"),
        (b"HTTP/1.1 099 Low\r\n\r\n", "has no status"),
        (b"HTTP/2 200\r\n\r\n", "has no status"),
        (b"SSH", "is not HTTP; it looks like no known protocol"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it looks like ssh"),
    ],
)
def test_what_cannot_be_read_is_told_at_once(ends: Ends, sent: bytes, words: str) -> None:
    """A head without end, and what was never HTTP: nobody waits for the rest."""
    sender = threading.Thread(target=_pour, args=(ends.far, sent))
    sender.start()

    with pytest.raises(Failed, match=words) as caught:
        read_head(ends.link)
    ends.link.abort()
    sender.join()
    assert caught.value.failure is Failure.UNEXPECTED_ANSWER


def _pour(sock: socket.socket, data: bytes) -> None:
    try:
        sock.sendall(data)
    except OSError:
        return


def test_a_hundred_headers_are_many_and_allowed(ends: Ends) -> None:
    """As many as http.client takes."""
    ends.far.sendall(OK + b"X-Header: 0123456789\r\n" * 100 + b"\r\n")

    assert read_head(ends.link).status == 200


def test_a_head_may_come_byte_by_byte(ends: Ends) -> None:
    """Half a word of HTTP is not taken for another protocol, nor half an end for none."""
    words = OK + b"Location: /x\r\n\r\n"

    def drip() -> None:
        for byte in words:
            ends.far.sendall(bytes([byte]))

    sender = threading.Thread(target=drip)
    sender.start()
    head = read_head(ends.link)
    sender.join()

    assert (head.status, head.header("location")) == (200, "/x")


def test_a_peer_that_closes_without_a_word_has_closed(ends: Ends) -> None:
    """Nothing was said, so nothing unexpected was."""
    ends.far.shutdown(socket.SHUT_WR)

    with pytest.raises(Failed) as caught:
        read_head(ends.link)
    assert caught.value.failure is Failure.CLOSED


class _Said(socket.socket):
    """What http.client asks of a socket, over bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any, **__: Any) -> Any:
        """Give the bytes."""
        return io.BytesIO(self._data)


WORD = st.text("abXY-019", min_size=1, max_size=8).map(str.encode)
HEADER = st.tuples(WORD, st.text("ab: ;\t/é", max_size=12).map(lambda text: text.encode("latin-1")))


@st.composite
def heads(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """Draw a head as servers write them, whole or cut off by the end, and the names in it."""
    version = draw(st.sampled_from([b"1.0", b"1.1"]))
    status = draw(st.one_of(st.integers(200, 999), st.just(101)))
    reason = draw(st.sampled_from([b"", b" ", b" OK", b" Not Found"]))
    headers = draw(st.lists(HEADER, max_size=8))
    newline = draw(st.sampled_from([b"\r\n", b"\n"]))
    lines = [b"HTTP/%s %d%s" % (version, status, reason)]
    lines += [name + b":" + value for name, value in headers]
    rest = draw(st.one_of(st.just(b""), st.binary(max_size=20).map(lambda after: newline + after)))
    return newline.join(lines) + newline + rest, [name.decode() for name, _ in headers]


@given(heads())
def test_it_reads_what_http_client_reads(drawn: tuple[bytes, list[str]]) -> None:
    """The standard library, which the user's code reads with, finds the same in any head."""
    sent, names = drawn
    theirs = http.client.HTTPResponse(_Said(sent))
    theirs.begin()
    with connected() as both:
        both.far.sendall(sent)
        both.far.shutdown(socket.SHUT_WR)
        ours = read_head(both.link)

    assert ours.status == theirs.status
    for name in names:
        first = theirs.headers.get_all(name) or ["nothing"]
        assert (ours.header(name) or "").strip() == first[0].strip()
