"""Invoking through the seam to boto3, against servers that speak nonsense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe import aws
from probe.network.snapshot import ReadFailed
from tests.test_aws import REGION, answering


def invoke(url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Invoke a function called probe."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return aws.invoker(REGION)("probe", {"repeat": 2})


def test_invoking_sends_the_event_and_returns_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The payload goes out as JSON and the function's own JSON comes back."""
    with answering((200, "application/json", b'{"status": "pass"}')) as (url, requests):
        assert invoke(url, monkeypatch) == {"status": "pass"}

    assert json.loads(requests[0]) == {"repeat": 2}


def test_an_environment_that_cannot_start_is_named_by_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lambda's own networking errors keep their name, and the function is not invoked again."""
    body = b'{"Type": "Server", "Message": "no more interfaces"}'
    with (
        answering((502, "application/json", body)) as (url, requests),
        pytest.raises(aws.InvokeFailed) as caught,
    ):
        invoke(url, monkeypatch)

    assert caught.value.message == "no more interfaces"
    assert len(requests) == 1


@pytest.mark.parametrize("body", [b"", b"nonsense", b'"a word"', b"[]"])
def test_an_answer_that_is_no_object_is_a_failure(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that answers with anything but a JSON object was no probe."""
    with (
        answering((200, "application/json", body)) as (url, _),
        pytest.raises(aws.InvokeFailed, match="did not answer with a JSON object"),
    ):
        invoke(url, monkeypatch)


def test_a_function_that_ran_out_of_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error that Lambda reports for the function is the failure's code and words."""
    body = b'{"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"}'
    with (
        answering((200, "application/json", body), X_Amz_Function_Error="Unhandled") as (url, _),
        pytest.raises(aws.InvokeFailed) as caught,
    ):
        invoke(url, monkeypatch)

    assert caught.value.code == "Sandbox.Timedout"
    assert caught.value.message == "Task timed out after 3.00 seconds"


def test_an_html_page_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason says that a page came in AWS's place, and not what stands on it."""
    page = b"<!doctype html>\n<html lang=en><title>500 Internal Server Error</title></html>"
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with answering((500, "text/html", page)) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        with pytest.raises(ReadFailed) as caught:
            aws.reader(REGION)("ec2", "DescribeSubnets")

    assert caught.value.reason.endswith("an HTML page")
    assert "<" not in caught.value.reason
