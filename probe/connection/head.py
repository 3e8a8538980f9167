"""The head of an HTTP answer, and no more of it than a probe can afford.

The standard library takes a hundred headers of 64 KiB before it refuses; a few dozen hostile
servers at once would fill the function's memory. It waits for the end of a line that cannot be
HTTP any more, so that a server of another protocol would pass for a silent one. And it makes a
mail message of what a probe wants one word of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from probe.connection.recognise import recognise
from probe.failure import Failed
from probe.model import Failure

if TYPE_CHECKING:
    from probe.connection.link import Link

# More than what load balancers and content networks let pass.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
_LONGEST = 64 * 1024
_AT_ONCE = 4096
_MOST_HEADERS = 100  # http.client, which the user's code reads with, takes no more
_BEGINNING = b"HTTP/"
_STATUS = re.compile(rb"HTTP/1\.\d +([1-9]\d\d)(?=[ \r\n]|\Z)")
_END = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A status, and the headers as they came."""

    status: int
    _words: bytes = field(repr=False)
    after: bytes = field(default=b"", repr=False)  # what came along with it, of what follows

    def header(self, name: str) -> str | None:
        """Give the first header of a name."""
        wanted = rb"\n" + re.escape(name.encode()) + rb":[ \t]*([^\r\n]*)"
        found = re.search(wanted, self._words, re.IGNORECASE)
        return found[1].decode("latin-1").rstrip() if found else None


def read_head(link: Link) -> Head:
    """Read the head of the answer, and leave what may follow.

    A peer that closes ends the head, as it does for http.client. Raises Failed for what is not
    HTTP or has no end, and what the socket raises.
    """
    data, left = bytearray(), _LONGEST
    while True:
        more = link.some(min(left, _AT_ONCE))
        left -= len(more)
        searched = max(0, len(data) - 3)
        data += more
        if not data:
            raise link.ended_after(b"")
        if not data.startswith(_BEGINNING[: len(data)]):
            raise _unexpected(f"is not HTTP; it looks like {recognise(bytes(data))}")
        while end := _END.search(data, searched):
            head = _parse(bytes(data[: end.start() + 1]))
            if not _follows(head.status):
                return replace(head, after=bytes(data[end.end() :]))
            del data[: end.end()]
            searched = 0
        if not more:
            return _parse(bytes(data))
        if not left:
            raise Failed(Failure.UNEXPECTED_ANSWER, "the head of the answer has no end")


def _follows(status: int) -> bool:
    """Whether this is an interim answer: https://www.rfc-editor.org/rfc/rfc9110#section-15.2."""
    return 100 <= status < 200 and status != 101


def _parse(words: bytes) -> Head:
    found = _STATUS.match(words)
    if not found:
        raise _unexpected("begins like HTTP, and has no status")
    if words.count(b"\n") > 1 + _MOST_HEADERS:
        raise _unexpected(f"has more than {_MOST_HEADERS} headers")
    return Head(int(found[1]), words)


def _unexpected(what: str) -> Failed:
    return Failed(Failure.UNEXPECTED_ANSWER, f"the answer {what}")
