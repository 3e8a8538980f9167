"""The http check through a proxy that the environment names, as requests would use it."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from typing import Any

import pytest
import requests

from probe.runner import run
from probe.settings import parse
from tests.checks.servers import answers, check, check_all, drain, seen, serving
from tests.lab.machines.certificates import Authority

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Proxy:
    """A real HTTP proxy in a few lines: CONNECT and absolute URLs, with what it was asked."""

    def __init__(self, *, tunnel_status: bytes = b"200 Connection established") -> None:
        self.heard: list[bytes] = []
        self._tunnel_status = tunnel_status

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection."""
        head = connection.recv(65536)
        self.heard.append(head)
        method, place, _ = head.split(b"\r\n")[0].split(b" ")
        if method != b"CONNECT":
            connection.sendall(EMPTY)
            return drain(connection)
        connection.sendall(b"HTTP/1.1 " + self._tunnel_status + b"\r\nX-Proxy: yes\r\n\r\n")
        if not self._tunnel_status.startswith(b"200"):
            return drain(connection)
        host, _, port = place.decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as far:
            pumps = [
                threading.Thread(target=pump, args=pair)
                for pair in ((connection, far), (far, connection))
            ]
            for thread in pumps:
                thread.start()
            for thread in pumps:
                thread.join()
        return None


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way, to the end."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(1)
    except OSError:
        return


@pytest.fixture
def tls_server(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serve one page over TLS, under a name that only the proxy... reaches as 127.0.0.1."""
    authority = Authority(tmp_path, "Trusted CA")
    issued = authority.issue("127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.chain, issued.key)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            answers(EMPTY)(tls)

    with serving(talk) as server:
        yield server


def test_a_literal_address_is_asked_for_at_the_proxy_and_not_dialled(
    tls_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy stands elsewhere: what the URL names is the proxy's to dial."""
    proxy = Proxy()
    with serving(proxy, "127.0.0.2") as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.2:{server.port}")
        observation = check({"check": "http", "url": f"https://127.0.0.1:{tls_server.port}/"})

    assert seen(observation) == ("pass", "exchange", None)
    assert observation.address == "127.0.0.2"
    assert proxy.heard[0].startswith(f"CONNECT 127.0.0.1:{tls_server.port} ".encode())


def test_a_proxy_of_the_environment_is_used_for_https(
    tls_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walk goes to the proxy, asks it for a way, and speaks TLS with the target through it."""
    proxy = Proxy()
    with serving(proxy) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:CANARY@127.0.0.1:{server.port}")
        observation = check({"check": "http", "url": f"https://127.0.0.1:{tls_server.port}/"})

    assert seen(observation) == ("pass", "exchange", None)
    assert observation.target == f"https://127.0.0.1:{tls_server.port}/"
    assert (observation.host, observation.port) == ("127.0.0.1", server.port)
    assert observation.detail["proxy"] == f"http://127.0.0.1:{server.port}"
    assert observation.detail["certificate"]["verified"] is True
    assert {s.stage for s in observation.steps} == {"connect", "exchange", "tls"}
    assert proxy.heard[0].startswith(f"CONNECT 127.0.0.1:{tls_server.port} HTTP/1.1".encode())
    assert b"Proxy-Authorization: Basic bWU6Q0FOQVJZ" in proxy.heard[0]
    assert "CANARY" not in str(observation)


def test_a_proxy_of_the_environment_is_used_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain request goes to the proxy with its whole URL, as requests sends it."""
    proxy = Proxy()
    with serving(proxy) as server:
        monkeypatch.setenv("http_proxy", f"http://me:pass@127.0.0.1:{server.port}")
        observation = check({"check": "http", "url": "http://target.example/a?b"})
        requests.get("http://target.example/a?b", timeout=5)
    ours, theirs = (sorted(request.split(b"\r\n")) for request in proxy.heard)

    assert seen(observation) == ("pass", "exchange", None)
    assert ours == theirs
    assert ours[0] == b""


@pytest.mark.parametrize("status_line", [b"407 Authentication Required", b"403 No", b"502 Bad"])
def test_a_proxy_that_refuses_is_told_by_its_status(
    status_line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy was reached, and says no: an HTTP status at the exchange, and whose it is."""
    with serving(Proxy(tunnel_status=status_line)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.port}")
        observation = check({"check": "http", "url": "https://target.example/"})

    assert seen(observation) == ("fail", "exchange", "http_status")
    assert observation.detail["proxy_status"] == int(status_line[:3])


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"X" * 20_000, b"HTTP/1.1 OK 200\r\n\r\n"]
)
def test_a_proxy_that_is_none_is_told(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another protocol behind the proxy's address is an unexpected answer."""
    with serving(answers(answer)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        observation = check({"check": "http", "url": "https://target.example/"})

    assert seen(observation) == ("fail", "exchange", "unexpected_answer")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "2130706433", "[::1]", "localhost", "a.localhost"]
)
def test_a_proxy_is_no_way_around_the_guard(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may not be dialled may not be asked of a proxy either."""
    proxy = Proxy()
    with serving(proxy) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
        (observation,) = check_unprivileged({"check": "http", "url": f"http://{host}/"})

    assert observation.failure == "forbidden_target"
    assert proxy.heard == []


def check_unprivileged(target: dict[str, Any]) -> Any:
    """Run a target without leave to dial loopback."""
    settings = parse({"targets": [target]}, os.environ)
    return run(settings, deadline=time.monotonic() + 10)


@pytest.mark.parametrize("value", ["https://proxy.example", "socks5://proxy.example", "http://a:x"])
def test_a_proxy_that_cannot_be_spoken_to_fails_its_targets_only(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, its value is not, and targets that need no proxy are checked."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    with serving(answers(EMPTY)) as server:
        through, direct = check_all(
            [
                {"check": "http", "url": "https://target.example/"},
                {"check": "http", "url": f"http://127.0.0.1:{server.port}/"},
            ]
        )

    assert seen(through)[::2] == ("fail", "unclassified")
    assert "HTTPS_PROXY" in through.detail["error"]
    assert "proxy.example:" not in through.detail["error"].replace("proxy.example:3128", "")
    assert seen(direct) == ("pass", "exchange", None)
