"""The http check: what requests would do, seen on the wire."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.checks.servers import answers, check, check_all, drain, seen, serving

if TYPE_CHECKING:
    import socket

    from tests.checks.servers import Talk

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def status(code: int, *headers: str) -> bytes:
    """Make the head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {code} Word", *headers, "", ""]).encode()


def url(port: int, path: str = "/") -> str:
    """Make a URL of loopback."""
    return f"http://127.0.0.1:{port}{path}"


@pytest.mark.parametrize(
    ("code", "expected", "failure"),
    [
        (200, None, None),
        (204, None, None),
        (301, None, None),
        (304, None, None),
        (400, None, "http_status"),
        (403, None, "http_status"),
        (503, None, "http_status"),
        (403, 403, None),
        (401, [401, 403], None),
        (200, 403, "http_status"),
        (500, [401, 403], "http_status"),
    ],
)
def test_the_status_decides(
    code: int, expected: int | list[int] | None, failure: str | None
) -> None:
    """2xx and 3xx pass, or else exactly what was expected."""
    more = {"expect_status": expected} if expected else {}
    with serving(answers(status(code))) as server:
        observation = check({"check": "http", "url": url(server.port), **more})

    assert seen(observation) == ("fail" if failure else "pass", "exchange", failure)
    assert observation.detail["http_status"] == code


@pytest.mark.parametrize(
    "page",
    [
        "<center>The plain HTTP request was sent to HTTPS port</center>",
        "Client sent an HTTP request to an HTTPS server.",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
        "This combination of host and port requires TLS.",
    ],
)
def test_plain_text_to_a_port_of_tls_is_told_by_the_page(page: str) -> None:
    """Servers of TLS say so in the page of their 400; any other 400 is the target's own matter."""
    with serving(answers(status(400, "Content-Type: text/html") + page.encode())) as server:
        told = check({"check": "http", "url": url(server.port)})
    with serving(answers(status(400) + b"The request lacks a field.")) as server:
        other = check({"check": "http", "url": url(server.port)})

    assert seen(told) == ("fail", "exchange", "unexpected_answer")
    assert told.detail["http_status"] == 400
    assert seen(other) == ("fail", "exchange", "http_status")


def heard_by(talk_after: bytes, **target: Any) -> bytes:
    """Give the request that a server heard."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        heard.extend(connection.recv(65536))
        connection.sendall(talk_after)
        drain(connection)

    with serving(talk) as server:
        target["url"] = target["url"].replace("PORT", str(server.port))
        check({"check": "http", **target})
    return bytes(heard)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["", "/", "/a%20b?c=d e", "/ä/../%zz", "?q=%2f&q=é", "/x#part", "//double/;p=1?", "/%41"],
)
def test_the_request_is_the_one_that_requests_makes(path: str, method: str) -> None:
    """Byte for byte what requests sends, so that no server treats the probe differently."""
    heard = []

    def talk(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(EMPTY)
        drain(connection)

    with serving(talk) as server:
        for address in (
            url(server.port, path),
            f"http://user:p%40ss@127.0.0.1:{server.port}{path}",
        ):
            check({"check": "http", "url": address, "method": method})
            requests.request(method, address, timeout=5)

    assert heard[0] == heard[1]
    assert heard[2] == heard[3]
    assert len(heard) == 4


def test_user_info_is_sent_as_requests_would() -> None:
    """Credentials in the URL authenticate the request, and are nowhere in the observation."""
    heard = heard_by(EMPTY, url="http://user:pass@127.0.0.1:PORT/")

    assert b"Authorization: Basic dXNlcjpwYXNz" in heard


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_the_method_is_the_one_asked_for(method: str) -> None:
    """GET unless another harmless method is named."""
    assert heard_by(EMPTY, url="http://127.0.0.1:PORT/x", method=method).startswith(
        f"{method} /x HTTP/1.1\r\n".encode()
    )


def test_redirects_are_shown_and_not_followed() -> None:
    """A redirect passes, and leads nowhere: it could lead to what may not be dialled."""
    with serving(answers(status(302, "Location: http://169.254.169.254/?token=CANARY"))) as server:
        observation = check({"check": "http", "url": url(server.port)})

    assert seen(observation) == ("pass", "exchange", None)
    assert observation.detail["location"] == "http://169.254.169.254/?..."
    assert len(server.peers) == 1
    assert "CANARY" not in str(observation)


def test_a_body_is_neither_read_nor_returned() -> None:
    """A body without end costs nothing: the head is enough."""
    written = []

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(status(200, "Content-Length: 999999999"))
        while True:
            connection.sendall(b"CANARY" * 10_000)
            written.append(1)

    with serving(talk) as server:
        observation = check({"check": "http", "url": url(server.port)})

    assert seen(observation) == ("pass", "exchange", None)
    assert "CANARY" not in str(observation)
    assert len(written) < 500


def endless(line: bytes) -> Talk:
    """Send one line again and again after the status."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(line)

    return talk


def interim(connection: socket.socket) -> None:
    """Say that the answer will follow, for ever."""
    connection.recv(65536)
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (endless(b"X-Header: value\r\n"), "unexpected_answer"),
        (endless(b"X" * 1000), "unexpected_answer"),
        (interim, "timeout"),
        (answers(b"HTTP/1.1 2000 OK\r\n\r\n"), "unexpected_answer"),
        (answers(b"HTTP/1.1 xyz OK\r\n\r\n"), "unexpected_answer"),
        (answers(b"SSH-2.0-OpenSSH_9.2\r\n"), "unexpected_answer"),
        (answers(b"\x15\x03\x01\x00\x02\x02\x46\r\n"), "unexpected_answer"),
    ],
)
def test_an_answer_without_end_or_sense_is_told(talk: Talk, failure: str) -> None:
    """Endless headers, endless interim answers and other protocols end in time, and in words."""
    with serving(talk) as server:
        seconds = 0.5 if failure == "timeout" else 10
        observation = check({"check": "http", "url": url(server.port)}, timeout_s=seconds)

    assert seen(observation) == ("fail", "exchange", failure)


def test_requests_do_not_share_anything() -> None:
    """A cookie that one answer sets is not sent with the next request."""
    heard = []

    def talk(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(status(200, "Set-Cookie: a=CANARY"))
        drain(connection)

    with serving(talk) as server:
        check_all([{"check": "http", "url": url(server.port)}] * 3)
        check({"check": "http", "url": url(server.port)})

    assert b"CANARY" not in b"".join(heard)
    assert len(heard) == 4


def test_a_netrc_is_not_ours_to_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Credentials that lie about for other programs are never sent."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password CANARY\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert b"Authorization" not in heard_by(EMPTY, url="http://127.0.0.1:PORT/")
