"""The addresses of this machine itself, as the kernel lists them.

What the kernel does not list is noticed after the SYN, by the socket's own name
(`probe.connection.dial`). Sends nothing.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from pathlib import Path

_IPV4 = Path("/proc/thread-self/net/fib_trie")
_IPV6 = Path("/proc/thread-self/net/if_inet6")
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")
_MAPPED = "::ffff:"


def addresses() -> frozenset[str]:
    """List them; what cannot be read is left out."""
    found: set[str] = set()
    with suppress(OSError):
        found.update(_LOCAL.findall(_IPV4.read_text()))
    with suppress(OSError, ValueError):
        for line in _IPV6.read_text().splitlines():
            packed = bytes.fromhex(line.split()[0])
            found.add(socket.inet_ntop(socket.AF_INET6, packed))
    return frozenset(found)


def is_among(address: str, own: frozenset[str]) -> bool:
    """Tell whether an address is one of these, also when it is written as an IPv6 one."""
    return address in own or address.removeprefix(_MAPPED) in own
