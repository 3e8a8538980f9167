"""Everything that reads bytes of strangers, each with a few inputs to start from.

A parser may answer, or fail in the words that it is allowed; whatever else it raises is a finding.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.checks import cache
from probe.checks.databases import manners, mysql, oracle, postgres, sqlserver
from probe.connection import certificate, guard, proxy, recognise, resolve
from probe.failure import Failed, classify, describe
from probe.model import Failure
from probe.network.snapshot import SnapshotError, load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from probe.reading import SettingsError
from probe.report import text
from probe.report.document import DocumentError, from_document, to_document
from probe.settings import parse
from probe.words import scrub
from tests.faults import talks
from tests.fuzz.tape import link

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
AROUND = {"AWS_REGION": "eu-west-1"}


@dataclass(frozen=True, slots=True)
class Parser:
    """One reader of foreign bytes."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def _conversation(exchange: Callable[[Any], object]) -> Callable[[bytes], object]:
    """Hold a check's whole conversation with the bytes, and classify its end as the runner does."""

    def read(data: bytes) -> object:
        made = link(data)
        try:
            exchange(made)
        except (Failed, OSError, HTTPException) as error:
            _told(error)
        json.dumps(made.facts, allow_nan=False)
        return made.facts

    return read


def _told(error: Exception) -> None:
    """Hold an end to be one that a report has a word for."""
    if classify(error) is Failure.UNCLASSIFIED or not describe(error).isprintable():
        raise AssertionError(repr(error)) from error


def _request(check: dict[str, Any]) -> Callable[[bytes], object]:
    (target,) = parse({"targets": [check]}, AROUND).targets
    exchange: Any = target.exchange
    return _conversation(exchange if check["check"] == "http" else exchange._unauthenticated)


def _certificate(data: bytes) -> None:
    if found := certificate.read(data):
        assert all(word.isprintable() for word in (found.subject, found.issuer, *found.names))
        json.dumps(found.facts())


def _dns(data: bytes) -> str:
    return resolve.word_of(data[2:], data[:2])


def _literal(data: bytes) -> None:
    """Whatever is an address has a verdict."""
    words = data.decode("latin-1")
    with suppress(ValueError):  # NUL bytes are refused by the event's reader, long before
        if address := resolve.literal(words):
            guard.Policy().refuses(words, address)


def _event(data: bytes) -> None:
    event = _json(data)
    try:
        parse(event, AROUND)
    except SettingsError as error:
        one_sentence(str(error))


def _environment(data: bytes) -> None:
    words = data.decode("utf-8", "replace").split("\n")
    names = ("PROBE_TARGETS", "PROBE_ALLOW", "PROBE_TIMEOUT_S", "PROBE_MAX_PORTS", "HTTP_PROXY")
    around = dict(zip(names, words, strict=False))
    try:
        guard.policy(around.get("PROBE_ALLOW", ""))
        parse({}, {**AROUND, **around})
    except SettingsError as error:
        one_sentence(str(error))
    with suppress(SettingsError):
        proxy.proxy_for("http", "h.test", around)


def _snapshot(data: bytes) -> None:
    try:
        network = Network(load(data, name="fuzzed"))
        walk(network, Source("subnet-app", ("sg-fn",)), Destination("10.0.2.10", 5432))
    except SnapshotError as error:  # a part is read when the walk comes to it
        one_sentence(str(error))


def _report(data: bytes) -> None:
    try:
        report = from_document(_json(data), name="fuzzed")
    except DocumentError as error:
        one_sentence(str(error))
        return
    json.dumps(to_document(report))
    text.render(report)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode("utf-8", "replace")


def one_sentence(words: str) -> None:
    """Hold a complaint to be what a user can read."""
    assert words
    assert words.isprintable(), words
    assert len(words) < 2000


def _words(data: bytes) -> None:
    shown = scrub(data.decode("utf-8", "replace"))
    assert shown.isprintable()
    assert len(shown) <= 300


def _events() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((ROOT / "events").glob("*.json")))


def _reports() -> tuple[bytes, ...]:
    cases = sorted((ROOT / "tests/report/cases").glob("*.json"))
    return tuple(path.read_bytes() for path in cases if path.stat().st_size < 60_000)


def _snapshots() -> tuple[bytes, ...]:
    from probe.network.snapshot import dump
    from tests.network.world import World

    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24", zone="b")
    world.table("rtb-app", "vpc-a", {"0.0.0.0/0": "igw-a"}, subnets=["subnet-app"])
    world.group("sg-fn")
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-fn"])
    return (json.dumps(dump(world.snapshot())).encode(),)


def _certificates() -> tuple[bytes, ...]:
    import ssl
    import tempfile

    from tests.lab.machines.certificates import Authority

    with tempfile.TemporaryDirectory() as name:
        issued = Authority(Path(name)).issue("db.example.com", "10.0.0.1", "*.example.com")
        return (ssl.PEM_cert_to_DER_cert(issued.chain.read_text()),)


_PROXIED = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n"
_PAGE = talks.http("Set-Cookie: a=b; Path=/", "Location: /x?y=z", "Content-Length: 2") + b"{}"
_DENIED = talks.packet(2, b"\xff\x15\x04#28000denied")
_SWITCH = talks.packet(2, b"\xfemysql_native_password\0" + bytes(20)) + talks.packet(
    4, b"\xff\x15\x04no"
)
_PRELOGIN = talks.prelogin(
    b"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x10\x00\x10\x55\x00\x00\x03"
)
_STARTED = b"NR\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\0\0"
_ENDED = b"NE\x00\x00\x00\x14SFATAL\0C53300\0\0\0"


def all_of_them() -> tuple[Parser, ...]:
    """List the parsers; the seeds are made when they are wanted."""
    return (
        Parser(
            "mysql",
            _conversation(mysql.exchange),
            (talks.greeting() + _DENIED, talks.greeting() + _SWITCH),
        ),
        Parser("postgres", _conversation(postgres.exchange), (_STARTED, _ENDED, b"E" + _ENDED[2:])),
        Parser("sqlserver", _conversation(sqlserver.exchange), (_PRELOGIN,)),
        Parser(
            "oracle", _conversation(oracle.exchange), (talks.tns(2), talks.tns(5, b"(ADDRESS=)"))
        ),
        Parser("cache", _conversation(cache._ping), (b"+PONG\r\n", b"-NOAUTH no\r\n")),
        Parser(
            "another engine",
            _conversation(manners.Listening(postgres.exchange)),
            (talks.greeting() + _DENIED, _STARTED),
        ),
        Parser(
            "http",
            _request({"check": "http", "url": "http://h.test/"}),
            (_PAGE, b"HTTP/1.1 100 Continue\r\n\r\n" + _PAGE),
        ),
        Parser("aws", _request({"check": "logs"}), (_PAGE,)),
        Parser("proxy", _conversation(proxy._status), (_PROXIED,)),
        Parser("certificate", _certificate, _certificates()),
        Parser("dns", _dns, (b"\x00\x01\x00\x01\x81\x83" + bytes(8),)),
        Parser("first bytes", recognise.recognise, (b"SSH-2.0", talks.greeting())),
        Parser("literal", _literal, (b"127.1", b"0x7f000001", b"::ffff:1.2.3.4")),
        Parser("event", _event, _events()),
        Parser(
            "environment",
            _environment,
            (b'[{"check":"logs"}]\n10.0.0.0/8, .a.b\n3\n9\nhttp://u:p@h:1',),
        ),
        Parser("snapshot", _snapshot, _snapshots()),
        Parser("saved report", _report, _reports()),
        Parser("words", _words, (b"https://u:p@h/?a=b Bearer x", os.urandom(32))),
    )
