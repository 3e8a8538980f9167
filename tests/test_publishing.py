"""Telling a topic, with moto's SNS and SQS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest

from probe.aws import PublishFailed, publisher
from tests.account import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let everything that asks AWS ask an account of our own."""
    with serving() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield url


def test_who_listens_gets_subject_text_and_attributes(aws: str) -> None:
    """As they were given."""
    sns = boto3.client("sns", REGION, endpoint_url=aws)
    sqs = boto3.client("sqs", REGION, endpoint_url=aws)
    topic = sns.create_topic(Name="findings")["TopicArn"]
    queue = sqs.create_queue(QueueName="pager")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:pager"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    publisher(REGION)(topic, "It fails", "Because.\nSo.", {"code": "no-route"})

    (received,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(received["Body"])
    assert (body["Subject"], body["Message"]) == ("It fails", "Because.\nSo.")
    assert body["MessageAttributes"]["code"]["Value"] == "no-route"


@pytest.mark.usefixtures("aws")
def test_a_topic_that_is_not_there_is_one_sentence() -> None:
    """It names the topic and what AWS said."""
    topic = f"arn:aws:sns:{REGION}:123456789012:nobody"

    with pytest.raises(PublishFailed) as caught:
        publisher(REGION)(topic, "s", "t", {})

    assert str(caught.value).startswith(f"{topic} did not take the message: NotFound")
    assert "\n" not in str(caught.value)


def test_no_way_to_sns_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when nobody answers at all."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(PublishFailed, match="did not take the message: Could not connect"):
        publisher(REGION)(f"arn:aws:sns:{REGION}:123456789012:t", "s", "t", {})
