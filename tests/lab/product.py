"""The product, run as a user runs it: one command, in a shell beside the network."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.lab import resolver
from tests.lab.cloud.function import NAME
from tests.lab.package import REPOSITORY
from tests.lab.spawn import enter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab.lab import Lab

LIMIT_S = 120


class ProductError(RuntimeError):
    """The product answered something that is no report."""


def diagnose(lab: Lab) -> dict[str, Any]:
    """Ask why the function cannot reach its targets."""
    event = lab.folder / "event.json"
    event.write_text(json.dumps(lab.event))
    done = run(lab, ["diagnose", NAME, str(event), "--invoke", "--format", "json"])
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise ProductError(f"lambda-probe ended with {done.returncode} and said: {said[-1]}")
    return report


def run(lab: Lab, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one command of the product."""
    servers = lab.network.resolver_addresses("")
    etc = {"resolv.conf": resolver.resolv_conf(lab.folder, servers)}
    command = [sys.executable, "-m", "probe.cli", *arguments]
    return subprocess.run(
        [*enter(lab.network.control.netns, etc), *command],
        cwd=REPOSITORY,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **lab.control_variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
