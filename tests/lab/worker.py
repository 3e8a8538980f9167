"""A process inside the sandbox that plays scenarios one after another.

Reads one JSON object a line, {"name": ..., "text": ...}, and answers each with one line: what the
product reported, whether that agrees, and in what it does not. What all scenarios share (moto, the
authorities, the product's package) is made once.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from tests.lab import product, sandbox
from tests.lab.lab import Lab, Trust
from tests.lab.package import find
from tests.lab.scenario import ScenarioError, parse
from tests.lab.servers import MissingServerError
from tests.lab.verdict import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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

    def play(self, text: str, name: str) -> dict[str, Any]:
        """Play one scenario and compare."""
        with self.lab(text, name) as lab:
            try:
                report: dict[str, Any] | None = product.diagnose(lab)
            except product.ProductError as error:
                report, found = None, [str(error)]
            else:
                log = lab.function.log if lab.function.invoked else None
                found = differences(lab.scenario, report or {}, lab.cloud.names, log)
            return {
                "scenario": name,
                "report": report,
                "expected": yaml.safe_load(text).get("expect") or {},
                "agrees": not found,
                "differences": found,
                "ran": self.package.ran,
                "log": list(lab.function.log),
            }


def main() -> None:
    """Answer requests until there are no more."""
    sandbox.enter("tests.lab.worker")
    # Answers have stdout for themselves; whatever else is printed goes the way of errors.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with Player() as player:
        _serve(sys.stdin, answers, player.play)


# What is wrong with the scenario or with the machine, told in one sentence.
_SENTENCES = (ScenarioError, MissingServerError)


def _serve(
    requests: TextIO, answers: TextIO, play: Callable[[str, str], Mapping[str, Any]]
) -> None:
    for line in requests:
        request = json.loads(line)
        try:
            answer = play(request["text"], request["name"])
        except _SENTENCES as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
