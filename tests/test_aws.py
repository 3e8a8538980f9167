"""The seam to boto3, against servers on this machine: moto, and some that speak nonsense."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from probe import aws
from probe.aws import signed
from probe.failure import Failed
from probe.model import Failure
from tests.account import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _fresh_clients() -> Iterator[None]:
    """Build every client anew: they remember the endpoint that the environment named."""
    yield
    aws.prober.cache_clear()
    signed.session.cache_clear()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Run an AWS of our own on loopback."""
    with serving() as url:
        yield url


@contextmanager
def answering(*answers: tuple[int, str, bytes], **headers: str) -> Iterator[tuple[str, list[str]]]:
    """Serve the (status, content type, body) one after another, the last one for ever."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            requests.append(self.rfile.read(length).decode())
            status, kind, body = answers[min(len(requests), len(answers)) - 1]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the name http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the test's output to itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- hosts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "region", "host"),
    [
        ("dynamodb", "eu-west-1", "dynamodb.eu-west-1.amazonaws.com"),
        ("logs", "us-gov-west-1", "logs.us-gov-west-1.amazonaws.com"),
        ("dynamodb", "cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("cloudwatch", "eu-west-1", "monitoring.eu-west-1.amazonaws.com"),
        ("iam", "eu-west-1", "iam.amazonaws.com"),
    ],
)
def test_host_follows_botocores_rules(service: str, region: str, host: str) -> None:
    """The host is the one an SDK would call, also where it is not service.region.amazonaws.com."""
    assert aws.host_for(service, region) == host


def test_host_is_the_one_a_client_of_boto3_calls() -> None:
    """Our reading of the rules and a real client's endpoint are the same."""
    for service in ("dynamodb", "logs", "secretsmanager", "sqs", "kms", "sts"):
        url = aws.prober(service, REGION, 1.0).meta.endpoint_url

        assert url == f"https://{aws.host_for(service, REGION)}"


@pytest.mark.parametrize(
    ("variable", "host"),
    [
        ("AWS_USE_DUALSTACK_ENDPOINT", "dynamodb.eu-west-1.api.aws"),
        ("AWS_USE_FIPS_ENDPOINT", "dynamodb-fips.eu-west-1.amazonaws.com"),
    ],
)
def test_host_follows_the_environments_variant(
    variable: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dual-stack and FIPS are honoured when the function's environment asks for them."""
    monkeypatch.setenv(variable, "true")

    assert aws.host_for("dynamodb", REGION) == host


@pytest.mark.parametrize(
    ("service", "region", "sentence"),
    [
        ("dynamo", REGION, "'dynamo' is not a service as boto3 names its clients; did you mean"),
        ("qqqqqqqqq", REGION, "'qqqqqqqqq' is not a service as boto3 names its clients."),
        ("../partitions", REGION, "'../partitions' is not a service as boto3 names its clients."),
        ("logs", "evil.example#", "'evil.example#' is not the name of a Region."),
        ("logs", "", "No Region is set"),
    ],
)
def test_unknown_host_is_one_sentence(service: str, region: str, sentence: str) -> None:
    """A service or Region that does not exist is said so, with what comes near."""
    with pytest.raises(aws.UnknownService) as caught:
        aws.host_for(service, region)

    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


# --- one signed call ----------------------------------------------------------------------------


def describe_table(table: str = "orders", timeout_s: float = 5.0) -> aws.SignedAnswer:
    """Ask DynamoDB for a table."""
    return aws.signed_call("dynamodb", "DescribeTable", {"TableName": table}, REGION, timeout_s)


def test_signed_call_tells_what_the_service_said(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the service is an answer, with its status, code, words and request id."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)

    answer = describe_table()

    assert answer.status == 400
    assert answer.error_code == "ResourceNotFoundException"
    assert answer.message
    assert answer.request_id


def test_signed_call_that_succeeds_has_no_error(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain answer is a status and a request id."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)

    answer = aws.signed_call("sts", "GetCallerIdentity", {}, REGION, 5.0)

    assert (answer.status, answer.error_code, answer.message) == (200, None, None)
    assert answer.request_id


def test_signed_call_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that fails is not asked again, since the second answer would hide the first."""
    with answering((500, "application/json", b"{}")) as (url, requests):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        answer = describe_table()

    assert answer.status == 500
    assert len(requests) == 1


ANSWER = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: 1\r\nContent-Length: 2\r\n\r\n{}"


def test_signed_call_keeps_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call dials anew: a connection that went stale while frozen would blame the network."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        with ThreadPoolExecutor() as pool:
            for _ in range(2):
                call = pool.submit(describe_table)
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(ANSWER)
                    assert call.result().status == 200
                    while connection.recv(65536):  # ends when the client closes
                        pass


def test_signed_call_raises_the_networks_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is found at the end of the exception's chain, for the classifier to see."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")

    with pytest.raises(Exception, match="Could not connect") as caught:
        describe_table()

    chain = [caught.value]
    while (link := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(link)  # type: ignore[arg-type]
    assert any(isinstance(link, ConnectionRefusedError) for link in chain)


def test_signed_call_waits_no_longer_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that accepts and stays silent ends in a timeout after the time given."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")

        with pytest.raises(Exception, match="Read timeout"):
            describe_table(timeout_s=0.1)


def test_signed_call_that_a_stranger_answers_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login page with status 200 is an unexpected answer, though botocore reads it as success."""
    with answering((200, "text/html", b"<html>Please log in")) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        with pytest.raises(Failed) as caught:
            describe_table()

    assert caught.value.failure is Failure.UNEXPECTED_ANSWER


def test_signed_call_without_credentials_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to sign with is told as that, not as a fault of the network."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(aws.SetupError, match="could not be signed: Unable to locate credentials"):
        describe_table()


@pytest.mark.parametrize(
    ("operation", "parameters", "sentence"),
    [
        ("DescribeTabel", {}, "dynamodb has no operation 'DescribeTabel'"),
        ("DescribeTable", {}, "Missing required parameter"),
    ],
)
def test_impossible_call_is_one_sentence(
    operation: str, parameters: dict[str, str], sentence: str
) -> None:
    """An operation or parameter that does not exist is refused before anything is sent."""
    with pytest.raises(aws.SetupError, match=sentence) as caught:
        aws.signed_call("dynamodb", operation, parameters, REGION, 1.0)

    assert "\n" not in str(caught.value)


# --- a reader -----------------------------------------------------------------------------------


def test_reader_gives_the_apis_own_shapes(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is AWS's answer under AWS's names, paginated or not, without its envelope."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    read = aws.reader(REGION)

    subnets = read("ec2", "DescribeSubnets")
    vpc = subnets["Subnets"][0]["VpcId"]
    attribute = read("ec2", "DescribeVpcAttribute", VpcId=vpc, Attribute="enableDnsSupport")

    assert subnets["Subnets"][0]["CidrBlock"]
    assert attribute == {"VpcId": vpc, "EnableDnsSupport": {"Value": True}}


def test_reader_may_be_used_by_several_threads(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls to several services side by side, with no client built yet, all answer."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    read = aws.reader(REGION)
    calls = [("ec2", "DescribeVpcs"), ("rds", "DescribeDBInstances"), ("iam", "ListRoles")] * 4

    with ThreadPoolExecutor(max_workers=12) as pool:
        answers = list(pool.map(lambda call: read(*call), calls))

    assert [next(iter(answer)) for answer in answers] == ["Vpcs", "DBInstances", "Roles"] * 4


def test_a_function_that_does_not_exist_is_a_failure_with_its_code(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the Lambda API refuses is told with its own code."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)

    with pytest.raises(aws.InvokeFailed) as caught:
        aws.invoker(REGION)("probe", {})

    assert caught.value.code == "ResourceNotFoundException"
