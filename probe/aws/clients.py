"""How clients are built and what all calls have in common: the only importer of boto3."""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Any

from probe.words import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3 import Session
    from botocore.client import BaseClient

# Sessions do not bear that several threads build clients at once.
# https://docs.aws.amazon.com/boto3/latest/guide/session.html#multithreading-or-multiprocessing-with-sessions
_building = threading.RLock()
# What a proxy, a login page or a web server sends in AWS's place; botocore quotes it whole.
_PAGE = re.compile(r"\s*(?:\bb?['\"])?<(?:!doctype|html)\b.*", re.IGNORECASE)


class SetupError(Exception):
    """AWS cannot be asked like this: no credentials, no such profile, no such operation."""


def open_session(region: str | None, profile: str | None) -> Session:
    """Find credentials and Region as boto3 does."""
    import boto3
    from botocore.exceptions import ProfileNotFound

    # Alone among the SDKs, boto3 does not look at AWS_REGION.
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
    region = region or os.environ.get("AWS_REGION")
    try:
        return boto3.Session(region_name=region, profile_name=profile)
    except ProfileNotFound:
        raise SetupError(
            f"No profile is called {profile or os.environ.get('AWS_PROFILE')}; "
            "`aws configure list-profiles` lists those there are."
        ) from None


def settled(region: str | None, profile: str | None) -> None:
    """Raise SetupError unless there are a Region and credentials, for a person who can add them."""
    from botocore.exceptions import BotoCoreError

    session = open_session(region, profile)
    if session.region_name is None:
        raise SetupError("No Region is set: give --region, or set AWS_REGION.")
    try:
        found = session.get_credentials()
    except BotoCoreError as error:
        raise SetupError(f"{one_line(error)}.") from None
    if found is None:
        raise SetupError("No credentials were found: give --profile, or run `aws configure`.")


def build(session: Session, service: str, **settings: Any) -> BaseClient:
    """Build a client with these timeouts and retries, one at a time."""
    from botocore.config import Config

    make: Any = session.client  # its stubs list the services they know; this takes any
    # In us-east-1 boto3 alone gives S3 another host than its own rules name, which a private name
    # or a firewall may treat otherwise than the one that was dialled.
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-s3-regional-endpoint.html
    regional: Any = {"us_east_1_regional_endpoint": "regional"}
    with _building:
        client: BaseClient = make(service, config=Config(s3=regional, **settings))
    client.meta.events.register("after-call", _refuse_strangers)
    return client


def method_of(
    client: BaseClient, service: str, operation: str
) -> tuple[str, Callable[..., Mapping[str, Any]]]:
    """Find the method behind "DescribeSubnets", and its name."""
    from botocore import xform_name

    name = xform_name(operation)
    if name not in client.meta.method_to_api_mapping:
        raise SetupError(f"{service} has no operation {operation!r}.")
    return name, getattr(client, name)


def error_of(response: Mapping[str, Any]) -> tuple[str, str]:
    """Give the code and the words of an error answer."""
    error = response.get("Error", {})
    return str(error.get("Code", "Unknown")), one_line(error.get("Message", ""))


def no_answer() -> tuple[type[Exception], ...]:
    """List what botocore's parsers raise over bytes that no AWS service sends."""
    from botocore.parsers import ResponseParserError

    return ResponseParserError, ValueError, TypeError, AttributeError, KeyError


def one_line(text: object) -> str:
    """Make it one line that a report can bear: an endpoint's URL may hold a password."""
    return scrub(_PAGE.sub(" an HTML page", " ".join(str(text).split())))


def _refuse_strangers(parsed: Mapping[str, Any], **_: object) -> None:
    """Refuse a proxy's or a login page's words, which botocore reads as an answer with no content.

    Taken for an answer, they would make "not read" into "there is none".
    """
    from botocore.parsers import ResponseParserError

    metadata = parsed.get("ResponseMetadata", {})
    if "RequestId" not in metadata and not parsed.keys() - {"ResponseMetadata"}:
        raise ResponseParserError("an empty answer without a request id did not come from AWS")
