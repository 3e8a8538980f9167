"""Many TCP connections at once, in one thread, and what the kernel knows of each.

A thousand silent targets cost one timeout and no threads. Times come from TCP_INFO where the
kernel has measured them, because a busy process sees its answers late. Resolves nothing, judges
no target, and says nothing on a connection.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Generic, TypeVar

from probe.connection import own, parking, readiness
from probe.connection.parking import Batch
from probe.failure import NO_ROUTE, of_errno
from probe.model import Failure

T = TypeVar("T")

# struct tcp_info of linux/tcp.h: eight bytes, then 32-bit words. The layout only ever grows.
_TCP_INFO = getattr(socket, "TCP_INFO", None)
_LAYOUT = struct.Struct("@B7x24I")
_STATE, _LAST_ACK, _RTT, _TOTAL_RETRANSMITS = 0, 13, 16, 24
_ESTABLISHED = 1
_KIND = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
# An answer that has not come by then is not expected soon: its connection may be parked.
_PATIENCE_S = 0.03
# What the stage clock and the kernel may differ by before both are told.
_WORTH_TELLING_MS = 1.0


@dataclass(slots=True)
class Dialled(Generic[T]):
    """How one connection came out: a socket, or a failure."""

    ticket: T
    ms: float
    sock: socket.socket | None = None
    failure: Failure | None = None
    no_route: bool = False  # the kernel sends nothing at all to this family of addresses
    facts: dict[str, Any] = field(default_factory=dict)


class _Pending(Generic[T]):
    """A connection on its way."""

    __slots__ = ("batch", "began", "done", "port", "sock", "ticket", "until")

    def __init__(self, ticket: T, sock: socket.socket, began: float, until: float) -> None:
        self.ticket = ticket
        self.sock = sock
        self.began = began
        self.until = until
        self.port = 0  # of ours
        self.done = False
        self.batch: Batch | None = None  # where it is parked

    def facts(self, words: tuple[int, ...] | None) -> dict[str, Any]:
        """Tell what the kernel knows of it."""
        facts: dict[str, Any] = {"source_port": self.port}
        if words is not None:
            facts["syn_retransmits"] = words[_TOTAL_RETRANSMITS]
            if words[_RTT]:
                facts["rtt_ms"] = words[_RTT] / 1000
        return facts


class Dialler(Generic[T]):
    """Starts connections, and tells how they came out. Every one has the same time.

    A connection to an address of this machine itself is refused unless `allow_own`: whatever
    listens there is part of the environment, as on loopback. `spread`: each comes from a source
    port at random, for targets that are dialled several times.
    """

    def __init__(self, seconds: float, *, allow_own: bool, spread: bool = False) -> None:
        self._seconds = seconds
        self._allow_own = allow_own
        self._spread = spread
        self._own = frozenset[str]() if allow_own else own.addresses()
        self._waiting = readiness.fresh()
        self._line: deque[_Pending[T]] = deque()  # in order of `until`
        self._pending = 0
        self._batches: dict[Batch, list[_Pending[T]]] = {}
        self._bell, self._clapper = socket.socketpair()
        self._bell.setblocking(False)
        self._clapper.setblocking(False)
        self._rung = False  # and not heard yet
        self._waiting.add(self._bell, None, to_write=False)

    @property
    def pending(self) -> int:
        """Count the connections on their way."""
        return self._pending

    @property
    def held(self) -> int:
        """Count the file descriptors that they take."""
        if not self._batches:
            return self._pending
        parked = sum(map(len, self._batches.values()))
        return self._pending - parked + parking.COST * len(self._batches)

    def dial(self, ticket: T, address: str, port: int) -> Dialled[T] | None:
        """Send one SYN; None while the outcome is open."""
        if own.is_among(address, self._own):
            return _forbidden(ticket)
        began = monotonic()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, _KIND)
        except OSError as error:
            return _failed(ticket, began, error.errno or 0)
        if self._spread:
            _at_random(sock)
        code = sock.connect_ex((address, port))
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            return _failed(ticket, began, code)
        pending = _Pending(ticket, sock, began, began + self._seconds)
        here = sock.getsockname()
        pending.port = here[1]
        if here[0] == address and not self._allow_own:
            sock.close()
            return _forbidden(ticket)
        self._waiting.add(sock, pending, to_write=True)
        self._line.append(pending)
        self._pending += 1
        return None

    def poll(self, until: float) -> list[Dialled[T]]:
        """Wait for outcomes, a ring of the bell, or a moment in time."""
        while self._line and self._line[0].done:
            self._line.popleft()
        if self._line:
            until = min(until, self._line[0].until)
        outcomes = []
        for waited in self._waiting.ready(max(0.0, until - monotonic())):
            if waited is None:
                self._hush()
            elif isinstance(waited, Batch):
                self._fetch(waited)
            else:
                outcomes.append(self._arrived(waited))
        now = monotonic()
        while self._line and (self._line[0].done or self._line[0].until <= now):
            pending = self._line.popleft()
            if not pending.done:
                outcomes.append(self._silent(pending))
        return outcomes

    def make_room(self) -> None:
        """Park some of those that have waited longest, if any has waited long enough."""
        now = monotonic()
        waiting = (p for p in self._line if not p.done and not p.batch)
        chosen = list(islice((p for p in waiting if now - p.began >= _PATIENCE_S), parking.MOST))
        if len(chosen) <= parking.COST:
            return
        for pending in chosen:
            self._waiting.drop(pending.sock)
        try:
            batch = Batch([pending.sock for pending in chosen])
        except OSError:  # no epoll here, or too many in flight: they wait where they are
            for pending in chosen:
                self._waiting.add(pending.sock, pending, to_write=True)
            return
        for pending in chosen:
            pending.batch = batch
        self._batches[batch] = chosen
        self._waiting.add(batch, batch, to_write=False)

    def _fetch(self, batch: Batch) -> None:
        """Take a batch back, because something has happened to one of it."""
        self._waiting.drop(batch)
        for pending, sock in zip(self._batches.pop(batch), batch.fetch(), strict=True):
            pending.batch, pending.sock = None, sock
            self._waiting.add(sock, pending, to_write=True)

    def ring(self) -> None:
        """Wake `poll`; from any thread, at any time. One ring is enough until it is heard."""
        if self._rung:
            return
        self._rung = True
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: nobody is there
            self._clapper.send(b"!")

    def close(self) -> list[Dialled[T]]:
        """Give up whatever is on its way, and tell what it was."""
        left = [self._silent(pending) for pending in self._line if not pending.done]
        self._line.clear()
        self._waiting.close()
        self._bell.close()
        self._clapper.close()
        return left

    def _hush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)
        self._rung = False  # after that, or a ring in between would be taken away and still count

    def _arrived(self, pending: _Pending[T]) -> Dialled[T]:
        sock = self._forget(pending)
        clock_ms = 1000 * (monotonic() - pending.began)
        words = _kernel(sock)
        facts = pending.facts(words)
        established = words is not None and words[_STATE] == _ESTABLISHED
        if not established and (code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            sock.close()
            return Dialled(pending.ticket, clock_ms, None, of_errno(code), facts=facts)
        ms = _until_answered(words, clock_ms)
        if abs(clock_ms - ms) >= _WORTH_TELLING_MS:
            facts["connect_clock_ms"] = round(clock_ms, 3)
        return Dialled(pending.ticket, ms, sock, facts=facts)

    def _silent(self, pending: _Pending[T]) -> Dialled[T]:
        sock = self._forget(pending)
        ms = 1000 * (monotonic() - pending.began)
        facts = pending.facts(_kernel(sock))
        sock.close()
        return Dialled(pending.ticket, ms, None, Failure.TIMEOUT, facts=facts)

    def _forget(self, pending: _Pending[T]) -> socket.socket:
        if pending.batch:
            self._fetch(pending.batch)
        pending.done = True
        self._pending -= 1
        self._waiting.spent(pending.sock)
        return pending.sock


def _at_random(sock: socket.socket) -> None:
    """Take a source port at random; where that fails the kernel chooses.

    Left to itself Linux counts up from one place for each target, and attempts made one after
    another would all fit, or all miss, a rule that names some of the ports.
    """
    try:
        low, high = _ports()
        sock.bind(("", low + int(random.random() * (high - low + 1))))  # noqa: S311 - no secret
    except OSError:
        return


@cache
def _ports() -> tuple[int, int]:
    """Give the first and the last port that this machine connects from."""
    low, high = _PORTS.read_text().split()
    return int(low), int(high)


def _forbidden(ticket: T) -> Dialled[T]:
    facts = {"error": "the address is this machine's own"}
    return Dialled(ticket, 0.0, None, Failure.FORBIDDEN_TARGET, facts=facts)


def _failed(ticket: T, began: float, code: int) -> Dialled[T]:
    """Tell of a connection that the kernel did not even start."""
    ms = 1000 * (monotonic() - began)
    facts = {"error": os.strerror(code)}
    return Dialled(ticket, ms, None, of_errno(code), no_route=code in NO_ROUTE, facts=facts)


def _until_answered(words: tuple[int, ...] | None, clock_ms: float) -> float:
    """Give the time until the SYN was answered, by the kernel's clock where it has one."""
    if words is None:
        return clock_ms
    if words[_TOTAL_RETRANSMITS] or not words[_RTT]:
        # The kernel measured the last SYN only; the whole wait is the clock's, less the time since
        # the answer came.
        return max(0.0, clock_ms - words[_LAST_ACK])
    return words[_RTT] / 1000


def _kernel(sock: socket.socket) -> tuple[int, ...] | None:
    if _TCP_INFO is None:
        return None
    raw = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _LAYOUT.size)
    return _LAYOUT.unpack(raw) if len(raw) == _LAYOUT.size else None
