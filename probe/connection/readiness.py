"""What many sockets are waited for with: epoll itself, or the standard library where there is none.

The library's selectors keep a record for each socket; at a thousand connections those cost more
than waiting does.
"""

from __future__ import annotations

import math
import select
import selectors
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")

# A connection stands once; who talks on it then is nobody's business here.
_WRITABLE_ONCE = getattr(select, "EPOLLOUT", 0) | getattr(select, "EPOLLONESHOT", 0)


class HasFileno(Protocol):
    """A socket, or what stands for some."""

    def fileno(self) -> int:
        """Give its file descriptor."""
        ...


class Epoll(Generic[T]):
    """Tells which of the things added are ready, by the value that came with each."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._values: dict[int, T] = {}

    def add(self, thing: HasFileno, value: T, *, to_write: bool) -> None:
        """Wait for it to become writable, which a connection does, or else readable."""
        number = thing.fileno()
        self._epoll.register(number, _WRITABLE_ONCE if to_write else select.EPOLLIN)
        self._values[number] = value

    def drop(self, thing: HasFileno) -> None:
        """Wait for it no longer."""
        number = thing.fileno()
        del self._values[number]
        self._epoll.unregister(number)

    def spent(self, thing: HasFileno) -> None:
        """Take it that something writable was told of, or is closed now: the kernel forgets it."""
        del self._values[thing.fileno()]

    def ready(self, seconds: float) -> list[T]:
        """Wait at most so long; epoll counts in milliseconds, and must not wake too early."""
        found = self._epoll.poll(math.ceil(1000 * seconds) / 1000)
        return [self._values[number] for number, _ in found]

    def close(self) -> None:
        """Wait for nothing more."""
        self._epoll.close()


class Portable(Generic[T]):
    """The same, by the standard library."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def add(self, thing: HasFileno, value: T, *, to_write: bool) -> None:
        """Wait for it to become writable, or else readable."""
        event = selectors.EVENT_WRITE if to_write else selectors.EVENT_READ
        self._selector.register(thing, event, value)

    def drop(self, thing: HasFileno) -> None:
        """Wait for it no longer."""
        self._selector.unregister(thing)

    def spent(self, thing: HasFileno) -> None:
        """Wait for it no longer; it was told of, or is closed now."""
        self._selector.unregister(thing)

    def ready(self, seconds: float) -> list[T]:
        """Wait at most so long."""
        return [key.data for key, _ in self._selector.select(seconds)]

    def close(self) -> None:
        """Wait for nothing more."""
        self._selector.close()


def fresh() -> Epoll[Any] | Portable[Any]:
    """Give the better one that this system has."""
    return Epoll() if hasattr(select, "epoll") else Portable()
