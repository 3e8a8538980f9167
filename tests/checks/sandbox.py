"""A network and a file system of its own for one script, root or not.

`unshare` gives the script its own loopback, its own mounts and its own processes, all of which
end with it. What it prints as JSON is what the test judges.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def run(module: str, *arguments: str, seconds: float = 120) -> Any:
    """Run `python -m MODULE` in a sandbox and read what it prints."""
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", *mapped, "--net", "--mount", "--pid", "--fork", "--kill-child"]
    command = [*words, "--mount-proc", sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def loopback_up() -> None:
    """Bring loopback up; it begins its life down."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def put(path: str, text: str, folder: Path) -> None:
    """Give this sandbox a file of its own in a place like /etc."""
    own = folder / Path(path).name
    own.write_text(text)
    subprocess.run(["mount", "--bind", own, os.path.realpath(path)], check=True)
