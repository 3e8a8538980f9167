"""A web address: `{"check": "http", "url": "https://api.example.com/health"}`.

The request is made by requests, so that it is the one that the user's code would make; the
connection is the runner's, so that it is timed and judged like any other. `method` is GET, HEAD or
OPTIONS; `expect_status` says which statuses pass, in place of 2xx and 3xx. Redirects are not
followed, and of the answer only the head is read.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import urldefragauth
from urllib3.connection import HTTPConnection
from urllib3.util import parse_url

from probe.checks.tcp import MYSQL, NOT_MYSQL, place
from probe.connection.head import Head
from probe.connection.proxy import Proxy, proxy_for
from probe.connection.tls import REQUESTS
from probe.failure import Failed
from probe.model import Failure
from probe.reading import SettingsError, is_host
from probe.target import Check, Target
from probe.words import printable, scrub, secrets_among

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3.response import BaseHTTPResponse
    from urllib3.util import Timeout

    from probe.connection.link import Link
    from probe.reading import Fields
    from probe.target import Surroundings

_ACCEPTED = "the URL of a web server, like https://example.com/path"
_METHODS = ("GET", "HEAD", "OPTIONS")  # nothing that could change something behind it
_PORTS = {"http": 80, "https": 443}
# Prepares requests with the defaults of requests, and never sends one.
_SESSION = requests.Session()
_SESSION.trust_env = False  # credentials in a .netrc are not ours to use
# Of headers that it cannot parse urllib3 writes a warning with the URL, its query included.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class _Request:
    """The exchange: one request, and a look at the status."""

    prepared: requests.PreparedRequest
    expected: frozenset[int]  # empty: 2xx and 3xx
    proxy: Proxy | None

    def __call__(self, link: Link) -> None:
        adapter = _LinkAdapter(link, self.proxy)
        answer = adapter.send(self.prepared, stream=True, timeout=link.left_s)
        try:
            self._judge(link, answer)
        finally:
            answer.close()

    def _judge(self, link: Link, answer: requests.Response) -> None:
        status = answer.status_code
        link.facts["http_status"] = status
        if place := answer.headers.get("location"):
            link.facts["location"] = scrub(place, 200)
        good = status in self.expected if self.expected else 200 <= status < 400
        if not good:
            raise Failed(Failure.HTTP_STATUS, f"the server answered {status}")


class _LinkConnection(HTTPConnection):
    """An HTTP connection on a socket that somebody else has connected."""

    response_class = Head

    def __init__(self, *args: Any, link: Link, **options: Any) -> None:
        super().__init__(*args, **options)
        self._link = link

    def connect(self) -> None:
        self.sock = self._link.sock


class _LinkPool:
    """What requests asks of urllib3's pool, for the one connection that is there already."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def urlopen(
        self, method: str, url: str, *, headers: Mapping[str, str], timeout: Timeout, **_: object
    ) -> BaseHTTPResponse:
        """Send the request and read the head; errors stay what they are."""
        connection = _LinkConnection("", timeout=timeout.read_timeout, link=self._link)
        # A server may answer before it has read everything, and close; the answer says why.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, url, headers=headers, preload_content=False)
        return connection.getresponse()


class _LinkAdapter(HTTPAdapter):
    """requests' way to the network, leading to a connection that is there already."""

    def __init__(self, link: Link, proxy: Proxy | None) -> None:
        super().__init__(max_retries=0)
        self._link = link
        self._proxy = proxy

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        """Keep no connections: the only one is there already."""

    def get_connection_with_tls_context(  # type: ignore[override]
        self, *_: object, **__: object
    ) -> _LinkPool:
        return _LinkPool(self._link)

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """TLS is in place already."""

    def request_url(self, request: requests.PreparedRequest, _: object) -> str:
        """Give a plain-text proxy the whole URL, and everybody else the path."""
        url = str(request.url)
        whole = self._proxy is not None and url.startswith("http:")
        return str(parse_url(urldefragauth(url))) if whole else request.path_url

    def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
        """Introduce ourselves to a plain-text proxy; CONNECT has done so for TLS."""
        if self._proxy and self._proxy.authorization and str(request.url).startswith("http:"):
            request.headers["Proxy-Authorization"] = self._proxy.authorization


def _parse(fields: Fields, around: Surroundings) -> Target:
    method = fields.choice("method", _METHODS) or "GET"
    prepared = _prepare(fields, method)
    parts = urlsplit(str(prepared.url))
    host = str(parts.hostname)
    port = parts.port or _PORTS[parts.scheme]
    at = host if port == _PORTS[parts.scheme] else place(host, port)
    prepared.headers["Host"] = at  # the connection underneath knows no scheme
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
        exchange=_Request(prepared, _expected(fields), proxy),
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
    """Let requests read the URL: what is dialled is then what it would have dialled."""
    url = fields.text("url", _ACCEPTED, limit=4096)
    if url is None or not url.lower().startswith(("http://", "https://")):
        raise fields.wrong("url", _ACCEPTED)
    try:
        prepared = _SESSION.prepare_request(requests.Request(method, url))
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
