"""PostgreSQL: SSLRequest, whom TLS meets, and the first word of a session that goes no further.

https://www.postgresql.org/docs/current/protocol-flow.html
The server says that its connections are used up only to a startup message, so one is sent, for a
user that does not exist; at the question for a password the probe hangs up, which PostgreSQL
takes for an ordinary change of mind and does not log.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from probe.connection.recognise import recognise
from probe.failure import Failed
from probe.model import Failure, Stage
from probe.words import printable, scrub

if TYPE_CHECKING:
    from probe.connection.link import Link

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_PARAMETERS = b"user\0lambda-probe\0database\0lambda-probe\0application_name\0lambda-probe\0\0"
_STARTUP = struct.pack("!II", 8 + len(_PARAMETERS), 3 << 16) + _PARAMETERS
_LONGEST = 8192
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BUSY = ("57P01", "57P02", "57P03")  # shutting down, or starting up
_BUSY_CLASS = "53"  # insufficient resources: 53300 is too many connections


def exchange(link: Link) -> None:
    """Have the server prove itself."""
    link.send(_SSL_REQUEST)
    answer = link.read(1)
    link.facts["tls_offered"] = answer == b"S"
    if answer == b"S":
        link.capture_tls("postgres")
        link.enter(Stage.EXCHANGE)
    elif answer == b"E":  # too busy even to fork, or very old
        _judge(link, answer)
        return
    elif answer != b"N":
        link.facts["looks_like"] = recognise(answer + _more(link))
        raise Failed(Failure.UNEXPECTED_ANSWER, "the answer to SSLRequest is neither S nor N")
    link.send(_STARTUP)
    _judge(link, link.read(1))


def _more(link: Link) -> bytes:
    """Read what else is said, which is worth a word and no wait."""
    with suppress(OSError):
        return link.some(16)
    return b""


def _judge(link: Link, kind: bytes) -> None:
    """Take an error or a request to authenticate; both are PostgreSQL."""
    if kind not in (b"E", b"R"):
        raise Failed(
            Failure.UNEXPECTED_ANSWER, "the answer to the startup message is not PostgreSQL's"
        )
    (length,) = struct.unpack("!I", link.read(4))
    if not 4 <= length <= _LONGEST:
        raise Failed(Failure.UNEXPECTED_ANSWER, "the answer's length is not PostgreSQL's")
    body = link.read(length - 4)
    if kind == b"R":
        return
    parts = [part for part in body.split(b"\0") if part]
    fields = {chr(part[0]): printable(part[1:], 120) for part in parts}
    code = fields.get("C", "")
    link.facts["error_code"], link.facts["message"] = code, scrub(fields.get("M", ""))
    if code in _BUSY or code.startswith(_BUSY_CLASS):
        raise Failed(Failure.SERVER_BUSY, "the server takes no connection just now")
