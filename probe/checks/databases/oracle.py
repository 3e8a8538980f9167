"""Oracle: a TNS CONNECT that asks the listener whether it is there, as `tnsping` does.

The protocol is not published; what is relied on is only the type in the answer's header.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probe.connection.recognise import recognise
from probe.failure import Failed
from probe.model import Failure

if TYPE_CHECKING:
    from probe.connection.link import Link

_DATA = b"(CONNECT_DATA=(COMMAND=ping))"
_HEADER = struct.Struct("!HHBBH")
_CONNECT = 1
_LONGEST = 8192
_ANSWERS = {2: "accept", 4: "refuse", 5: "redirect", 11: "resend", 12: "marker"}


def _request() -> bytes:
    """Version 314, compatible to 300; the data begins at 58, behind the fixed fields."""
    fixed = struct.pack(
        "!HHHHHHHHHHIBB", 314, 300, 0, 2048, 32767, 32582, 0, 1, len(_DATA), 58, 0, 65, 65
    )
    fixed = fixed.ljust(58 - _HEADER.size, b"\0")
    length = _HEADER.size + len(fixed) + len(_DATA)
    return _HEADER.pack(length, 0, _CONNECT, 0, 0) + fixed + _DATA


def exchange(link: Link) -> None:
    """Have the listener answer."""
    link.send(_request())
    head = link.read(_HEADER.size)
    length, _, kind, _, _ = _HEADER.unpack(head)
    if kind not in _ANSWERS or not _HEADER.size <= length <= _LONGEST:
        link.facts["looks_like"] = recognise(head)
        raise Failed(
            Failure.UNEXPECTED_ANSWER, "the answer to CONNECT is not of an Oracle listener"
        )
    link.facts["tns_answer"] = _ANSWERS[kind]
