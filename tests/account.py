"""An AWS of our own on loopback: moto as a server, with nothing in it yet."""

from __future__ import annotations

import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a free port, and give the address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # Moto's accounts live as long as the process: other tests may have left something in them.
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
    try:
        yield url
    finally:
        server.stop()
