"""A web address: `{"check": "http", "url": "https://api.example.com/health"}`.

The request is prepared by requests and goes out byte for byte as requests would send it, so that
no server treats the probe differently from the user's code; the connection is the runner's, so that
it is timed and judged like any other. `method` is GET, HEAD or OPTIONS; `expect_status` says which
statuses pass, in place of 2xx and 3xx. Redirects are not followed, and of the answer only the head
is read.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit

import requests
from requests.utils import default_headers, urldefragauth
from urllib3.util import parse_url

from probe.checks.tcp import MYSQL, NOT_MYSQL, place
from probe.connection.head import read_head
from probe.connection.proxy import Proxy, proxy_for
from probe.connection.tls import REQUESTS
from probe.failure import Failed
from probe.model import Failure
from probe.reading import SettingsError, is_host
from probe.target import Check, Target
from probe.words import printable, scrub, secrets_among

if TYPE_CHECKING:
    from probe.connection.link import Link
    from probe.reading import Fields
    from probe.target import Surroundings

_ACCEPTED = "the URL of a web server, like https://example.com/path"
_METHODS = ("GET", "HEAD", "OPTIONS")  # nothing that could change something behind it
_PORTS = {"http": 80, "https": 443}
# What nginx (and AWS's load balancers), Go, Apache and Tomcat say to plain text on a port of TLS.
_WANTS_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server"
    rb"|speaking plain HTTP to an SSL-enabled|host and port requires TLS"
)


@dataclass(frozen=True, slots=True)
class _Request:
    """The exchange: one request, and a look at the status."""

    words: bytes = field(repr=False)  # as they go over the wire
    expected: frozenset[int]  # empty: 2xx and 3xx

    def __call__(self, link: Link) -> None:
        # A server may answer before it has read everything, and close; the answer says why.
        with suppress(BrokenPipeError, ConnectionResetError):
            link.send(self.words)
        head = read_head(link)
        link.facts["http_status"] = head.status
        if place := head.header("location"):
            link.facts["location"] = scrub(place, 200)
        good = head.status in self.expected if self.expected else 200 <= head.status < 400
        if not good and head.status == HTTPStatus.BAD_REQUEST and _WANTS_TLS.search(head.after):
            sentence = "the server answered 400: it takes TLS on this port, so https://"
            raise Failed(Failure.UNEXPECTED_ANSWER, sentence)
        if not good:
            raise Failed(Failure.HTTP_STATUS, f"the server answered {head.status}")


def _words(prepared: requests.PreparedRequest, at: str, proxy: Proxy | None) -> bytes:
    """Write the request as requests would: a plain-text proxy gets the whole URL."""
    url, path = str(prepared.url), prepared.path_url
    headers = {"Host": at, **prepared.headers}
    if proxy and url.startswith("http:"):  # CONNECT has introduced us for TLS
        path = str(parse_url(urldefragauth(url)))
        if proxy.authorization:
            headers["Proxy-Authorization"] = proxy.authorization
    lines = [f"{prepared.method} {path} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


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
        exchange=_Request(_words(prepared, at, proxy), _expected(fields)),
        tls=REQUESTS if parts.scheme == "https" else None,
        proxy=proxy,
        secrets=(*_secrets(fields, prepared), *(proxy.secrets if proxy else ())),
        impossible=impossible,
        facts={} if method == "GET" else {"method": method},
    )


def _secrets(fields: Fields, prepared: requests.PreparedRequest) -> tuple[str, ...]:
    """List what the URL holds beside the place: user info, and the values of the query."""
    words: list[str | None] = []
    for url in (str(fields.get("url")), str(prepared.url)):
        parts = urlsplit(url)
        queried = [pair.rpartition("=")[2] for pair in parts.query.split("&")]
        words += [parts.query, parts.fragment, parts.username, parts.password, *queried]
    words += [unquote_plus(word) for word in words if word]
    words.append(prepared.headers.get("Authorization", "").rpartition(" ")[2])
    return secrets_among(words)


def _prepare(fields: Fields, method: str) -> requests.PreparedRequest:
    """Let requests read the URL: what is dialled is then what it would have dialled.

    Not through a session, which would take credentials from a .netrc that are not ours to use.
    """
    url = fields.text("url", _ACCEPTED, limit=4096)
    if url is None or not url.lower().startswith(("http://", "https://")):
        raise fields.wrong("url", _ACCEPTED)
    try:
        prepared = requests.Request(method, url, headers=default_headers()).prepare()
        parts = urlsplit(str(prepared.url))
        usable = parts.scheme in _PORTS and is_host(parts.hostname or "") and parts.port != 0
        mysql = parts.port == MYSQL
    except (requests.RequestException, ValueError):  # UnicodeError is a ValueError
        usable = mysql = False
    if not usable:
        raise fields.wrong("url", _ACCEPTED)
    if mysql:
        raise fields.wrong("url", f"a URL with {NOT_MYSQL}")
    return prepared


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
