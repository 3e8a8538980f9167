"""boto3 clients that call a WSGI application in this process: real botocore, and no socket."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import WSGIApplication


class _Raw(io.BytesIO):
    """The part of a urllib3 response that botocore reads."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield self.getvalue()


class Clients:
    """Clients of one Region, made when first asked for."""

    def __init__(self, application: WSGIApplication, region: str) -> None:
        self._application = application
        self._made: dict[str, Any] = {}
        # The stubs list every service as a word of its own; here the service is a variable.
        self._session: Any = boto3.Session("lab", "lab", region_name=region)

    def __call__(self, service: str) -> Any:
        """Give the client of a service."""
        if service not in self._made:
            client = self._session.client(
                service,
                endpoint_url="http://127.0.0.1:1",
                config=Config(retries={"total_max_attempts": 1}),
            )
            client.meta.events.register("before-send", self._send)
            self._made[service] = client
        return self._made[service]

    def _send(self, request: Any, **_: object) -> Any:
        url = urlsplit(request.url)
        headers = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        builder = EnvironBuilder(
            url.path or "/",
            query_string=url.query,
            method=request.method,
            headers=headers,
            data=request.body or b"",
        )
        content, status, answered = run_wsgi_app(self._application, builder.get_environ())
        received: Any = HeadersDict(dict(answered))
        return AWSResponse(request.url, int(status.split()[0]), received, _Raw(b"".join(content)))
