"""A firewall that looks into TLS: it ends the connection itself, with a certificate of its own.

Clients that do not trust its authority hang up during the handshake, and those of the lab do not.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/tls-inspection-configurations.html
"""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.lab.kernel.passages import INSPECTION_PORT
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.machines.certificates import Authority
    from tests.lab.spawn import Jobs

_SO_ORIGINAL_DST = 80  # of linux/netfilter_ipv4.h


def inspect(jobs: Jobs, netns: Path, address: str, authority: Authority) -> None:
    """Answer for every TLS server beyond a firewall until the jobs are closed."""

    def handle(connection: socket.socket) -> None:
        connection.settimeout(60)
        # A client that does not like the certificate leaves in the middle.
        with suppress(OSError), connection, inside(netns, lambda: _beyond(connection)):
            context = _context(authority, "inspected.invalid")
            context.sni_callback = lambda asked, name, _: _show(authority, asked, name)
            context.wrap_socket(connection, server_side=True).close()

    jobs.accept(jobs.listen(netns, address, INSPECTION_PORT), handle)


def _beyond(connection: socket.socket) -> socket.socket:
    """Connect to where the client wanted to: without that there is nothing to inspect."""
    told = connection.getsockopt(socket.SOL_IP, _SO_ORIGINAL_DST, 16)
    port, packed = struct.unpack("!2xH4s8x", told)
    return socket.create_connection((socket.inet_ntoa(packed), port), timeout=5)


def _context(authority: Authority, name: str) -> ssl.SSLContext:
    certificate = authority.issue(name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


def _show(authority: Authority, asked: ssl.SSLObject, name: str | None) -> None:
    if name:
        asked.context = _context(authority, name)
