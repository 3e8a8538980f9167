"""Faults behind a bare port: at connect, at the first word, and at every later one.

Each row says what stands there and what every way of checking must make of it.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.checks.servers import (
    answers,
    closed_port,
    closes,
    drips,
    floods,
    hangs,
    leaves,
    resets,
    says,
    serving,
    silent_port,
)
from tests.faults import hostile, talks
from tests.faults.case import DIALLING, HERE, PLAIN, Expected, Result, listed, meet, same

if TYPE_CHECKING:
    from tests.checks.servers import Talk

    Row = tuple[str, dict[str, Talk], dict[str, Expected]]

TIMEOUT, CLOSED, RESET = "exchange timeout", "exchange closed", "exchange reset"
STRANGE = "exchange unexpected_answer"
SHORT_S, LONG_S = 1.2, 15.0
# A RST that comes with the SYN-ACK may be seen before anybody talks.
AT_ONCE = ("connect reset", "exchange reset")


def to_all(talk: Talk, ways: tuple[str, ...] = PLAIN) -> dict[str, Talk]:
    """Put the same server behind every port."""
    return dict.fromkeys(ways, talk)


# MySQL's client waits to be greeted, so whoever waits to be asked first meets its patience.
FIRST_WORD: list[Row] = [
    ("hangs", to_all(hangs), same(TIMEOUT, PLAIN)),
    ("half-closes at once", to_all(leaves), same(CLOSED, PLAIN)),
    ("ends after the request", to_all(closes), same(CLOSED, PLAIN, mysql=TIMEOUT)),
    ("resets after the request", to_all(resets), same(RESET, PLAIN, mysql=TIMEOUT)),
    ("resets at once", to_all(talks.resets_at_once), same(AT_ONCE, PLAIN)),
    ("one byte every 20 ms", to_all(drips), same(STRANGE, PLAIN)),
    (
        "one byte a second",
        to_all(talks.every_second),
        same(TIMEOUT, PLAIN, http=STRANGE, postgres=STRANGE, sqlserver=STRANGE, oracle=STRANGE),
    ),
    ("never reads", to_all(talks.never_reads), same(TIMEOUT, PLAIN)),
    (
        "garbage",
        to_all(answers(b"\x00\xfe garbage \x07\r\n" * 4)),
        same(STRANGE, PLAIN, mysql=TIMEOUT),
    ),
    ("floods", to_all(floods), same(STRANGE, PLAIN)),
    ("a greeting of 100 MB", to_all(talks.huge(b"", asked=False)), same(STRANGE, PLAIN)),
    (
        "a TLS alert in place of an answer",
        to_all(says(b"\x15\x03\x01\x00\x02\x02\x46")),
        same(STRANGE, PLAIN),
    ),
    (
        "a TLS alert, and the end",
        to_all(talks.then(b"\x15\x03\x01\x00\x02\x02\x46", leaves, asked=False)),
        same(STRANGE, PLAIN),
    ),
    ("another protocol", to_all(says(b"SSH-2.0-OpenSSH_9.2\r\n")), same(STRANGE, PLAIN)),
    ("out-of-band bytes", to_all(talks.urgent), same(STRANGE, PLAIN, mysql=TIMEOUT)),
]
_HALF = {
    "http": (b"HTTP/1.1 20", True),
    "postgres": (b"N", True),
    "mysql": (talks.greeting()[:20], False),
    "sqlserver": (talks.prelogin(bytes(30))[:12], True),
    "oracle": (talks.tns(2)[:5], True),
    "cache": (b"+PO", True),
}


def half(after: Talk) -> dict[str, Talk]:
    """Answer by half, each in its own protocol."""
    return {way: talks.then(word, after, asked=asked) for way, (word, asked) in _HALF.items()}


LATER_WORD: list[Row] = [
    ("half an answer, then silence", half(hangs), same(TIMEOUT, PLAIN)),
    (
        "half an answer, then the end",
        half(leaves),
        same(CLOSED, PLAIN, http=STRANGE, cache="pass"),
    ),
    (
        "half an answer, then a reset",
        # Without a further word of the client's nothing tells them that it has ended.
        {way: half(resets)[way] for way in ("postgres",)},
        {"postgres": RESET},
    ),
    (
        "greeted, then silence at the login",
        {"mysql": talks.then(talks.greeting(), hangs, asked=False)},
        {"mysql": TIMEOUT},
    ),
    (
        "greeted, then the end at the login",
        {"mysql": talks.then(talks.greeting(), closes, asked=False)},
        {"mysql": CLOSED},
    ),
    (
        "greeted, then a reset at the login",
        {"mysql": talks.then(talks.greeting(), resets, asked=False)},
        {"mysql": RESET},
    ),
]


def rows() -> list[Row]:
    """List every row; a hostile server that is not named otherwise is seen through, and passes."""
    meant = [
        (name, servers, {way: expected.get(way, "pass") for way in servers})
        for name, servers, expected in hostile.HOSTILE
    ]
    return [*FIRST_WORD, *LATER_WORD, *meant]


def behind_a_port(row: Row) -> list[Result]:
    """Serve one row and meet it."""
    fault, servers, expected = row
    waits = any("timeout" in word for words in expected.values() for word in listed(words))
    with ExitStack() as stack:
        places = {
            way: (HERE, stack.enter_context(serving(talk)).port) for way, talk in servers.items()
        }
        return meet(fault, places, expected, timeout_s=SHORT_S if waits else LONG_S)


def at_connect() -> list[Result]:
    """Refuse, drop, and accept: what every way that dials must say before any word."""
    with closed_port() as closed:
        found = meet(
            "refusal",
            dict.fromkeys(DIALLING, (HERE, closed)),
            same("connect refused", DIALLING),
            timeout_s=LONG_S,
        )
    with silent_port() as silent:
        found += meet(
            "silent drop",
            dict.fromkeys(DIALLING, (HERE, silent)),
            same("connect timeout", DIALLING),
            timeout_s=SHORT_S,
        )
    with serving(hangs) as server:
        place = {"tcp": (HERE, server.port)}
        found += meet("accepts and hangs", place, {"tcp": "pass"}, timeout_s=LONG_S)
    return found
