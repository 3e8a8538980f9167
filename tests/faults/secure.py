"""Faults around TLS: before the handshake, in it, in the certificate, and behind it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.checks.servers import (
    answers,
    closes,
    drips,
    floods,
    hangs,
    leaves,
    resets,
    says,
    serving,
)
from tests.faults import talks
from tests.faults.case import HERE, SECURE, TALKATIVE, Expected, Result, meet, same
from tests.lab.machines.certificates import Authority, Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.checks.servers import Talk

    Row = tuple[str, Talk, dict[str, Expected]]

SHORT_S, LONG_S = 1.5, 20.0
NOT_TLS = "tls not_tls"
STRANGE = "exchange unexpected_answer"

HANDSHAKE: list[Row] = [
    ("hangs before the handshake", hangs, same("tls timeout", SECURE)),
    ("half-closes before the handshake", leaves, same("tls closed", SECURE)),
    ("ends in the handshake", closes, same("tls closed", SECURE)),
    ("resets in the handshake", resets, same("tls reset", SECURE)),
    ("one byte every 20 ms", drips, same(NOT_TLS, SECURE)),
    ("one byte a second", talks.every_second, same(("tls timeout", NOT_TLS), SECURE)),
    ("no TLS: HTTP", answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), same(NOT_TLS, SECURE)),
    ("no TLS: SSH", says(b"SSH-2.0-OpenSSH_9.2\r\n"), same(NOT_TLS, SECURE)),
    ("no TLS: MySQL", says(talks.greeting()), same(NOT_TLS, SECURE)),
    ("garbage", answers(b"\x00\xfe garbage \x07\r\n"), same(NOT_TLS, SECURE)),
    ("floods", floods, same(NOT_TLS, SECURE)),
    ("100 MB", talks.huge(b"", asked=False), same(NOT_TLS, SECURE)),
    ("an alert", answers(b"\x15\x03\x01\x00\x02\x02\x28"), same("tls tls_failed", SECURE)),
    ("half a record", answers(b"\x16\x03\x03\x40\x00"), same("tls timeout", SECURE)),
    (
        "a handshake message of 16 MB",
        answers(b"\x16\x03\x03\x00\x04\x02\xff\xff\xff"),
        same(("tls tls_failed", NOT_TLS), SECURE),
    ),
    (
        "empty records for ever",
        talks.endless(b"\x16\x03\x03\x00\x00", b""),
        same(("tls tls_failed", NOT_TLS), SECURE),
    ),
    (
        "our own hello sent back",
        lambda connection: talks.then(connection.recv(65536), hangs, asked=False)(connection),
        same(("tls tls_failed", NOT_TLS), SECURE),
    ),
]

# What the server says behind a handshake that is believed.
BEHIND: list[Row] = [
    ("hangs behind TLS", hangs, same("exchange timeout", TALKATIVE)),
    ("half-closes behind TLS", leaves, same("exchange closed", TALKATIVE)),
    ("ends behind TLS", closes, same("exchange closed", TALKATIVE)),
    ("resets behind TLS", resets, same("exchange reset", TALKATIVE)),
    ("garbage behind TLS", answers(b"\x00\xfe\x07\r\n" * 9), same(STRANGE, TALKATIVE)),
    ("floods behind TLS", floods, same(STRANGE, TALKATIVE)),
    ("100 MB behind TLS", talks.huge(b"", asked=True), same(STRANGE, TALKATIVE)),
    (
        "endless headers behind TLS",
        talks.endless(b"X-Header: value\r\n"),
        same(STRANGE, TALKATIVE),
    ),
    (
        "endless redirects behind TLS",
        answers(talks.http("Location: https://169.254.169.254/", status="302 Found")),
        same("pass", TALKATIVE, cache_tls=STRANGE),
    ),
    ("one byte every 20 ms behind TLS", drips, same(STRANGE, TALKATIVE)),
]
CERTIFICATES = ("expired", "wrong name", "untrusted", "self-signed", "thousands of names")


class Keys:
    """An authority that the probe trusts, and one that it does not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.trusted = Authority(folder, "Trusted CA")
        self._stranger = Authority(folder, "Stranger CA")
        self.good = self.trusted.issue(HERE)

    def environment(self) -> dict[str, str]:
        """Name the bundle in every variable that a client may look at."""
        names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE")
        return dict.fromkeys(names, str(self.trusted.bundle))

    def bad(self, fault: str) -> tuple[Certificate, str]:
        """Issue a certificate with a fault, and say what it must be told as."""
        if fault == "expired":
            return self.trusted.issue(HERE, expired=True), "tls tls_expired"
        if fault == "wrong name":
            return self.trusted.issue("other.example"), "tls tls_wrong_host"
        if fault == "untrusted":
            return self._stranger.issue(HERE), "tls tls_untrusted"
        if fault == "self-signed":
            return self._self_signed(), "tls tls_untrusted"
        names = [f"n{i}.{'x' * 40}.example" for i in range(1_200)]
        return self.trusted.issue(HERE, *names), "pass"

    def _self_signed(self) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        # A name that would write over the reader's terminal, if anybody let it.
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "\x1b[2Jadmin\x00")])
        model = x509.load_pem_x509_certificate(self.good.chain.read_bytes())
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key())
            .serial_number(1)
            .not_valid_before(model.not_valid_before_utc)
            .not_valid_after(model.not_valid_after_utc)
            .sign(key, hashes.SHA256())
        )
        issued = Certificate(self._folder / "self.crt", self._folder / "self.key")
        issued.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        issued.key.write_bytes(private)
        return issued


def behind_tls(certificate: Certificate, talk: Talk) -> Talk:
    """Put TLS before a talk."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)

    def talk_tls(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            talk(secured)

    return talk_tls


def in_the_handshake(row: Row) -> list[Result]:
    """Serve one fault in place of a handshake."""
    fault, talk, expected = row
    return _meet(fault, talk, expected)


def behind_the_handshake(row: Row, keys: Keys) -> list[Result]:
    """Serve one fault behind a handshake that succeeds."""
    fault, talk, expected = row
    return _meet(fault, behind_tls(keys.good, talk), expected)


def in_the_certificate(fault: str, keys: Keys) -> list[Result]:
    """Present a certificate with a fault; whoever talks behind a good one gets an answer."""
    certificate, expected = keys.bad(fault)
    talk = behind_tls(certificate, answers(talks.http("x-amzn-RequestId: 1")))
    return _meet(f"certificate: {fault}", talk, same(expected, SECURE, cache_tls=_cache(expected)))


def _cache(expected: str) -> str:
    return STRANGE if expected == "pass" else expected


def _meet(fault: str, talk: Talk, expected: dict[str, Expected]) -> list[Result]:
    waits = any("timeout" in str(words) for words in expected.values())
    with serving(talk) as server:
        places = dict.fromkeys(expected, (HERE, server.port))
        return meet(fault, places, expected, timeout_s=SHORT_S if waits else LONG_S)


def versions(keys: Keys) -> list[Result]:
    """Offer nothing but TLS 1.1, which nobody takes any more, and demand a client's certificate."""
    found: list[Result] = []
    demands = ["-Verify", "1", "-verify_return_error"]
    for fault, options, expected in (
        ("only TLS 1.1", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "tls tls_failed"),
        ("wants a client certificate", ["-tls1_2", *demands], "tls tls_failed"),
    ):
        with openssl(keys.good, *options) as (port, _):
            places = dict.fromkeys(SECURE, (HERE, port))
            found += meet(fault, places, same(expected, SECURE), timeout_s=LONG_S)
    return found


def renegotiation(keys: Keys) -> list[Result]:
    """Ask for a second handshake in the middle of the exchange, and let it stall."""
    found: list[Result] = []
    for way in TALKATIVE:
        with (
            openssl(keys.good, "-tls1_2") as (port, process),
            serving(stall(port, process)) as relay,
        ):
            places, expected = {way: (HERE, relay.port)}, {way: "exchange timeout"}
            found += meet("renegotiation stalls", places, expected, timeout_s=SHORT_S)
    return found


def stall(port: int, process: subprocess.Popen[bytes]) -> Talk:
    """Relay a handshake and the request; then carry the server's wish, and nothing any more."""

    def talk(connection: socket.socket) -> None:
        with socket.create_connection((HERE, port)) as far:
            up = threading.Thread(target=_carry, args=(connection, far))
            up.start()
            seen = b""
            while (
                b"\x14\x03\x03" not in seen
            ):  # the server's change of cipher: the handshake is over
                seen += (more := far.recv(65536))
                connection.sendall(more)
            assert process.stdin is not None
            process.stdin.write(b"r\n")  # s_server's word for "renegotiate"
            process.stdin.flush()
            far.settimeout(5)
            connection.sendall(far.recv(65536))
            with suppress(OSError):
                while far.recv(65536):
                    pass
            up.join()

    return talk


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def openssl(
    certificate: Certificate, *options: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run OpenSSL's own server for what Python's cannot do."""
    with socket.socket() as holder:
        holder.bind((HERE, 0))
        port = holder.getsockname()[1]
    words: list[str | Path] = ["openssl", "s_server", "-accept", f"{HERE}:{port}"]
    words += ["-cert", certificate.chain, "-key", certificate.key, *options]
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        while not process.stdout.readline().startswith(b"ACCEPT"):
            pass
        yield port, process
