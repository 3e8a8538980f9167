"""`python -m tests.lab run FILE...`: plays scenario files and says whether the product agrees.

Reads and checks the files outside the sandbox, wherever they are; the playing is done by workers
inside. Exit code 0: all agree, 1: some do not, 2: a file cannot be used.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from tests.lab import sandbox
from tests.lab.package import REPOSITORY
from tests.lab.reading import ScenarioError
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Worker:
    """A process inside a sandbox, asked one scenario at a time; a dead one is replaced."""

    def __init__(self) -> None:
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def play(self, text: str, name: str, *, fix: bool = False) -> dict[str, Any]:
        """Play one scenario; on request carry out the fixes that are proposed."""
        if self._process.poll() is not None:
            self._process = self._start()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"text": text, "name": name, "fix": fix}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the lab's worker ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            sandbox.wrap([sys.executable, "-m", "tests.lab.worker"]),
            cwd=REPOSITORY,
            env=sandbox.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def main(arguments: Sequence[str]) -> int:
    """Play what the arguments name; return the exit code."""
    parser = _Parser(prog="python -m tests.lab run", description="Play scenario files.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="file or folder")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--fix", action="store_true", help="carry out the fixes proposed")
    parser.add_argument("--jobs", type=int, default=1, help="workers side by side")
    options = parser.parse_args(arguments)
    try:
        texts = {str(path): _read(path) for path in _files(options.files)}
        for name, text in texts.items():
            parse(text, name)
    except (ScenarioError, OSError, UnicodeDecodeError) as error:
        print(f"error: {_sentence(error)}", file=sys.stderr)
        return 2
    results = _play(texts, max(1, min(options.jobs, len(texts))), fix=options.fix)
    errors = [result["error"] for result in results if "error" in result]
    if errors:
        print("\n".join(f"error: {error}" for error in errors), file=sys.stderr)
        return 2
    if options.format == "json":
        print(json.dumps(results if len(results) > 1 else results[0], indent=2))
    else:
        print("\n\n".join(_text(result) for result in results))
    return 0 if all(result["agrees"] and _fixed(result) for result in results) else 1


def _fixed(result: dict[str, Any]) -> bool:
    return all(done["worked"] for done in result.get("fixes", ()))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say it in one sentence."""
        self.exit(2, f"error: {message}\n")


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        yield from sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, UnicodeDecodeError):
        return "a scenario file must be UTF-8 text"
    return str(error)


def _play(texts: dict[str, str], jobs: int, *, fix: bool) -> list[dict[str, Any]]:
    shares = [list(texts.items())[at::jobs] for at in range(jobs)]

    def share(items: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        with Worker() as worker:
            return {name: worker.play(text, name, fix=fix) for name, text in items}

    with ThreadPoolExecutor(jobs) as pool:
        found = {name: result for done in pool.map(share, shares) for name, result in done.items()}
    return [found[name] for name in texts]


def _text(result: dict[str, Any]) -> str:
    lines = [f"{result['scenario']}: {'agrees' if result['agrees'] else 'DISAGREES'}"]
    lines.append(f"  ran: {result['ran']}")
    report = result["report"] or {"observations": [], "findings": []}
    for seen in report["observations"]:
        what = f"{seen.get('stage')} {seen.get('failure')}" if seen["status"] == "fail" else ""
        lines.append(f"  {seen['check']} {seen['target']}: {seen['status']} {what}".rstrip())
    lines += [
        f"  proven: {found['code']} at {found['component']}"
        for found in report["findings"]
        if found["confidence"] == "proven"
    ]
    lines += [f"  differs: {difference}" for difference in result["differences"]]
    for done in result.get("fixes", ()):
        what = "opens the path" if done["worked"] else f"DOES NOT WORK {done['error'] or ''}"
        lines.append(f"  fix of {done['code']} at {done['component']}: {what}".rstrip())
    return "\n".join(lines)
