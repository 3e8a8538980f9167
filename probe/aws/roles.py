"""Another account, through a role that it lends: credentials for one hour, taken on first use."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.aws import clients

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session

NEEDS = "sts:AssumeRole"
_SESSION_NAME = "lambda-probe"  # by which CloudTrail of the other account names the caller


@dataclass(frozen=True, slots=True)
class Role:
    """A role of an account, and the word by which its owner knows us.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """

    arn: str
    external_id: str | None = None


def opener(region: str | None, profile: str | None, role: Role | None) -> Callable[[], Session]:
    """Return what opens a session; with a role, it is taken on when the first call needs it."""
    session = clients.open_session(region, profile)

    @functools.cache
    def opened() -> Session:
        return session if role is None else _lent(session, role)

    return opened


def _lent(session: Session, role: Role) -> Session:
    retries = {"mode": "standard"}
    sts = clients.build(session, "sts", connect_timeout=5, read_timeout=20, retries=retries)
    external = {"ExternalId": role.external_id} if role.external_id else {}
    _, call = clients.method_of(sts, "sts", "AssumeRole")
    lent = call(RoleArn=role.arn, RoleSessionName=_SESSION_NAME, **external)["Credentials"]
    return type(session)(
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
        region_name=session.region_name,
    )
