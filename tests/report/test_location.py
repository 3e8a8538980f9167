"""Where a pipeline marks a finding: the file that was judged, and the line of the resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe.report.location import Source
from tests.command import command
from tests.paths_world import small
from tests.report.test_text import CASES

TEMPLATE = """Resources:
  Narrow:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]

  Orders:
    Type: AWS::Lambda::Function
    Properties: {VpcConfig: {SubnetIds: [subnet-open], SecurityGroupIds: [!Ref Narrow]}}
  Bills:
    Type: AWS::Lambda::Function
    Properties: {VpcConfig: {SubnetIds: [subnet-shut], SecurityGroupIds: [sg-fn]}}
"""
AS_JSON = json.dumps(
    {
        "Resources": {
            "Orders": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "VpcConfig": {"SubnetIds": ["subnet-shut"], "SecurityGroupIds": ["sg-fn"]}
                },
            }
        }
    },
    indent=2,
)
OPEN, DATABASE = "203.0.113.10:443", "10.0.3.10:5432"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a repository with a template in a folder, and a saved configuration."""
    monkeypatch.chdir(tmp_path)
    Path("my stack").mkdir()
    Path("my stack/t.yaml").write_text(TEMPLATE, "utf-8")
    Path("my stack/t.json").write_text(AS_JSON, "utf-8")
    Path("snapshot.json").write_text(json.dumps(small().lists), "utf-8")
    return tmp_path


PREFLIGHT = ("preflight", "--snapshot", "snapshot.json", "--template")


def places(*words: str) -> dict[str, tuple[str, int]]:
    """Run a command for code scanning; give each rule's file and line."""
    ran = command(*words, "--format", "sarif", folder=Path.cwd())
    return {
        result["ruleId"]: _place(result["locations"][0])
        for run in json.loads(ran.stdout)["runs"]
        for result in run["results"]
    }


def _place(location: dict[str, Any]) -> tuple[str, int]:
    physical = location["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


@pytest.mark.usefixtures("here")
def test_a_finding_stands_at_its_resource_in_the_template() -> None:
    """The group that the template makes, or else the function: the line of the logical id."""
    found = places(*PREFLIGHT, "my stack/t.yaml", "--to", DATABASE)

    assert found["own-security-group-blocks"] == ("my%20stack/t.yaml", 2)
    assert places(*PREFLIGHT, "my stack/t.yaml", "--function", "Bills", "--to", OPEN) == {
        "no-route-to-internet": ("my%20stack/t.yaml", 10)
    }


@pytest.mark.usefixtures("here")
def test_json_has_lines_as_well() -> None:
    """A template in JSON is read by the same reader."""
    found = places(*PREFLIGHT, "my stack/t.json", "--to", OPEN)

    assert found == {"no-route-to-internet": ("my%20stack/t.json", 3)}


@pytest.mark.usefixtures("here")
def test_an_annotation_names_the_file_and_the_line() -> None:
    """Each of them: a workflow shows nothing beside the code that has no file."""
    words = ("my stack/t.yaml", "--function", "Bills", "--to", OPEN, "--format", "github")
    lines = command(*PREFLIGHT, *words, folder=Path.cwd()).stdout.splitlines()

    assert lines
    assert all(" file=my stack/t.yaml,line=10,title=" in line for line in lines)


@pytest.mark.usefixtures("here")
def test_a_saved_configuration_is_a_file_too() -> None:
    """Nothing says which line of it: code scanning shows it at the first."""
    words = ("--from", "subnet-shut,sg-fn", "--to", OPEN)

    assert places("path", "snapshot.json", *words) == {"no-route-to-internet": ("snapshot.json", 1)}


def test_a_saved_report_is_a_file_too() -> None:
    """`show` marks every result in the report that was shown."""
    for case in CASES:
        found = places("show", str(case))
        assert set(found.values()) <= {(case.relative_to(Path.cwd()).as_posix(), 1)}


def test_what_comes_from_nowhere_has_no_file() -> None:
    """Standard input has no name that anybody could open."""
    text = CASES[0].read_text("utf-8")
    ran = command("show", "-", "--format", "sarif", stdin=text)

    assert '"physicalLocation"' not in ran.stdout
    assert "file=" not in command("show", "-", "--format", "github", stdin=text).stdout


def test_a_file_elsewhere_keeps_its_whole_name(tmp_path: Path) -> None:
    """It is in no repository: a URI of its own, and no way out of this folder by `..`."""
    source = Source(str(tmp_path / "a b.yaml"))

    assert source.path == (tmp_path / "a b.yaml").as_posix()
    assert Source("tests/../x.yaml").path == "x.yaml"
