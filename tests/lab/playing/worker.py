"""A process inside the sandbox that plays scenarios one after another.

Reads one JSON object a line, {"do", "name", "text"}, and answers each with one line. "play" and
"fix": what the product reported, whether that agrees, in what it does not, and what became of the
fixes. "measure": what it reported as more and more of the configuration could not be read. What
all scenarios share (moto, the authorities, the product's package) is made once.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from tests.lab import sandbox
from tests.lab.aws.front import NO_READING
from tests.lab.function.package import find
from tests.lab.machines.servers import MissingServerError
from tests.lab.machines.trust import Trust
from tests.lab.playing import fixing, product
from tests.lab.playing.lab import Lab
from tests.lab.playing.verdict import differences
from tests.lab.scenario import ScenarioError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO


class Player:
    """Plays scenarios; keeps what they share."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="lambda-probe-lab-")
        self.folder = Path(self._scratch.name)
        self.trust = Trust.make(self.folder)
        self.package = find(self.folder)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    def lab(self, text: str, name: str) -> Lab:
        """Prepare a scenario; it stands while its context lasts."""
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        return Lab(parse(text, name), folder, self.trust, self.package)

    def play(self, text: str, name: str, *, fix: bool = False) -> dict[str, Any]:
        """Play one scenario and compare; on request carry out the fixes that are proposed."""
        with self.lab(text, name) as lab:
            result = {
                "scenario": name,
                "expected": yaml.safe_load(text).get("expect") or {},
                "ran": self.package.ran,
            }
            try:
                report = product.diagnose(lab)
            except product.ProductError as error:
                return {**result, **_compared(None, [str(error)], lab.log)}
            result["snapshot"] = json.loads(product.snapshot(lab).read_text(encoding="utf-8"))
            found = differences(lab.scenario, report, lab.cloud.names, lab.log)
            result |= _compared(report, found, lab.log)
            if fix:
                result["fixes"] = [_told(done) for done in fixing.fix(lab, report)]
            return result

    def measure(self, text: str, name: str) -> dict[str, Any]:
        """Ask with everything readable, with half of it, with nothing; try every way to fix it."""
        with self.lab(text, name) as lab:
            reports = {"readable": product.diagnose(lab)}
            for reading, withheld in (("half", _half(lab.api.asked, name)), ("unread", ("*",))):
                lab.withhold(withheld)
                reports[reading] = product.diagnose(lab)
            fixes = list(fixing.fix(lab, reports["readable"]))
        for way in fixing.ways(reports["readable"]):
            if way not in (done.way for done in fixes):
                with self.lab(text, name) as lab:
                    fixes += fixing.carry_out(lab, product.diagnose(lab), way, whole=True)
        return {"reports": reports, "fixes": [_told(done) for done in fixes]}


def _half(asked: Iterable[str], name: str) -> tuple[str, ...]:
    """Draw half of the reading actions that were asked for: the same ones every time."""
    reading = sorted(set(asked) - set(NO_READING))
    return tuple(sorted(random.Random(name).sample(reading, len(reading) // 2)))


def _compared(
    report: dict[str, Any] | None, found: list[str], log: Sequence[str] | None
) -> dict[str, Any]:
    return {"report": report, "agrees": not found, "differences": found, "log": list(log or ())}


def _told(fixed: fixing.Fixed) -> dict[str, Any]:
    told = {key: value for key, value in asdict(fixed).items() if key not in ("way", "report")}
    return {**told, **asdict(fixed.way), "worked": fixed.worked}


def main() -> None:
    """Answer requests until there are no more."""
    sandbox.enter("tests.lab.playing.worker")
    # Answers have stdout for themselves; whatever else is printed goes the way of errors.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with Player() as player:
        _serve(sys.stdin, answers, player)


# What is wrong with the scenario or with the machine, told in one sentence.
_SENTENCES = (ScenarioError, MissingServerError, product.ProductError)


def _serve(requests: TextIO, answers: TextIO, player: Player) -> None:
    for line in requests:
        request = json.loads(line)
        try:
            answer = _answer(player, request["do"], request["text"], request["name"])
        except _SENTENCES as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answer(player: Player, task: str, text: str, name: str) -> dict[str, Any]:
    if task == "measure":
        return player.measure(text, name)
    return player.play(text, name, fix=task == "fix")


if __name__ == "__main__":
    main()
