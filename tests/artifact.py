"""Builds what Lambda runs, and imports every handler from it alone: `python -m tests.artifact`.

A build that was made from the same sources is not made again. `--if-possible` does nothing where
there is no Python of Lambda's version: the lab then runs the source tree, and says so.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cloudformation import load

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".aws-sam" / "build"
PYTHON = "python3.13"
# The SAM CLI finds Python by this name; it and SAM are beside the Python that runs these lines.
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
# What a function has no use for: the command line's libraries, and those of the tests.
NOT_SHIPPED = ("click", "rich", "tests", "pytest", "moto", "awslambdaric")

_IMPORT = """
import importlib, json, sys
artifact, handler = sys.argv[1:]
standard = tuple(sys.path)
sys.path.insert(0, artifact)
module, _, name = handler.rpartition(".")
found = callable(getattr(importlib.import_module(module), name))
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
strangers = [name for name, file in files.items()
             if file and not file.startswith((artifact, *standard))]
print(json.dumps({"found": found, "strangers": strangers, "modules": sorted(files)}))
"""


class Broken(Exception):  # noqa: N818 - the artifact is
    """The artifact cannot be built, or is not what Lambda needs; the text says why."""


def has_python() -> bool:
    """Say whether Lambda's version of Python is on this machine, and runs."""
    found = shutil.which(PYTHON, path=PATH)
    return found is not None and _run([PYTHON, "-c", ""], ROOT).returncode == 0


def ready() -> dict[str, Path]:
    """Build the template's functions unless that is done; give each artifact by its name.

    One process builds, others wait: SAM keeps downloaded libraries in one place, for one at a time.
    """
    BUILD.parent.mkdir(exist_ok=True)
    stamp = BUILD.parent / "made-from"
    with (BUILD.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = _fingerprint()
        if not (BUILD.is_dir() and stamp.exists() and stamp.read_text() == sources):
            stamp.unlink(missing_ok=True)
            _build()
            stamp.write_text(sources)
    return {name: BUILD / name for name in handlers()}


def _build() -> None:
    if not has_python():
        raise Broken(f"The artifact is built for {PYTHON}, which is not on this machine's PATH.")
    print(f"==> Building the functions for {PYTHON}", flush=True)
    done = _run(["sam", "build"], ROOT)
    if done.returncode:
        raise Broken(f"sam build failed:\n{done.stderr.strip()[-2000:]}")


def handlers() -> dict[str, str]:
    """Read every function's handler out of the template."""
    return {
        name: resource["Properties"]["Handler"]
        for name, resource in load(ROOT / "template.yaml")["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def imported(artifact: Path, handler: str) -> list[str]:
    """Import a handler with nothing but the artifact and the standard library; list the modules."""
    done = _run([PYTHON, "-I", "-S", "-B", "-c", _IMPORT, str(artifact), handler], Path("/"))
    if done.returncode:
        words = done.stderr.strip()[-2000:]
        raise Broken(f"{handler} cannot be imported from the artifact:\n{words}")
    answer = json.loads(done.stdout)
    if not answer["found"]:
        raise Broken(f"{handler} is nothing that Lambda could call.")
    if answer["strangers"]:
        raise Broken(f"{handler} loads what is not in the artifact: {answer['strangers']}")
    modules: list[str] = answer["modules"]
    return modules


def needless(artifact: Path) -> list[str]:
    """List what lies in the artifact and has no business there."""
    return [name for name in NOT_SHIPPED if (artifact / name).exists()]


def size(artifact: Path) -> int:
    """Add up the bytes of an artifact, unzipped."""
    return sum(file.stat().st_size for file in artifact.rglob("*") if file.is_file())


def bare() -> Path:
    """Install the locked libraries alone, as SAM's own builder would: what we compare with."""
    lock = ROOT / "probe" / "requirements.txt"
    folder = BUILD.parent / f"bare-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    with (BUILD.parent / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(lock, folder)
    return folder


def _install(lock: Path, folder: Path) -> None:
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    options = ("--quiet", "--no-compile", "--no-deps", "--only-binary", ":all:")
    target = ("--requirement", str(lock), "--target", str(unfinished))
    done = _run([PYTHON, "-m", "pip", "install", *options, *target], ROOT)
    if done.returncode:
        raise Broken(f"pip could not install the libraries:\n{done.stderr.strip()[-2000:]}")
    shutil.rmtree(unfinished / "bin", ignore_errors=True)
    unfinished.rename(folder)


def main() -> None:
    """Build, check, and say what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.artifact")
    parser.add_argument("--if-possible", action="store_true", help=f"not without {PYTHON}")
    only_if_possible = parser.parse_args().if_possible
    if only_if_possible and not has_python():
        return
    for name, artifact in ready().items():
        if only_if_possible:
            continue
        handler = handlers()[name]
        imported(artifact, handler)
        if found := needless(artifact):
            raise Broken(f"{name} ships {', '.join(found)}.")
        print(f"    {name}: {size(artifact) / 1e6:.1f} MB; {handler} imports from it alone")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in (*sorted((ROOT / "probe").rglob("*")), ROOT / "template.yaml"):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # Where pip finds packages is the machine's business; nothing else of its settings matters.
    passed = {
        name: value for name, value in os.environ.items() if name.startswith(("HOME", "PIP_"))
    }
    settings = {"PATH": PATH, "AWS_DEFAULT_REGION": "eu-west-1", "SAM_CLI_TELEMETRY": "0"}
    program = shutil.which(command[0], path=PATH) or command[0]
    return subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=passed | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    try:
        main()
    except Broken as broken:
        sys.exit(str(broken))
