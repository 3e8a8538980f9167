"""From exceptions to failures, in the order of the code."""

from __future__ import annotations

import errno
import http.client
import itertools
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.failure import Failed, classify, describe, of_errno
from probe.model import Failure


def verification(code: int) -> ssl.SSLCertVerificationError:
    """Make what a handshake raises when OpenSSL finds this wrong."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


def tls(reason: str) -> ssl.SSLError:
    """Make what a handshake raises for another reason."""
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Failure.NAME_NOT_FOUND),
        (socket.gaierror(socket.EAI_NODATA, "no address"), Failure.NO_ADDRESS),
        (socket.gaierror(socket.EAI_FAIL, "refused"), Failure.SERVER_FAILURE),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), Failure.NO_ANSWER),
        (socket.gaierror(socket.EAI_MEMORY, "out of memory"), Failure.UNCLASSIFIED),
        (TimeoutError("timed out"), Failure.TIMEOUT),
        (OSError(errno.ETIMEDOUT, "the kernel gave up"), Failure.TIMEOUT),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Failure.REFUSED),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Failure.RESET),
        (BrokenPipeError(errno.EPIPE, "broken pipe"), Failure.CLOSED),
        (OSError(errno.ENETUNREACH, "no route"), Failure.UNREACHABLE),
        (OSError(errno.EHOSTUNREACH, "ICMP said so"), Failure.UNREACHABLE),
        (PermissionError(errno.EPERM, "a local firewall"), Failure.UNREACHABLE),
        (http.client.RemoteDisconnected("no response"), Failure.CLOSED),
        (http.client.BadStatusLine("x"), Failure.UNEXPECTED_ANSWER),
        (EOFError(), Failure.CLOSED),
        (verification(10), Failure.TLS_EXPIRED),
        (verification(9), Failure.TLS_EXPIRED),
        (verification(62), Failure.TLS_WRONG_HOST),
        (verification(64), Failure.TLS_WRONG_HOST),
        (verification(18), Failure.TLS_UNTRUSTED),
        (verification(20), Failure.TLS_UNTRUSTED),
        (tls("WRONG_VERSION_NUMBER"), Failure.NOT_TLS),
        (tls("TLSV1_ALERT_PROTOCOL_VERSION"), Failure.TLS_FAILED),
        (ssl.SSLEOFError(8, "EOF"), Failure.CLOSED),
        (FileNotFoundError(errno.ENOENT, "a file, not a network"), Failure.UNCLASSIFIED),
        (ValueError("a mistake of ours"), Failure.UNCLASSIFIED),
        (Failed(Failure.SERVER_BUSY, "too many connections"), Failure.SERVER_BUSY),
    ],
    ids=str,
)
def test_an_exception_becomes_what_was_seen(error: BaseException, failure: Failure) -> None:
    """Each exception of the standard library has its failure, and its near misses have theirs."""
    assert classify(error) is failure


def chained(*errors: BaseException) -> BaseException:
    """Chain exceptions as libraries do: the first is the outermost."""
    for outer, inner in itertools.pairwise(errors):
        outer.__context__ = inner
    return errors[0]


def test_a_library_s_exception_is_what_it_was_raised_from() -> None:
    """What a library wraps decides, however deep it is."""
    error = chained(RuntimeError("MaxRetryError"), OSError("wrapped"), TimeoutError("timed out"))

    assert classify(error) is Failure.TIMEOUT


def test_a_check_that_has_spoken_is_believed() -> None:
    """A check's own word wins over the exception that led it there."""
    error = chained(Failed(Failure.UNEXPECTED_ANSWER, "not MySQL"), TimeoutError("timed out"))

    assert classify(error) is Failure.UNEXPECTED_ANSWER


def test_a_ring_of_exceptions_is_no_trap() -> None:
    """A chain that leads back to itself is walked once."""
    first, second = ValueError("a"), TimeoutError("b")
    first.__context__, second.__context__ = second, first

    assert classify(first) is Failure.TIMEOUT


@given(st.integers(min_value=-(2**31), max_value=2**31 - 1), st.text())
def test_every_error_number_is_some_failure(number: int, text: str) -> None:
    """Classification is total, also over numbers that no kernel uses."""
    assert isinstance(classify(OSError(number, text)), Failure)
    assert isinstance(of_errno(number), Failure)
    assert isinstance(classify(ssl.SSLError(number, text)), Failure)
    assert isinstance(classify(socket.gaierror(number, text)), Failure)


@pytest.mark.parametrize(
    "text",
    [
        "GET https://user:CANARY@example.com/",
        "GET https://CANARY@example.com/",
        "https://example.com/?token=CANARY&x=1",
        "Authorization: Bearer CANARY",
        "proxy-authorization: Basic CANARY",
        "X-Amz-Security-Token: CANARY",
        "password=CANARY",
        "api_key: CANARY",
        "user:CANARY@proxy:3128",
    ],
)
def test_words_are_shown_without_secrets(text: str) -> None:
    """No secret in an exception's words comes through, in whatever form it stands there."""
    assert "CANARY" not in describe(ValueError(text))


def test_words_without_secrets_are_shown_as_they_are() -> None:
    """Ordinary words are not touched."""
    assert describe(TimeoutError("timed out")) == "TimeoutError: timed out"
    assert describe(ValueError("no route to 10.0.0.1:80")) == "ValueError: no route to 10.0.0.1:80"


def test_words_cannot_move_a_cursor() -> None:
    """Control characters and escapes are gone, and a long text is cut."""
    shown = describe(ValueError("a\x1b[2Jb\r\nc\u202e" + "x" * 10_000))

    assert shown.isprintable()
    assert len(shown) <= 300
