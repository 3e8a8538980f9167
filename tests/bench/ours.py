"""The probe as it runs in Lambda, in a process of its own: `python -m tests.bench.ours`.

Reads one job per line, does it, and answers with one line: how long it took, what it saw, and what
the process has needed so far. The clock stands outside whatever is not the probe's.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

# Lambda gives a process so many.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_DESCRIPTORS = 1024


class _Context:
    """What the probe asks of Lambda's context."""

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Say that there is plenty."""
        return 120_000


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Have the handler do one job."""
    from probe import handler

    begun, burnt = time.perf_counter(), time.process_time()
    report: Any = handler.probe(job["event"], _Context())  # type: ignore[arg-type]
    seconds, busy = time.perf_counter() - begun, time.process_time() - burnt
    return {"seconds": seconds, "busy": busy, **_seen(report["observations"])}


def run_checks(job: dict[str, Any]) -> dict[str, Any]:
    """Run the checks alone, without a report."""
    from probe import runner, settings

    begun, burnt = time.perf_counter(), time.process_time()
    wanted = settings.parse(job["event"], os.environ)
    found = runner.run(wanted, deadline=time.monotonic() + 120)
    seconds, busy = time.perf_counter() - begun, time.process_time() - burnt
    observations = [
        {"status": one.status, "steps": [{"stage": s.stage, "ms": s.ms} for s in one.steps]}
        for one in found
    ]
    return {"seconds": seconds, "busy": busy, **_seen(observations)}


def _seen(observations: list[dict[str, Any]]) -> dict[str, Any]:
    connect = [s["ms"] for o in observations for s in o["steps"] if s["stage"] == "connect"]
    return {
        "passed": sum(one["status"] == "pass" for one in observations),
        "connect_ms": connect,
        "network_ms": [sum(step["ms"] for step in one["steps"]) for one in observations],
        "peak_kb": peak_kb("self"),
    }


def peak_kb(process: int | str) -> int:
    """Read the most that a process has had resident at any time."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Do the jobs that come in."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))
    # What the handler prints goes where Lambda's log would be.
    with os.fdopen(os.dup(1), "w") as answers, open(os.devnull, "w") as log:  # noqa: PTH123
        os.dup2(log.fileno(), 1)
        for line in sys.stdin:
            job = json.loads(line)
            answers.write(json.dumps((run if job["whole"] else run_checks)(job)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
