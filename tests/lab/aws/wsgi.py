"""Serves a WSGI application on a socket that was opened inside a namespace, with or without TLS."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    import socket

    from _typeshed.wsgi import WSGIApplication

    from tests.lab.machines.certificates import Certificate
    from tests.lab.spawn import Jobs


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Keep the lab's output for the report."""


class _Server(ThreadedWSGIServer):
    """What werkzeug's handler needs to know; accepting is the business of the lab's jobs."""

    tls: ssl.SSLContext | None = None

    def handle(self, connection: socket.socket) -> None:
        """Serve one connection: a silent client delays nobody else."""
        connection.settimeout(60)
        # A client that leaves in the middle is an ordinary thing for a probe to do.
        with contextlib.suppress(OSError), connection:
            if self.tls is None:
                self.finish_request(connection, connection.getpeername())
                return
            with self.tls.wrap_socket(connection, server_side=True) as secure:
                self.finish_request(secure, secure.getpeername())


def serve(
    jobs: Jobs,
    listener: socket.socket,
    application: WSGIApplication,
    certificate: Certificate | None = None,
) -> None:
    """Answer on a listening socket until the jobs are closed."""
    host, port = listener.getsockname()[:2]
    server = _Server(host, port, application, _QuietHandler, fd=listener.fileno())
    jobs.on_close(server.server_close)
    if certificate:
        server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.tls.load_cert_chain(certificate.chain, certificate.key)
    jobs.accept(listener, server.handle)
