"""Publishing one message to an SNS topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.aws import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class PublishFailed(Exception):  # noqa: N818 - what AWS answered, not a fault of ours
    """The message was not taken; the text is one sentence."""


def publisher(
    region: str | None = None, profile: str | None = None
) -> Callable[[str, str, str, Mapping[str, str]], None]:
    """Return what publishes a message: `publish(topic_arn, subject, text, attributes)`."""
    session = clients.open_session(region, profile)

    def publish(topic: str, subject: str, text: str, attributes: Mapping[str, str]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        client: Any = clients.build(
            session, "sns", connect_timeout=5, read_timeout=10, retries={"mode": "standard"}
        )
        try:
            client.publish(
                TopicArn=topic,
                Subject=subject,
                Message=text,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )
        except ClientError as error:
            words = ": ".join(filter(None, clients.error_of(error.response)))
            raise PublishFailed(f"{topic} did not take the message: {words}") from None
        except (BotoCoreError, *clients.no_answer()) as error:  # type: ignore[misc]
            words = clients.one_line(error)
            raise PublishFailed(f"{topic} did not take the message: {words}") from None

    return publish
