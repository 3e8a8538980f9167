"""What every test of a check is held to."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Hold every test to leaving neither threads nor file descriptors behind."""
    threads, files = set(threading.enumerate()), len(descriptors())
    yield
    patience = time.monotonic() + 5
    while time.monotonic() < patience:
        extra = [t for t in threading.enumerate() if t not in threads]
        if not extra and len(descriptors()) <= files:
            return
        time.sleep(0.01)
    raise AssertionError(f"left behind: {extra}, {descriptors()}")


def descriptors() -> list[str]:
    """List what this process has open."""
    return [entry.name for entry in Path("/proc/self/fd").iterdir()]
