"""A connection that is a row of bytes: what is fuzzed reads it as it would read a socket."""

from __future__ import annotations

import errno
import io
import socket
import time
from typing import TYPE_CHECKING, Any

from probe.connection.link import Link
from probe.model import Stage

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Tape(io.RawIOBase):
    """Plays bytes in small pieces, and ends; swallows what is written."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)
        # The first byte says how small the pieces are: parsers must not trust where one ends.
        self._piece = 1 + data[0] % 64 if data else 1

    def recv(self, count: int, flags: int = 0) -> bytes:
        """Give the next piece."""
        piece = bytes(self._rest[: min(count, self._piece)])
        if not flags & socket.MSG_PEEK:
            self._rest = self._rest[len(piece) :]
        return piece

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        """Give the next piece into a buffer."""
        view = memoryview(into)
        piece = self.recv(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Be read as a file."""
        return io.BufferedReader(self)

    def sendall(self, _: bytes) -> None:
        """Take it, and forget it."""

    def settimeout(self, _: float | None) -> None:
        """Never wait, whatever is allowed."""

    def shutdown(self, _: int) -> None:
        """Stay as it is."""

    def getsockopt(self, *_: int) -> int:
        """End where TLS would begin: its bytes are OpenSSL's to read."""
        raise ConnectionResetError(errno.ECONNRESET, "no TLS on a tape")


def link(data: bytes) -> Link:
    """Make a connection out of bytes."""
    tape: Any = Tape(data)
    far = time.monotonic() + 60
    made = Link(tape, connect_ms=1.0, facts={}, stage_s=60.0, cutoff=far)
    made.enter(Stage.EXCHANGE)
    return made
