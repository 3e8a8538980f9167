"""Redis or Valkey: `{"check": "cache", "host": "...", "port": 6379, "tls": true}`.

Says PING. Any answer of the protocol passes, also one that asks for a password: no credentials are
ever sent. https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.checks.tcp import MYSQL, NOT_MYSQL, place
from probe.connection.recognise import recognise
from probe.connection.tls import STANDARD
from probe.failure import Failed
from probe.model import Failure
from probe.target import Check, Target
from probe.words import printable, scrub

if TYPE_CHECKING:
    from probe.connection.link import Link
    from probe.reading import Fields
    from probe.target import Surroundings

_LONGEST_LINE = 512
# The error words with which a server says that it cannot serve anybody just now.
_BUSY = ("-LOADING", "-BUSY", "-MASTERDOWN", "-CLUSTERDOWN", "-ERR max number of clients")


def _parse(fields: Fields, _: Surroundings) -> Target:
    host = fields.host("host")
    port = fields.port("port", 6379)
    if port == MYSQL:
        raise fields.wrong("port", NOT_MYSQL)
    tls = STANDARD if fields.flag("tls") else None
    return Target("cache", place(host, port), host, port, exchange=_ping, tls=tls)


def _ping(link: Link) -> None:
    link.send(b"*1\r\n$4\r\nPING\r\n")
    line = _line(link)
    if line[:1] not in (b"+", b"-"):
        link.facts["looks_like"] = recognise(line)
        raise Failed(Failure.UNEXPECTED_ANSWER, "the answer to PING is not of Redis' protocol")
    answer = printable(line, 80)
    link.facts["message"] = scrub(answer)
    if answer.startswith(_BUSY):
        raise Failed(Failure.SERVER_BUSY, "the server serves nobody just now")
    if answer.startswith("-DENIED"):  # protected mode: only loopback is served
        raise Failed(Failure.CLIENT_BLOCKED, "the server refuses this client's address")


def _line(link: Link) -> bytes:
    line = bytearray()
    while not line.endswith(b"\r\n"):
        more = link.some(_LONGEST_LINE)
        line += more
        if not more and not line:
            raise Failed(Failure.CLOSED, "the server closed without an answer")
        if not more or len(line) >= _LONGEST_LINE or line[:1] not in b"+-":
            break
        if b"\r\n" in line:
            break
    return bytes(line).partition(b"\r\n")[0]


CHECK = Check(
    "cache",
    ("host", "port", "tls"),
    _parse,
    "a Redis or Valkey server answers PING, be it that a password is needed",
)
