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
class Way:
    """One way to mend one finding, in words that are the same in every network of a scenario."""

    code: str
    explains: tuple[str, ...]
    number: int  # 0: the fix itself; 1, 2: one of its alternatives

    def is_of(self, finding: Document) -> bool:
        """Tell whether this is about that finding."""
        same = self.code == finding["code"] and self.explains == tuple(finding["explains"])
        return same and len(_checked(finding)) > self.number


@dataclass(frozen=True)
class Fixed:
    """One fix that was carried out, and what came of it."""

    way: Way
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
    """Carry out the fixes that the product calls checked, one after another, until none is left."""
    for _ in range(MOST):
        finding = next((found for found in report["findings"] if _checked(found)), None)
        if finding is None:
            return
        done = carry_out(lab, report, finding)
        yield done
        if not done.worked:
            return
        report = done.report


def ways(report: Document) -> Iterator[Way]:
    """Name every fix that the product calls checked, and every alternative to one.

    One fix often mends what others are for: each of them has to be tried in a network still broken.
    """
    for finding in report["findings"]:
        for number in range(len(_checked(finding))):
            yield Way(finding["code"], tuple(finding["explains"]), number)


def go(lab: Lab, way: Way) -> Fixed:
    """Ask for a diagnosis, and carry out this one fix of it."""
    report = product.diagnose(lab)
    finding = next(found for found in report["findings"] if way.is_of(found))
    return carry_out(lab, report, finding, way.number)


def _checked(finding: Document) -> list[Document]:
    """Give the fix and its alternatives, as far as they are said to open the path."""
    fix_ = finding.get("fix")
    if not fix_ or finding["confidence"] != "proven":
        return []
    return [one for one in (fix_, *fix_["alternatives"]) if one["checked"] and one["cli"]]


def carry_out(lab: Lab, report: Document, finding: Document, number: int = 0) -> Fixed:
    """Run the commands of one finding's fix and ask again."""
    commands = tuple(_checked(finding)[number]["cli"])
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
        way=Way(finding["code"], tuple(finding["explains"]), number),
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
