"""Two readings of AWS's rules on the same networks: the product's walk and the lab's kernel."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lab.random.doors import every_choice
from tests.lab.random.shrink import shrink
from tests.lab.scenario import parse

LAB = Path(__file__).parent / "lab"
FORBIDDEN = ("probe.network", "probe.causes", "probe.diagnosis", "probe.remedy", "probe.walks")


def imported(module: Path) -> set[str]:
    """List what a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{name.name}" for name in node.names)}
    return found


@pytest.mark.parametrize("module", sorted(LAB.rglob("*.py")), ids=lambda path: path.stem)
def test_the_lab_has_its_own_understanding(module: Path) -> None:
    """Nothing in the lab imports the product's reading of the network, or its conclusions."""
    assert [name for name in imported(module) if name.startswith(FORBIDDEN)] == []


@pytest.mark.lab
def test_walk_and_kernel_agree() -> None:
    """Over networks drawn at random, every verdict of the walk is what packets do."""
    command = [sys.executable, "-m", "tests.lab", "random", "--networks", "12", "--seed", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 networks from seed 1000" in done.stdout
    assert " 0 disagreements" in done.stdout


def test_shrink() -> None:
    """What a disagreement does not need is cut away, down to single rules."""
    document = {
        "subnets": {"a": {"cidr": "10.0.1.0/24"}, "b": {"cidr": "10.0.2.0/24"}},
        "rules": [{"allow": 1}, {"allow": 2, "note": "x"}, {"allow": 3}],
        "about": "long",
    }

    def still(smaller: dict[str, object]) -> bool:
        return "'a'" in str(smaller.get("subnets")) and "'allow': 2" in str(smaller.get("rules"))

    assert shrink(document, still) == {"subnets": {"a": {}}, "rules": [{"allow": 2}]}


@pytest.mark.parametrize(
    ("near", "far", "doors"),
    [
        ({"a": "a"}, {"b": "b", "c": "c"}, ["b", "c"]),
        ({"a": "a"}, {"b": "a", "c": "c"}, ["b"]),
        ({"a": "a"}, {"b": "b"}, ["b"]),
    ],
)
def test_what_aws_leaves_to_chance_is_played_every_way(
    near: dict[str, str], far: dict[str, str], doors: list[str]
) -> None:
    """A zone that the far attachment lacks leaves by any of its own; one that it has is kept."""
    subnets = {
        name: {"vpc": vpc, "az": zone, "cidr": f"10.{second}.{ord(name)}.0/24"}
        for vpc, second, zones in (("main", 0, near), ("other", 8, far))
        for name, zone in zones.items()
    }
    document = {
        "vpc": {"cidr": "10.0.0.0/16"},
        "vpcs": {"other": {"cidr": "10.8.0.0/16"}},
        "subnets": subnets,
        "transit_gateways": {
            "hub": {"attachments": {"near": {"subnets": [*near]}, "far": {"subnets": [*far]}}}
        },
        "function": {"subnets": ["a"]},
    }

    played = every_choice(parse(yaml.safe_dump(document)))

    gateways = [one.transit_gateways["hub"].attachments for one in played]
    assert [sides["far"].subnets[0] for sides in gateways] == doors
    assert all(sorted(sides["far"].subnets) == [*far] for sides in gateways)
