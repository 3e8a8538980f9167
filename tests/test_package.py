"""The package as pip installs it: what is read at run time is in it, and so are its types."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.command import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_wheel_holds_what_the_program_reads(tmp_path: Path) -> None:
    """Schemas, templates of the page, and the mark that types are shipped; and no test."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    read = [
        *(ROOT / "probe" / "report" / "schema").iterdir(),
        *(ROOT / "probe" / "report" / "page" / "templates").iterdir(),
        ROOT / "probe" / "py.typed",
    ]

    assert {str(file.relative_to(ROOT)) for file in read} <= names
    assert [name for name in names if name.startswith("tests/")] == []
