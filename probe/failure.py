"""From an exception to a Failure: total, and by the standard library's own types only.

What requests, urllib3 and botocore raise ends, by `__cause__` or `__context__`, in an exception of
the standard library; so one classifier serves them all and imports none of them. It cannot tell at
which stage something happened, and says nothing of why.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import traceback
from typing import TYPE_CHECKING

from probe.model import Failure
from probe.words import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

# X509_V_ERR_* of OpenSSL's x509_vfy.h
_NOT_NOW = frozenset({9, 10})  # not yet valid, expired
_NOT_THIS_HOST = frozenset({62, 63, 64})  # host name, e-mail, address mismatch

# What OpenSSL says when the first bytes it reads are no TLS record.
_NOT_TLS = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "ENCRYPTED_LENGTH_TOO_LONG",
        "DATA_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "BAD_RECORD_TYPE",
        "UNKNOWN_PROTOCOL",
    }
)
_EOF = frozenset({"UNEXPECTED_EOF_WHILE_READING"})

_NAMES = {
    socket.EAI_NONAME: Failure.NAME_NOT_FOUND,
    socket.EAI_NODATA: Failure.NO_ADDRESS,
    socket.EAI_ADDRFAMILY: Failure.NO_ADDRESS,
    socket.EAI_FAIL: Failure.SERVER_FAILURE,
    # SERVFAIL and silence look the same from here; `probe.connection.resolve` looks again.
    socket.EAI_AGAIN: Failure.NO_ANSWER,
}

_ERRNOS = {
    errno.ETIMEDOUT: Failure.TIMEOUT,
    errno.ECONNREFUSED: Failure.REFUSED,
    errno.ECONNRESET: Failure.RESET,
    errno.ECONNABORTED: Failure.RESET,
    errno.EPIPE: Failure.CLOSED,
    errno.ESHUTDOWN: Failure.CLOSED,
    errno.ENETUNREACH: Failure.UNREACHABLE,
    errno.EHOSTUNREACH: Failure.UNREACHABLE,
    errno.ENETDOWN: Failure.UNREACHABLE,
    errno.EHOSTDOWN: Failure.UNREACHABLE,
    errno.EADDRNOTAVAIL: Failure.UNREACHABLE,
    errno.EAFNOSUPPORT: Failure.UNREACHABLE,
    errno.EPROTONOSUPPORT: Failure.UNREACHABLE,
    # A local filter that drops or rejects what leaves (connect(2): "a local firewall rule").
    errno.EACCES: Failure.UNREACHABLE,
    errno.EPERM: Failure.UNREACHABLE,
}

# The kernel's own word that no packet can leave for this family of addresses.
NO_ROUTE = frozenset(
    {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
)


class Failed(Exception):  # noqa: N818 - an outcome, raised by a check that knows what it saw
    """A check says what it saw; the sentence is fit to be shown."""

    def __init__(self, failure: Failure, sentence: str) -> None:
        super().__init__(sentence)
        self.failure = failure


def classify(exc: BaseException) -> Failure:
    """Say what was seen: the innermost known exception decides, unless a check has spoken."""
    known = Failure.UNCLASSIFIED
    for link in _chain(exc):
        if isinstance(link, Failed):
            return link.failure
        known = _one(link) or known
    return known


def describe(exc: BaseException) -> str:
    """Give the words of the exception that decided, without secrets."""
    last = exc
    for link in _chain(exc):
        if isinstance(link, Failed):
            return scrub(str(link))
        if _one(link):
            last = link
    words = str(last) or "no further words"
    return scrub(f"{type(last).__name__}: {words}")


def trace(exc: BaseException) -> str:
    """Give the traceback for the log, without secrets."""
    return scrub("".join(traceback.format_exception(exc)), 4000)


def of_errno(number: int) -> Failure:
    """Classify what connect(2) left in SO_ERROR."""
    return _ERRNOS.get(number, Failure.UNCLASSIFIED)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """Walk from the outermost to the innermost; chains can be rings."""
    seen: set[int] = set()
    link: BaseException | None = exc
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _one(exc: BaseException) -> Failure | None:
    if isinstance(exc, ssl.SSLError):
        return _tls(exc)
    if isinstance(exc, socket.gaierror):
        return _NAMES.get(exc.errno or 0, Failure.UNCLASSIFIED)
    if isinstance(exc, http.client.RemoteDisconnected):  # a ConnectionResetError that saw no RST
        return Failure.CLOSED
    if isinstance(exc, http.client.HTTPException):
        return Failure.UNEXPECTED_ANSWER
    if isinstance(exc, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(exc, OSError):
        return _ERRNOS.get(exc.errno or 0)
    if isinstance(exc, EOFError):
        return Failure.CLOSED
    return None


def _tls(exc: ssl.SSLError) -> Failure:
    # Neither attribute is there on an exception that OpenSSL did not fill in.
    if isinstance(exc, ssl.SSLCertVerificationError):
        code = getattr(exc, "verify_code", None)
        if code in _NOT_NOW:
            return Failure.TLS_EXPIRED
        return Failure.TLS_WRONG_HOST if code in _NOT_THIS_HOST else Failure.TLS_UNTRUSTED
    reason = getattr(exc, "reason", None)
    if isinstance(exc, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or reason in _EOF:
        return Failure.CLOSED
    return Failure.NOT_TLS if reason in _NOT_TLS else Failure.TLS_FAILED
