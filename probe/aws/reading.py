"""Reading AWS for the collector: whole answers, or `ReadFailed` with the permission it needs."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from probe.aws import clients, roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.client import BaseClient

    from probe.aws.roles import Role

# IAM's word for a service where it is not the client's own name: `needs` is meant for a policy.
_IAM_PREFIX = {"elbv2": "elasticloadbalancing"}
# Codes that say it all; their messages only add an ARN or two.
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
)


def reader(
    region: str | None = None, profile: str | None = None, role: Role | None = None
) -> Callable[..., Mapping[str, Any]]:
    """Return a reader of AWS: `read("ec2", "DescribeSubnets", SubnetIds=[...])`.

    All pages are one answer, retried as AWS advises; half of them is none. May be called from
    several threads. Any failure is `ReadFailed`, also when what came back was no answer of AWS.
    With a role, it reads what that role of another account may.
    """
    session = roles.opener(region, profile, role)

    @functools.cache
    def client(service: str) -> BaseClient:
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
        return clients.build(
            session(),
            service,
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard"},
            max_pool_connections=16,
        )

    def read(service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        with _read_failed(roles.NEEDS):
            session()
        with _read_failed(f"{_IAM_PREFIX.get(service, service)}:{operation}"):
            return _every_page(client(service), service, operation, parameters)

    return read


def _every_page(
    client: BaseClient, service: str, operation: str, parameters: Mapping[str, Any]
) -> Mapping[str, Any]:
    name, method = clients.method_of(client, service, operation)
    if client.can_paginate(name):
        return dict(client.get_paginator(name).paginate(**parameters).build_full_result())
    answer = dict(method(**parameters))
    answer.pop("ResponseMetadata", None)
    return answer


@contextlib.contextmanager
def _read_failed(needs: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    from probe.network.snapshot import ReadFailed

    try:
        yield
    except ClientError as error:
        code, message = clients.error_of(error.response)
        reason = code if code in _DENIED or not message else f"{code}: {message}"
        raise ReadFailed(reason, needs) from None
    except (BotoCoreError, *clients.no_answer()) as error:  # type: ignore[misc]
        raise ReadFailed(clients.one_line(error), needs) from None
