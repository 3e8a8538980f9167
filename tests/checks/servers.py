"""Small real servers on loopback, each misbehaving in one way, and a shorthand to check them."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from probe.runner import run
from probe.settings import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.model import Observation

    Talk = Callable[[socket.socket], None]

RST_ON_CLOSE = struct.pack("ii", 1, 0)


class Server:
    """A listener, one thread for each connection, and what it was told."""

    def __init__(self, talk: Talk, host: str = "127.0.0.1", port: int = 0) -> None:
        self._talk = talk
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=256)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self.peers: list[tuple[str, int]] = []
        self.most_open = 0
        self.connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, peer = self._listener.accept()
                connection.settimeout(20)
                self.peers.append(peer[:2])
                self.connections.append(connection)
                now_open = sum(established(one) for one in self.connections)
                self.most_open = max(now_open, self.most_open)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._talk(connection)

    def wait_for(self, count: int) -> None:
        """Wait until so many connections were accepted."""
        patience = time.monotonic() + 10
        while len(self.peers) < count and time.monotonic() < patience:
            time.sleep(0.005)

    def close(self) -> None:
        """End every connection and thread."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)


def established(connection: socket.socket) -> bool:
    """Ask the kernel whether both ends hold a connection open."""
    with suppress(OSError):
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return bool(state == 1)  # TCP_ESTABLISHED
    return False


@contextmanager
def serving(talk: Talk, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serve while the context lasts."""
    server = Server(talk, host, port)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port on which nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def silent_port() -> Iterator[int]:
    """Hold a port that drops every SYN: its listener's queue is full and nobody accepts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        crowd = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            crowd.append(one)
        time.sleep(0.05)
        try:
            yield port
        finally:
            for one in crowd:
                one.close()


def says(*parts: bytes) -> Talk:
    """Say this, then wait until the peer leaves."""

    def talk(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
        drain(connection)

    return talk


def answers(answer: bytes) -> Talk:
    """Wait for the first bytes, answer, and wait until the peer leaves."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        drain(connection)

    return talk


def drain(connection: socket.socket) -> None:
    """Read until the peer ends."""
    while connection.recv(65536):
        pass


def hangs(connection: socket.socket) -> None:
    """Read and never answer."""
    drain(connection)


def closes(connection: socket.socket) -> None:
    """Read something, and end."""
    connection.recv(65536)


def leaves(connection: socket.socket) -> None:
    """End at once, politely."""
    connection.shutdown(socket.SHUT_WR)
    drain(connection)


def resets(connection: socket.socket) -> None:
    """Read something, and answer with a RST."""
    connection.recv(65536)
    time.sleep(0.05)  # a request of two parts is to meet it when all has been sent
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)


def drips(connection: socket.socket) -> None:
    """Say one byte at a time, for ever, and never anything that ends."""
    while True:
        connection.sendall(b"H")
        time.sleep(0.02)


def floods(connection: socket.socket) -> None:
    """Say as much as the peer takes, without an end of line."""
    while True:
        connection.sendall(b"\x01" * 65536)


def check(target: dict[str, Any], *, within: float = 10.0, **event: Any) -> Observation:
    """Run one target of an event, from loopback to loopback."""
    (observation,) = check_all([target], within=within, **event)
    return observation


def check_all(
    targets: list[dict[str, Any]], *, within: float = 10.0, **event: Any
) -> tuple[Observation, ...]:
    """Run the targets of an event, from loopback to loopback."""
    event.setdefault("timeout_s", 5)
    settings = parse({"targets": targets, **event}, os.environ, allow_loopback=True)
    return run(settings, deadline=time.monotonic() + within)


def seen(observation: Observation) -> tuple[str, str | None, str | None]:
    """Give status, stage and failure, for a comparison that reads well."""
    return observation.status.value, observation.stage, observation.failure
