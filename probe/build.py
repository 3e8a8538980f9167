"""Builds what Lambda runs; `sam build` calls it through the Makefile beside it.

SAM's own builder ships no bytecode, so that a function compiles every module it imports at each
cold start: /var/task is read-only, and nothing is kept. Here the modules of a start are compiled
once. What no function of ours reads is left out of the AWS libraries, which pays for the room.
"""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

HERE = Path(__file__).parent
# The commands of a terminal, and what only this build needs.
NOT_SHIPPED = ("Makefile", "build.py", "requirements.txt", "__pycache__", "cli.py", "commands")
# Of the libraries: pages of a web API, examples, resources and waiters that nobody here uses.
NOT_READ = (
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",
    "bin",
    "boto3/data",
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "botocore/data/*/*/waiters-2.json",
)

_PROBE = "from probe import aws, handler; aws.prober('dynamodb', 'eu-west-1', 3.0)"
_FLEET = "from probe.fleet import handler; aws.reader()"
_STARTS = {"ProbeFunction": _PROBE, "FleetFunction": f"{_PROBE}; {_FLEET}"}
_ANY_START = f"{_PROBE}; from probe import alarm, asked, investigation; aws.reader()"
_STARTS["FleetDiagnoseFunction"] = f"{_ANY_START}; {_FLEET}"
_LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
%s
for module in list(sys.modules.values()):
    print(getattr(module, "__file__", None) or "")
"""


def main(artifact: Path, function: str) -> None:
    """Fill the artifact's folder."""
    _libraries(artifact)
    shutil.copytree(HERE, artifact / "probe", ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    _leave_out(artifact)
    _compile(artifact, _STARTS.get(function, _ANY_START))


def _libraries(artifact: Path) -> None:
    """Install the locked libraries: pure Python, so that they run on either architecture."""
    options = ("--platform", "any", "--only-binary", ":all:", "--no-deps", "--require-hashes")
    _run(
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--requirement",
        str(HERE / "requirements.txt"),
        "--target",
        str(artifact),
        *options,
    )


def _leave_out(artifact: Path) -> None:
    for found in chain.from_iterable(map(artifact.glob, NOT_READ)):
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    for service in (artifact / "botocore" / "data").iterdir():
        # botocore takes the newest version of an API, unless it is asked for another.
        for version in sorted(service.glob("20*"))[:-1]:
            shutil.rmtree(version)


def _compile(artifact: Path, start: str) -> None:
    """Compile what a start loads. Unchecked: the times of files do not survive the upload."""
    found = _run("-I", "-S", "-B", "-c", _LOADED % start, str(artifact), stdout=subprocess.PIPE)
    for file in sorted(
        {
            line
            for line in found.splitlines()
            if line.startswith(f"{artifact}{os.sep}") and line.endswith(".py")
        }
    ):
        py_compile.compile(
            file,
            dfile=f"/var/task/{Path(file).relative_to(artifact)}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


def _run(*arguments: str, stdout: int | None = None) -> str:
    environment = {**os.environ, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, text=True, stdout=stdout
    )
    return done.stdout or ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
