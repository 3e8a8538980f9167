"""One signed request, sent once: what a check does after the plain network has been proven.

An error of the network is raised as it came, for `probe.failure` to classify.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.aws import clients
from probe.connection.watch import watch
from probe.failure import Failed
from probe.model import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3 import Session
    from botocore.client import BaseClient

    from probe.connection.watch import Judge

_judges = threading.local()


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What an AWS service said to one signed request. Any answer at all proves the network."""

    status: int
    error_code: str | None = None
    message: str | None = None
    request_id: str | None = None


def signed_call(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    region: str,
    timeout_s: float,
    *,
    judge: Judge | None = None,
) -> SignedAnswer:
    """Call `signed_call("dynamodb", "DescribeTable", {"TableName": "orders"}, region, 3.0)`.

    Raises the network's own errors, `Failed` when it was not AWS that answered, and `SetupError`.
    `judge` says why an address may not be dialled.
    """
    from botocore import exceptions

    client = prober(service, region, timeout_s)
    _judges.judge = judge
    try:
        _, method = clients.method_of(client, service, operation)
        return _answer(method(**parameters))
    except exceptions.ClientError as error:
        return _answer(error.response)
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        sentence = f"The call to {service} could not be signed: {clients.one_line(error)}"
        raise clients.SetupError(sentence) from None
    except exceptions.ParamValidationError as error:
        raise clients.SetupError(f"{service} {operation}: {clients.one_line(error)}") from None
    except clients.no_answer() as error:
        sentence = f"what answered is not AWS: {clients.one_line(error)}"
        raise Failed(Failure.UNEXPECTED_ANSWER, sentence) from error
    finally:
        watch(None)
        # A connection that is kept goes stale while Lambda freezes the environment, and the next
        # call would tell that as a fault of the network.
        client.close()


@functools.cache
def prober(service: str, region: str, timeout_s: float) -> BaseClient:
    """Build the client of `signed_call`; calling this early keeps the cost out of a timed stage."""
    # boto3 by default waits 60 s and tries up to ten times; a probe that tries again hides what
    # it is there to see. https://docs.aws.amazon.com/botocore/latest/reference/config.html
    client = clients.build(
        session(region),
        service,
        connect_timeout=timeout_s,
        read_timeout=timeout_s,
        retries={"total_max_attempts": 1},
    )
    # Not before: to sign, botocore may ask Lambda's own endpoint for credentials.
    client.meta.events.register("before-send", lambda **_: watch(_judges.judge))
    return client


@functools.cache
def session(region: str) -> Session:
    """Open one session for the clients of all services: it keeps what it has loaded."""
    return clients.open_session(region, None)


def _answer(response: Mapping[str, Any]) -> SignedAnswer:
    metadata, error = response.get("ResponseMetadata", {}), response.get("Error", {})
    return SignedAnswer(
        status=int(metadata.get("HTTPStatusCode", 0)),
        error_code=error.get("Code"),
        message=error.get("Message"),
        request_id=metadata.get("RequestId"),
    )
