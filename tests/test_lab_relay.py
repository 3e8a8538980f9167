"""What somebody in the middle of a cable lets pass."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tests.lab.machines.relay import delayed, refusing

DOMAINS = ("bad.example", ".example.com")
ETHERNET = bytes(10 + 12) + b"\x08\x00"  # the kernel's header, two addresses, IPv4


def greeting(name: str) -> bytes:
    """Write the first thing that a TLS client says to a host."""
    outgoing = ssl.MemoryBIO()
    client: Any = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), outgoing, server_hostname=name
    )
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


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
    judge = refusing(DOMAINS)
    request = f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()

    assert (judge(ETHERNET + greeting(name)) is not None) == passes
    assert (judge(ETHERNET + request) is not None) == passes


def test_only_packets_are_held_up_and_not_the_questions_for_neighbours() -> None:
    """A delay is on IP; who owns an address is asked and told at once."""
    judge = delayed(700)

    assert judge(ETHERNET + b"packet") == 0.7
    assert judge(bytes(10 + 12) + b"\x86\xdd" + b"packet") == 0.7
    assert judge(bytes(10 + 12) + b"\x08\x06" + b"question") == 0.0
