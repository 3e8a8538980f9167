"""The collector under fault: `python -m tests.faults.reading` prints faults x read operations.

Two parts. The seam: a server on loopback answers every operation that the collector may call, in
its own protocol, with one fault after another; what comes of it is an answer or `ReadFailed`, and
nothing else. The collector: a whole investigation in which one operation after another fails, or
answers what nobody has heard of; no finding may be proven that the sound answers do not prove.
"""

from __future__ import annotations

import copy
import logging
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from werkzeug import Response
from werkzeug.serving import make_server

from probe import aws, investigation
from probe.model import Confidence
from probe.network import keys
from probe.network.snapshot import ReadFailed
from tests.faults.case import HERE, Result
from tests.lab.aws import wire
from tests.network.aws import Aws
from tests.network.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_CLIENT = {"elasticloadbalancing": "elbv2"}
_SIDE_BY_SIDE = 16
_REGION = "eu-west-1"
_RETRIED = 3  # attempts of the SDKs' standard mode
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_THROTTLED = {"ec2": ("RequestLimitExceeded", 503), "query": ("Throttling", 400)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one request is answered with; `first` says how often before the sound answer comes."""

    answer: Callable[[wire.Call], Response]
    attempts: int  # that the reader is to make
    first: int | None = None  # None: always

    @property
    def read(self) -> bool:
        """Whether there is an answer in the end."""
        return self.first is not None


def _error(code: str, status: int) -> Callable[[wire.Call], Response]:
    return lambda call: wire.write_error(call, code, "no", status)


def _throttled(call: wire.Call) -> Response:
    code, status = _THROTTLED.get(call.protocol, ("ThrottlingException", 400))
    return wire.write_error(call, code, "Rate exceeded", status)


def _denied(call: wire.Call) -> Response:
    code, status = wire.DENIED[call.protocol]
    return wire.write_error(call, code, "no identity-based policy allows it", status)


def _page(status: int) -> Callable[[wire.Call], Response]:
    words = "<html><body>Please log in</body></html>"
    return lambda _: Response(words, status, content_type="text/html")


def _bytes(content: bytes) -> Callable[[wire.Call], Response]:
    return lambda _: Response(content, 200, {"x-amzn-RequestId": "1"})


def _half(call: wire.Call) -> Response:
    """Announce a page and send the half of it: the connection ends in the middle."""
    response = _sound(call)
    whole = response.get_data() or b"<x>"
    headers = {**response.headers, "Content-Length": str(len(whole))}
    return Response(iter([whole[: len(whole) // 2]]), 200, headers)


def _newer(call: wire.Call) -> Response:
    """Answer with a field that nobody here has heard of."""
    response = wire.write(call, {})
    body = response.get_data()
    if body.strip().startswith(b"{"):
        body = body.replace(b"{", b'{"NewThing": {"Of": [1, null]},', 1).replace(b",}", b"}")
    else:
        at = body.rfind(b"</")
        body = body[:at] + b"<newThing><item>1</item></newThing>" + body[at:]
    headers = {name: value for name, value in response.headers if name != "Content-Length"}
    return Response(body, 200, {**headers, "x-amzn-RequestId": "1"})


def _sound(call: wire.Call) -> Response:
    response = wire.write(call, {})
    response.headers["x-amzn-RequestId"] = "1"
    return response


TROUBLES: dict[str, Trouble] = {
    "throttled once": Trouble(_throttled, 2, first=1),
    "throttled for ever": Trouble(_throttled, _RETRIED),
    "500 once": Trouble(_error("InternalError", 500), 2, first=1),
    "503 for ever": Trouble(_error("ServiceUnavailable", 503), _RETRIED),
    "half a page": Trouble(_half, 1),
    "denied": Trouble(_denied, 1),
    "expired credentials": Trouble(_error("ExpiredTokenException", 400), 1),
    "an unknown error": Trouble(_error("BrandNewException", 400), 1),
    "a new field": Trouble(_newer, 1, first=1),
    "a login page with 200": Trouble(_page(200), 1),
    "a login page with 403": Trouble(_page(403), 1),
    "garbage": Trouble(_bytes(b"\x00\xff\xfe{{{<<<"), 1),
    "nothing": Trouble(lambda _: Response(b"", 200), 1),
}
# boto3 takes no login page with 200 for an answer, and some of its parsers try those again.
_EITHER = ("half a page", "a login page with 200", "a login page with 403", "garbage", "nothing")


class Server:
    """Answers each operation with the trouble that is on, and counts the requests."""

    def __init__(self) -> None:
        self.trouble = TROUBLES["denied"]
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        call = wire.read(environ, body)
        if call is None:
            raise LookupError(environ["PATH_INFO"])
        with self._lock:
            self.asked[call.operation] += 1
            count = self.asked[call.operation]
        calm = self.trouble.first is not None and count > self.trouble.first
        return (_sound if calm else self.trouble.answer)(call)(environ, start)


@contextmanager
def serving() -> Iterator[tuple[str, Server]]:
    """Serve on loopback."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    application = Server()
    server = make_server(HERE, 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://{HERE}:{server.server_port}", application
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def operations() -> list[tuple[str, str]]:
    """List every operation that the collector may call."""
    actions = {one.needs for one in keys.LISTS.values()} | set(keys.OBJECTS.values())
    pairs = (action.split(":") for action in sorted(filter(None, actions)))
    return [(_CLIENT.get(service, service), operation) for service, operation in pairs]


def parameters(service: str, operation: str) -> dict[str, Any]:
    """Make up what an operation demands."""
    client: Any = boto3.Session("x", "x", region_name=_REGION).client
    shape = client(service).meta.service_model.operation_model(operation).input_shape
    made = {name: _value(shape.members[name]) for name in shape.required_members} if shape else {}
    if service == "network-firewall":
        made |= {name: f"arn:aws:x:::{name}" for name in shape.members if name.endswith("Arn")}
    return made


def _value(shape: Any) -> Any:
    if shape.type_name == "list":
        return [_value(shape.member)]
    if shape.type_name == "timestamp":
        return "2026-01-01T00:00:00Z"
    if shape.type_name in ("integer", "long"):
        return 60
    if shape.type_name == "structure":
        return {name: _value(shape.members[name]) for name in shape.required_members}
    return shape.enum[0] if getattr(shape, "enum", None) else "abcdefghijkl"


def at_the_seam() -> list[Result]:
    """Meet every trouble in every operation."""
    found: list[Result] = []
    wanted = [(*one, parameters(*one)) for one in operations()]
    with serving() as (url, server), ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        os.environ["AWS_ENDPOINT_URL"] = url
        for name, trouble in TROUBLES.items():
            read = aws.reader(_REGION)  # a new one: each has so many retries to spend, and no more
            server.trouble, server.asked = trouble, Counter()
            said = pool.map(partial(_said, read), wanted)
            for (_, operation, _), word in zip(wanted, said, strict=True):
                tries = server.asked[operation]
                right = tries == trouble.attempts or name in _EITHER
                expected: tuple[str, ...] = ("answered",) if trouble.read else ("not read",)
                if name == "half a page":  # of JSON botocore makes an empty answer: see below
                    expected = ("not read", "answered")
                shown = word if right else f"{word} after {tries} attempts"
                found.append(Result(f"API: {name}", operation, shown, expected))
    return found


def _said(read: Callable[..., Mapping[str, Any]], asked: tuple[str, str, dict[str, Any]]) -> str:
    service, operation, with_these = asked
    try:
        read(service, operation, **with_these)
    except ReadFailed as failed:
        return (
            "not read" if failed.reason.isprintable() and failed.needs else f"odd: {failed.reason}"
        )
    except Exception as error:  # noqa: BLE001 - whatever else comes is the finding
        return repr(error)
    return "answered"


# --- the collector ---


def world() -> World:
    """Build a placement with two causes, and much that is sound beside them."""
    made = World()
    made.vpc()
    made.igw()
    made.subnet("subnet-app", "10.0.1.0/24")
    made.subnet("subnet-data", "10.0.2.0/24", zone="b")
    made.subnet("subnet-public", "10.0.9.0/24")
    made.nat("subnet-public")
    made.table("rtb-app", "vpc-a", {"0.0.0.0/0": "nat-a"}, subnets=["subnet-app"])
    made.table("rtb-public", "vpc-a", {}, subnets=["subnet-public"])  # no way on for the NAT
    made.group("sg-fn")
    made.group("sg-db")  # admits nobody
    made.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    made.lists["FunctionConfiguration"] = {
        "FunctionName": "orders",
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return made


EVENT = {
    "targets": [
        {"check": "tcp", "host": "203.0.113.10", "port": 443},
        {"check": "tcp", "host": "10.0.2.10", "port": 5432},
    ]
}
REASONS = (
    "ThrottlingException: Rate exceeded",
    "AccessDenied",
    "ExpiredToken",
    "InternalError: 500",
)
GARBAGE: tuple[Any, ...] = (None, [], "<html>", {}, {"Unheard": 1})


def proven(read: Any) -> set[tuple[str, str | None]]:
    """Investigate with this reader, and list what is proven."""
    report, _ = investigation.investigate(
        "orders",
        EVENT,
        investigation.World(read=read, control=False, deadline=time.monotonic() + 60),
    )
    return {(f.code, f.component) for f in report.findings if f.confidence is Confidence.PROVEN}


class Spoiling:
    """A reader of whose operations one is spoilt."""

    def __init__(self, operation: str, spoil: Callable[[Any], Any]) -> None:
        self._aws, self._operation, self._spoil = Aws(world()), operation, spoil

    def __call__(self, service: str, operation: str, **with_these: Any) -> Any:
        """Answer one call."""
        answer = self._aws(service, operation, **with_these)
        return self._spoil(answer) if operation == self._operation else answer


def _fail(reason: str) -> Callable[[Any], Any]:
    def spoil(_: Any) -> Any:
        raise ReadFailed(reason, "x:Y")

    return spoil


def _other(answer: Any, _: Any) -> Any:
    return answer


def _unheard(answer: Any) -> Any:
    """Put words that nobody has heard of where AWS has a list of words, and fields beside them."""
    spoilt = copy.deepcopy(answer)
    _spoil_words(spoilt)
    return spoilt


_WORDS = ("State", "Status", "Type", "Mode", "ConnectivityType", "Origin", "Code", "Tenancy")


def _spoil_words(value: Any) -> None:
    if isinstance(value, list):
        for one in value:
            _spoil_words(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, str) and key.endswith(_WORDS):
                value[key] = "brand-new"
            _spoil_words(one)
        value["NewField"] = {"Of": [1, None]}


def in_the_collector() -> list[Result]:
    """Spoil one operation after another in a whole investigation."""
    sound = Aws(world())
    truth = proven(sound)
    spoils = {f"fails with {reason}": _fail(reason) for reason in REASONS}
    spoils |= {f"answers {answer!r}": partial(_other, answer) for answer in GARBAGE}
    spoils["answers in new words"] = _unheard
    found: list[Result] = []
    for operation in dict.fromkeys(sound.asked):
        for name, spoil in spoils.items():
            word = _judged(truth, Spoiling(operation, spoil))
            found.append(Result(f"collector: {name}", operation, word, ("no wrong finding",)))
    if len(truth) < 2:  # a world without causes would prove nothing
        found.append(Result("collector: sound", "-", f"only {truth}", ("two causes",)))
    return found


def _judged(truth: set[tuple[str, str | None]], read: Any) -> str:
    try:
        wrong = proven(read) - truth
    except investigation.FunctionError as error:  # the one sentence, when nothing is known of it
        return "no wrong finding" if str(error).isprintable() else repr(error)
    except Exception as error:  # noqa: BLE001 - a crash is the finding
        return repr(error)
    return f"wrongly proven: {sorted(wrong, key=str)}" if wrong else "no wrong finding"


def main() -> int:
    """Meet everything and print; 0 when all was right."""
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "x")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "x")
    found = [*at_the_seam(), *in_the_collector()]
    for fault in dict.fromkeys(one.fault for one in found):
        of = [one for one in found if one.fault == fault]
        print(f"{fault:50} {len(of):4} {sum(one.right for one in of):4} right")
    wrong = [one for one in found if not one.right]
    print("\n".join(f"WRONG {one.fault}, {one.way}: {one.said}" for one in wrong))
    print(
        f"faults x operations: {len(found)}\nright: {len(found) - len(wrong)}\nwrong: {len(wrong)}"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
