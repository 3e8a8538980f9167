"""A few threads for plain blocking work, started as needed and never waited for.

The standard pool joins its threads when the interpreter ends; these must not be able to hold
anything up. Work that does not return is replaced, but not without end: getaddrinfo of a mute
resolver outlives the run that asked, and the next runs of a warm function must still find threads.
Knows nothing of the work.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], None]

_SPARE = 4  # times as many threads may be alive in this process as a pool wants at once


class Workers:
    """At most `limit` threads that take work in order. The work must not raise.

    However much of it hangs, no more than four times as many threads of this name live in the
    process; work that finds no thread then is never begun.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._most = _SPARE * limit
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0  # threads that wait, less the work that waits for them

    def submit(self, work: Work) -> None:
        """Have it done as soon as a thread is free."""
        with self._lock:
            self._free -= 1
        self._work.put(work)
        self.tend()

    def replace(self) -> None:
        """Count a thread as lost to work that does not return, so that another may take over."""
        with self._lock:
            self._limit = min(self._limit + 1, self._most)
        self.tend()

    def tend(self) -> None:
        """Start a thread where work waits for one and one may live."""
        with self._lock:
            wanted = self._free < 0 and self._threads < self._limit
            if not wanted or _alive(self._name) >= self._most:
                return
            self._threads += 1
        try:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        except RuntimeError:  # the system gives no more threads; others may end and make room
            with self._lock:
                self._threads -= 1

    def close(self) -> None:
        """Let every thread end after what it is doing; work not begun is dropped."""
        with self._lock, contextlib.suppress(queue.Empty):
            self._limit = 0
            while True:
                self._work.get_nowait()
        for _ in range(self._threads):
            self._work.put(None)

    def _run(self) -> None:
        with self._lock:
            self._free += 1
        while (work := self._work.get()) is not None:
            work()
            with self._lock:
                self._free += 1


def _alive(name: str) -> int:
    """Count the threads of a name, also those that pools of earlier runs have left hanging."""
    return sum(thread.name == name for thread in threading.enumerate())
