"""The Python API: for notebooks and tests, and nothing that Lambda's start would pay for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import probe
from probe import api
from probe.model import Status, Verdict
from tests.paths_world import small
from tests.report.networks import sixty_subnets

if TYPE_CHECKING:
    from pathlib import Path

EVENT = {"targets": [{"check": "tcp", "host": "10.0.3.10", "port": 5432}]}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Save the small network, with a function in it."""
    vpc = {"VpcId": "vpc-a", "SubnetIds": ["subnet-open"], "SecurityGroupIds": ["sg-fn"]}
    lists = {**small().lists, "FunctionConfiguration": {"FunctionName": "fn", "VpcConfig": vpc}}
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(lists), "utf-8")
    return file


def test_the_api_is_what_the_package_offers() -> None:
    """Each name is there, and a wrong one is an AttributeError as ever."""
    assert probe.__all__ == api.__all__
    assert [name for name in probe.__all__ if getattr(probe, name) is not getattr(api, name)] == []
    with pytest.raises(AttributeError, match="nothing"):
        _ = probe.nothing


def test_importing_the_package_loads_nothing_else() -> None:
    """A function's start imports `probe` and pays for no API."""
    script = "import sys, probe; print(*[n for n in sys.modules if n.startswith('probe')])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["probe"]


def test_a_path_is_walked_in_a_saved_snapshot(saved: Path) -> None:
    """The same answer as the command's."""
    snapshot = probe.read_snapshot(saved)

    assert probe.path(snapshot, "subnet-open,sg-fn", "10.0.3.10:5432").verdict is Verdict.REACHABLE
    assert probe.path(snapshot, "subnet-open,sg-fn", "10.0.3.10:1").verdict is Verdict.UNREACHABLE


def test_a_function_is_diagnosed_by_a_saved_snapshot(saved: Path) -> None:
    """Without AWS; the report is as good as any, and can be written and read."""
    report = probe.diagnose("fn", EVENT, snapshot=probe.read_snapshot(saved))
    file = saved.with_name("report.json")
    file.write_text(json.dumps(probe.to_document(report)), "utf-8")

    assert report.status is Status.PASS
    assert probe.read_report(file) == report
    assert probe.to_text(report).startswith("✓ By its configuration, all 1 paths")
    assert probe.to_html(report).startswith("<!doctype html>")


def test_a_placement_is_refused_before_it_is_deployed(saved: Path) -> None:
    """With the cause, as a value of the catalogue."""
    snapshot = probe.read_snapshot(saved)
    report = probe.preflight(snapshot, ["subnet-shut"], ["sg-fn"], ["203.0.113.10:443"])

    assert report.status is Status.FAIL
    assert probe.explain(report.findings[0].code).title == report.findings[0].title


def test_checks_are_run_from_here() -> None:
    """A target that is refused to be dialled is an observation, not an exception."""
    report = probe.run({"targets": [{"check": "tcp", "host": "127.0.0.1", "port": 1}]})

    assert [one.failure for one in report.observations] == ["forbidden_target"]


def test_two_snapshots_are_compared(saved: Path) -> None:
    """And a report is not compared with a snapshot."""
    snapshot = probe.read_snapshot(saved)

    assert probe.diff(snapshot, snapshot) == probe.Comparison()
    with pytest.raises(TypeError, match="two reports"):
        probe.diff(snapshot, sixty_subnets())
