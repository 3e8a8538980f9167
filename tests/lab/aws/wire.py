"""The AWS API on the wire: an HTTP request read as an operation, an answer written back.

Every protocol that the product's calls use (EC2 and other query, JSON, REST) comes from botocore's
own service models. Decides nothing about what is answered.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import UnknownServiceError
from botocore.parsers import create_parser
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as MotoRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from werkzeug import Response
from werkzeug.exceptions import MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIEnvironment
    from moto.core.model import OperationModel

# AWS refuses with codes that the models of single services do not list.
warnings.filterwarnings("ignore", r"Exception\(AwsError\)", module="moto")

# Name in the signature -> botocore's name of the service, where the two differ.
SIGNED_AS = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
# IAM's name of an action, where it is not "service:Operation".
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
ACTIONS = {("lambda", "Invoke"): "lambda:InvokeFunction"}
ACTION_PREFIX = {"elbv2": "elasticloadbalancing"}

# Error code and HTTP status of a denied call, by protocol.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
DENIED = {
    "ec2": ("UnauthorizedOperation", 403),
    "query": ("AccessDenied", 403),
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
    "rest-xml": ("AccessDenied", 403),
}


class AwsError(Exception):
    """An error as the service models know it: a code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Call:
    """One request, understood."""

    service: str
    region: str
    operation: str
    parameters: Mapping[str, Any]
    model: OperationModel
    protocol: str

    @property
    def action(self) -> str:
        """What IAM calls it."""
        prefix = ACTION_PREFIX.get(self.service, self.service)
        return ACTIONS.get((self.service, self.operation), f"{prefix}:{self.operation}")


def read(environ: WSGIEnvironment, body: bytes) -> Call | None:
    """Understand a signed request; None for one that is not signed, or of an unknown operation."""
    scope = re.search(
        r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", environ.get("HTTP_AUTHORIZATION", "")
    )
    if not scope:
        return None
    region, signed_as = scope.groups()
    service = SIGNED_AS.get(signed_as, signed_as)
    request = MotoRequest({**environ, "wsgi.input": io.BytesIO(body)})
    try:
        operation, uri_parameters = get_service_router(service).match(request)
    except (NotFound, MethodNotAllowed, UnknownServiceError):
        return None
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parsed = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": uri_parameters,
        }
    )
    parameters = {**uri_parameters, **dict(parsed)}
    return Call(service, region, operation.name, parameters, operation, protocol)


def parse(call: Call, response: Response) -> dict[str, Any]:
    """Read the body of a successful answer as boto3 would."""
    assert call.model.output_shape
    parser = create_parser(call.protocol)
    headers = dict(response.headers)
    answer = {"headers": headers, "status_code": response.status_code, "body": response.get_data()}
    parsed: dict[str, Any] = parser.parse(answer, call.model.output_shape)
    parsed.pop("ResponseMetadata", None)
    return parsed


def write(call: Call, result: Mapping[str, Any]) -> Response:
    """Answer a call with a result."""
    return _serialize(call, dict(result))


def write_error(call: Call, code: str, message: str, status: int) -> Response:
    """Answer a call with an error."""
    response = _serialize(call, AwsError(code, message))
    response.status_code = status
    return response


def _serialize(call: Call, result: object) -> Response:
    serializer = get_serializer_class(call.service, call.protocol)(call.model)
    answer = serializer.serialize(result)
    return Response(answer["body"], answer["status_code"], answer["headers"])
