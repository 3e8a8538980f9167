"""A few threads for plain blocking work, started as needed and never waited for.

The standard pool joins its threads when the interpreter ends; these must not be able to hold
anything up. Knows nothing of the work.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], None]


class Workers:
    """At most `limit` threads that take work in order. The work must not raise."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0  # threads that wait, less the work that waits for them

    def submit(self, work: Work) -> None:
        """Have it done as soon as a thread is free."""
        with self._lock:
            self._free -= 1
            start = self._free < 0 and self._threads < self._limit
            if start:
                self._threads += 1
        self._work.put(work)
        if start:
            self._start()

    def replace(self) -> None:
        """Count a thread as lost to work that does not return, so that another may take over."""
        with self._lock:
            self._limit += 1
            if start := self._free < 0:
                self._threads += 1
        if start:
            self._start()

    def close(self) -> None:
        """Let every thread end after what it is doing; work not begun is dropped."""
        with self._lock, contextlib.suppress(queue.Empty):
            self._limit = 0
            while True:
                self._work.get_nowait()
        for _ in range(self._threads):
            self._work.put(None)

    def _start(self) -> None:
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        with self._lock:
            self._free += 1
        while (work := self._work.get()) is not None:
            work()
            with self._lock:
                self._free += 1
