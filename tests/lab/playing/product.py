"""The product, run as a user runs it: one command, in a shell beside the network."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.cloud.function import NAME
from tests.lab.function.package import REPOSITORY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from tests.lab.playing.lab import Lab


class ProductError(RuntimeError):
    """The product answered something that is no report."""


def diagnose(lab: Lab) -> dict[str, Any]:
    """Ask why the function cannot reach its targets; what was read is kept beside the lab."""
    words = ["--invoke", "--save-snapshot", str(snapshot(lab)), "--format", "json"]
    with tempfile.TemporaryDirectory() as scratch:
        event = Path(scratch, "event.json")
        event.write_text(json.dumps(lab.event))
        done = run(lab, ["diagnose", NAME, str(event), *words])
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise ProductError(f"lambda-probe ended with {done.returncode} and said: {said[-1]}")
    return report


def snapshot(lab: Lab) -> Path:
    """Name the file with the configuration that the last diagnosis stands on."""
    return lab.folder / "snapshot.json"


def run(lab: Lab, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one command of the product."""
    return lab.shell.run([sys.executable, "-m", "probe.cli", *arguments], REPOSITORY)
