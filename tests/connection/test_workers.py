"""Threads for blocking work: replaced when they hang, and never without end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from probe.connection.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Let whatever a test made hang end with it."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name.startswith("test work"):
            thread.join(10)


def alive(name: str) -> int:
    """Count the threads of a name."""
    return sum(thread.name == name for thread in threading.enumerate())


def test_work_that_never_returns_is_replaced(release: threading.Event) -> None:
    """One thread hangs; once it is given up, what waited behind it is done."""
    workers, done = Workers("test work a", 1), threading.Event()
    workers.submit(lambda: void(release.wait(20)))
    workers.submit(done.set)

    workers.replace()

    assert done.wait(10)
    workers.close()


def test_however_much_hangs_the_threads_are_few(release: threading.Event) -> None:
    """A thousand look-ups that hang, each given up: four times as many threads as at once."""
    workers = Workers("test work b", 2)
    for _ in range(1000):
        workers.submit(lambda: void(release.wait(20)))
        workers.replace()

    assert alive("test work b") == 8
    workers.close()


def test_what_earlier_runs_left_hanging_counts(release: threading.Event) -> None:
    """A warm function whose resolver is mute does not gather threads from run to run."""
    for _ in range(20):
        workers = Workers("test work c", 2)
        for _ in range(10):
            workers.submit(lambda: void(release.wait(20)))
            workers.replace()
        workers.close()

    assert alive("test work c") == 8


def test_a_thread_that_comes_back_makes_room(release: threading.Event) -> None:
    """When the look-ups of an earlier run end at last, the next run's are begun."""
    before = Workers("test work d", 1)
    for _ in range(10):
        before.submit(lambda: void(release.wait(20)))
        before.replace()
    workers, done = Workers("test work d", 1), threading.Event()
    workers.submit(done.set)
    held_back = not done.is_set()
    release.set()
    before.close()

    patience = time.monotonic() + 10
    while not done.is_set() and time.monotonic() < patience:
        workers.tend()
        time.sleep(0.01)

    assert held_back
    assert done.is_set()
    workers.close()


def void(_: object) -> None:
    """Forget a result."""
