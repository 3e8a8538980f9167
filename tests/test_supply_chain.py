"""What comes from elsewhere is pinned, and what runs elsewhere may do nothing that it need not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LOCKS = sorted([ROOT / "probe/requirements.txt", *(ROOT / "tests").glob("requirements*.txt")])


def steps(workflow: Any) -> list[Any]:
    """List the steps of every job."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_nothing_by_default(path: Path) -> None:
    """Permissions are empty, each job asks for what it needs, and nobody keeps the token."""
    workflow = yaml.safe_load(path.read_text())

    assert workflow["permissions"] == {}
    for step in steps(workflow):
        if str(step.get("uses")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_by_its_hash(path: Path) -> None:
    """A tag can be moved; a commit cannot."""
    used = [step["uses"] for step in steps(yaml.safe_load(path.read_text())) if "uses" in step]

    assert [one for one in used if not re.fullmatch(r"[^@]+@[0-9a-f]{40}", one)] == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_dependency_is_pinned_by_version_and_hash(path: Path) -> None:
    """Every entry of every lock, and no address of an index beside it."""
    text = path.read_text().replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert entries
    assert [
        one for one in entries if not re.match(r"[\w.\[\],-]+==[^ ]+ .*--hash=sha256:", one)
    ] == []


def test_every_lock_is_audited() -> None:
    """A dependency that is known to be vulnerable fails the build, wherever it is locked."""
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()

    assert re.search(r"pip-audit==[0-9.]+ ", workflow)
    assert [path.name for path in LOCKS if f"{path.relative_to(ROOT)}" not in workflow] == []
