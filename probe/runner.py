"""Every check at once, under one deadline: resolve, connect, tls, exchange for each target.

One thread dials and keeps the time; a few talk on what is connected; a few resolve. Nobody is
waited for: at the deadline the connections are ended, what hangs is told as its stage's timeout,
and what had not begun as not attempted. What a check says there is the check's business, and why
something failed is nobody's here.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from probe.connection import parking, resolve
from probe.connection.dial import Dialled, Dialler
from probe.connection.link import Link, converse
from probe.connection.resolve import Answer, Lookup, Resolver
from probe.connection.workers import Workers
from probe.failure import Failed, classify, describe, trace
from probe.model import Attempt, Failure, Observation, Stage, Step
from probe.trip import Trip
from probe.words import without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from probe.settings import Settings
    from probe.target import Target

    Ticket = tuple[Trip, int]

log = logging.getLogger(__name__)

_TALKERS = 48
_MOST_ATTEMPTS = 10_000  # of all targets together, whatever their names resolve to
# What it takes to put the answer together when every thread has just been woken.
_RESERVE_S, _RESERVE_PER_TARGET_S = 0.008, 0.00005
_SWEEP_S = 0.05
_ROOM_S = 0.01  # to look again whether something can be parked
_GRACE_S = 0.25  # for a thread whose connection was ended to say so itself
_POLITE_S = 0.5  # a database is not even dialled with less time than this


def run(
    settings: Settings, *, deadline: float, look: Lookup = resolve.lookup
) -> tuple[Observation, ...]:
    """Check all targets and return by the deadline, in the order of the targets. Never raises.

    `deadline` is a moment of `time.monotonic`; `look` resolves one name.
    """
    share = _MOST_ATTEMPTS // max(1, settings.repeat * len(settings.targets))
    trips = [
        Trip(target, repeat=settings.repeat, policy=settings.policy, most_addresses=share)
        for target in settings.targets
    ]
    cutoff = deadline - _RESERVE_S - _RESERVE_PER_TARGET_S * len(trips)
    if monotonic() < cutoff:
        try:
            _Run(settings, trips, cutoff, look).go()
        except Exception as error:  # noqa: BLE001 - no files left, no threads left: still a report
            log.log(logging.ERROR, "%s", trace(error))
            for trip in trips:
                trip.give_up(describe(error))
    return tuple(trip.observation() for trip in trips)


class _Run:
    """One run's threads and queues."""

    def __init__(self, settings: Settings, trips: list[Trip], cutoff: float, look: Lookup) -> None:
        self._stage_s = settings.timeout_s
        self._cutoff = cutoff
        self._trips = trips
        self._dialler: Dialler[Ticket] = Dialler(
            settings.timeout_s,
            allow_own=settings.policy.allow_loopback,
            spread=settings.repeat > 1,
        )
        self._inbox: deque[Callable[[], None]] = deque()  # what other threads want done here
        self._resolver = Resolver(self._post_answer, settings.timeout_s, look)
        self._asking: dict[str, list[Trip]] = {}
        # Two pools: databases must not wait, connected, behind servers that hang.
        names = {False: "talk", True: "talk gently"}
        self._talkers = {gentle: Workers(name, _TALKERS) for gentle, name in names.items()}
        self._links: dict[Link, Ticket] = {}
        self._ready: deque[Ticket] = deque()
        self._slots = parking.room()
        self._swept = 0.0

    def go(self) -> None:
        """Walk until everything has ended or the time is up."""
        _warm_up(trip.target for trip in self._trips)
        for trip in self._trips:
            self._begin(trip)
        try:
            while (now := monotonic()) < self._cutoff and self._under_way():
                self._dial_what_fits()
                for dialled in self._dialler.poll(min(self._cutoff, now + self._patience())):
                    self._arrived(dialled)
                while self._inbox:
                    self._inbox.popleft()()
                self._sweep(monotonic())
        finally:
            self._stop()

    def _patience(self) -> float:
        """Say how long the loop may sleep when no connection stirs."""
        if self._ready:
            return _ROOM_S
        return _SWEEP_S if self._links or self._asking else self._stage_s

    def _under_way(self) -> bool:
        return bool(self._ready or self._asking or self._links or self._dialler.pending)

    # --- resolve ---

    def _begin(self, trip: Trip) -> None:
        begin = trip.begin()
        if begin is not None:
            self._enqueue(trip, begin)
            return
        self._asking.setdefault(trip.host, []).append(trip)
        self._resolver.ask(trip.host)

    def _post_answer(self, host: str, answer: Answer) -> None:
        self._inbox.append(partial(self._answered, host, answer))
        self._dialler.ring()

    def _answered(self, host: str, answer: Answer) -> None:
        for trip in self._asking.pop(host, ()):
            self._enqueue(trip, trip.resolved(answer))

    def _enqueue(self, trip: Trip, indexes: Sequence[int]) -> None:
        if indexes:
            self._ready.extend([(trip, index) for index in indexes])

    # --- connect ---

    def _dial_what_fits(self) -> None:
        if self._ready and self._dialler.held + len(self._links) >= self._slots:
            self._dialler.make_room()
        while self._ready and (free := self._slots - self._dialler.held - len(self._links)) > 0:
            for _ in range(min(free, len(self._ready))):
                self._dial(self._ready.popleft())

    def _dial(self, ticket: Ticket) -> None:
        trip, index = ticket
        if trip.target.gentle and self._cutoff - monotonic() < min(_POLITE_S, self._stage_s):
            return  # not attempted
        assert trip.port is not None
        outcome = self._dialler.dial(ticket, trip.address(index), trip.port)
        if outcome:
            self._arrived(outcome)

    def _arrived(self, dialled: Dialled[Ticket]) -> None:
        trip, index = ticket = dialled.ticket
        sock, target = dialled.sock, trip.target
        if sock is not None and (target.exchange or target.tls):
            link = Link(
                sock,
                connect_ms=dialled.ms,
                facts=dialled.facts,
                stage_s=self._stage_s,
                cutoff=self._cutoff,
                judge=trip.refuses,
            )
            self._links[link] = ticket
            self._talkers[target.gentle].submit(partial(self._talk, link, ticket))
            return
        if sock is not None:
            sock.close()
        steps = (Step(Stage.CONNECT, dialled.ms),)
        attempt = trip.attempt(
            index, Stage.CONNECT, dialled.failure, steps, dialled.facts, skipped=dialled.no_route
        )
        self._enqueue(trip, trip.record(index, attempt))

    # --- tls and exchange: `_talk` runs in a thread of its own ---

    def _talk(self, link: Link, ticket: Ticket) -> None:
        trip, index = ticket
        failure = None
        if monotonic() >= self._cutoff:
            link.close()
            return
        try:
            converse(link, trip.target)
        except Exception as error:  # noqa: BLE001 - whatever a check does, the others report
            # An ended connection looks like anything; what a check itself says it saw, it saw.
            ended = link.overdue and not isinstance(error, Failed)
            failure = Failure.TIMEOUT if ended else classify(error)
            if "message" not in link.facts:  # what the other side said is worth more
                link.facts["error"] = describe(error)
            if failure is Failure.UNCLASSIFIED and not isinstance(error, Failed):
                words = without(trace(error), trip.target.secrets)
                log.log(logging.ERROR, "%s: %s", trip.target.check, words)
        link.facts |= {"cut_short": True} if failure is Failure.TIMEOUT and link.cut_short else {}
        link.close()
        attempt = trip.attempt(index, link.stage, failure, link.steps(), link.facts)
        self._inbox.append(partial(self._talked, link, ticket, attempt))
        self._dialler.ring()

    def _talked(self, link: Link, ticket: Ticket, attempt: Attempt) -> None:
        trip, index = ticket
        self._links.pop(link, None)
        self._enqueue(trip, trip.record(index, attempt))

    # --- time ---

    def _sweep(self, now: float) -> None:
        """Give up what has had its time."""
        if now - self._swept < _SWEEP_S:
            return
        self._swept = now
        for host, answer in self._resolver.overdue(now):
            self._answered(host, answer)
        for link, ticket in list(self._links.items()):
            if now >= link.until:
                link.abort()
            if now >= link.until + _GRACE_S:
                self._talkers[ticket[0].target.gentle].replace()
                self._talked(link, ticket, self._hung(link, ticket))

    def _hung(self, link: Link, ticket: Ticket) -> Attempt:
        trip, index = ticket
        detail: dict[str, Any] = {**link.facts, "error": "the stage's time is up"}
        if link.cut_short:
            detail["cut_short"] = True
        return trip.attempt(index, link.stage, Failure.TIMEOUT, link.steps(), detail)

    def _stop(self) -> None:
        """End everything that is under way, and say what it was."""
        self._resolver.close()
        for workers in self._talkers.values():
            workers.close()
        for host, trips in self._asking.items():
            if (began := self._resolver.under_way(host)) is not None:
                ms = 1000 * (monotonic() - began)
                for trip in trips:
                    trip.resolved(Answer((), ms, Failure.TIMEOUT, {"cut_short": True}))
        for dialled in self._dialler.close():
            dialled.facts["cut_short"] = True
            self._arrived(dialled)
        for link, ticket in self._links.items():
            link.abort()
            if link.begun:
                ticket[0].record(ticket[1], self._hung(link, ticket))
            else:
                link.close()


def _warm_up(targets: Iterable[Target]) -> None:
    """Read the authorities before any clock runs; who cannot be read is told by the check."""
    for trust in {target.tls for target in targets if target.tls}:
        with suppress(Failed):
            trust.context()
