"""Runs lambda-probe for tests: in this process, which is fast, or in a process of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from probe import cli

ROOT = Path(__file__).parents[1]


class Ran(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def command(*words: str, stdin: str = "", folder: Path = ROOT, **environment: str) -> Ran:
    """Run a command line with pipes on all sides."""
    given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "stdin", given),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(folder),
    ):
        code = cli.run_with(words)
    return Ran(code, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def shell(line: str, **environment: str) -> Ran:
    """Run a shell's line, in which $PROBE is the command."""
    own = {"PROBE": f"{sys.executable} -m probe.cli", "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        line,
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **own, **environment},
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def refused(ran: Ran) -> str:
    """Expect bad usage: exit code 2, nothing on stdout, one sentence on stderr; give that."""
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr
    (line,) = ran.stderr.splitlines()
    return line.removeprefix("lambda-probe: ")
