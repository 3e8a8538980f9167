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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from tests.lab import sandbox
from tests.lab.function.package import REPOSITORY
from tests.lab.reading import ScenarioError
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


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
        return self._ask("fix" if fix else "play", text, name)

    def measure(self, text: str, name: str) -> dict[str, Any]:
        """Diagnose one scenario as less and less can be read, and try every fix."""
        return self._ask("measure", text, name)

    def _ask(self, task: str, text: str, name: str) -> dict[str, Any]:
        if self._process.poll() is not None:
            self._process = self._start()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": task, "text": text, "name": name}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the lab's worker ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            sandbox.wrap([sys.executable, "-m", "tests.lab.playing.worker"]),
            cwd=REPOSITORY,
            env=sandbox.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def main(arguments: Sequence[str]) -> int:
    """Play what the arguments name; return the exit code."""
    parser = Parser(prog="python -m tests.lab run", description="Play scenario files.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="file or folder")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--fix", action="store_true", help="carry out the fixes proposed")
    parser.add_argument("--jobs", type=int, default=1, help="workers side by side")
    options = parser.parse_args(arguments)
    try:
        texts = read(options.files)
        played = share(texts, options.jobs, partial(Worker.play, fix=options.fix))
    except UnusableError as error:
        print(error, file=sys.stderr)
        return 2
    results = list(played.values())
    if options.format == "json":
        print(json.dumps(results if len(results) > 1 else results[0], indent=2))
    else:
        print("\n\n".join(_text(result) for result in results))
    return 0 if all(result["agrees"] and _fixed(result) for result in results) else 1


def _fixed(result: dict[str, Any]) -> bool:
    return all(done["worked"] for done in result.get("fixes", ()))


class UnusableError(Exception):
    """A file that cannot be used, or several; the text says why, a line for each."""


class Parser(argparse.ArgumentParser):
    """Tells bad usage in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say it in one sentence."""
        self.exit(2, f"error: {message}\n")


def read(paths: Iterable[Path]) -> dict[str, str]:
    """Read scenario files, and those in folders; see that each can be played."""
    try:
        texts = {str(path): path.read_text(encoding="utf-8") for path in _files(paths)}
        for name, text in texts.items():
            parse(text, name)
    except OSError as error:
        raise UnusableError(f"error: {error.filename}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnusableError("error: a scenario file must be UTF-8 text") from None
    except ScenarioError as error:
        raise UnusableError(f"error: {error}") from None
    return texts


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        yield from sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def share(
    texts: dict[str, str], jobs: int, ask: Callable[[Worker, str, str], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Have workers side by side answer for every scenario, in the order of the scenarios."""
    count = max(1, min(jobs, len(texts)))
    shares = [list(texts.items())[at::count] for at in range(count)]

    def work(items: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        with Worker() as worker:
            return {name: ask(worker, text, name) for name, text in items}

    with ThreadPoolExecutor(count) as pool:
        found = {name: result for done in pool.map(work, shares) for name, result in done.items()}
    errors = [f"error: {one['error']}" for one in found.values() if "error" in one]
    if errors:
        raise UnusableError("\n".join(errors))
    return {name: found[name] for name in texts}


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
