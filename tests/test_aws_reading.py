"""Reading through the seam to boto3: all pages or nothing, and what each failure needs."""

from __future__ import annotations

from typing import Any

import pytest

from probe import aws
from probe.network.snapshot import ReadFailed
from tests.test_aws import REGION, answering


def page(subnet: str, token: str = "") -> tuple[int, str, bytes]:
    """One page of DescribeSubnets."""
    more = f"<nextToken>{token}</nextToken>" if token else ""
    return (
        200,
        "text/xml",
        f"<DescribeSubnetsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'>{more}<subnetSet>"
        f"<item><subnetId>{subnet}</subnetId></item></subnetSet></DescribeSubnetsResponse>".encode(),
    )


def refusal(status: int, code: str) -> tuple[int, str, bytes]:
    """Say no as EC2 does."""
    return (
        status,
        "text/xml",
        f"<Response><Errors><Error><Code>{code}</Code><Message>No.</Message></Error></Errors>"
        "<RequestID>1</RequestID></Response>".encode(),
    )


DENIED = refusal(403, "UnauthorizedOperation")


def test_reader_joins_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages are one answer."""
    with answering(page("subnet-1", "more"), page("subnet-2")) as (url, requests):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        answer = aws.reader(REGION)("ec2", "DescribeSubnets")

    assert [subnet["SubnetId"] for subnet in answer["Subnets"]] == ["subnet-1", "subnet-2"]
    assert "NextToken=more" in requests[1]


def test_half_of_the_pages_is_not_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second page that is denied makes the whole list unread, never a shorter list."""
    with answering(page("subnet-1", "more"), DENIED) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        with pytest.raises(ReadFailed) as caught:
            aws.reader(REGION)("ec2", "DescribeSubnets")

    assert caught.value.reason == "UnauthorizedOperation"
    assert caught.value.needs == "ec2:DescribeSubnets"


def test_throttling_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttled read is retried as AWS advises, and the answer that follows counts."""
    throttled = (
        503,
        DENIED[1],
        DENIED[2].replace(b"UnauthorizedOperation", b"RequestLimitExceeded"),
    )
    with answering(throttled, page("subnet-1")) as (url, requests):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        answer = aws.reader(REGION)("ec2", "DescribeSubnets")

    assert len(requests) == 2
    assert answer["Subnets"] == [{"SubnetId": "subnet-1"}]


@pytest.mark.parametrize(
    ("service", "operation", "needs"),
    [
        ("ec2", "DescribeSubnets", "ec2:DescribeSubnets"),
        ("rds", "DescribeDBInstances", "rds:DescribeDBInstances"),
        ("elbv2", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("dynamodb", "ListTables", "dynamodb:ListTables"),
        ("lambda", "GetFunctionConfiguration", "lambda:GetFunctionConfiguration"),
        ("route53", "ListHostedZonesByVPC", "route53:ListHostedZonesByVPC"),
        ("cloudwatch", "GetMetricStatistics", "cloudwatch:GetMetricStatistics"),
    ],
)
@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (500, "text/html", b"<!doctype html><title>500 Internal Server Error</title>"),
        (200, "text/html", b"<html><body>Please log in to the hotel's network"),
        (502, "text/plain", b"upstream connect error"),
        (400, "application/json", b'["not", "an", "error"]'),
        (403, "application/x-amz-json-1.0", b"\xff\xfe\x00"),
        (503, "text/xml", b"<a><b></a>"),
    ],
    ids=["html-500", "html-200", "text-502", "json-list", "bytes", "broken-xml"],
)
def test_nonsense_is_not_read(  # noqa: PLR0917
    service: str,
    operation: str,
    needs: str,
    status: int,
    kind: str,
    body: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever answers in AWS's place, the call is unread, in one line, and nothing else breaks."""
    needed: dict[str, dict[str, Any]] = {
        "GetFunctionConfiguration": {"FunctionName": "orders"},
        "ListHostedZonesByVPC": {"VPCId": "vpc-1", "VPCRegion": REGION},
        "GetMetricStatistics": {
            "Namespace": "AWS/NATGateway",
            "MetricName": "ErrorPortAllocation",
            "StartTime": 0,
            "EndTime": 60,
            "Period": 60,
        },
    }
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with answering((status, kind, body)) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        with pytest.raises(ReadFailed) as caught:
            aws.reader(REGION)(service, operation, **needed.get(operation, {}))

    assert caught.value.needs == needs
    assert caught.value.reason
    assert "\n" not in caught.value.reason


def test_no_credentials_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials every call is unread, and the reason says so."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(ReadFailed, match="Unable to locate credentials"):
        aws.reader(REGION)("ec2", "DescribeSubnets")


def test_region_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION is honoured as by every other SDK, and without any Region the call is unread."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ReadFailed, match="You must specify a region"):
        aws.reader()("ec2", "DescribeSubnets")

    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    with answering(page("subnet-1")) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert aws.reader()("ec2", "DescribeSubnets")["Subnets"]


def test_unknown_profile_is_one_sentence() -> None:
    """A profile that is in no file is told by its name."""
    with pytest.raises(
        aws.SetupError, match=r"No profile is called nobody; `aws configure list-profiles`"
    ):
        aws.reader(REGION, "nobody")
