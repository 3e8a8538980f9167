"""The AWS API of the lab, as the product reaches it through `AWS_ENDPOINT_URL`.

Stands before moto: refuses what the scenario makes unreadable with AWS's own error, and what AWS
would not do; answers what moto does not know, and repairs what moto says otherwise than AWS does.
What is refused, answered and repaired is given to it; it decides only in which order.
"""

from __future__ import annotations

import fnmatch
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response
from werkzeug.test import run_wsgi_app

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from tests.lab.aws.wire import Call

    Answer = Callable[[Call], Response]
    Repair = Callable[[Call, dict[str, Any]], None]
    Refusal = Callable[[Call], Response | None]

# One moto for every scenario of this process; each has an AWS account to itself.
MOTO = DomainDispatcherApplication(create_backend_app)

# What "everything unreadable" leaves: asking the probe, and asking who one is, which needs no
# permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
NO_READING = ("lambda:InvokeFunction", "sts:GetCallerIdentity")


@dataclass
class Front:
    """A WSGI application that is one account's AWS."""

    account: str
    unreadable: tuple[str, ...] = ()  # IAM actions, with wildcards: "ec2:Describe*"
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    repairs: Mapping[tuple[str, str], Repair] = field(default_factory=dict)
    refusals: Mapping[tuple[str, str], Refusal] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)  # IAM actions that somebody has called

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        return self.respond(environ, body)(environ, start)

    def respond(self, environ: WSGIEnvironment, body: bytes) -> Response:
        """Answer one request whose body was read already."""
        call = wire.read(environ, body)
        if call is None:
            return self.moto(environ, body)
        self.asked.add(call.action)
        if self._denies(call.action):
            return denied(call, self.account)
        key = (call.service, call.operation)
        if key in self.refusals and (refused := self.refusals[key](call)) is not None:
            return refused
        if key in self.answers:
            return self.answers[key](call)
        try:
            response = self.moto(environ, body)
        except NotImplementedError:
            # What moto says of an operation that it has not got. Told as AWS tells of one that does
            # not exist; an error of the server's own would be tried again and again.
            message = f"The lab does not know {call.action}"
            return wire.write_error(call, "InvalidAction", message, 400)
        if key in self.repairs and response.status_code < 300:
            result = wire.parse(call, response)
            self.repairs[key](call, result)
            return wire.write(call, result)
        return response

    def _denies(self, action: str) -> bool:
        return any(
            fnmatch.fnmatchcase(action, pattern)
            for pattern in self.unreadable
            if pattern != "*" or action not in NO_READING
        )

    def moto(self, environ: WSGIEnvironment, body: bytes) -> Response:
        """Let moto answer, in this scenario's account."""
        inner = {
            **environ,
            "wsgi.input": io.BytesIO(body),
            "HTTP_X_MOTO_ACCOUNT_ID": self.account,
        }
        content, status, headers = run_wsgi_app(MOTO, inner)
        return Response(b"".join(content), status, headers)


def denied(call: Call, account: str) -> Response:
    """Refuse a call in the words in which AWS does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    code, status = wire.DENIED[call.protocol]
    message = (
        f"User: arn:aws:iam::{account}:user/lab is not authorized to perform: {call.action} "
        f"because no identity-based policy allows the {call.action} action"
    )
    return wire.write_error(call, code, message, status)
