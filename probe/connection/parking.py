"""A place for connections that wait for an answer, outside this process's file descriptors.

A socket needs no descriptor while it only waits: sent over a Unix socket (SCM_RIGHTS) and not yet
received, it lives on in that socket's queue, and an epoll that knew it goes on watching it. So a
process that may hold a thousand descriptors can wait for more than a thousand silent peers.
https://man7.org/linux/man-pages/man7/unix.7.html
https://man7.org/linux/man-pages/man7/epoll.7.html (closing a descriptor, question 6)
Knows nothing of what the connections are for.
"""

from __future__ import annotations

import contextlib
import resource
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Lambda gives a process 1,024 file descriptors; the runtime, resolvers and SDKs need theirs.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MOST_CONNECTIONS = 750
_SPARE = 250  # a batch that comes back among them
MOST = 100  # in one batch; the kernel takes 253 in one message
COST = 3  # descriptors that a batch itself needs


def room() -> int:
    """Count the connections that this process may hold open at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(_MOST_CONNECTIONS, soft - _SPARE))


class Batch:
    """Some sockets, parked together and fetched together."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        """Park them: OSError when the kernel will not, and then nothing has happened to them."""
        self._near, self._far = socket.socketpair()
        self._epoll = select.epoll()
        try:
            for one in sockets:
                self._epoll.register(one, select.EPOLLOUT)
            socket.send_fds(self._near, [b"."], [one.fileno() for one in sockets])
        except OSError:
            self.close()
            raise
        for one in sockets:
            one.close()

    def fileno(self) -> int:
        """Give what becomes readable when something happens to any of them."""
        return self._epoll.fileno()

    def fetch(self) -> list[socket.socket]:
        """Take them back, in their order."""
        _, descriptors, _, _ = socket.recv_fds(self._far, 1, MOST)
        self.close()
        return [socket.socket(fileno=descriptor) for descriptor in descriptors]

    def close(self) -> None:
        """Give the place up, and what is still parked there."""
        for thing in (self._epoll, self._near, self._far):
            with contextlib.suppress(OSError):
                thing.close()
