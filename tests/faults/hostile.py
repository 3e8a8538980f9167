"""Servers that mean harm: too much, too deep, somewhere else, or at the reader's terminal.

Who is not said to be told otherwise is seen through, and passes: what was asked for was answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.checks.servers import answers, closes, hangs, says
from tests.faults import talks

if TYPE_CHECKING:
    from tests.checks.servers import Talk
    from tests.faults.case import Expected

STRANGE = "exchange unexpected_answer"
_METADATA = b"169.254.169.254"
_LOCAL = "Location: http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"
HOSTILE: list[tuple[str, dict[str, Talk], dict[str, Expected]]] = [
    ("endless redirects", {"http": answers(talks.http(_LOCAL, status="302 Found"))}, {}),
    ("an endless body", {"http": talks.endless(b"x" * 1024, talks.http())}, {}),
    ("endless headers", {"http": talks.endless(b"X-Header: value\r\n")}, {"http": STRANGE}),
    ("a header without end", {"http": talks.endless(b"X" * 1024)}, {"http": STRANGE}),
    (
        "headers of 6 MB",
        {"http": talks.endless(b"X: " + b"v" * 60_000 + b"\r\n")},
        {"http": STRANGE},
    ),
    (
        "a status line without end",
        {"http": talks.huge(b"HTTP/1.1 200 ", asked=True)},
        {"http": STRANGE},
    ),
    (
        "interim answers for ever",
        {"http": talks.endless(b"HTTP/1.1 100 Continue\r\n\r\n", b"")},
        {"http": STRANGE},
    ),
    (
        "cookies that are hard to read",
        {"http": answers(talks.http(*["Set-Cookie: " + "a=;" * 200 + '"' + " " * 300 + "x"] * 60))},
        {},
    ),
    (
        "a body that is a gzip bomb",
        {
            "http": answers(
                talks.http("Content-Encoding: gzip", "Content-Length: 9") + b"\x1f\x8b\x08garbage"
            )
        },
        {},
    ),
    ("a length below zero", {"http": answers(talks.http("Content-Length: -1"))}, {}),
    (
        "two lengths and chunks",
        {
            "http": answers(
                talks.http("Content-Length: 1", "Content-Length: 2", "Transfer-Encoding: chunked")
            )
        },
        {},
    ),
    (
        "another protocol's upgrade",
        {"http": answers(talks.http("Upgrade: h2c", status="101 Switching Protocols"))},
        {"http": "exchange http_status"},
    ),
    (
        "HTTP/2 without being asked",
        {"http": answers(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18))},
        {"http": STRANGE},
    ),
    ("an ICY status", {"http": answers(b"ICY 200 OK\r\n\r\n")}, {"http": STRANGE}),
    (
        "a status of five digits",
        {"http": answers(b"HTTP/1.1 99999 Much\r\n\r\n")},
        {"http": STRANGE},
    ),
    (
        "a status with escape sequences",
        {"http": answers(b"HTTP/1.1 500 \x1b]0;owned\x07\r\nX: \x00\x1b[2J\r\n\r\n")},
        {"http": "exchange http_status"},
    ),
    (
        "a version of 4 KB with escapes",
        {
            "mysql": says(
                talks.greeting(b"\x1b[2J\x9b" + b"8" * 3900) + talks.packet(2, b"\xff\x15\x04no")
            )
        },
        {},
    ),
    (
        "a packet of 16 MB",
        {"mysql": talks.huge(b"\xff\xff\xff\x00", asked=False)},
        {"mysql": STRANGE},
    ),
    (
        "an endless question for a method",
        {"mysql": says(talks.greeting() + talks.packet(2, b"\xfex\0") * 50)},
        {"mysql": STRANGE},
    ),
    (
        "S for TLS, then no TLS",
        {"postgres": talks.then(b"S", says(b"S" * 64))},
        {"postgres": "tls not_tls"},
    ),
    ("S for TLS, then silence", {"postgres": talks.then(b"S", hangs)}, {"postgres": "tls timeout"}),
    ("S for TLS, then the end", {"postgres": talks.then(b"S", closes)}, {"postgres": "tls closed"}),
    ("one strange byte, then silence", {"postgres": answers(b"?")}, {"postgres": STRANGE}),
    (
        "an error of 4 GB",
        {"postgres": talks.huge(b"E\xff\xff\xff\xff", asked=True)},
        {"postgres": STRANGE},
    ),
    (
        "options that point outside",
        {
            "sqlserver": answers(
                talks.prelogin(b"\x00\xff\xff\xff\xff\x01\x00\x00\xff\xff\xff" + bytes(9))
            )
        },
        {"sqlserver": STRANGE},
    ),
    (
        "a redirect to the metadata",
        {"oracle": answers(talks.tns(5, b"(ADDRESS=(HOST=" + _METADATA + b")(PORT=80))"))},
        {},
    ),
    ("MOVED to loopback", {"cache": answers(b"-MOVED 3999 127.0.0.1:6379\r\n")}, {}),
    ("a line of 100 MB", {"cache": talks.huge(b"+", asked=True)}, {}),
]
