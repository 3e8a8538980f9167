"""The peer: prometheus-blackbox-exporter, asked as its users ask it, with as little ado as can be.

It probes one target for each request. The requests are written out beforehand, and each connection
carries its share of them one after another, so that the asking costs next to nothing.
"""

from __future__ import annotations

import contextlib
import re
import resource
import selectors
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PACKAGE = "prometheus-blackbox-exporter"
_PORT = 9115
_MODULES = """
modules:
  tcp: {{prober: tcp, timeout: {timeout}s, tcp: {{preferred_ip_protocol: ip4}}}}
  http: {{prober: http, timeout: {timeout}s, http: {{preferred_ip_protocol: ip4}}}}
"""
_CONNECT = re.compile(rb'probe_http_duration_seconds\{phase="connect"\} ([0-9.e+-]+)')
_LENGTH = re.compile(rb"Content-Length: ([0-9]+)\r\n")
_CHUNK = re.compile(rb"\r\n[0-9a-f]+\r\n")


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one run."""

    seconds: float
    passed: int
    connect_ms: list[float]


@dataclass(frozen=True, slots=True)
class Exporter:
    """The running program."""

    pid: int

    def probe(self, module: str, targets: Sequence[str], at_once: int) -> Answered:
        """Have all targets probed, so many at once."""
        shares = [targets[start::at_once] for start in range(min(at_once, len(targets)))]
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            for share in shares:
                sock = stack.enter_context(socket.create_connection(("127.0.0.1", _PORT)))
                selector.register(sock, selectors.EVENT_READ, (bytearray(), len(share)))
            begun = time.perf_counter()
            for key, share in zip(list(selector.get_map().values()), shares, strict=True):
                sock = key.fileobj  # type: ignore[assignment]
                sock.sendall(b"".join(_request(module, target) for target in share))
            bodies = _answers(selector)
            seconds = time.perf_counter() - begun
        whole = b"".join(bodies)
        connect = [1000 * float(found) for found in _CONNECT.findall(whole)]
        return Answered(seconds, whole.count(b"\nprobe_success 1"), connect)


def _request(module: str, target: str) -> bytes:
    line = f"GET /probe?module={module}&target={target} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return line.encode()


def _answers(selector: selectors.BaseSelector) -> list[bytes]:
    """Read every answer on every connection."""
    bodies: list[bytes] = []
    while selector.get_map():
        for key, _ in selector.select():
            data, awaited = key.data
            sock: socket.socket = key.fileobj  # type: ignore[assignment]
            more = sock.recv(1 << 20)
            data += more
            while body := _take(data):
                bodies.append(body)
                awaited -= 1
            if not more or not awaited:
                selector.unregister(sock)
            else:
                selector.modify(sock, selectors.EVENT_READ, (data, awaited))
    return bodies


def _take(data: bytearray) -> bytes | None:
    """Take one whole answer off the front."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(data, 0, end + 2)
    if length:
        stop = end + 4 + int(length[1])
        body = bytes(data[end + 4 : stop]) if len(data) >= stop else None
    else:
        last = data.find(b"\r\n0\r\n\r\n", end)
        stop = last + 7
        body = _CHUNK.sub(b"", bytes(data[end + 2 : last])) if last >= 0 else None
    if body is not None:
        del data[:stop]
    return body


def version() -> str:
    """Name the program and its version."""
    words = subprocess.run([PACKAGE, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\S+)", words.stdout + words.stderr)
    return f"blackbox_exporter {found[1] if found else '(unknown)'}"


def installed() -> bool:
    """Say whether it is here."""
    return shutil.which(PACKAGE) is not None


@contextlib.contextmanager
def running(folder: Path, timeout_s: float) -> Iterator[Exporter]:
    """Run it with as many descriptors as it wants."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    file = folder / "blackbox.yml"
    file.write_text(_MODULES.format(timeout=timeout_s))
    listen = f"--web.listen-address=127.0.0.1:{_PORT}"
    command = [PACKAGE, f"--config.file={file}", listen, "--log.level=error"]
    with subprocess.Popen(command) as exporter:
        try:
            _until_it_listens()
            yield Exporter(exporter.pid)
        finally:
            exporter.terminate()


def _until_it_listens() -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", _PORT)):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{PACKAGE} does not listen")
