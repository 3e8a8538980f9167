"""The configuration side is pure: the standard library and the model, no AWS, no sockets opened."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import probe.network
from tests.network import scale

FOLDER = Path(probe.network.__path__[0])
MODULES = sorted(
    ".".join(file.relative_to(FOLDER).with_suffix("").parts) for file in FOLDER.rglob("*.py")
)


def test_it_loads_no_library_but_the_standard_one() -> None:
    """In a process of its own: every module, and nothing of boto3, requests or Powertools."""
    imports = "; ".join(
        f"import probe.network.{name}" for name in MODULES if "__init__" not in name
    )
    code = (
        f"import sys; {imports}; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('boto3', 'botocore', 'requests', 'urllib3', 'aws_lambda_powertools', 'click', 'rich')])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_it_knows_nothing_of_checks_causes_or_reports(name: str) -> None:
    """It imports itself and the model."""
    tree = ast.parse((FOLDER / f"{name.replace('.', '/')}.py").read_text())

    used = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("probe")
    }

    assert [
        one for one in used if not (one or "").startswith(("probe.network", "probe.model"))
    ] == []


def test_a_large_snapshot_is_built_to_the_size_that_is_promised() -> None:
    """The benchmark measures what the README says."""
    world = scale.build(10)

    sizes = {name: len(world.lists[name]) for name in ("Subnets", "SecurityGroups")}
    assert sizes == {"Subnets": scale.SUBNETS // 10, "SecurityGroups": scale.GROUPS // 10}
    assert len(world.lists["SecurityGroups"][1]["IpPermissions"]) == scale.RULES
