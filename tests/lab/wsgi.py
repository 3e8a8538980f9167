"""Serves a WSGI application on a socket that was opened inside a namespace, with or without TLS."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    import socket

    from _typeshed.wsgi import WSGIApplication

    from tests.lab.certificates import Certificate
    from tests.lab.spawn import Jobs


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Keep the lab's output for the report."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands on the connection's own thread: a silent client delays nobody else."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, *_: object) -> None:
        """Say nothing: a probe that leaves in the middle is an ordinary client here."""


def serve(
    jobs: Jobs,
    listener: socket.socket,
    application: WSGIApplication,
    certificate: Certificate | None = None,
) -> None:
    """Answer on a listening socket until the jobs are closed."""
    host, port = listener.getsockname()[:2]
    server = _Server(host, port, application, _QuietHandler, fd=listener.fileno())
    if certificate:
        server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.tls.load_cert_chain(certificate.chain, certificate.key)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    jobs.on_close(stop)
