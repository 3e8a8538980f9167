"""The function as Lambda calls it: whatever happens, a report comes back."""

from __future__ import annotations

import functools
import json
import socket
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools.utilities.metadata import clear_metadata_cache
from awslambdaric.lambda_context import LambdaContext

from probe import conclusion, handler, settings
from tests.account import serving
from tests.report.validation import assert_report

if TYPE_CHECKING:
    from collections.abc import Iterator

LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "probe",
    "AWS_REGION": "eu-west-1",
    "PROBE_SUBNET_IDS": "subnet-1",
    "PROBE_SECURITY_GROUP_IDS": "sg-1",
}
# Refused by the probe itself, so nothing is sent; and resolved from a file, so nothing is asked.
REFUSED = {"check": "tcp", "host": "127.0.0.1", "port": 80}
RESOLVED = {"check": "dns", "name": "localhost"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)
    # urllib keeps the proxies that it found at its first request.
    monkeypatch.setattr(urllib.request, "_opener", None)
    yield
    clear_metadata_cache()


def context(left_ms: float = 30_000) -> LambdaContext:
    """Make the context of an invocation that may last so long."""
    deadline = int(time.time() * 1000 + left_ms)
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:probe"
    return LambdaContext("8476a536-e9f4-11e8-9739-2dfe598c3fcd", {}, {}, deadline, arn)


def invoke(event: object, left_ms: float = 30_000) -> Any:
    """Invoke, and hold the answer against the schema of a report."""
    answer = handler.probe(event, context(left_ms))
    assert json.loads(json.dumps(answer)) == answer
    assert_report(answer)
    return answer


# --- events -------------------------------------------------------------------------------------


def test_the_report_tells_what_was_seen_from_where() -> None:
    """Each target has an observation, in order, beside the placement."""
    report = invoke({"targets": [RESOLVED, REFUSED]})

    assert report["status"] == "fail"
    assert [one["status"] for one in report["observations"]] == ["pass", "fail"]
    assert report["observations"][1]["failure"] == "forbidden_target"
    assert report["placement"]["function"] == "probe"
    assert report["placement"]["subnet_id"] == "subnet-1"
    assert report["error"] is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
        {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"},
    ],
)
def test_an_event_that_says_nothing_means_the_configured_targets(
    event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing, and what a schedule sends, stand for the environment's targets."""
    monkeypatch.setenv("PROBE_TARGETS", json.dumps([RESOLVED]))

    assert [one["target"] for one in invoke(event)["observations"]] == ["localhost"]


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({"tagets": []}, "tagets is not known"),
        ({"targets": [{"check": "ping"}]}, "targets[0].check must be one of"),
        ({"targets": [{"check": "tcp", "port": 80}]}, "targets[0].host is missing"),
        ({"targets": []}, "targets must hold at least one target"),
        ([], "The event must be an object"),
        (None, "The event must be an object"),
        ("text", "The event must be an object"),
        ({}, "targets is missing, and so is PROBE_TARGETS"),
    ],
)
def test_a_bad_event_is_a_report_with_one_sentence(event: object, sentence: str) -> None:
    """What is wrong is said in the report's own shape, without a stack trace."""
    report = invoke(event)

    assert report["error"].startswith(sentence)
    assert "\n" not in report["error"]
    assert report["observations"] == []
    assert report["status"] == "undetermined"


# --- deadlines ----------------------------------------------------------------------------------


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Give a target on this machine that accepts and never says a word."""
    monkeypatch.setattr(settings, "parse", functools.partial(settings.parse, allow_loopback=True))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield {"check": "cache", "host": "127.0.0.1", "port": listener.getsockname()[1]}


def test_a_hanging_target_does_not_outlast_the_function(silent: dict[str, Any]) -> None:
    """With less time left than a stage may take, the report leaves before Lambda kills it."""
    invocation = context(400)

    report: Any = handler.probe({"targets": [silent] * 20, "timeout_s": 60}, invocation)

    assert invocation.get_remaining_time_in_millis() > 0
    assert_report(report)
    assert {one["failure"] for one in report["observations"]} <= {"timeout", "not_attempted"}
    assert len(report["observations"]) == 20


@pytest.mark.parametrize("left_ms", [50, 500, -1000])
def test_more_targets_than_can_be_told_in_time_are_told_in_a_sentence(
    left_ms: float, silent: dict[str, Any]
) -> None:
    """A thousand take longer to write down than is left: none was attempted, and that is said."""
    report = invoke({"targets": [silent] * 1000}, left_ms)

    assert report["observations"] == []
    assert report["status"] == "undetermined"
    assert report["error"].startswith("None of the 1000 targets was attempted: ")
    assert_report(report)


@pytest.mark.parametrize("left_ms", [50, 1, -1000])
def test_hardly_any_time_still_gives_a_whole_report(left_ms: float, silent: dict[str, Any]) -> None:
    """Every target is in the report, and what was not attempted is told as that."""
    report = invoke({"targets": [silent] * 5}, left_ms)

    assert len(report["observations"]) == 5
    assert {one["failure"] for one in report["observations"]} <= {"timeout", "not_attempted"}
    assert report["placement"]["az_id"] == {"unknown": "no time was left to ask for it"}


def test_a_fault_in_judging_does_not_cost_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Observations come back without findings, and the report says whose fault that is."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(conclusion, "conclude", broken)

    report = invoke({"targets": [RESOLVED]})

    assert [one["status"] for one in report["observations"]] == ["pass"]
    assert report["status"] == "undetermined"
    assert report["undetermined"][0]["what"] == "causes"


def test_an_environment_is_held_as_long_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long enough that others of the same moment run elsewhere, and never beyond the deadline."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    invoke({"targets": [REFUSED], "hold_s": 2})
    invoke({"targets": [REFUSED], "hold_s": 20}, left_ms=3000)
    invoke({"targets": [REFUSED]})

    held, cut, not_at_all = slept
    assert 1 < held <= 2
    assert 0 < cut <= 2
    assert not_at_all == 0


# --- the Availability Zone ----------------------------------------------------------------------


class Endpoint(ThreadingHTTPServer):
    """Lambda's metadata endpoint, answering as it is told."""

    def __init__(self, status: int, body: bytes) -> None:
        seen = self.seen = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(f"{self.path} {self.headers['Authorization']}")
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the test's output to itself."""

        super().__init__(("127.0.0.1", 0), Handler)


def zone(
    monkeypatch: pytest.MonkeyPatch, status: int = 200, body: bytes = b""
) -> tuple[Any, list[str]]:
    """Invoke beside such an endpoint; give the zone that the report names, and what was asked."""
    with Endpoint(status, body) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        monkeypatch.setenv("AWS_LAMBDA_METADATA_API", f"127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_LAMBDA_METADATA_TOKEN", "a-token")
        try:
            report = invoke({"targets": [RESOLVED]})
        finally:
            server.shutdown()
            thread.join()
    return report["placement"]["az_id"], server.seen


def test_the_zone_comes_from_lambdas_metadata_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint is asked with its token, and its zone stands in the placement."""
    az_id, asked = zone(monkeypatch, body=b'{"AvailabilityZoneID": "euw1-az2"}')

    assert az_id == "euw1-az2"
    assert asked == ["/2026-01-15/metadata/execution-environment Bearer a-token"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (200, b"nonsense"), (200, b"7"), (200, b"[]"), (200, b"{}"), (200, b"\xff")],
)
def test_a_broken_metadata_endpoint_leaves_the_zone_unknown(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it answers, the report comes and says that the zone could not be read."""
    az_id, _ = zone(monkeypatch, status, body)

    assert az_id["unknown"]


def test_a_proxy_is_not_told_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proxy for plain HTTP the endpoint is not asked: the request would go to the proxy."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    az_id, asked = zone(monkeypatch, body=b'{"AvailabilityZoneID": "euw1-az2"}')

    assert az_id == {"unknown": "a proxy is configured for plain HTTP"}
    assert asked == []


def test_a_proxy_that_does_not_serve_the_endpoint_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the endpoint's address in no_proxy it is asked as ever."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert zone(monkeypatch, body=b'{"AvailabilityZoneID": "euw1-az2"}')[0] == "euw1-az2"


# --- diagnosing ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Run an AWS of our own, with one function in it that is not attached to a VPC."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    with serving() as url:
        iam = boto3.client("iam", endpoint_url=url)
        role = iam.create_role(RoleName="orders", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        boto3.client("lambda", endpoint_url=url).create_function(
            FunctionName="orders-api",
            Runtime="python3.13",
            Role=role,
            Handler="orders.handler",
            Code={"ZipFile": b"not looked at"},
        )
        yield url


@pytest.fixture
def account(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything that asks AWS ask that one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)


def diagnosed(event: object) -> Any:
    """Invoke the other function, and hold its answer against the schema."""
    answer = handler.diagnose(event, context())
    assert_report(answer)
    return answer


@pytest.mark.usefixtures("account")
def test_a_foreign_function_is_diagnosed_by_its_configuration() -> None:
    """The function is not touched: its placement alone says why a private target is cut off."""
    target = {"check": "tcp", "host": "10.0.2.10", "port": 5432}
    report = diagnosed({"function": "orders-api", "targets": [target]})

    assert report["error"] is None
    assert report["placement"]["function"] == "orders-api"
    assert report["placement"]["in_vpc"] is False
    assert [finding["code"] for finding in report["findings"]] == ["function-not-in-vpc"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ([], "The event must be an object"),
        ({}, "function must be the name or ARN of a Lambda function"),
        ({"function": 7}, "function must be the name or ARN of a Lambda function"),
        ({"function": "orders-api", "tagets": []}, "tagets is not known"),
        ({"function": "nobody", "targets": [RESOLVED]}, "nobody cannot be read"),
    ],
)
def test_a_diagnosis_that_cannot_be_made_is_one_sentence(event: object, sentence: str) -> None:
    """What is wrong with the question, or with the function, is told in the report's shape."""
    report = diagnosed(event)

    assert report["error"].startswith(sentence)
    assert "\n" not in report["error"]
    assert "unknown" in report["placement"]["in_vpc"]


def test_a_diagnosis_beats_no_heart(capsys: pytest.CaptureFixture[str]) -> None:
    """Metrics are the probe's own: a diagnosis must not pass for a run of the schedule."""
    diagnosed({})

    assert "_aws" not in capsys.readouterr().out
