"""From a name to its addresses, the way the user's code gets them: getaddrinfo.

Few look-ups at a time, because Lambda allows 20 connections for DNS over TCP; each name once.
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html
getaddrinfo has one word for "the resolver failed" and "no resolver answered", so after that word
the resolvers are asked once more, by hand. Judges no address.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from probe.connection.workers import Workers
from probe.failure import classify, describe
from probe.model import Failure

_PARALLEL = 8
_RESOLV_CONF = Path("/etc/resolv.conf")
_SECOND_LOOK_S = 0.5
_RCODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_TRUNCATED = 0x02


@dataclass(frozen=True, slots=True)
class Answer:
    """What a name came to."""

    addresses: tuple[str, ...] = ()
    ms: float | None = None  # None: a literal address, nobody was asked
    failure: Failure | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


Lookup = Callable[[str, float], Answer]


def literal(host: str) -> str | None:
    """Give the address that a host is already; None for a name.

    In whatever form the C library takes for an address: 127.1, 0x7f000001 and 2130706433 are one.
    """
    with contextlib.suppress(OSError):
        if ":" in host:
            return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))
        return socket.inet_ntoa(socket.inet_aton(host))
    return None


def lookup(host: str, seconds: float) -> Answer:
    """Resolve one name. It may take longer than it should: nobody can stop getaddrinfo."""
    start = monotonic()
    try:
        # As bytes: for text, Python would load its IDNA tables first.
        found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    except OSError as error:
        ms = 1000 * (monotonic() - start)
        failure, words = classify(error), describe(error)
    else:
        ms = 1000 * (monotonic() - start)
        return Answer(tuple(dict.fromkeys(str(entry[4][0]) for entry in found)), ms)
    facts: dict[str, Any] = {"error": words, "nameservers": nameservers()}
    if failure is Failure.NO_ANSWER:
        facts["second_look"] = said = _second_look(host, start + seconds)
        failure = _judge(said)
    return Answer((), ms, failure, facts)


def nameservers() -> list[str]:
    """List the resolvers that the C library asks, in order; it takes three."""
    try:
        lines = _RESOLV_CONF.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [w[1] for w in words if len(w) > 1 and w[0] == "nameserver" and literal(w[1])][:3]


def _judge(said: Mapping[str, str]) -> Failure:
    """Tell a resolver that says that it cannot from one that says nothing."""
    failed = any(word in ("SERVFAIL", "REFUSED", "NOTIMP", "FORMERR") for word in said.values())
    return Failure.SERVER_FAILURE if failed else Failure.NO_ANSWER


def _second_look(host: str, until: float) -> dict[str, str]:
    """Ask each resolver once, over UDP, and note its word."""
    return {server: _ask(server, host, until) for server in nameservers()}


def _ask(server: str, host: str, until: float) -> str:
    wait = min(_SECOND_LOOK_S, until - monotonic())
    if wait <= 0:
        return "not asked"
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    number = secrets.token_bytes(2)
    labels = [label.encode("ascii") for label in host.rstrip(".").split(".")]
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"
    query = number + b"\x01\x00\x00\x01" + bytes(6) + name + b"\x00\x01\x00\x01"  # RD; A, IN
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(wait)
        try:
            sock.connect((server, 53))
            sock.send(query)
            reply = sock.recv(512)
        except OSError as error:
            failure = classify(error)
            return "no answer" if failure is Failure.TIMEOUT else failure.value
    return word_of(reply, number)


def word_of(reply: bytes, number: bytes) -> str:
    """Read a reply to the query of this number, as far as its head."""
    if len(reply) < 12 or reply[:2] != number:
        return "no DNS answer"
    if reply[2] & _TRUNCATED:
        return "truncated"  # the whole answer needs TCP
    return _RCODES.get(reply[3] & 0x0F, "answered")


class Resolver:
    """Look-ups side by side, each name once; answers are posted as they come."""

    def __init__(
        self, post: Callable[[str, Answer], None], seconds: float, look: Lookup = lookup
    ) -> None:
        self._post = post
        self._seconds = seconds
        self._look = look
        self._asked: set[str] = set()
        self._began: dict[str, float] = {}
        self._workers = Workers("resolve", _PARALLEL)

    def ask(self, host: str) -> None:
        """Have a name looked up, unless it was asked for already."""
        if host not in self._asked:
            self._asked.add(host)
            self._workers.submit(lambda: self._one(host))

    def overdue(self, now: float) -> list[tuple[str, Answer]]:
        """Give up the look-ups that have had their time; their threads are no longer counted on."""
        late = [h for h, began in list(self._began.items()) if now - began >= self._seconds]
        for host in late:
            self._began.pop(host, None)
            self._workers.replace()
        self._workers.tend()
        return [(host, self._silence(self._seconds)) for host in late]

    def under_way(self, host: str) -> float | None:
        """Tell since when a name is being looked up; None when its turn has not come."""
        return self._began.get(host)

    def close(self) -> None:
        """Begin no further look-up."""
        self._workers.close()

    def _one(self, host: str) -> None:
        self._began[host] = monotonic()
        answer = self._look(host, self._seconds)
        self._began.pop(host, None)
        self._post(host, answer)

    @staticmethod
    def _silence(seconds: float) -> Answer:
        return Answer((), 1000 * seconds, Failure.NO_ANSWER, {"nameservers": nameservers()})
