"""One cell of the fault matrix: a way of checking, what stands behind the port, what must be said.

A fault is met by every way of checking that it can happen to, in one run, side by side, as in a
real event. Knows no particular fault.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe.runner import run
from probe.settings import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probe.model import Observation
    from probe.target import Target

HERE = "127.0.0.1"
AROUND = {"AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}

# Every way of checking that the event knows, as its entry; the place is put in afterwards.
WAYS: dict[str, dict[str, Any]] = {
    "http": {"check": "http", "url": "http://HOST:PORT/"},
    "https": {"check": "http", "url": "https://HOST:PORT/"},
    "dynamodb": {"check": "dynamodb"},
    "logs": {"check": "logs"},
    "aws": {"check": "aws", "service": "secretsmanager"},
    "postgres": {"check": "rds", "engine": "postgres"},
    "mysql": {"check": "rds", "engine": "mysql"},
    "sqlserver": {"check": "rds", "engine": "sqlserver"},
    "oracle": {"check": "rds", "engine": "oracle"},
    "tcp": {"check": "tcp"},
    "tcp+tls": {"check": "tcp", "tls": True},
    "cache": {"check": "cache"},
    "cache+tls": {"check": "cache", "tls": True},
    "dns": {"check": "dns"},
}
PLAIN = ("http", "postgres", "mysql", "sqlserver", "oracle", "cache")
API = ("dynamodb", "logs", "aws")
SECURE = ("https", *API, "tcp+tls", "cache+tls")
TALKATIVE = ("https", *API, "cache+tls")  # of these, who says something behind TLS
DIALLING = tuple(way for way in WAYS if way != "dns")

# "exchange timeout", or several of them where a race in the kernel decides; "pass" passes.
Expected = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What one way of checking said of one fault."""

    fault: str
    way: str
    said: str
    expected: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether it was the right stage and failure."""
        return self.said in self.expected


def target(way: str, host: str, port: int) -> Target:
    """Make the target of a way at a place; a service's API stands there as well."""
    entry = dict(WAYS[way])
    if "url" in entry:
        entry["url"] = entry["url"].replace("HOST", host).replace("PORT", str(port))
    elif way == "dns":
        entry["name"] = host
    elif way not in API:
        entry |= {"host": host, "port": port}
    (made,) = parse({"targets": [entry]}, {**os.environ, **AROUND}).targets
    return replace(made, host=host, port=port) if way in API else made


def meet(
    fault: str,
    places: Mapping[str, tuple[str, int]],
    expected: Mapping[str, Expected],
    *,
    timeout_s: float,
    repeat: int = 1,
) -> list[Result]:
    """Run every way against its place, all at once, and judge what each said."""
    found = observe(places, timeout_s=timeout_s, repeat=repeat)
    return [
        Result(fault, way, said(one), listed(expected[way]))
        for way, one in zip(places, found, strict=True)
    ]


def observe(
    places: Mapping[str, tuple[str, int]],
    *,
    timeout_s: float,
    repeat: int = 1,
    allow_loopback: bool = True,
) -> tuple[Observation, ...]:
    """Run every way against its place, all at once."""
    event = {"targets": [WAYS["tcp"] | {"host": HERE, "port": 9}], "timeout_s": timeout_s}
    settings = parse({**event, "repeat": repeat}, AROUND, allow_loopback=allow_loopback)
    targets = tuple(target(way, *place) for way, place in places.items())
    return run(replace(settings, targets=targets), deadline=time.monotonic() + 30)


def said(observation: Observation) -> str:
    """Put stage and failure into two words."""
    if observation.failure is None:
        return observation.status.value
    return f"{observation.stage} {observation.failure}"


def listed(expected: Expected) -> tuple[str, ...]:
    """Take one or several."""
    return (expected,) if isinstance(expected, str) else expected


def same(expected: Expected, ways: Iterable[str], **others: Expected) -> dict[str, Expected]:
    """Expect the same of all these ways, and something else of a few."""
    return {way: others.get(way.replace("+", "_"), expected) for way in ways}
