"""Both ways of waiting for sockets tell the same."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from probe.connection import readiness

KINDS = [readiness.Epoll, readiness.Portable]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_ready_is_told_by_its_value(kind: type[Any]) -> None:
    """Readable when something came, writable at once, and nothing of what was dropped."""
    waiting = kind()
    near, far = socket.socketpair()
    with near, far:
        waiting.add(near, "near", to_write=False)
        waiting.add(far, "far", to_write=True)
        first = waiting.ready(1)
        waiting.drop(far)
        silent = waiting.ready(0)
        far.send(b"!")
        spoken = waiting.ready(1)
        waiting.drop(near)
        left = waiting.ready(0)
    waiting.close()

    assert (first, silent, spoken, left) == (["far"], [], ["near"], [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_that_is_free_again_may_be_added_again(kind: type[Any]) -> None:
    """Descriptors are numbers, and the next socket gets the one that was closed."""
    waiting = kind()
    for name in ("one", "two"):
        near, far = socket.socketpair()
        with near, far:
            waiting.add(near, name, to_write=True)
            assert waiting.ready(1) == [name]
            waiting.drop(near)
    waiting.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_told_of_once_may_be_left_to_itself(kind: type[Any]) -> None:
    """A connection that stands is talked on elsewhere; its number comes again when it is closed."""
    waiting = kind()
    for _ in range(2):
        near, far = socket.socketpair()
        with near, far:
            waiting.add(near, "near", to_write=True)
            told = waiting.ready(1)
            waiting.spent(near)
            after = waiting.ready(0)

        assert (told, after) == (["near"], [])
    waiting.close()


def test_the_better_one_is_taken() -> None:
    """Here there is epoll."""
    waiting = readiness.fresh()
    waiting.close()

    assert isinstance(waiting, readiness.Epoll)
