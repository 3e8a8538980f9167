"""What a cold start costs: the handler beside a bare one, from the artifact that Lambda runs.

Each start is a process of its own, of Lambda's Python, with nothing but what is uploaded: our
artifact here, the locked libraries as SAM's own builder installs them there. Nothing is kept of
what a start compiles, since Lambda lays the files where none can be written.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests import artifact
from tests.bench.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TARGETS = """[{"check": "http", "url": "https://checkip.amazonaws.com"},
 {"check": "rds", "host": "db.example.internal", "port": 5432},
 {"check": "dynamodb"%s}, {"check": "logs"%s}]"""
PLAIN = _TARGETS % ("", "")
SIGNED = _TARGETS % (', "table": "orders"', ', "signed": true')
_BARE = """
import boto3, requests
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from aws_lambda_powertools.utilities.metadata import get_lambda_metadata
logger = Logger(service="bare")
session = requests.Session()
clients = [boto3.client(name) for name in %r]
"""
_PROBE = "from probe import handler\n"
_PROBE_SIGNED = _PROBE + (
    "from probe import aws\n"
    "clients = [aws.prober(name, 'eu-west-1', 3.0) for name in ('dynamodb', 'logs')]\n"
)
_DIAGNOSE = """
from probe.handler import diagnose
from probe import aws, investigation
from probe.aws import clients
session = clients.open_session(None, None)
built = [clients.build(session, name) for name in ('lambda', 'ec2')]
"""
_CLOCK = """
import sys, time
begun = time.perf_counter()
sys.path.insert(0, %r)
%s
print(1000 * (time.perf_counter() - begun))
"""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| *(\S+)")


def rows(rounds: int) -> Iterator[Row]:
    """Compare the starts."""
    folders, peer_folder, python = _places()
    probe, diagnosis = folders["ProbeFunction"], folders["DiagnoseFunction"]
    both = ("dynamodb", "logs")
    pairs = (
        (
            "start",
            "start of ProbeFunction with the usual four targets",
            _PROBE,
            both,
            PLAIN,
            0.6,
            probe,
        ),
        ("start-signed", "the same with signed targets", _PROBE_SIGNED, both, SIGNED, 0.6, probe),
        (
            "start-diagnose",
            "start of DiagnoseFunction",
            _DIAGNOSE,
            ("lambda", "ec2"),
            PLAIN,
            1.0,
            diagnosis,
        ),
    )
    for name, what, code, services, targets, goal, folder in pairs:
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(rounds):
            ours.append(_ms(python, folder, code, targets))
            theirs.append(_ms(python, peer_folder, _BARE % (services,), targets))
        mine, peer = statistics.median(ours), statistics.median(theirs)
        limit = f"at most {goal:g} x" + (", never above 1 x" if goal < 1 else "")
        yield Row(
            name,
            f"{what}, ready for the first event",
            mine,
            "ms",
            limit,
            mine <= goal * peer,
            peer,
            f"bare handler: boto3, requests, Powertools, clients of {' and '.join(services)}",
            f"median of {rounds} starts in turn",
            "start",
        )
    yield _profile(python, probe)


def _places() -> tuple[Mapping[str, Path], Path, str]:
    """Find all artifacts; without Lambda's Python, the source tree stands in for them."""
    if artifact.has_python():
        return artifact.ready(), artifact.bare(), artifact.PYTHON
    tree = dict.fromkeys(("ProbeFunction", "DiagnoseFunction"), artifact.ROOT)
    return tree, artifact.ROOT, sys.executable


def _ms(python: str, folder: Path, code: str, targets: str) -> float:
    return float(_start(python, folder, code, targets).stdout)


def _start(
    python: str, folder: Path, code: str, targets: str, *options: str
) -> subprocess.CompletedProcess[str]:
    alone = ["-I", "-B", *(["-S"] if folder != artifact.ROOT else [])]
    environment = {
        "PATH": artifact.PATH,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PROBE_TARGETS": targets,
        "HOME": os.environ.get("HOME", "/"),
    }
    return subprocess.run(
        [python, *alone, *options, "-c", _CLOCK % (str(folder), code)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


def _profile(python: str, folder: Path) -> Row:
    """Say which packages the start's imports are spent on."""
    told = _start(python, folder, _PROBE, PLAIN, "-X", "importtime").stderr
    spent: Counter[str] = Counter()
    ours = {path.name for path in folder.iterdir()}
    for microseconds, module in _LINE.findall(told):
        package = module.partition(".")[0]
        known = package in ours or f"{package}.py" in ours
        spent[package if known else "standard library"] += int(microseconds)
    parts = ", ".join(f"{name} {us / 1000:.0f} ms" for name, us in spent.most_common(10))
    own: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(told):
        if module.startswith("probe."):
            own[".".join(module.split(".")[:2])] += int(microseconds)
    dear = ", ".join(f"{name} {us / 1000:.0f} ms" for name, us in own.most_common(6))
    return Row(
        "start-profile",
        "imports of that start, by package",
        sum(spent.values()) / 1000,
        "ms",
        "",
        None,
        note=f"{parts}; of our own: {dear}",
        part_of="start",
    )
