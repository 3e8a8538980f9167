"""`python -m tests.lab accuracy [FILE...]`: how often the cause that is named is the right one.

Every scenario is built once, and its probe asked once. The command line then diagnoses it three
times over the AWS API: everything readable, half of the actions that this needed denied (drawn by
the scenario's name), everything denied; Invoke says again what packets saw the first time. At last
every fix that is called checked is carried out, and its alternatives, each in a network still
broken. Scenarios that say themselves what is unreadable have no part in it.

What was found for the scenarios of this repository is kept in `tests/accuracy.json`, of which the
README's table is made; it is written as the scenarios end, so that a run that breaks off loses
nothing, and with FILEs only theirs is renewed. Exit code 0: as promised; 1: not, or the lab could
not play one, and what exactly stands below the table; 2: a file cannot be used.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.playing import scoring
from tests.lab.run import Parser, UnusableError, Worker, read
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.lab.expectations import Expectation

TESTS = Path(__file__).parents[1]
SCENARIOS = TESTS / "scenarios"
SAVED = TESTS / "accuracy.json"


def main(arguments: Sequence[str]) -> int:
    """Measure; return the exit code."""
    parser = Parser(prog="python -m tests.lab accuracy", description="Measure the diagnoses.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: all")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers")
    options = parser.parse_args(arguments)
    try:
        texts = read(options.files or [SCENARIOS])
    except UnusableError as error:
        print(error, file=sys.stderr)
        return 2
    measuring = Measuring()
    measuring.all(texts, options.jobs)
    measured = {Path(name).name: one for name, one in measuring.found.items()}
    _show(measured, measuring.broken, form=options.format)
    return 1 if scoring.mistakes(measured) or measuring.broken else 0


@dataclass
class Measuring:
    """What was found so far, by the files' names; what breaks the lab is told and left out."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def all(self, texts: Mapping[str, str], jobs: int) -> None:
        """Have workers side by side take one scenario after another."""
        scenarios = {name: parse(text, name) for name, text in texts.items()}
        waiting = deque(name for name, one in scenarios.items() if not one.unreadable)

        def work() -> None:
            with Worker() as worker:
                while (name := self._next(waiting)) is not None:
                    self._keep(name, scenarios[name].expect, _ask(worker, texts[name], name))

        with ThreadPoolExecutor(jobs) as pool:
            for done in [pool.submit(work) for _ in range(max(1, min(jobs, len(waiting))))]:
                done.result()

    def _next(self, waiting: deque[str]) -> str | None:
        with self.turn:
            return waiting.popleft() if waiting else None

    def _keep(self, name: str, expect: Expectation, answer: Mapping[str, Any]) -> None:
        with self.turn:
            if "error" in answer:
                self.broken.append(f"{Path(name).name}: the lab broke: {answer['error']}")
            else:
                self.found[name] = scoring.measured(expect, answer)
            _save(self.found)


def _ask(worker: Worker, text: str, name: str) -> Mapping[str, Any]:
    """Have one scenario measured; a worker that breaks down is no end of the others."""
    try:
        return worker.measure(text, name)
    except (RuntimeError, OSError) as error:
        return {"error": str(error)}


def _save(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep what is about this repository's scenarios, and forget those that are gone."""
    ours = {file.name: file for file in SCENARIOS.glob("*.yaml")}
    fresh = {
        Path(name).name: one for name, one in found.items() if Path(name).resolve() in ours.values()
    }
    kept = {name: one for name, one in saved().items() if name in ours}
    text = json.dumps({**kept, **fresh}, indent=1, sort_keys=True)
    SAVED.write_text(text + "\n", encoding="utf-8")


def saved() -> dict[str, Any]:
    """Give what was measured last, scenario by scenario."""
    return dict(json.loads(SAVED.read_text(encoding="utf-8"))) if SAVED.exists() else {}


def _show(measured: Mapping[str, Any], broken: Sequence[str], *, form: str) -> None:
    if form == "json":
        print(json.dumps(measured, indent=1))
        print("\n".join(broken), end="", file=sys.stderr)
        return
    lines = [scoring.HEAD, *scoring.rows(measured)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    print(f"\n{scoring.fixes(measured)}")
    for told in (*scoring.mistakes(measured), *broken, *scoring.missed(measured)):
        print(f"- {told}")
