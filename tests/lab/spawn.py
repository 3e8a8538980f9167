"""Processes and sockets inside a network namespace, all ended together.

A namespace is given as the file that names it to the kernel (`/run/netns/NAME` or
`/proc/PID/ns/net`). Knows nothing of what runs there.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
CLONE_NEWNET = 0x40000000
LISTEN = "0A"  # state of a listening socket in /proc/PID/net/tcp
# Every process sees this instead of the machine's own order of looking names up, which may name
# services (mDNS, systemd-resolved) that do not exist inside a namespace.
NSSWITCH = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n"


class SpawnError(RuntimeError):
    """A process of the lab ended, or never listened."""


class Jobs:
    """Everything a scenario started; leaving the context ends it all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._closers: list[Callable[[], object]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill and close in the reverse order of starting; nothing here has data worth saving."""
        for process in reversed(self._processes):
            process.kill()
        for process in reversed(self._processes):
            process.wait()
        for close in reversed(self._closers):
            with suppress(OSError):
                close()
        self._processes.clear()
        self._closers.clear()

    def on_close(self, close: Callable[[], object]) -> None:
        """Have something else undone at the end as well."""
        self._closers.append(close)

    def start(
        self,
        netns: Path,
        command: Sequence[str | Path],
        *,
        etc: Mapping[str, Path] | None = None,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a namespace, with private files of its own in /etc."""
        log = self.folder / f"{Path(str(command[0])).name}-{len(self._processes)}.log"
        wrapped = [*enter(netns, self._etc(etc)), *map(str, command)]
        if "stdout" in options:
            process = subprocess.Popen(wrapped, stdin=subprocess.DEVNULL, **options)
        else:
            with log.open("wb") as out:
                process = subprocess.Popen(
                    wrapped, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **options
                )
        self._processes.append(process)
        return process

    def start_server(
        self,
        netns: Path,
        command: Sequence[str | Path],
        listens: tuple[str, int],
        *,
        etc: Mapping[str, Path] | None = None,
    ) -> Callable[[], None]:
        """Start a server and hand back a wait for it to listen: many come up side by side."""
        log = self.folder / f"{Path(str(command[0])).name}-{len(self._processes)}.log"
        process = self.start(netns, command, etc=etc)

        def wait() -> None:
            _wait_for_listener(process, listens, what=str(command[0]), log=log)

        return wait

    def listen(self, netns: Path, address: str, port: int, *, udp: bool = False) -> socket.socket:
        """Open a socket in a namespace for a server that runs in this process."""
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        opened = inside(netns, lambda: _bound(address, port, kind))
        self._closers.append(opened.close)
        return opened

    def accept(self, listener: socket.socket, handle: Callable[[socket.socket], None]) -> None:
        """Hand each connection to a thread of its own until everything is closed."""

        def loop() -> None:
            while listener.fileno() >= 0:
                with suppress(OSError):  # a timeout, or closed
                    connection, _ = listener.accept()
                    threading.Thread(target=handle, args=(connection,), daemon=True).start()

        listener.settimeout(0.2)  # closing a socket does not always wake who waits on it
        threading.Thread(target=loop, daemon=True).start()

    def _etc(self, etc: Mapping[str, Path] | None) -> Mapping[str, Path]:
        if not etc:
            return {}
        nsswitch = self.folder / "nsswitch.conf"
        if not nsswitch.exists():
            nsswitch.write_text(NSSWITCH)
        return {"nsswitch.conf": nsswitch, **etc}


def inside(netns: Path, work: Callable[[], T]) -> T:
    """Do something in a namespace, on a thread of its own: the rest of the process stays out."""
    result: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with netns.open("rb") as handle:
                _setns(handle.fileno())
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - carried to the thread that asked
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]


def _setns(descriptor: int) -> None:
    """Move this thread into a namespace (`os.setns` only exists from Python 3.12 on)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot enter a network namespace: {os.strerror(number)}")


def _bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, kind)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address, port))
        if kind == socket.SOCK_STREAM:
            opened.listen(128)
    except OSError:
        opened.close()
        raise
    return opened


def enter(netns: Path, etc: Mapping[str, Path]) -> list[str]:
    """Build the words before a command that put it into the namespace."""
    words = ["nsenter", f"--net={netns}"]
    if not etc:
        return words
    script = []
    for name, source in etc.items():
        # A machine may have /etc/resolv.conf as a link to a file in /run, which the lab hides.
        target = shlex.quote(os.path.realpath(f"/etc/{name}"))
        script.append(f'[ -e {target} ] || {{ mkdir -p "$(dirname {target})"; : > {target}; }}')
        script.append(f"mount --bind {shlex.quote(str(source))} {target}")
    script.append('exec "$@"')
    private = ["unshare", "--mount", "--propagation", "private"]
    return [*words, *private, "sh", "-ec", "\n".join(script), "sh"]


def _wait_for_listener(
    process: subprocess.Popen[bytes], listens: tuple[str, int], *, what: str, log: Path
) -> None:
    """Watch the kernel's table of sockets: a connection would itself be seen by the server."""
    entry = _entry(*listens)
    table = Path(f"/proc/{process.pid}/net/{'tcp6' if ':' in listens[0] else 'tcp'}")
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            fields = (line.split() for line in table.read_text().splitlines())
            if any(f[1] == entry and f[3] == LISTEN for f in fields):
                return
        time.sleep(0.005)
    raise SpawnError(f"{what} does not listen on {listens[0]}:{listens[1]}: {_last_words(log)}")


def _entry(address: str, port: int) -> str:
    """Write an address as /proc/net/tcp does: 32-bit words in the machine's own byte order."""
    packed = ipaddress.ip_address(address).packed
    words = (packed[i : i + 4] for i in range(0, len(packed), 4))
    number = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{number}:{port:04X}"


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    why = [line for line in lines if "FATAL" in line]  # what comes after it is only the end
    return (why or lines or ["it said nothing"])[-1]
