"""Speed, memory and size beside their peers: `python -m tests.bench [NAME...] [--format json]`.

Without a name everything is measured. --save keeps it for the README, into which
`python -m tests.readme` writes it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.bench import blackbox, calls, large, load, saved, size, start
from tests.bench.row import HEAD, Row
from tests.lab.sandbox import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Each of these makes one or more rows, given the scale (1: as the goals say) and the rounds.
HERE: dict[str, Callable[[float, int], Iterable[Row]]] = {
    "start": lambda _, rounds: start.rows(rounds),
    "artifact": lambda *_: size.rows(),
    "large": large.rows,
    "aws-calls": lambda scale, _: calls.rows(scale),
}
NAMES = (*load.BENCHES, *HERE)


def measured(names: Iterable[str], scale: float, rounds: int) -> list[Row]:
    """Run benchmarks in the order of the table."""
    wanted = set(names) or set(NAMES)
    packets = [name for name in load.BENCHES if name in wanted]
    rows = load.rows(packets, max(4, round(1000 * scale)), rounds) if packets else []
    for name, make in HERE.items():
        if name in wanted:
            print(f"==> {name}", file=sys.stderr, flush=True)
            rows.extend(make(scale, rounds))
    return rows


def document(rows: Iterable[Row]) -> dict[str, Any]:
    """Give the result as JSON: where, with which versions, and the rows."""
    libraries = ("boto3", "requests", "aws-lambda-powertools")
    kernel, _, _ = platform.release().partition("-")
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()} {kernel}",
        "load": round(os.getloadavg()[1], 1),
        "versions": {
            "lambda-probe": version("lambda-probe"),
            "Python": platform.python_version(),
            "blackbox_exporter": blackbox.version().split()[-1] if blackbox.installed() else None,
            **{name: version(name) for name in libraries},
        },
        "rows": [row.document() for row in rows],
    }


def _kept(rows: list[Row]) -> list[dict[str, Any]]:
    """Give the saved rows of the benchmarks that were not measured this time."""
    before = saved.last() or {"rows": []}
    anew = {row.part_of for row in rows}
    return [row for row in before["rows"] if row["part_of"] not in anew]


def text(rows: list[Row]) -> str:
    """Write a table for people, and below it what is to be said of each row."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    notes = [f"{row.name}: {'; '.join(filter(None, (row.against, row.note)))}" for row in rows]
    return "\n".join((*lines, "", *(note for note in notes if not note.endswith(": "))))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is what the goals speak of")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="keep the result for the README")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(NAMES)):
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if not blackbox.installed() and set(options.names or NAMES) & set(load.BENCHES):
        parser.error(f"the peer is missing: apt-get install {blackbox.PACKAGE}")
    try:
        rows = measured(options.names, options.scale, options.rounds)
    except SandboxError as error:
        sys.exit(str(error))
    found = document(rows)
    if options.save:
        found["rows"] = [*_kept(rows), *found["rows"]]
        saved.RESULT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found) if options.format == "json" else text(rows))


if __name__ == "__main__":
    main()
