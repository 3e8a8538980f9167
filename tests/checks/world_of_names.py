"""A sandbox whose resolver answers each name in its own way; prints what the probe saw of each."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from probe.report.document import encode
from probe.runner import run
from probe.settings import parse
from tests.checks import sandbox

if TYPE_CHECKING:
    from probe.model import Observation

NAMES = (
    "good.test",
    "both.test",
    "missing.test",
    "empty.test",
    "broken.test",
    "unwilling.test",
    "silent.test",
    "truncated.test",
    "loop.test",
    "crowd.test",
    "metadata.test",
    "mapped.test",
)
_A, _AAAA, _CNAME = 1, 28, 5
_TTL = 0
OWN = "192.0.2.77"  # an address of the sandbox itself, beside loopback


def main(mode: str) -> None:
    """Resolve names with a resolver that works, one that is not there, or one that is mute."""
    sandbox.loopback_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox.put(
            "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", folder
        )
        sandbox.put("/etc/nsswitch.conf", "hosts: files dns\n", folder)
        sandbox.put("/etc/hosts", "127.0.0.1 localhost\n", folder)
        if mode != "absent":
            serve(mute=mode == "mute")
        asked = NAMES if mode == "full" else ("good.test",)
        targets: list[dict[str, object]] = [{"check": "dns", "name": name} for name in asked]
        if mode == "full":
            targets += [{"check": "tcp", "host": name, "port": 9} for name in asked]
        seen = observe(targets)
        if mode == "full":
            subprocess.run(["ip", "address", "add", f"{OWN}/32", "dev", "lo"], check=True)
            with socket.create_server(("", 9)):
                seen += observe([{"check": "tcp", "host": OWN, "port": 9}])
                dual: dict[str, object] = {"check": "tcp", "host": "dual.test", "port": 9}
                seen += observe([dual], allow_loopback=True)
    print(json.dumps([encode(observation) for observation in seen]))


def observe(
    targets: list[dict[str, object]], *, allow_loopback: bool = False
) -> tuple[Observation, ...]:
    """Run the targets."""
    event = {"targets": targets, "timeout_s": 2.5}
    settings = parse(event, os.environ, allow_loopback=allow_loopback)
    return run(settings, deadline=time.monotonic() + 20)


def serve(*, mute: bool) -> None:
    """Answer queries on port 53, over UDP."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 53))

    def answer_all() -> None:
        while True:
            query, peer = sock.recvfrom(4096)
            reply = None if mute else answer(query)
            if reply:
                sock.sendto(reply, peer)

    threading.Thread(target=answer_all, daemon=True).start()


def answer(query: bytes) -> bytes | None:
    """Answer as the name says."""
    name, kind, question = asked(query)
    records: list[tuple[int, bytes]] = []
    rcode, truncated = 0, False
    if name == "silent.test":
        return None
    if name in ("missing.test", "broken.test", "unwilling.test"):
        rcode = {"missing.test": 3, "broken.test": 2, "unwilling.test": 5}[name]
    elif name == "truncated.test":
        truncated = True
    elif name == "loop.test":
        records = [(_CNAME, b"\xc0\x0c")]
    elif kind == _A:
        records = [(_A, socket.inet_aton(address)) for address in ADDRESSES.get(name, ())]
    elif kind == _AAAA:
        texts = {
            "both.test": "2001:db8::1",
            "dual.test": "2001:db8::1",
            "mapped.test": "::ffff:127.0.0.1",
        }
        records = [(_AAAA, socket.inet_pton(socket.AF_INET6, texts[name]))] if name in texts else []
    flags = 0x8180 | rcode | (0x0200 if truncated else 0)
    head = struct.pack("!2sHHHHH", query[:2], flags, 1, len(records), 0, 0)
    body = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", of, 1, _TTL, len(data)) + data for of, data in records
    )
    return head + question + body


ADDRESSES = {
    "good.test": ["192.0.2.1"],
    "dual.test": ["127.0.0.1"],
    "both.test": ["192.0.2.2"],
    "metadata.test": ["169.254.169.254"],
    "crowd.test": [f"10.0.{i // 200}.{i % 200 + 1}" for i in range(200)],
}


def asked(query: bytes) -> tuple[str, int, bytes]:
    """Take the first question of a query apart."""
    at, labels = 12, []
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    (kind,) = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels).lower(), kind, query[12 : at + 5]


if __name__ == "__main__":
    main(sys.argv[1])
