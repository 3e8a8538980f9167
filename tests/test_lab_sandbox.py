"""What the lab leaves behind when it ends: nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import sandbox

pytestmark = pytest.mark.lab

KEY = 0x4C616221
LEAVE = f"""
import ctypes, pathlib
assert ctypes.CDLL(None).shmget({KEY}, 4096, 0o1600) >= 0
pathlib.Path("/dev/shm/left-by-the-lab").touch()
"""


def test_shared_memory_of_the_lab_ends_with_it() -> None:
    """Databases that are killed leave theirs behind, until the machine has none to give."""
    subprocess.run(sandbox.wrap([sys.executable, "-c", LEAVE]), check=True)

    keys = {line.split()[0] for line in Path("/proc/sysvipc/shm").read_text().splitlines()}
    assert str(KEY) not in keys
    assert not Path("/dev/shm/left-by-the-lab").exists()
