"""The connections that a library dials by itself, judged right before each of them is made.

boto3 looks names up and dials on its own, so what the runner has judged need not be what boto3
reaches: the name may answer differently the second time, and `AWS_ENDPOINT_URL` names another host
altogether. Python asks its audit hooks before every connect(2), and a hook may refuse.
https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import errno
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from probe.failure import Failed
from probe.model import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[str], str | None]  # from an address to why it may not be dialled

_thread = threading.local()


def watch(judge: Judge | None) -> None:
    """Have what this thread dials from now on judged; None ends it."""
    _install()
    _thread.judge = judge


@cache
def _install() -> None:
    sys.addaudithook(_before)


def _before(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or (judge := getattr(_thread, "judge", None)) is None:
        return
    _, address = arguments
    if isinstance(address, tuple) and (refusal := judge(address[0])):
        # As an OSError, which libraries clean up after.
        cause = Failed(Failure.FORBIDDEN_TARGET, refusal)
        raise PermissionError(errno.EPERM, refusal) from cause
