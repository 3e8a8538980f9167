"""What a library dials by itself is judged as well."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from probe.connection.watch import watch
from probe.failure import classify
from probe.model import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def port() -> Iterator[int]:
    """Listen on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(autouse=True)
def unwatched() -> Iterator[None]:
    """Leave this thread unwatched."""
    yield
    watch(None)


def test_a_refused_address_is_not_dialled_and_says_why(port: int) -> None:
    """The library's own error leads back to the refusal."""
    watch(lambda address: f"{address} is no target")

    with pytest.raises(PermissionError, match=r"127\.0\.0\.1 is no target") as caught:
        socket.create_connection(("127.0.0.1", port))

    assert classify(caught.value) is Failure.FORBIDDEN_TARGET


def test_what_is_not_refused_is_dialled(port: int) -> None:
    """A judge with no objection changes nothing, and neither does one that was dismissed."""
    watch(lambda _: None)
    socket.create_connection(("127.0.0.1", port)).close()
    watch(lambda _: "no")
    watch(None)
    socket.create_connection(("127.0.0.1", port)).close()


def test_other_threads_are_none_of_its_business(port: int) -> None:
    """The runner's own dialling goes on while one thread is watched."""
    watch(lambda _: "no")
    errors: list[OSError] = []

    def dial() -> None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=dial)
    thread.start()
    thread.join()

    assert errors == []
