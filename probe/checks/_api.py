"""What the checks of AWS services have in common: an unauthenticated request, then a signed one.

Any answer to the first proves the network, without a permission. The second is sent by boto3 on a
connection of its own, and tells what the role may do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from probe import aws
from probe.connection.head import read_head
from probe.connection.proxy import proxy_for
from probe.connection.tls import AWS
from probe.failure import Failed
from probe.model import Failure, Stage
from probe.reading import SettingsError
from probe.target import Target
from probe.words import scrub, secrets_among

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.connection.link import Link
    from probe.reading import Fields
    from probe.target import Surroundings

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html and the common
# errors of each service: the request arrived, and the caller is not let in.
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
_THROTTLED = "RequestThrottled"  # of SQS, with the status of a denial


@dataclass(frozen=True, slots=True)
class Call:
    """One signed request that changes nothing and returns little."""

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """The exchange with one service."""

    service: str
    region: str
    host: str
    path: str = "/"
    call: Call | None = None

    def __call__(self, link: Link) -> None:
        """Ask without credentials; then, where a call is wanted, with them."""
        status = self._unauthenticated(link)
        if status >= 500:
            raise Failed(Failure.SERVICE_ERROR, f"the service answered {status}")
        if self.call:
            self._signed(link, self.call)

    def _unauthenticated(self, link: Link) -> int:
        lines = (f"GET {self.path} HTTP/1.1", f"Host: {self.host}", "Connection: close")
        link.send("\r\n".join((*lines, "", "")).encode("ascii"))
        head = read_head(link)
        link.facts["http_status"] = head.status
        found = (head.header(name) for name in _REQUEST_IDS)
        if request_id := next(filter(None, found), None):
            link.facts["request_id"] = scrub(request_id, 80)
        return head.status

    def _signed(self, link: Link, call: Call) -> None:
        try:
            link.pause()
            aws.prober(self.service, self.region, link.stage_s)
            link.enter(Stage.EXCHANGE)
            began = monotonic()
            answer = aws.signed_call(
                self.service,
                call.operation,
                call.parameters,
                self.region,
                link.stage_s,
                judge=link.judge,
            )
        except aws.SetupError as error:
            link.facts["signed"] = f"not sent: {scrub(str(error))}"
            return
        link.facts["signed_ms"] = round(1000 * (monotonic() - began), 3)
        link.facts["signed"] = call.operation
        link.facts["http_status"] = answer.status
        if answer.request_id:
            link.facts["request_id"] = scrub(answer.request_id, 80)
        if answer.error_code:
            link.facts["error_code"] = scrub(answer.error_code, 80)
            link.facts["message"] = scrub(answer.message or "no further words")
            denied = answer.error_code in _DENIED or (
                answer.status == 403 and answer.error_code != _THROTTLED
            )
            raise Failed(
                Failure.ACCESS_DENIED if denied else Failure.SERVICE_ERROR,
                f"{answer.error_code}: {answer.message or ''}",
            )


def target(
    check: str,
    service: str,
    fields: Fields,
    around: Surroundings,
    *,
    label: str,
    call: Call | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Target:
    """Make the target for a service: its host by the SDK's own rules, or the one that is named."""
    region = fields.region("region") or around.region
    if region is None:
        raise SettingsError(
            f"{fields.path('region')} is missing, and so is AWS_REGION in the environment:"
            " one of them must be an AWS Region, like eu-west-1."
        )
    host = _host(service, region, fields)
    if "region" in fields and "host" not in fields:
        label = f"{label} {region}"
    if call and "host" in fields:
        raise SettingsError(
            f"{fields.path('host')} cannot stand beside a signed call,"
            " which goes where the SDK goes."
        )
    proxy, impossible = None, None
    try:
        proxy = proxy_for("https", host, around.environment)
    except SettingsError as error:
        impossible = str(error)
    return Target(
        check,
        label,
        host,
        443,
        exchange=Ask(service, region, host, call=call),
        tls=AWS,
        proxy=proxy,
        secrets=(*_credentials(around), *(proxy.secrets if proxy else ())),
        impossible=impossible,
        service=service,
        facts=facts or {},
    )


def _credentials(around: Surroundings) -> tuple[str, ...]:
    """List what signs a call. Real ones are long; what is short is somebody's stand-in."""
    return secrets_among((around.environment.get(name) for name in _SECRETS), shortest=16)


def _host(service: str, region: str, fields: Fields) -> str:
    if "host" in fields:
        return fields.host("host")
    try:
        return aws.host_for(service, region)
    except aws.UnknownService as error:
        raise SettingsError(f"{fields.path('service')}: {error}") from None
