"""SQL Server: PRELOGIN, which is answered before any login.

MS-TDS, 2.2.6.5: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probe.connection.recognise import recognise
from probe.failure import Failed
from probe.model import Failure

if TYPE_CHECKING:
    from probe.connection.link import Link

_PRELOGIN, _ANSWER = 0x12, 0x04
_LONGEST = 4096
_END = 0xFF
_VERSION, _ENCRYPTION = 0x00, 0x01
_NOT_SUPPORTED = 0x02
_WORDS = {0: "off", 1: "on", 2: "not supported", 3: "required"}


def _request() -> bytes:
    """Two options: our version, and that we speak no TLS, for there will be no login."""
    table = struct.pack("!BHHBHHB", _VERSION, 11, 6, _ENCRYPTION, 17, 1, _END)
    body = table + bytes(6) + bytes([_NOT_SUPPORTED])
    return struct.pack("!BBHHBB", _PRELOGIN, 1, 8 + len(body), 0, 1, 0) + body


def exchange(link: Link) -> None:
    """Have the server introduce itself."""
    link.send(_request())
    head = link.read(8)
    (length,) = struct.unpack("!H", head[2:4])
    if head[0] != _ANSWER or not 8 < length <= _LONGEST:
        link.facts["looks_like"] = recognise(head)
        raise Failed(Failure.UNEXPECTED_ANSWER, "the answer to PRELOGIN is not SQL Server's")
    options = _options(link.read(length - 8))
    version = options.get(_VERSION, b"")
    if len(version) < 4:
        raise Failed(Failure.UNEXPECTED_ANSWER, "the answer to PRELOGIN tells no version")
    major, minor, build = struct.unpack("!BBH", version[:4])
    link.facts["server_version"] = f"{major}.{minor}.{build}"
    link.facts["encryption"] = _WORDS.get(
        int.from_bytes(options.get(_ENCRYPTION, b"\xff")), "unknown"
    )


def _options(body: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for at in range(0, len(body) - 4, 5):
        token, offset, length = struct.unpack_from("!BHH", body, at)
        if token == _END:
            break
        found[token] = body[offset : offset + length]
    return found
