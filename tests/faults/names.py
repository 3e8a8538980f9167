"""Faults of a resolver, in a sandbox of its own; prints the results of every name and way as JSON.

`python -m tests.faults.names` wants to run in namespaces: see `tests.checks.sandbox`.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.checks import sandbox
from tests.checks.servers import hangs, serving
from tests.checks.world_of_names import asked
from tests.faults.case import DIALLING, WAYS, Result, meet, same

if TYPE_CHECKING:
    from collections.abc import Callable

    Record = tuple[int, bytes]
    Reply = Callable[[bytes, str, int, bytes], bytes | None]

A, CNAME, AAAA = 1, 5, 28
_TRUNCATED = 0x0200
PORT = 4433  # nobody listens there
CROWD = 1000

# What a name is answered with -> what every way of checking must say of it.
FAULTS: dict[str, str] = {
    "silent": "resolve no_answer",
    "truncated": "resolve no_answer",  # over TCP, too, nothing comes
    "servfail": "resolve server_failure",
    "refused": "resolve server_failure",
    "notimp": "resolve server_failure",
    "nxdomain": "resolve name_not_found",
    "nodata": "resolve no_address",
    "loop": "resolve no_address",
    "long-chain": "resolve no_address",
    "garbage": "resolve no_answer",
    "wrong-id": "resolve no_answer",
    "cut-off": "resolve no_answer",
    "pointer-loop": "resolve no_address",
    "short-address": "resolve no_address",
}
# What the C library makes of a malformed answer differs from version to version.
_EITHER = (
    "resolve no_answer",
    "resolve no_address",
    "resolve server_failure",
    "resolve name_not_found",
)
_MALFORMED = (
    "loop",
    "long-chain",
    "garbage",
    "wrong-id",
    "cut-off",
    "pointer-loop",
    "short-address",
)


def main() -> None:
    """Serve the names, meet each with every way, and print what was said."""
    sandbox.loopback_up()
    subprocess.run(["ip", "-6", "address", "flush", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
        sandbox.put("/etc/resolv.conf", text, folder)
        sandbox.put("/etc/nsswitch.conf", "hosts: files dns\n", folder)
        sandbox.put("/etc/hosts", "127.0.0.1 localhost\n", folder)
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            threading.Thread(target=serve, args=(kind,), daemon=True).start()
        time.sleep(0.1)
        print(json.dumps([asdict(one) for one in results()]))


def results() -> list[Result]:
    """Meet every fault; the names of one fault differ, or one look-up would do for all ways."""
    found: list[Result] = []
    for fault, word in FAULTS.items():
        places = {way: (f"{way.replace('+', '-')}.{fault}.test", PORT) for way in WAYS}
        expected = _EITHER if fault in _MALFORMED else (word,)
        found += meet(f"DNS: {fault}", places, dict.fromkeys(WAYS, expected), timeout_s=4)
    found += _addresses()
    return found


def _addresses() -> list[Result]:
    crowd = {way: (f"{way.replace('+', '-')}.crowd.test", PORT) for way in WAYS}
    # Of a thousand addresses some are dialled, and no packet finds a way here.
    found = meet(
        "DNS: 1,000 addresses",
        crowd,
        same("connect unreachable", WAYS, dns="pass"),
        timeout_s=4,
    )
    only = {way: (f"{way.replace('+', '-')}.ipv6.test", PORT) for way in WAYS}
    expected = same("connect unreachable", WAYS, dns=("pass", "resolve no_address"))
    found += meet("DNS: IPv6 only, without IPv6", only, expected, timeout_s=4)
    with serving(hangs, "127.0.0.1", PORT + 1):
        both = {"tcp": ("tcp.both.test", PORT + 1)}
        found += meet("DNS: IPv6 beside IPv4, without IPv6", both, {"tcp": "pass"}, timeout_s=4)
    found += meet(
        "DNS: a loopback address",
        {way: (f"{way.replace('+', '-')}.own.test", PORT) for way in DIALLING},
        same("connect refused", DIALLING),  # admitted here by the flag, and nobody listens
        timeout_s=4,
    )
    return found


def serve(kind: socket.SocketKind) -> None:
    """Answer on port 53; over TCP one connection at a time is enough."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 53))
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
            while True:
                threading.Thread(target=_over_tcp, args=sock.accept()[:1], daemon=True).start()
        while True:
            query, peer = sock.recvfrom(4096)
            if reply := answer(query, limit=512):
                sock.sendto(reply, peer)


def _over_tcp(connection: socket.socket) -> None:
    with connection, suppress(OSError, struct.error):
        while True:
            (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
            query = connection.recv(length, socket.MSG_WAITALL)
            if asked(query)[0].endswith("truncated.test"):
                connection.recv(1)  # the whole answer never comes
            if reply := answer(query, limit=65535):
                connection.sendall(struct.pack("!H", len(reply)) + reply)


def answer(query: bytes, *, limit: int) -> bytes | None:
    """Answer as the last but one word of the name says."""
    name, kind, question = asked(query)
    fault = name.removesuffix(".test").rpartition(".")[2]
    rcode = {"servfail": 2, "nxdomain": 3, "notimp": 4, "refused": 5}.get(fault, 0)
    if fault == "silent":
        return None
    if fault == "garbage":
        return os.urandom(40)
    if fault == "wrong-id":
        return write(bytes([query[0] ^ 0xFF, query[1]]), question, [(A, bytes([10, 0, 0, 1]))])
    whole = write(query[:2], question, records(fault, kind), rcode)
    if fault == "truncated" or len(whole) > limit:
        return write(query[:2], question, [], rcode | _TRUNCATED)
    return whole[: len(whole) - 7] if fault == "cut-off" else whole


def records(fault: str, kind: int) -> list[Record]:
    """List what a name is said to have."""
    if fault == "loop":
        return [(CNAME, b"\xc0\x0c")]
    if fault == "long-chain":
        return [(CNAME, bytes([1, 97 + i % 26]) + b"\xc0\x0c") for i in range(40)]
    if fault == "pointer-loop":
        return [(CNAME, b"\xc0\x00")]
    if kind == A:
        many = [bytes([10, 9, i // 250, i % 250 + 1]) for i in range(CROWD)]
        by_name = {
            "crowd": many,
            "both": [bytes([127, 0, 0, 1])],
            "own": [bytes([127, 0, 0, 1])],
            "short-address": [b"\x0a\x00"],
            "cut-off": [bytes([10, 0, 0, 1])],
        }
        return [(A, data) for data in by_name.get(fault, [])]
    if kind == AAAA and fault in ("ipv6", "both"):
        return [(AAAA, socket.inet_pton(socket.AF_INET6, "2001:db8::1"))]
    return []


def write(number: bytes, question: bytes, found: list[Record], flags: int = 0) -> bytes:
    """Write a reply."""
    head = struct.pack("!2sHHHHH", number, 0x8180 | flags, 1, len(found), 0, 0)
    body = (b"\xc0\x0c" + struct.pack("!HHIH", of, 1, 0, len(data)) + data for of, data in found)
    return head + question + b"".join(body)


if __name__ == "__main__":
    main()
