"""The probe as Lambda runs it, with little time and many targets; prints how the run ended.

The lab's Runtime API kills a function that is late, as Lambda does, so what comes back is the
proof. Wants to run in namespaces: see `tests.checks.sandbox`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests.checks.servers import Server, answers, hangs
from tests.faults.wire import NETNS, SERVER, network
from tests.lab.function.package import Package
from tests.lab.function.runtime import API, Configuration, Environment
from tests.lab.spawn import Jobs, inside

ROOT = Path(__file__).parents[2]
SILENT = 9  # a port whose SYNs vanish


def main(seconds: float, count: int) -> None:
    """Invoke a warm function that Lambda gives so many seconds, with so many targets."""
    network()
    rule = f"type filter hook output priority 0;\ntcp dport {SILENT} drop"
    table = f"table inet deadlines {{\nchain c {{\n{rule}\n}}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=table, text=True, check=True)
    subprocess.run(["ip", "address", "add", f"{API[0]}/32", "dev", "lo"], check=True)
    good = inside(NETNS, partial(Server, answers(b"+PONG\r\n"), SERVER))
    stuck = inside(NETNS, partial(Server, hangs, SERVER))
    try:
        event = {"targets": targets(count, good.port, stuck.port), "timeout_s": 30}
        print(json.dumps(invoked(seconds, event)))
    finally:
        good.close()
        stuck.close()


def targets(count: int, good: int, stuck: int) -> list[dict[str, Any]]:
    """Mix targets that answer, hang, and are silent."""
    ports = (stuck, SILENT, good)
    return [{"check": "cache", "host": SERVER, "port": ports[i % 3]} for i in range(count)]


def invoked(seconds: float, event: dict[str, Any]) -> dict[str, Any]:
    """Invoke a function that Lambda gives so many seconds, after one that warms it."""
    variables = {
        "PYTHONPATH": str(ROOT),
        "PROBE_TARGETS": '[{"check": "dns", "name": "localhost"}]',
    }
    configuration = Configuration(
        "probe",
        "arn:aws:lambda:eu-west-1:123456789012:function:probe",
        "eu-west-1",
        "probe.handler.probe",
        seconds,
        256,
        variables,
        "euw1-az1",
    )
    with tempfile.TemporaryDirectory() as name, Jobs(Path(name)) as jobs:
        package = Package(ROOT, "the source tree")
        environment = Environment(jobs, Path("/proc/self/ns/net"), {}, package, configuration)
        environment.invoke(b"{}")
        done = environment.invoke(json.dumps(event).encode())
    report = json.loads(done.payload)
    seen = Counter(f"{one['status']} {one['failure']}" for one in report.get("observations", ()))
    return {"error": done.function_error, "seen": seen, "said": report.get("errorMessage")}


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
