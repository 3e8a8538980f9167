"""Invoking a Lambda function once and waiting for its answer."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import TYPE_CHECKING, Any

from probe.aws import clients, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.client import BaseClient

    from probe.aws.roles import Role


class InvokeFailed(Exception):  # noqa: N818 - what Lambda answered, not a fault of ours
    """The function did not answer. `code` is AWS's own word for why: "ENILimitReachedException"."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message


def invoker(
    region: str | None = None, profile: str | None = None, role: Role | None = None
) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    """Return what invokes a function, once; any failure is `InvokeFailed`. Safe for threads."""
    session = roles.opener(region, profile, role)

    @functools.cache
    def client() -> BaseClient:
        # A synchronous invocation may last 900 s, and a sweep over the subnets runs many at once.
        # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        return clients.build(
            session(),
            "lambda",
            connect_timeout=5,
            read_timeout=905,
            retries={"total_max_attempts": 1},
            max_pool_connections=32,
        )

    def invoke(function: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        with _invoke_failed():
            _, call = clients.method_of(client(), "lambda", "Invoke")
            answer = call(FunctionName=function, Payload=json.dumps(payload))
            return _result(function, answer, answer["Payload"].read())

    return invoke


def _result(function: str, answer: Mapping[str, Any], body: bytes) -> Mapping[str, Any]:
    try:
        result = json.loads(body)
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise InvokeFailed("UnexpectedAnswer", f"{function} did not answer with a JSON object.")
    if "FunctionError" in answer:
        code = result.get("errorType", answer["FunctionError"])
        raise InvokeFailed(str(code), clients.one_line(result.get("errorMessage", "")))
    return result


@contextlib.contextmanager
def _invoke_failed() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise InvokeFailed(*clients.error_of(error.response)) from None
    except (BotoCoreError, *clients.no_answer()) as error:  # type: ignore[misc]
        raise InvokeFailed(type(error).__name__, clients.one_line(error)) from None
