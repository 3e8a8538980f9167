"""A wire with a known delay: packets go in at one end, and come out at the other so much later.

Two TUN devices and a queue, in a process of its own with the right to run before all others, so
that a busy machine does not lengthen the wire. What it was late by is measured and told.

`python -m tests.bench.relay NAMESPACE SECONDS` makes `wire0` here and `wire1` in the namespace.
It says "ready", waits for one byte, and says when its input ends how late it was, in microseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import struct
import sys
from collections import deque
from time import monotonic

_TUNSETIFF, _TUN_NO_PI = 0x400454CA, 0x0001 | 0x1000
_CLONE_NEWNET = 0x40000000


def device(name: str) -> int:
    """Make a TUN device in the namespace where this runs."""
    found = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(found, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TUN_NO_PI))
    return found


def devices(namespace: str) -> tuple[int, int]:
    """Make both ends."""
    near = device("wire0")
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}", "rb") as place:  # noqa: PTH123 - a descriptor is wanted
        if libc.setns(place.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    return near, device("wire1")


def carry(near: int, far: int, seconds: float) -> list[float]:
    """Carry packets until the input ends. Only the way back is long: SYN there, answer back."""
    line: deque[tuple[float, bytes]] = deque()
    late: list[float] = []
    while True:
        wait = max(0.0, line[0][0] - monotonic()) if line else None
        ready, _, _ = select.select([near, far, sys.stdin], [], [], wait)
        if sys.stdin in ready:
            return late
        with contextlib.suppress(BlockingIOError):
            while far in ready:
                line.append((monotonic() + seconds, os.read(far, 2048)))
        now = monotonic()
        while line and line[0][0] <= now:
            due, packet = line.popleft()
            os.write(near, packet)
            now = monotonic()
            late.append(now - due)
        with contextlib.suppress(BlockingIOError):
            for _ in range(16):
                if near not in ready:
                    break
                os.write(far, os.read(near, 2048))


def main() -> None:
    """Make the wire and carry."""
    near, far = devices(sys.argv[1])
    with contextlib.suppress(OSError):  # only root may
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    print("ready", flush=True)
    os.read(0, 1)  # until both ends are up
    late = sorted(carry(near, far, float(sys.argv[2])))
    worst = [late[int(part * (len(late) - 1))] * 1e6 for part in (0.5, 0.99, 1)] if late else []
    print(*(round(value) for value in worst), flush=True)


if __name__ == "__main__":
    main()
