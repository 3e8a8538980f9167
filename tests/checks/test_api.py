"""The checks of AWS services: an answer without credentials, then what the role may do."""

from __future__ import annotations

import json
import os
import ssl
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe import aws
from probe.aws import signed as signing
from probe.runner import run
from probe.settings import parse
from tests.checks.servers import answers, hangs, resets, seen, serving
from tests.lab.machines.certificates import Authority

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from probe.model import Observation
    from tests.checks.servers import Server, Talk

AROUND = {"AWS_REGION": "eu-west-1"}


def head(status: str, *headers: str, body: str = "") -> bytes:
    """Make an answer of HTTP."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


HEALTHY = head("200 OK", "x-amzn-RequestId: ID1", body="healthy: dynamodb")


@pytest.fixture
def over_tls(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a talk behind a certificate that the SDKs' settings trust."""
    authority = Authority(tmp_path, "Trusted CA")
    issued = authority.issue("127.0.0.1")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.chain, issued.key)

    def wrap(talk: Talk) -> Talk:
        def talk_tls(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as tls:
                talk(tls)

        return talk_tls

    return wrap


def observe(target: dict[str, Any], server: Server, **event: Any) -> Observation:
    """Run a target against a server on loopback that stands for the service."""
    settings = parse({"targets": [target], **event}, {**os.environ, **AROUND}, allow_loopback=True)
    (one,) = settings.targets
    one = replace(one, host="127.0.0.1", port=server.port)
    return run(replace(settings, targets=(one,)), deadline=time.monotonic() + 20)[0]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ({"check": "dynamodb"}, "dynamodb.eu-west-1.amazonaws.com"),
        ({"check": "logs"}, "logs.eu-west-1.amazonaws.com"),
        ({"check": "aws", "service": "sts"}, "sts.eu-west-1.amazonaws.com"),
    ],
)
@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (HEALTHY, None),
        (head("403 Forbidden", "x-amzn-RequestId: ID1"), None),
        (head("404 Not Found", "x-amz-request-id: ID1"), None),
        (head("302 Found", "x-amz-id-2: ID1", "Location: https://aws.amazon.com/"), None),
        (head("503 Slow Down", "x-amzn-RequestId: ID1"), "service_error"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "unexpected_answer"),
    ],
)
def test_any_answer_proves_the_network(
    target: dict[str, Any], host: str, answer: bytes, failure: str | None, over_tls: Any
) -> None:
    """Refused, redirected or not found: an unauthenticated answer of the service is an answer."""
    heard = []

    def talk(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(answer)
        answers(b"")(connection)

    with serving(over_tls(talk)) as server:
        observation = observe(target, server)

    assert seen(observation) == ("fail" if failure else "pass", "exchange", failure)
    assert observation.detail["certificate"]["issuer"] == "CN=Trusted CA"
    assert heard == [f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()]
    if failure != "unexpected_answer":
        assert observation.detail["http_status"] == int(answer.split()[1])
        assert observation.detail["request_id"] == "ID1"


def test_the_logs_check_states_that_stdout_needs_no_path(over_tls: Any) -> None:
    """Also when the API cannot be reached, what is printed is delivered: a fact, not a result."""
    with serving(over_tls(hangs)) as server:
        observation = observe({"check": "logs"}, server, timeout_s=0.3)

    assert seen(observation) == ("fail", "exchange", "timeout")
    assert "delivered" in observation.detail["stdout"]
    assert observation.detail["service"] == "logs"


# --- the signed call ---


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    """Keep no client from one test to the next: each has another endpoint."""
    aws.prober.cache_clear()
    signing.session.cache_clear()
    yield
    aws.prober.cache_clear()
    signing.session.cache_clear()


def signed(
    target: dict[str, Any],
    answer: Talk,
    over_tls: Any,
    monkeypatch: pytest.MonkeyPatch,
    **event: Any,
) -> Observation:
    """Run a target whose signed call meets this answer."""
    with serving(over_tls(answers(HEALTHY))) as public, serving(answer) as api:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{api.port}")
        return observe(target, public, **event)


def api_error(status: str, code: str, message: str) -> bytes:
    """Make an error of DynamoDB's protocol."""
    return head(
        status,
        "x-amzn-RequestId: ID2",
        "Content-Type: application/x-amz-json-1.0",
        body=json.dumps({"__type": f"com.amazonaws#{code}", "message": message}),
    )


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/orders/fn is not authorized to perform:"
    " dynamodb:DescribeTable because no VPC endpoint policy allows the action"
)
TABLE = {"check": "dynamodb", "table": "orders"}


def test_a_table_that_may_be_described_passes(
    over_tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the network the role's permission is proven by one signed call."""
    answer = head("200 OK", "x-amzn-RequestId: ID2", body='{"Table": {"TableName": "orders"}}')
    observation = signed(TABLE, answers(answer), over_tls, monkeypatch)

    assert seen(observation) == ("pass", "exchange", None)
    assert observation.detail["signed"] == "DescribeTable"
    assert observation.detail["request_id"] == "ID2"


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        ("400 Bad Request", "AccessDeniedException", "access_denied"),
        ("400 Bad Request", "UnrecognizedClientException", "access_denied"),
        ("400 Bad Request", "ExpiredTokenException", "access_denied"),
        ("403 Forbidden", "SomethingNew", "access_denied"),
        ("403 Forbidden", "RequestThrottled", "service_error"),
        ("400 Bad Request", "ResourceNotFoundException", "service_error"),
        ("500 Internal Server Error", "InternalServerError", "service_error"),
    ],
)
def test_an_aws_error_is_told_in_aws_s_own_words(
    status: str, code: str, failure: str, over_tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reached and not allowed is told from reached and another error; the text names the policy."""
    answer = answers(api_error(status, code, DENIED))
    observation = signed(TABLE, answer, over_tls, monkeypatch)

    assert seen(observation) == ("fail", "exchange", failure)
    assert observation.detail["error_code"] == code
    assert "no VPC endpoint policy allows" in observation.detail["message"]
    assert observation.detail["request_id"] == "ID2"


@pytest.mark.parametrize(
    ("talk", "failure"), [(hangs, "timeout"), (resets, "reset")], ids=["hangs", "resets"]
)
def test_a_signed_call_that_finds_no_network_is_told_like_any_other(
    talk: Talk, failure: str, over_tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What boto3 wraps is unwrapped: silence and resets have their own words."""
    observation = signed(TABLE, talk, over_tls, monkeypatch, timeout_s=0.7)

    assert seen(observation) == ("fail", "exchange", failure)


def test_without_credentials_the_network_is_still_proven(
    over_tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that cannot be signed says nothing about the network: the detail tells why."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    observation = signed(TABLE, hangs, over_tls, monkeypatch)

    assert seen(observation) == ("pass", "exchange", None)
    assert observation.detail["signed"].startswith("not sent")


def test_no_credential_is_in_what_is_seen(over_tls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and tokens that the signed call uses appear nowhere, also when AWS echoes them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARYCANARYCANA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY/secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "CANARYtoken")
    echo = api_error("400 Bad Request", "X", "AKIACANARYCANARYCANA, token=CANARYtoken")
    observation = signed(TABLE, answers(echo), over_tls, monkeypatch)

    assert observation.failure == "service_error"
    assert "CANARY" not in str(observation)
