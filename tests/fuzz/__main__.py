"""Inputs of strangers, many of them: `python -m tests.fuzz [--seconds N]`.

Each parser runs under atheris for its share of the time, in a process of its own that ends at the
first finding; then hypothesis spoils whole documents. Prints how many inputs were tried.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from tests.fuzz import parsers, structures

if TYPE_CHECKING:
    from tests.fuzz.parsers import Parser

ROOT = Path(__file__).parents[2]
_DONE = re.compile(r"number_of_executed_units:\s*(\d+)")
_HANGS_S, _LONGEST, _MEMORY_MB = 10, 4096, 2048
_AT_ONCE = 200  # documents of hypothesis, between two looks at the clock


def guided(parser: Parser, seconds: float) -> tuple[int, str]:
    """Run one parser under atheris; give the inputs tried, and the finding if there is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "inputs")
        folder.mkdir()
        for number, seed in enumerate(parser.seeds):
            (folder / f"seed-{number}").write_bytes(seed)
        longest = max(_LONGEST, *(2 * len(seed) for seed in parser.seeds))
        options = {
            "max_total_time": max(1, round(seconds)),
            "max_len": longest,
            "timeout": _HANGS_S,
            "rss_limit_mb": _MEMORY_MB,
            "print_final_stats": 1,
            "artifact_prefix": f"{name}/",
        }
        words = [sys.executable, "-m", "tests.fuzz.guided", parser.name]
        words += [*(f"-{key}={value}" for key, value in options.items()), str(folder)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
        said = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
        tried = _DONE.search(said)
        finding = ""
        if done.returncode != 0:
            left = [repr(path.read_bytes()) for path in Path(name).iterdir() if path.is_file()]
            finding = f"{said[-3000:]}\nthe input: {' '.join(left)}"
        return int(tried[1]) if tried else 0, finding


def spoilt(kind: str, seconds: float) -> tuple[int, str]:
    """Spoil documents of a kind for a while."""
    documents, read = structures.kinds()[kind]
    tried = 0
    until = time.monotonic() + seconds

    @settings(
        max_examples=_AT_ONCE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(documents)
    def hold(document: object) -> None:
        nonlocal tried
        tried += 1
        read(document)

    while time.monotonic() < until:
        try:
            hold()
        except Exception as error:  # noqa: BLE001 - whatever escapes is the finding
            return tried, repr(error)
    return tried, ""


def main() -> int:
    """Share the time out, run, and print; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is missing: `make fuzz` installs it and runs this.", file=sys.stderr)
        return 2
    all_of_them, kinds = parsers.all_of_them(), tuple(structures.kinds())
    share = arguments.seconds * arguments.jobs / (len(all_of_them) + len(kinds))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        under_way = {one.name: pool.submit(guided, one, share) for one in all_of_them}
        told = {f"{name} (atheris)": one.result() for name, one in under_way.items()}
    # Hypothesis is for one thread.
    told |= {
        f"{kind} (hypothesis)": partial(spoilt, kind, share / arguments.jobs)() for kind in kinds
    }
    for name, (tried, finding) in told.items():
        print(f"{name:30} {tried:10,} inputs{'  FINDING' if finding else ''}")
    findings = [f"--- {name}\n{finding}" for name, (_, finding) in told.items() if finding]
    print(f"\ninputs: {sum(tried for tried, _ in told.values()):,}\nfindings: {len(findings)}")
    print("\n".join(findings))
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
