"""The artifact that `sam build` makes: complete, and nothing in it that Lambda does not need."""

from __future__ import annotations

import importlib.util
import shutil
import tomllib
from pathlib import Path

import pytest

from tests import artifact

ROOT = Path(__file__).parents[1]
UNCHECKED_HASH = 0b01  # the flags in a .pyc file: by hash, and not compared with the source


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
    """With our own part and its bytecode, it is at most a twentieth larger than they are alone."""
    for folder in built.values():
        assert artifact.size(folder) <= 1.05 * artifact.size(artifact.bare())


def test_a_start_compiles_nothing(built: dict[str, Path]) -> None:
    """Each module of the artifact that a start loads comes from bytecode that is not checked.

    Lambda keeps nothing that a start compiles, and the times of files do not survive the upload.
    """
    for name, folder in built.items():
        loaded = artifact.imported(folder, artifact.handlers()[name])
        files = {
            Path(importlib.util.cache_from_source(str(file)))
            for module in loaded
            for stem in [folder.joinpath(*module.split("."))]
            for file in (stem.with_suffix(".py"), stem / "__init__.py")
            if file.is_file()
        }

        assert len(files) > 100
        for file in files:
            assert int.from_bytes(file.read_bytes()[4:8], "little") == UNCHECKED_HASH


def test_what_is_left_out_of_the_libraries_is_not_missed(built: dict[str, Path]) -> None:
    """Every service of botocore that has a model before has one in the artifact, its newest."""
    for folder in built.values():
        before, after = (
            {
                service.name: max(service.glob("20*"), default=service).name
                for service in (place / "botocore" / "data").iterdir()
            }
            for place in (artifact.bare(), folder)
        )

        assert after == before
        assert all(
            (folder / "botocore" / "data" / s / v).is_dir() for s, v in after.items() if s != v
        )


def test_a_missing_module_is_noticed(built: dict[str, Path], tmp_path: Path) -> None:
    """The import is of the artifact and not of this machine: without requests it fails."""
    for name, folder in built.items():
        copy = tmp_path / name
        shutil.copytree(folder, copy, ignore=lambda *_: {"requests", "botocore", "boto3"})

        with pytest.raises(artifact.Broken, match="No module named 'requests'"):
            artifact.imported(copy, artifact.handlers()[name])


def test_the_locks_are_by_hash_and_name_no_index() -> None:
    """Every package is pinned by version and hash, and no file says where it comes from."""
    for lock in ("probe/requirements.txt", *map(str, ROOT.glob("tests/requirements*.txt"))):
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
