"""The dialler's own promises: the kernel's clock, parking, and the bell."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from probe.connection.dial import Dialled, Dialler
from probe.model import Failure
from tests.checks.servers import closed_port, hangs, serving, silent_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def dialler(seconds: float = 5, *, spread: bool = False) -> Iterator[Dialler[int]]:
    """Make a dialler that may dial this machine."""
    one: Dialler[int] = Dialler(seconds, allow_own=True, spread=spread)
    try:
        yield one
    finally:
        one.close()


def test_a_late_reader_does_not_make_the_network_slow() -> None:
    """The connect time is the kernel's; what the process slept is told beside it, not in it."""
    with serving(hangs) as server, dialler() as one:
        one.dial(1, "127.0.0.1", server.port)
        time.sleep(0.2)
        (outcome,) = one.poll(time.monotonic() + 5)
        assert outcome.sock is not None
        outcome.sock.close()

    assert outcome.ms < 100
    assert outcome.ms == outcome.facts["rtt_ms"]
    assert outcome.facts["connect_clock_ms"] >= 200


def test_outcomes_are_told_apart_and_each_once() -> None:
    """A connection, a refusal and silence come back under the tickets they were dialled with."""
    found: dict[int, Failure | None] = {}
    with (
        serving(hangs) as server,
        closed_port() as closed,
        silent_port() as silent,
        dialler(0.3) as one,
    ):
        for ticket, port in enumerate((server.port, closed, silent)):
            one.dial(ticket, "127.0.0.1", port)
        while one.pending:
            for outcome in one.poll(time.monotonic() + 5):
                assert outcome.ticket not in found
                found[outcome.ticket] = outcome.failure
                if outcome.sock:
                    outcome.sock.close()

    assert found == {0: None, 1: Failure.REFUSED, 2: Failure.TIMEOUT}


def test_parked_connections_take_no_descriptors_and_keep_their_place() -> None:
    """Parking makes room at once; what is parked times out under its own ticket, in its order."""
    with silent_port() as silent, dialler(0.6) as one:
        for ticket in range(100):
            one.dial(ticket, "127.0.0.1", silent)
        one.make_room()
        assert one.held == 100  # nobody has waited long enough yet
        time.sleep(0.1)
        one.make_room()
        assert (one.held, one.pending) == (3, 100)
        found = []
        while one.pending:
            found += one.poll(time.monotonic() + 5)

    assert [outcome.ticket for outcome in found] == list(range(100))
    assert {outcome.failure for outcome in found} == {Failure.TIMEOUT}


def test_giving_up_tells_what_was_on_its_way_also_when_parked() -> None:
    """Closing tells of every connection, parked or not, how long it had waited."""
    with silent_port() as silent:
        one: Dialler[int] = Dialler(5, allow_own=True)
        for ticket in range(20):
            one.dial(ticket, "127.0.0.1", silent)
        time.sleep(0.05)
        one.make_room()
        one.dial(20, "127.0.0.1", silent)
        left = one.close()

    assert sorted(outcome.ticket for outcome in left) == list(range(21))


def test_the_bell_wakes_the_dialler_from_any_thread() -> None:
    """Somebody else's news need not wait for a packet; after the end the bell is harmless."""
    with dialler() as one:
        threading.Timer(0.05, one.ring).start()
        began = time.monotonic()
        found = one.poll(began + 20)
        waited = time.monotonic() - began
    one.ring()

    assert found == []
    assert waited < 10


def test_attempts_come_from_all_over_the_ports() -> None:
    """Source ports of one target are spread over the whole range, not counted up from one place."""
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    with serving(hangs) as server, dialler(spread=True) as one:
        for ticket in range(40):
            one.dial(ticket, "127.0.0.1", server.port)
        outcomes: list[Dialled[int]] = []
        while len(outcomes) < 40:
            outcomes += one.poll(time.monotonic() + 5)
        for outcome in outcomes:
            assert outcome.sock is not None
            outcome.sock.close()

    middle = (low + high) // 2
    ports = [outcome.facts["source_port"] for outcome in outcomes]
    assert min(ports) < middle < max(ports)
