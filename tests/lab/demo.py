"""`python -m tests.lab demo`: a broken placement, its diagnosis, the fix at work, and the proof.

Everything that is shown is the product's own output, in a shell beside a network made of a real
kernel. Exit code 0: broken before, whole after.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import sandbox
from tests.lab.cloud.function import NAME
from tests.lab.playing import product
from tests.lab.playing.worker import Player

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from tests.lab.playing.lab import Lab

SCENARIO = Path(__file__).parents[1] / "scenarios" / "a-public-subnet-has-no-internet.yaml"


def main(_: Sequence[str]) -> int:
    """Show it."""
    sandbox.enter("tests.lab")
    with Player() as player:
        _say("Building an AWS network out of kernel namespaces, and a function in it.")
        with player.lab(SCENARIO.read_text(), SCENARIO.name) as lab:
            _say(lab.scenario.about, f"The function runs from the {player.package.ran}.")
            return _show(lab)


def _show(lab: Lab) -> int:
    before = _diagnose(lab)
    fix = next((finding["fix"] for finding in before["findings"] if finding.get("fix")), None)
    if before["status"] != "fail" or fix is None:
        return 1
    _say("Now the fix, as the report has it, carried out against the AWS API:")
    for line in fix["cli"]:
        print(f"$ {line}")
    ran = lab.shell.script(fix["cli"])
    if ran.returncode:
        print(ran.stderr, file=sys.stderr)
        return 1
    _say("The network is built anew from what the API says of it, and the probe asked again:")
    lab.rebuild()
    after = _diagnose(lab)
    return 0 if after["status"] == "pass" else 1


def _diagnose(lab: Lab) -> Mapping[str, Any]:
    """Diagnose once, and show the report as a user sees it."""
    print(f"$ lambda-probe diagnose {NAME} event.json")
    report = product.diagnose(lab)
    saved = lab.folder / "report.json"
    saved.write_text(json.dumps(report))
    print(product.run(lab, ["show", str(saved)]).stdout, flush=True)
    return report


def _say(*lines: str) -> None:
    print()
    for line in lines:
        print(f"# {line.strip()}")
    print(flush=True)
