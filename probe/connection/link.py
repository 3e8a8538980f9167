"""One connection, from the moment it stands: its stage clock, its limits, and what was learned.

Plain blocking calls, for one thread at a time. Two limits hold: a silent peer meets the socket's
own timeout, and one that drips meets `until`, at which somebody else may `abort` the link. Knows
no protocol but TLS.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING, Any

from probe.connection import tls
from probe.connection.proxy import tunnel
from probe.connection.recognise import UNTOLD, recognise
from probe.failure import Failed, classify, describe
from probe.model import Failure, Stage, Step

if TYPE_CHECKING:
    from probe.connection.tls import Trust
    from probe.connection.watch import Judge
    from probe.target import Target


class Link:
    """A connected socket that is being talked on."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        connect_ms: float,
        facts: dict[str, Any],
        stage_s: float,
        cutoff: float,
        judge: Judge | None = None,
    ) -> None:
        self.sock = sock
        self.judge = judge  # of what a library would dial for the same target
        self.facts = facts
        self.stage = Stage.CONNECT
        self.until = cutoff  # when the stage's time is up
        self.stage_s = stage_s
        self._cutoff = cutoff
        self._spent: dict[Stage, float] = {Stage.CONNECT: connect_ms / 1000}
        self._since: float | None = None  # None: the clock stands

    # --- the clock ---

    def enter(self, stage: Stage) -> None:
        """Start or go on with a stage, within what is left of its time."""
        self.pause()
        now = monotonic()
        spent = self._spent.setdefault(stage, 0.0)
        self.until = min(now + self.stage_s - spent, self._cutoff)
        self.stage, self._since = stage, now
        self._limit()

    def pause(self) -> None:
        """Stop the clock of the stage."""
        if self._since is not None:
            self._spent[self.stage] += monotonic() - self._since
            self._since = None
            self.until = self._cutoff

    def steps(self) -> tuple[Step, ...]:
        """Tell how long each stage took, or has taken so far."""
        running = monotonic() - self._since if self._since is not None else 0.0
        return tuple(
            Step(stage, round(1000 * (spent + (running if stage == self.stage else 0.0)), 3))
            for stage, spent in list(self._spent.items())
        )

    @property
    def overdue(self) -> bool:
        """Whether the stage's time is up."""
        return monotonic() >= self.until

    @property
    def cut_short(self) -> bool:
        """Whether the run's deadline leaves the stage less than its time."""
        return self.until >= self._cutoff

    @property
    def left_s(self) -> float:
        """What is left of the stage's time; TimeoutError when nothing is."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("the stage's time is up")
        return left

    @property
    def begun(self) -> bool:
        """Whether anybody has begun to talk."""
        return self.stage is not Stage.CONNECT

    def _limit(self) -> None:
        self.sock.settimeout(self.left_s)

    # --- talking ---

    def send(self, data: bytes) -> None:
        """Send everything."""
        self._limit()
        self.sock.sendall(data)

    def read(self, count: int) -> bytes:
        """Read exactly so many bytes."""
        data = bytearray()
        while len(data) < count:
            more = self.some(count - len(data))
            if not more:
                raise self.ended_after(bytes(data))
            data += more
        return bytes(data)

    def ended_after(self, said: bytes) -> Failed:
        """Make the failure of a peer that closed where more was to come."""
        sentence = f"the peer closed after {len(said)} bytes"
        looks = recognise(said)
        if looks in UNTOLD:
            return Failed(Failure.CLOSED, sentence)
        self.facts["looks_like"] = looks
        return Failed(Failure.UNEXPECTED_ANSWER, f"{sentence}, which look like {looks}")

    def some(self, most: int) -> bytes:
        """Read what comes next; nothing means that the peer has ended."""
        self._limit()
        data = self.sock.recv(min(most, 65536))
        if not data and self.overdue:  # it was not the peer: `abort` looks the same from here
            raise TimeoutError("the stage's time is up")
        return data

    def overhear(self, seconds: float) -> bytes:
        """Look at what the peer says unasked, and leave it where it is."""
        self.sock.settimeout(max(0.0, min(seconds, self.left_s)))
        with contextlib.suppress(TimeoutError, BlockingIOError):
            return self.sock.recv(16, socket.MSG_PEEK)
        return b""

    # --- TLS ---

    def start_tls(self, trust: Trust, host: str) -> None:
        """Shake hands and believe only whom the user's code would believe.

        When the certificate is not believed, a second handshake on a fresh connection to the same
        address learns who presented it; the first one cannot tell.
        """
        context = trust.context()
        try:
            self._handshake(context, host)
        except ssl.SSLCertVerificationError as error:
            with contextlib.suppress(OSError):
                self._learn_who(host)
            raise Failed(classify(error), describe(error)) from error
        self.facts.update(tls.facts(self._secured, verified=True))

    def capture_tls(self, host: str) -> None:
        """Shake hands with anybody, and note whom it was."""
        self._handshake(tls.capturing(), host)
        self.facts.update(tls.facts(self._secured, verified=False))

    def _handshake(self, context: ssl.SSLContext, host: str) -> None:
        self.enter(Stage.TLS)
        # Not on connect: `abort` must find the socket while the handshake hangs.
        self.sock = context.wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self._secured.do_handshake()

    def _learn_who(self, host: str) -> None:
        until, peer, family = self.until, self.sock.getpeername(), self.sock.family
        self.pause()
        self.until = until  # the clock stands, the limit does not
        self.sock.close()
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self._limit()
        self.sock.connect(peer)
        self.sock = tls.capturing().wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self._secured.do_handshake()
        self.facts.update(tls.facts(self._secured, verified=False))

    @property
    def _secured(self) -> ssl.SSLSocket:
        if not isinstance(self.sock, ssl.SSLSocket):
            raise TypeError("the link speaks no TLS")
        return self.sock

    # --- the end ---

    def abort(self) -> None:
        """End the connection under a thread that waits on it."""
        with contextlib.suppress(OSError):
            # SSLSocket's own shutdown would pull the TLS layer from under that thread.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Take leave as TLS wants it, so that no server logs a reset; wait for nothing."""
        self.pause()
        with contextlib.suppress(OSError, ValueError):
            if isinstance(self.sock, ssl.SSLSocket):
                self.sock.settimeout(0)
                self.sock.unwrap()
        with contextlib.suppress(OSError):
            self.sock.close()


def converse(link: Link, target: Target) -> None:
    """Say what there is to say to a target: to the proxy before it, in TLS, and to itself."""
    if target.proxy and target.tls:
        link.enter(Stage.EXCHANGE)
        tunnel(link, target.proxy, target.host, target.port or 0)
    if target.tls:
        link.start_tls(target.tls, target.host)
    if target.exchange:
        link.enter(Stage.EXCHANGE)
        target.exchange(link)
