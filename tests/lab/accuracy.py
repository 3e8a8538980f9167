"""`python -m tests.lab accuracy [FILE...]`: how often the cause that is named is the right one.

Every scenario is built once, and its probe asked once. The command line then diagnoses it three
times over the AWS API: everything readable, half of the actions that this needed denied (drawn by
the scenario's name), everything denied; Invoke says again what packets saw the first time. At last
every fix that is called checked is carried out, and its alternatives, each in a network still
broken. Scenarios that say themselves what is unreadable have no part in it.

What was found for the scenarios of this repository is kept in `tests/accuracy.json`, of which the
README's table is made; with FILEs only theirs is renewed. Exit code 0: as promised; 1: not, and
what exactly stands below the table; 2: a file cannot be used.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab import scoring
from tests.lab.run import Parser, UnusableError, Worker, read, share
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        found = _measure(read(options.files or [SCENARIOS]), options.jobs)
    except UnusableError as error:
        print(error, file=sys.stderr)
        return 2
    _save(found)
    measured = {Path(name).name: one for name, one in found.items()}
    _show(measured, form=options.format)
    return 1 if scoring.mistakes(measured) else 0


def _measure(texts: Mapping[str, str], jobs: int) -> dict[str, dict[str, Any]]:
    scenarios = {name: parse(text, name) for name, text in texts.items()}
    taking_part = {name: texts[name] for name, one in scenarios.items() if not one.unreadable}
    answers = share(taking_part, jobs, Worker.measure)
    return {
        name: scoring.measured(scenarios[name].expect, answer) for name, answer in answers.items()
    }


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


def _show(measured: Mapping[str, Any], *, form: str) -> None:
    if form == "json":
        print(json.dumps(measured, indent=1))
        return
    lines = [scoring.HEAD, *scoring.rows(measured)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    print(f"\n{scoring.fixes(measured)}")
    for told in (*scoring.mistakes(measured), *scoring.missed(measured)):
        print(f"- {told}")
