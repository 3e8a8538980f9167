"""Every fault at every stage, met on real sockets: the right stage, the right failure, no leak."""

from __future__ import annotations

import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Status
from probe.settings import parse
from tests.checks.servers import (
    answers,
    check,
    check_all,
    closed_port,
    closes,
    drips,
    floods,
    hangs,
    leaves,
    resets,
    says,
    seen,
    serving,
    silent_port,
)
from tests.lab.machines.certificates import Authority, Certificate

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from tests.checks.servers import Server, Talk

SHORT = 0.4  # long enough for loopback, short enough to wait for


# --- connect ---


@pytest.mark.parametrize("kind", ["tcp", "rds", "cache", "http"])
def test_a_port_where_nobody_listens_refuses(kind: str) -> None:
    """A RST to the SYN is a refusal at connect, for every check alike."""
    with closed_port() as port:
        assert seen(check(target(kind, port))) == ("fail", "connect", "refused")


@pytest.mark.parametrize("kind", ["tcp", "rds", "cache", "http"])
def test_silence_is_a_timeout_at_connect(kind: str) -> None:
    """A dropped SYN is a timeout, and the kernel's retransmissions are told."""
    with silent_port() as port:
        observation = check(target(kind, port), timeout_s=1.3)

    assert seen(observation) == ("fail", "connect", "timeout")
    assert observation.detail["syn_retransmits"] >= 1
    assert [step.stage for step in observation.steps] == ["connect"]
    assert "cut_short" not in observation.detail


def test_a_listening_port_passes_and_the_kernel_tells_how_far_it_is() -> None:
    """A bare TCP check passes at connect, with family, source port and round-trip time."""
    with serving(hangs) as server:
        observation = check({"check": "tcp", "host": "127.0.0.1", "port": server.port})
        server.wait_for(1)
    (attempt,) = observation.attempts

    assert seen(observation) == ("pass", "connect", None)
    assert observation.address == "127.0.0.1"
    assert observation.detail["passed"] == "1 of 1"
    assert attempt.detail["family"] == "ipv4"
    assert attempt.detail["syn_retransmits"] == 0
    assert 0 < attempt.detail["rtt_ms"] < 1000
    assert ("127.0.0.1", attempt.detail["source_port"]) in server.peers


def test_ipv6_is_dialled_like_ipv4() -> None:
    """A literal IPv6 address is one address more, shown in brackets."""
    with serving(hangs, host="::1") as server:
        observation = check({"check": "tcp", "host": "::1", "port": server.port})

    assert seen(observation) == ("pass", "connect", None)
    assert observation.target == f"[::1]:{server.port}"
    assert observation.attempts[0].detail["family"] == "ipv6"


# --- exchange ---


def target(kind: str, port: int, **more: Any) -> dict[str, Any]:
    """Make a target of a kind, at a port of loopback."""
    if kind == "http":
        return {"check": "http", "url": f"http://127.0.0.1:{port}/", **more}
    if kind in ENGINES:
        return {"check": "rds", "engine": kind, "host": "127.0.0.1", "port": port}
    if kind == "rds":
        more = {"engine": "postgres", **more}
    return {"check": kind, "host": "127.0.0.1", "port": port, **more}


def patience(failure: str) -> float:
    """Wait shortly for what never comes, and long for what does, however busy the machine is."""
    return SHORT if failure == "timeout" else 10


ENGINES = ("postgres", "mysql", "sqlserver", "oracle")
TALKATIVE = ("http", "cache", *ENGINES)

# What is behind the port, and what each check must say of it.
FAULTS: dict[str, tuple[Talk, str]] = {
    "hangs": (hangs, "timeout"),
    "ends at once": (leaves, "closed"),
    "ends after the request": (closes, "closed"),
    "resets": (resets, "reset"),
    "drips": (drips, "timeout"),
    "garbage": (answers(b"\x00\xfe garbage \x07\r\n" * 4), "unexpected_answer"),
    "floods": (floods, "unexpected_answer"),
}
# Where a check sees something else, and why.
EXCEPTIONS = {
    # These read before they write, so the reset meets nobody's bytes: the server never reads.
    ("mysql", "hangs"): "timeout",
    ("mysql", "resets"): "timeout",
    ("mysql", "ends after the request"): "timeout",
    ("mysql", "garbage"): "timeout",
    # A few of these bytes are enough to know better.
    ("http", "drips"): "unexpected_answer",
    ("cache", "drips"): "unexpected_answer",
    ("postgres", "drips"): "unexpected_answer",
    ("mysql", "drips"): "unexpected_answer",
    ("sqlserver", "drips"): "unexpected_answer",
    ("oracle", "drips"): "unexpected_answer",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", TALKATIVE)
def test_a_server_that_misbehaves_is_told_by_what_it_did(kind: str, fault: str) -> None:
    """Every fault of a server is met at the exchange, with the failure that says what it was."""
    talk, failure = FAULTS[fault]
    expected = EXCEPTIONS.get((kind, fault), failure)
    with serving(talk) as server:
        observation = check(target(kind, server.port), timeout_s=patience(expected))

    assert seen(observation) == ("fail", "exchange", expected)
    assert observation.detail["error"].isprintable()


# --- TLS ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Sign what the probe is to trust."""
    return Authority(tmp_path_factory.mktemp("trusted"), "Trusted CA")


@pytest.fixture(autouse=True)
def trust(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every client trust that authority, by its own variable."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.bundle))


def secured(certificate: Certificate, talk: Talk) -> Talk:
    """Put TLS before a talk."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)

    def talk_tls(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            talk(tls)

    return talk_tls


@contextmanager
def https(certificate: Certificate) -> Iterator[Server]:
    """Serve one empty page over TLS."""
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with serving(secured(certificate, answers(page))) as server:
        yield server


def test_a_trusted_certificate_passes_and_is_reported(authority: Authority) -> None:
    """With a certificate of the user's own authority the check passes, and tells whom it met."""
    with https(authority.issue("127.0.0.1", "good.example")) as server:
        observation = check({"check": "http", "url": f"https://127.0.0.1:{server.port}/"})
    shown = observation.detail["certificate"]

    assert seen(observation) == ("pass", "exchange", None)
    assert [step.stage for step in observation.steps] == ["connect", "tls", "exchange"]
    assert observation.detail["tls_version"] == "TLSv1.3"
    assert shown["issuer"] == "CN=Trusted CA"
    assert shown["names"] == ["127.0.0.1", "good.example"]
    assert shown["verified"] is True


@pytest.mark.parametrize("kind", ["http", "tcp", "cache"])
@pytest.mark.parametrize("fault", ["untrusted", "wrong_host", "expired"])
def test_a_certificate_that_is_not_believed_is_shown(
    kind: str, fault: str, authority: Authority, tmp_path: Path
) -> None:
    """Each way of not being believed has its failure, and a second look says who presented what."""
    issuer = Authority(tmp_path, "Stranger CA") if fault == "untrusted" else authority
    name = "other.example" if fault == "wrong_host" else "127.0.0.1"
    certificate = issuer.issue(name, expired=fault == "expired")
    with serving(secured(certificate, hangs)) as server:
        observation = check(secure_target(kind, server.port))
    shown = observation.detail["certificate"]

    assert seen(observation) == ("fail", "tls", f"tls_{fault}")
    assert shown["subject"] == f"CN={name}"
    assert shown["issuer"] == ("CN=Stranger CA" if fault == "untrusted" else "CN=Trusted CA")
    assert shown["verified"] is False
    assert len(server.peers) == 2


def secure_target(kind: str, port: int) -> dict[str, Any]:
    """Make a target that wants TLS."""
    if kind == "http":
        return {"check": "http", "url": f"https://127.0.0.1:{port}/"}
    return {"check": kind, "host": "127.0.0.1", "port": port, "tls": True}


@pytest.mark.parametrize("kind", ["http", "tcp", "cache"])
@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (hangs, "timeout"),
        (drips, "not_tls"),
        (leaves, "closed"),
        (closes, "closed"),
        (resets, "reset"),
        (answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not_tls"),
        (answers(b"\x00\xfe garbage \x07\r\n"), "not_tls"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "not_tls"),
        (answers(b"\x15\x03\x01\x00\x02\x02\x28"), "tls_failed"),
        (answers(b"\x16\x03\x03\x40\x00"), "timeout"),
        (floods, "not_tls"),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", "talk"),
)
def test_a_handshake_that_fails_says_how(kind: str, talk: Talk, failure: str) -> None:
    """What a server does in place of a handshake is told at the TLS stage."""
    with serving(talk) as server:
        observation = check(secure_target(kind, server.port), timeout_s=patience(failure))

    assert seen(observation) == ("fail", "tls", failure)


def test_the_second_look_never_outlives_its_stage(tmp_path: Path) -> None:
    """A server that presents a bad certificate once and hangs the next time costs no more time."""
    certificate = Authority(tmp_path, "Stranger CA").issue("127.0.0.1")
    talk_tls = secured(certificate, hangs)
    first = threading.Event()

    def once(connection: socket.socket) -> None:
        if first.is_set():
            hangs(connection)
        first.set()
        talk_tls(connection)

    with serving(once) as server:
        observation = check(secure_target("tcp", server.port), timeout_s=1.5)

    assert seen(observation) == ("fail", "tls", "tls_untrusted")
    assert "certificate" not in observation.detail


def test_a_bundle_that_cannot_be_read_is_said_so_without_its_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The user's own code would fail as well; the variable is named, its value is not."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/CANARY.pem")
    with serving(hangs) as server:
        observation = check(secure_target("tcp", server.port))

    assert observation.status is Status.FAIL
    assert "SSL_CERT_FILE" in observation.detail["error"]
    assert "CANARY" not in str(observation)


# --- several at once ---


def test_one_bad_target_leaves_the_others_alone() -> None:
    """Targets run side by side, and come back in the order of the event."""
    with serving(hangs) as hanging, serving(answers(b"+PONG\r\n")) as good, closed_port() as none:
        observations = check_all(
            [target("cache", hanging.port), target("cache", good.port), target("cache", none)],
            timeout_s=1.5,
        )

    assert [seen(o)[2] for o in observations] == ["timeout", None, "refused"]


def test_repetitions_come_from_fresh_source_ports() -> None:
    """Each repetition is a connection of its own, and all must pass."""
    with serving(hangs) as server:
        observation = check(target("tcp", server.port), repeat=5)

    assert seen(observation) == ("pass", "connect", None)
    assert observation.detail["passed"] == "5 of 5"
    assert len({a.detail["source_port"] for a in observation.attempts}) == 5


def test_sometimes_is_a_failure_and_is_counted() -> None:
    """One repetition that fails decides, and the count says how often it passed."""
    turn = iter(range(100))

    def every_other(connection: socket.socket) -> None:
        (answers(b"+PONG\r\n") if next(turn) % 2 else resets)(connection)

    with serving(every_other) as server:
        observation = check(target("cache", server.port), repeat=4)

    assert seen(observation) == ("fail", "exchange", "reset")
    assert observation.detail["passed"] == "2 of 4"
    assert len(observation.attempts) == 4


def test_a_database_never_has_two_connections_at_a_time() -> None:
    """Repetitions of a database check wait for each other."""

    def slowly(connection: socket.socket) -> None:
        connection.recv(100)
        time.sleep(0.02)
        connection.sendall(b"N")
        connection.recv(100)
        connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x0a")
        while connection.recv(100):
            pass

    with serving(slowly) as server:
        observation = check(target("rds", server.port), repeat=6)

    assert seen(observation) == ("pass", "exchange", None)
    assert len(server.peers) == 6
    assert server.most_open == 1


def test_loopback_is_refused_unless_asked_for() -> None:
    """Without the flag nothing on this machine is dialled, by literal or by name."""
    with serving(hangs) as server:
        targets = [
            {"check": "tcp", "host": host, "port": server.port}
            for host in ("127.0.0.1", "localhost", "::1", "2130706433", "::ffff:127.0.0.1", "0")
        ]
        settings = parse({"targets": targets}, {})
        observations = run_now(settings)

    assert {seen(o)[2] for o in observations} == {"forbidden_target"}
    assert server.peers == []


def run_now(settings: Any) -> Any:
    """Run settings with time enough."""
    from probe.runner import run

    return run(settings, deadline=time.monotonic() + 5)
