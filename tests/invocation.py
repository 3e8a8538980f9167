"""Runs the handler in a process of its own, where imports and connections can be watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

_RUN = """
import json, sys, time
connected = []
def watch(event, args):
    if event == "socket.connect":
        connected.append(str(args[1]))
sys.addaudithook(watch)
from probe import handler
loaded = sorted(sys.modules)
at_start = list(connected)
from awslambdaric.lambda_context import LambdaContext
for line in sys.stdin:
    deadline = int(time.time() * 1000) + 30000
    handler.probe(json.loads(line), LambdaContext("request-1", {}, {}, deadline, "arn"))
print(json.dumps({"loaded": loaded, "connected": at_start}))
"""


def process(*events: object, **variables: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run a new execution environment through the events; give its log and what it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input="".join(f"{json.dumps(event)}\n" for event in events),
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    *log, start = map(json.loads, done.stdout.splitlines())
    return log, start
