"""The benchmarks that send packets, ours and the peer's in turn: `python -m tests.bench.load`.

Runs itself inside a sandbox. Prints its rows as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import blackbox, field
from tests.bench.ours import peak_kb
from tests.bench.row import Row, quantile
from tests.lab import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.blackbox import Answered, Exporter

TIMEOUT_S = 3.0
_SAMPLE_S = 0.002


@dataclass(frozen=True, slots=True)
class Bench:
    """What every benchmark here uses."""

    size: int
    rounds: int
    exporter: Exporter

    def targets(self, check: str, way: str) -> list[dict[str, Any]]:
        """Give the targets as an event has them."""
        hosts = field.addresses(way, self.size)
        if check == "http":
            return [{"check": "http", "url": f"http://{host}/"} for host in hosts]
        return [{"check": "tcp", "host": host, "port": 80} for host in hosts]

    def peers(self, check: str, way: str) -> list[str]:
        """Give the same targets as the peer takes them."""
        hosts = field.addresses(way, self.size)
        return [f"http://{host}/" if check == "http" else f"{host}:80" for host in hosts]


class Probe:
    """Our process, which does jobs one after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def do(self, targets: list[dict[str, Any]], *, whole: bool = False) -> dict[str, Any]:
        """Have one job done: the checks, or the `whole` handler."""
        event = {"targets": targets, "timeout_s": TIMEOUT_S}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"event": event, "whole": whole}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextlib.contextmanager
def probe(**variables: str) -> Iterator[Probe]:
    """Start our process."""
    environment = {**os.environ, "AWS_REGION": "eu-west-1", **variables}
    command = [sys.executable, "-m", "tests.bench.ours"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        yield Probe(process)
        assert process.stdin
        process.stdin.close()


@contextlib.contextmanager
def descriptors(pid: int) -> Iterator[list[int]]:
    """Count a process's descriptors while something runs; the list holds the most."""
    most, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(_SAMPLE_S):
            most[0] = max(most[0], len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208 - counted

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        stop.set()
        thread.join()


# --- the benchmarks ------------------------------------------------------------------------------


def rate(bench: Bench, check: str, goal: float) -> Iterator[Row]:
    """Compare how many targets are done in a second."""
    name, targets = f"{check}-1000", bench.targets(check, field.PLAIN)
    ours: list[float] = []
    theirs: dict[int, list[float]] = {at_once: [] for at_once in (4, 16, 64, 250)}
    with probe() as one:
        one.do(targets)
        for _ in range(bench.rounds):
            done = one.do(targets)
            _whole(done["passed"], bench.size, "the probe")
            ours.append(done["seconds"])
            for at_once, seconds in theirs.items():
                seconds.append(_theirs(bench, check, field.PLAIN, at_once).seconds)
        yield _rate_row(bench, check, goal, ours, theirs)
    yield from footprint(bench, name, targets)


def _rate_row(
    bench: Bench, check: str, goal: float, ours: list[float], theirs: dict[int, list[float]]
) -> Row:
    name = f"{check}-1000"
    at_once, seconds = min(theirs.items(), key=lambda one: statistics.median(one[1]))
    mine = bench.size / statistics.median(ours)
    peer = bench.size / statistics.median(seconds)
    return Row(
        name,
        f"{bench.size} {check.upper()} targets, all answering",
        mine,
        "targets/s",
        f"at least {goal:g} x the peer's rate",
        mine >= goal * peer,
        peer,
        f"{blackbox.version()}, {at_once} at once, its best of {', '.join(map(str, theirs))}",
        f"median of {bench.rounds} runs in turn",
        name,
    )


def _theirs(bench: Bench, check: str, way: str, at_once: int) -> Answered:
    done = bench.exporter.probe(check, bench.peers(check, way), at_once)
    if way != field.SILENT:
        _whole(done.passed, bench.size, "the peer")
    return done


def _whole(passed: int, size: int, who: str) -> None:
    if passed != size:
        raise RuntimeError(f"{who} reached {passed} of {size} targets: this measures nothing")


def footprint(bench: Bench, name: str, targets: list[dict[str, Any]]) -> Iterator[Row]:
    """Measure what the whole handler needs for a run, in a fresh process."""
    with probe() as one, descriptors(one.pid) as most:
        done = one.do(targets, whole=True)
    megabytes = done["peak_kb"] / 1024
    theirs = peak_kb(bench.exporter.pid) / 1024
    yield Row(
        f"{name}-memory",
        "peak resident memory of the whole handler in that run",
        megabytes,
        "MB",
        "at most 128 MB",
        megabytes <= 128,
        theirs,
        f"{blackbox.version()}, so far",
        "a fresh process, report and log included",
        name,
    )
    yield Row(
        f"{name}-descriptors",
        "most file descriptors at any time in that run",
        most[0],
        "",
        "at most 900",
        most[0] <= 900,
        note=f"looked at every {_SAMPLE_S * 1000:g} ms",
        part_of=name,
    )


def silent(bench: Bench) -> Iterator[Row]:
    """Take targets that drop every packet: one timeout, whatever their number."""
    name, targets = "silent-1000", bench.targets("tcp", field.SILENT)
    with probe() as one:
        seconds = statistics.median(one.do(targets)["seconds"] for _ in range(min(bench.rounds, 3)))
    theirs = _theirs(bench, "tcp", field.SILENT, bench.size).seconds
    yield Row(
        name,
        f"{bench.size} targets, all silently dropped, timeout {TIMEOUT_S:g} s",
        seconds,
        "s",
        "at most 1.1 x the timeout",
        seconds <= 1.1 * TIMEOUT_S,
        TIMEOUT_S,
        "the timeout",
        f"{blackbox.version()} with all at once: {theirs:.2f} s",
        name,
    )
    yield from footprint(bench, name, targets)


def connect_time(bench: Bench) -> Iterator[Row]:
    """Hold the reported connect times against a delay that is known."""
    name, delay_ms = "connect-time", 1000 * field.DELAY_S
    mine: list[float] = []
    theirs: list[float] = []
    with field.wire() as wire, probe() as one:
        for _ in range(bench.rounds):
            done = one.do(bench.targets("http", field.DELAYED))
            _whole(done["passed"], bench.size, "the probe")
            mine += done["connect_ms"]
            theirs += _theirs(bench, "http", field.DELAYED, bench.size).connect_ms
    error, peer = (
        quantile([abs(ms - delay_ms) for ms in measured], 0.99) for measured in (mine, theirs)
    )
    yield Row(
        name,
        f"error of the reported connect time, 99th percentile, {bench.size} HTTP targets at once",
        error,
        "ms",
        "at most 2 ms, and below a tenth of the peer's",
        error <= 2 and error < peer / 10,
        peer,
        blackbox.version(),
        f"delay {delay_ms:g} ms; the wire was late by {wire.late_us} µs"
        " (median, 99th percentile, most)",
        name,
    )


def overhead(bench: Bench) -> Iterator[Row]:
    """Take a report of four checks, and what of its time was not the network's."""
    hosts = field.addresses(field.PLAIN, 3)
    targets: list[dict[str, Any]] = [
        {"check": "http", "url": f"http://{hosts[0]}/"},
        {"check": "tcp", "host": hosts[1], "port": 80},
        {"check": "http", "url": f"http://{hosts[2]}/health"},
        {"check": "dns", "name": "localhost"},
    ]
    own, network, total = [], [], []  # the checks run at once: what is ours begins at the slowest
    with probe() as one:
        for _ in range(20 * bench.rounds):
            done = one.do(targets, whole=True)
            _whole(done["passed"], len(targets), "the probe")
            total.append(1000 * done["seconds"])
            network.append(sum(done["network_ms"]))
            own.append(total[-1] - max(done["network_ms"]))
    yield Row(
        "overhead",
        "own time of a warm report of four checks: all of it less the slowest check's network",
        statistics.median(own[5:]),
        "ms",
        "at most 10 ms",
        statistics.median(own[5:]) <= 10,
        statistics.median(network[5:]),
        "sum of the network time of the four",
        f"whole report {statistics.median(total[5:]):.1f} ms;"
        f" 99th percentile of own time {quantile(own[5:], 0.99):.1f} ms",
        "overhead",
    )


BENCHES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "tcp-1000": lambda bench: rate(bench, "tcp", 4),
    "http-1000": lambda bench: rate(bench, "http", 1),
    "silent-1000": silent,
    "connect-time": connect_time,
    "overhead": overhead,
}


def rows(names: list[str], size: int, rounds: int) -> list[Row]:
    """Run benchmarks in a sandbox of their own."""
    words = [sys.executable, "-m", "tests.bench.load", *names]
    words += ["--size", str(size), "--rounds", str(rounds)]
    done = subprocess.run(
        sandbox.wrap(words),
        env=sandbox.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError("the benchmarks in the sandbox failed; their words are above")
    return [Row.read(document) for document in json.loads(done.stdout)]


def main() -> None:
    """Run inside the sandbox."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load")
    parser.add_argument("names", nargs="+", choices=list(BENCHES))
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found: list[Row] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        field.built(Path(scratch)),
        blackbox.running(Path(scratch), TIMEOUT_S) as exporter,
    ):
        bench = Bench(options.size, options.rounds, exporter)
        for name in options.names:
            print(f"==> {name}", file=sys.stderr, flush=True)
            found += BENCHES[name](bench)
    print(json.dumps([row.document() for row in found]))


if __name__ == "__main__":
    main()
