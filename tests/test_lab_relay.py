"""What somebody in the middle of a cable lets pass."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tests.lab.machines.relay import delayed, listening
from tests.lab.parts import Firewall

DOMAINS = ("bad.example", ".example.com")
DENIES = Firewall("wall", "subnet", domains=DOMAINS)
ALLOWS = Firewall("wall", "subnet", only_domains=DOMAINS)
ETHERNET = bytes(10 + 12) + b"\x08\x00"  # the kernel's header, two addresses, IPv4
IP = b"\x45" + bytes(8) + b"\x06" + bytes(10)
TCP = bytes(12) + b"\x50" + bytes(7)


def greeting(name: str) -> bytes:
    """Write the first thing that a TLS client says to a host."""
    outgoing = ssl.MemoryBIO()
    client: Any = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), outgoing, server_hostname=name
    )
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def request(name: str) -> bytes:
    """Write what an HTTP client says first."""
    return f"GET / HTTP/1.1\r\nAccept: */*\r\nHost: {name}:8080\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("bad.example", False),
        ("BAD.example", False),
        ("api.example.com", False),
        ("example.com", False),
        ("not-example.com", True),
        ("not-bad.example", True),
        ("bad.example.net", True),
        ("www.example.org", True),
    ],
)
def test_a_refused_domain_is_known_by_the_greeting_and_by_the_request(
    name: str, *, passes: bool
) -> None:
    """A name is itself alone, one with a leading dot also everything below it."""
    refusing, only = listening(DENIES.refuses), listening(ALLOWS.refuses)

    for words in (greeting(name), request(name)):
        frame = ETHERNET + IP + TCP + words
        assert (refusing(frame) is not None) == passes
        assert (only(frame) is None) == passes


def test_who_names_nobody_is_not_among_the_only_ones() -> None:
    """A greeting to an address has no name; what is neither greeting nor request passes."""
    only = listening(ALLOWS.refuses)

    assert only(ETHERNET + IP + TCP + greeting("10.0.2.10")) is None
    assert only(ETHERNET + IP + TCP + b"*1\r\n$4\r\nPING\r\n") == 0.0
    assert only(ETHERNET + IP + TCP) == 0.0
    assert listening(DENIES.refuses)(ETHERNET + IP + TCP + greeting("10.0.2.10")) == 0.0


def test_only_packets_are_held_up_and_not_the_questions_for_neighbours() -> None:
    """A delay is on IP; who owns an address is asked and told at once."""
    judge = delayed(700)

    assert judge(ETHERNET + b"packet") == 0.7
    assert judge(bytes(10 + 12) + b"\x86\xdd" + b"packet") == 0.7
    assert judge(bytes(10 + 12) + b"\x08\x06" + b"question") == 0.0
