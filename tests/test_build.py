"""The artifact that `sam build` makes: complete, and nothing in it that Lambda does not need."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tests import artifact

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built() -> dict[str, Path]:
    """Give what is built; without Lambda's Python nothing is, and that is said."""
    if artifact.has_python():
        return artifact.ready()
    with pytest.raises(artifact.Broken, match=r"python3\.13, which is not on this machine's PATH"):
        artifact.ready()
    return {}


def test_every_handler_imports_from_its_artifact_alone(built: dict[str, Path]) -> None:
    """With Lambda's Python and nothing beside the artifact, each handler is there to be called."""
    handlers = artifact.handlers()

    for name, folder in built.items():
        modules = artifact.imported(folder, handlers[name])

        assert handlers[name].rpartition(".")[0] in modules
        assert "requests" in modules
        assert "aws_lambda_powertools" in modules


def test_the_artifact_ships_no_command_line_and_no_tests(built: dict[str, Path]) -> None:
    """What only the command line or the tests need stays here."""
    for folder in built.values():
        assert artifact.needless(folder) == []


def test_the_artifact_is_hardly_larger_than_its_libraries(built: dict[str, Path]) -> None:
    """Our own part is at most a twentieth of what the bare libraries take."""
    for folder in built.values():
        own = artifact.size(folder / "probe")

        assert artifact.size(folder) <= 1.05 * (artifact.size(folder) - own)


def test_a_missing_module_is_noticed(built: dict[str, Path], tmp_path: Path) -> None:
    """The import is of the artifact and not of this machine: without requests it fails."""
    for name, folder in built.items():
        copy = tmp_path / name
        shutil.copytree(folder, copy, ignore=lambda *_: {"requests", "botocore", "boto3"})

        with pytest.raises(artifact.Broken, match="No module named 'requests'"):
            artifact.imported(copy, artifact.handlers()[name])


def test_the_locks_are_by_hash_and_name_no_index() -> None:
    """Every package is pinned by version and hash, and no file says where it comes from."""
    for lock in ("probe/requirements.txt", "tests/requirements.txt", "tests/requirements-sam.txt"):
        lines = (ROOT / lock).read_text().splitlines()
        pins = [number for number, line in enumerate(lines) if "==" in line]

        assert pins
        assert all(lines[number + 1].startswith("    --hash=sha256:") for number in pins)
        assert not any("://" in line for line in lines)


def test_the_runtime_lock_holds_what_the_project_declares() -> None:
    """Lambda gets the libraries that pyproject.toml names, in versions that the tests run too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def pinned(lock: str) -> set[str]:
        return {
            line.split(" ")[0] for line in (ROOT / lock).read_text().splitlines() if "==" in line
        }

    runtime = pinned("probe/requirements.txt")
    assert {name.partition(">=")[0] for name in project["dependencies"]} <= {
        pin.partition("==")[0] for pin in runtime
    }
    assert runtime <= pinned("tests/requirements.txt")
