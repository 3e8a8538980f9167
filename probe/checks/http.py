"""A web address: `{"check": "http", "url": "https://api.example.com/health"}`.

The request is prepared by requests, so that it is word for word the one that the user's code would
send; the connection is the runner's, so that it is timed and judged like any other. `method` is
GET, HEAD or OPTIONS; `expect_status` says which statuses pass, in place of 2xx and 3xx. Redirects
are not followed, and of the answer only the head is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http.client import HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.utils import urldefragauth

from probe.checks.tcp import place
from probe.failure import Failed
from probe.model import Failure
from probe.proxy import Proxy, proxy_for
from probe.reading import SettingsError, is_host
from probe.target import Check, Target
from probe.tls import REQUESTS
from probe.words import printable, scrub

if TYPE_CHECKING:
    from requests.structures import CaseInsensitiveDict

    from probe.link import Link
    from probe.reading import Fields
    from probe.target import Surroundings

_ACCEPTED = "the URL of a web server, like https://example.com/path"
_METHODS = ("GET", "HEAD", "OPTIONS")  # nothing that could change something behind it
_PORTS = {"http": 80, "https": 443}
# Prepares requests with the defaults of requests, and never sends one.
_SESSION = requests.Session()
_SESSION.trust_env = False  # credentials in a .netrc are not ours to use


@dataclass(frozen=True, slots=True)
class _Request:
    """The exchange: one request, and a look at the status."""

    method: str
    head: bytes
    expected: frozenset[int]  # empty: 2xx and 3xx

    def __call__(self, link: Link) -> None:
        link.send(self.head)
        # Not by requests itself, which takes longer over this than a near server does.
        answer = HTTPResponse(link.sock, method=self.method)
        try:
            answer.begin()  # a hundred headers of 64 KiB are the most that it takes
            self._judge(link, answer)
        finally:
            answer.close()

    def _judge(self, link: Link, answer: HTTPResponse) -> None:
        link.facts["http_status"] = answer.status
        if place := answer.getheader("location"):
            link.facts["location"] = scrub(place, 200)
        status = answer.status
        good = status in self.expected if self.expected else 200 <= status < 400
        if not good:
            raise Failed(Failure.HTTP_STATUS, f"the server answered {status}")


def _parse(fields: Fields, around: Surroundings) -> Target:
    method = fields.choice("method", _METHODS) or "GET"
    prepared = _prepare(fields, method)
    parts = urlsplit(str(prepared.url))
    host = str(parts.hostname)
    port = parts.port or _PORTS[parts.scheme]
    at = host if port == _PORTS[parts.scheme] else place(host, port)
    proxy, impossible = None, None
    try:
        proxy = proxy_for(parts.scheme, host, around.environment)
    except SettingsError as error:
        impossible = str(error)
    return Target(
        "http",
        f"{parts.scheme}://{at}{printable(parts.path, 200)}",
        host,
        port,
        exchange=_Request(method, _head(prepared, at, proxy), _expected(fields)),
        tls=REQUESTS if parts.scheme == "https" else None,
        proxy=proxy,
        impossible=impossible,
        facts={} if method == "GET" else {"method": method},
    )


def _prepare(fields: Fields, method: str) -> requests.PreparedRequest:
    """Let requests read the URL: what is dialled is then what it would have dialled."""
    url = fields.text("url", _ACCEPTED, limit=4096)
    if url is None or not url.lower().startswith(("http://", "https://")):
        raise fields.wrong("url", _ACCEPTED)
    try:
        prepared = requests.PreparedRequest()
        prepared.method, prepared.headers = method, _headers(method).copy()
        prepared.prepare_url(url, {})
        prepared.prepare_auth(None)
        parts = urlsplit(str(prepared.url))
        usable = parts.scheme in _PORTS and is_host(parts.hostname or "") and parts.port != 0
    except (requests.RequestException, ValueError):  # UnicodeError is a ValueError
        usable = False
    if not usable:
        raise fields.wrong("url", _ACCEPTED)
    return prepared


@cache
def _headers(method: str) -> CaseInsensitiveDict[str]:
    """Give what requests says beside the URL; asked for once, since it is most of the work."""
    prepared = _SESSION.prepare_request(requests.Request(method, "http://localhost/"))
    return prepared.headers


def _head(prepared: requests.PreparedRequest, host: str, proxy: Proxy | None) -> bytes:
    """Write the request as it goes out: to a plain-text proxy with the whole URL."""
    url, headers = str(prepared.url), {"Host": host, **prepared.headers}
    whole = proxy is not None and url.startswith("http:")
    if whole and proxy and proxy.authorization:  # CONNECT has done so for TLS
        headers["Proxy-Authorization"] = proxy.authorization
    path = urldefragauth(url) if whole else prepared.path_url
    lines = (f"{name}: {value}" for name, value in headers.items())
    return "\r\n".join((f"{prepared.method} {path} HTTP/1.1", *lines, "", "")).encode("latin-1")


def _expected(fields: Fields) -> frozenset[int]:
    accepted = "a status from 100 to 599, or a list of them"
    value = fields.get("expect_status")
    if "expect_status" not in fields:
        return frozenset()
    statuses = value if isinstance(value, (list, tuple)) else [value]
    good = all(type(status) is int and 100 <= status <= 599 for status in statuses)
    if not statuses or not good:
        raise fields.wrong("expect_status", accepted)
    return frozenset(statuses)


CHECK = Check(
    "http",
    ("url", "method", "expect_status"),
    _parse,
    "the web server answers with an accepted status",
)
