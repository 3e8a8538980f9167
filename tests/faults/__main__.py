"""Every check against every fault, on real sockets: `python -m tests.faults [--format json]`.

Prints for each fault how many ways of checking met it and how many told it rightly, what went
wrong, and what the whole run has left behind or needed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.checks import sandbox
from tests.faults import plain, secure
from tests.faults.case import AROUND, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Job = Callable[[], list[Result]]

_SIDE_BY_SIDE = 6
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the matrix came to."""

    results: tuple[Result, ...]
    threads_left: tuple[str, ...]
    descriptors_left: int
    grown_mb: float  # the peak of what this process held, servers included, less what it began with

    @property
    def wrong(self) -> list[Result]:
        """List what was not told rightly."""
        return [one for one in self.results if not one.right]

    def figures(self) -> dict[str, Any]:
        """Count."""
        return {
            "faults": len({one.fault for one in self.results}),
            "faults x checks": len(self.results),
            "right": len(self.results) - len(self.wrong),
            "wrong": [asdict(one) for one in self.wrong],
            "threads left": list(self.threads_left),
            "file descriptors left": self.descriptors_left,
            "memory grown by, MB": round(self.grown_mb, 1),
        }


def jobs(keys: secure.Keys) -> Iterator[Job]:
    """List everything there is to meet, as pieces that may run side by side."""
    yield partial(in_a_sandbox, "tests.faults.names")
    yield partial(in_a_sandbox, "tests.faults.wire")
    yield plain.at_connect
    for row in plain.rows():
        yield partial(plain.behind_a_port, row)
    for handshake in secure.HANDSHAKE:
        yield partial(secure.in_the_handshake, handshake)
    for behind in secure.BEHIND:
        yield partial(secure.behind_the_handshake, behind, keys)
    for certificate in secure.CERTIFICATES:
        yield partial(secure.in_the_certificate, certificate, keys)
    yield partial(secure.versions, keys)
    yield partial(secure.renegotiation, keys)


def in_a_sandbox(module: str) -> list[Result]:
    """Run a part that needs namespaces of its own."""
    told = sandbox.run(module, seconds=300)
    return [Result(**{**one, "expected": tuple(one["expected"])}) for one in told]


def run_all() -> Outcome:
    """Meet every fault; the environment is the caller's to put back."""
    with tempfile.TemporaryDirectory() as name:
        keys = secure.Keys(Path(name))
        os.environ.update(keys.environment(), **AROUND)
        threads, files, memory = set(threading.enumerate()), _descriptors(), _forget_peak()
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            met = [pool.submit(job) for job in jobs(keys)]
            results = tuple(one for piece in met for one in piece.result())
        grown = _memory("VmHWM") - memory
        left = _wait_for_threads(threads)
        return Outcome(results, left, max(0, _descriptors() - files), grown)


def _wait_for_threads(known: set[threading.Thread]) -> tuple[str, ...]:
    """Give what was told to end the time to do so."""
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        left = [one for one in threading.enumerate() if one not in known]
        if not left:
            return ()
        time.sleep(0.05)
    return tuple(one.name for one in left)


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _forget_peak() -> float:
    """Have the kernel measure this process's peak from here on."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmHWM")


def _memory(word: str) -> float:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(word)) / 1024


def table(outcome: Outcome) -> str:
    """Write one line for each fault, and the figures."""
    lines = [f"{'fault':40} {'checks':>6} {'right':>6}"]
    for fault in dict.fromkeys(one.fault for one in outcome.results):
        of = [one for one in outcome.results if one.fault == fault]
        lines.append(f"{fault:40} {len(of):6} {sum(one.right for one in of):6}")
    lines += [
        f"WRONG {one.fault}, {one.way}: said {one.said}, not {one.expected}"
        for one in outcome.wrong
    ]
    figures = outcome.figures()
    lines += ["", *(f"{name}: {value}" for name, value in figures.items() if name != "wrong")]
    return "\n".join([*lines, f"wrong: {len(outcome.wrong)}"])


def main() -> int:
    """Run and print; 0 when everything was right and nothing was left behind."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    arguments = parser.parse_args()
    outcome = run_all()
    figures = outcome.figures()
    print(json.dumps(figures, indent=1) if arguments.format == "json" else table(outcome))
    return int(bool(outcome.wrong or outcome.threads_left or outcome.descriptors_left))


if __name__ == "__main__":
    sys.exit(main())
