"""AWS services as the function reaches them over the network: health, errors, signed calls.

What is signed goes on to the account's API; what is not gets the error that AWS gives to it. Where
the scenario says so a signed call is refused, in the words in which AWS tells who refused it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from tests.lab.aws.front import Front
    from tests.lab.aws.wire import Call

# Who refuses -> the end of the sentence.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
REFUSALS = {
    "identity-denies": "because no identity-based policy allows the {action} action",
    "explicit-deny": "with an explicit deny in an identity-based policy",
    "endpoint-denies": "because no VPC endpoint policy allows the {action} action",
    "endpoint-explicitly-denies": "with an explicit deny in a VPC endpoint policy",
}
# Refused before anybody looked who may do what.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
TOKEN_INVALID = "token-invalid"
# Asked too often, in the words of most services, and of those that have others.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
THROTTLING = "throttling"
_THROTTLED = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "sts": ("Throttling", "Rate exceeded", 400),
    "lambda": ("TooManyRequestsException", "Rate exceeded", 429),
}


@dataclass(frozen=True)
class Service:
    """One AWS service at one of the places where it can be reached. A WSGI application."""

    name: str
    host: str
    front: Front
    role: str  # name of the role whose calls arrive here
    refusal: str | None = None  # a key of REFUSALS, TOKEN_INVALID, THROTTLING, or None
    down: bool = False

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        body = request.get_data()
        response = self._answer(request, environ, body)
        response.headers.setdefault("x-amzn-RequestId", str(uuid.uuid4()))
        return response(environ, start)

    def _answer(self, request: Request, environ: WSGIEnvironment, body: bytes) -> Response:
        if self.down:
            return Response('{"__type":"ServiceUnavailable"}', 503, content_type="application/json")
        call = wire.read(environ, body)
        if call is None:
            return self._unsigned(request)
        if self.refusal:
            return self._refuse(call, self.refusal)
        return self.front.respond(environ, body)

    def _unsigned(self, request: Request) -> Response:
        """Answer who has no credentials: DynamoDB with its health, the others with an error.

        https://docs.aws.amazon.com/general/latest/gr/ddb.html (the host that the answer names)
        """
        if self.name == "dynamodb" and request.method == "GET":
            return Response(f"healthy: {self.host} ", 200, content_type="text/plain")
        if self.name == "execute-api":
            # https://repost.aws/knowledge-center/api-gateway-vpc-connections
            headers = {"x-amzn-ErrorType": "ForbiddenException"}
            message = '{"message":"Forbidden"}'
            return Response(message, 403, headers, content_type="application/json")
        message = '{"message":"Missing Authentication Token"}'
        headers = {"x-amzn-ErrorType": "MissingAuthenticationTokenException"}
        return Response(message, 403, headers, content_type="application/x-amz-json-1.1")

    def _refuse(self, call: Call, who: str) -> Response:
        if who == TOKEN_INVALID:
            message = "The security token included in the request is invalid."
            return wire.write_error(call, "UnrecognizedClientException", message, 400)
        if who == THROTTLING:
            usual = ("ThrottlingException", "Rate exceeded", 400)
            return wire.write_error(call, *_THROTTLED.get(call.service, usual))
        code, status = wire.DENIED[call.protocol]
        identity = f"arn:aws:sts::{self.front.account}:assumed-role/{self.role}/{self.role}"
        why = REFUSALS[who].format(action=call.action)
        message = f"User: {identity} is not authorized to perform: {call.action} {why}"
        return wire.write_error(call, code, message, status)
