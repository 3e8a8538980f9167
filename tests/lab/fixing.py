"""Carrying out the fixes that a report proposes, one after another, as a user would.

The commands run in a shell as they are printed; then the kernel's network is built anew from what
the AWS API says, and the same question is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab import product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.lab.lab import Lab

    Document = Mapping[str, Any]

MOST = 6  # fixes for one scenario; more would be going in circles


@dataclass(frozen=True)
class Fixed:
    """One fix that was carried out, and what came of it."""

    code: str
    component: str | None
    commands: tuple[str, ...]
    error: str | None  # what the shell said when a command failed
    still_there: bool  # the finding, in the report made afterwards
    still_failing: tuple[str, ...]  # what it explained, fails as before, and nobody else explains
    report: Document  # made afterwards

    @property
    def worked(self) -> bool:
        """Tell whether the fix kept its promise."""
        return not (self.error or self.still_there or self.still_failing)


def fix(lab: Lab, report: Document) -> Iterator[Fixed]:
    """Carry out every fix that the product calls checked, until none is left."""
    for _ in range(MOST):
        finding = _next(report)
        if finding is None:
            return
        done = carry_out(lab, report, finding)
        yield done
        if not done.worked:
            return
        report = done.report


def _next(report: Document) -> Mapping[str, Any] | None:
    """Take the first proven finding whose fix is said to open the path."""
    for finding in report["findings"]:
        fix_ = finding.get("fix") or {}
        if finding["confidence"] == "proven" and fix_.get("checked") and fix_.get("cli"):
            found: Mapping[str, Any] = finding
            return found
    return None


def carry_out(lab: Lab, report: Document, finding: Document) -> Fixed:
    """Run the commands of one finding's fix and ask again."""
    commands = tuple(finding["fix"]["cli"])
    ran = lab.shell.script(commands)
    lab.rebuild()
    after = product.diagnose(lab)
    failing = {
        f"{o['check']} {o['target']}" for o in after["observations"] if o["status"] == "fail"
    }
    # What two causes close is open when both are gone.
    others = [f for f in report["findings"] if f["confidence"] == "proven" and f != finding]
    elsewhere = {label for other in others for label in other["explains"]}
    return Fixed(
        code=finding["code"],
        component=finding["component"],
        commands=commands,
        error=_last_line(ran.stderr) if ran.returncode else None,
        still_there=any(_same(finding, other) for other in after["findings"]),
        still_failing=tuple(sorted((set(finding["explains"]) & failing) - elsewhere)),
        report=after,
    )


def _same(one: Document, other: Document) -> bool:
    return all(one[key] == other[key] for key in ("code", "component", "confidence"))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["a command failed without a word"])[-1]
