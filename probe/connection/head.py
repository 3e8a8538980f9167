"""The head of an HTTP answer, and no more of it than a probe can afford.

The standard library takes a hundred headers of 64 KiB before it refuses; a few dozen hostile
servers at once would fill the function's memory. And it waits for the end of a line that cannot
be HTTP any more, so that a server of another protocol would pass for a silent one.
"""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from probe.connection.recognise import recognise
from probe.failure import Failed
from probe.model import Failure

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer

# More than what load balancers and content networks let pass.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
_LONGEST = 64 * 1024
_BEGINNING = b"HTTP/"


class Head(HTTPResponse):
    """An answer whose head is read, and whose body is left where it is."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        stream: Any = self.fp
        self.fp = io.BufferedReader(_Bounded(stream.detach()))


class _Bounded(io.RawIOBase):
    """The first bytes that a stream has to give."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream
        self._left = _LONGEST
        self._begun = b""

    def readable(self) -> bool:
        """Say that it can be read, as `BufferedReader` asks."""
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        """Read what fits and what is left of the bound."""
        if not self._left:
            raise Failed(Failure.UNEXPECTED_ANSWER, "the head of the answer has no end")
        view = memoryview(into)[: self._left]
        count = self._stream.readinto(view) or 0
        self._left -= count
        if len(self._begun) < len(_BEGINNING):
            self._begun += bytes(view[:count][: len(_BEGINNING)])
            if not self._begun.startswith(_BEGINNING[: len(self._begun)]):
                looks = recognise(bytes(view[:count]))
                raise Failed(
                    Failure.UNEXPECTED_ANSWER, f"the answer is not HTTP; it looks like {looks}"
                )
        return count

    def close(self) -> None:
        """Let go of the stream as well; the socket stays its owner's."""
        self._stream.close()
        super().close()
