"""Carrying out the fixes that a report proposes, one after another, as a user would.

The commands run in a shell as they are printed; then the kernel's network is built anew from what
the AWS API says, and the same question is asked again. Every check that the finding explains has to
pass then; where the fix names others that it takes, after those as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab.playing import product

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

    from tests.lab.playing.lab import Lab

    Document = Mapping[str, Any]

_WAIT_FOR_HEALTH = "aws elbv2 wait target-in-service "
MOST = 6  # fixes for one scenario; more would be going in circles


@dataclass(frozen=True)
class Way:
    """One way to mend one finding, in words that are the same in every network of a scenario."""

    code: str
    explains: tuple[str, ...]
    number: int  # 0: the fix itself; 1, 2: one of its alternatives


@dataclass(frozen=True)
class Fixed:
    """One fix that was carried out, and what came of it."""

    way: Way
    component: str | None
    commands: tuple[str, ...]
    error: str | None  # what the shell said when a command failed
    still_there: bool  # the finding, in the report made afterwards
    still_failing: tuple[str, ...]  # what it explained, and what was named beside it does not
    report: Document  # made afterwards

    @property
    def worked(self) -> bool:
        """Tell whether the fix kept its promise."""
        return not (self.error or self.still_there or self.still_failing)


def fix(lab: Lab, report: Document) -> Iterator[Fixed]:
    """Carry out the fixes that the product calls checked, one after another, until none is left."""
    for _ in range(MOST):
        way = next(ways(report), None)
        if way is None:
            return
        done = carry_out(lab, report, way)
        yield from done
        if not all(one.worked for one in done):
            return
        report = done[0].report


def ways(report: Document) -> Iterator[Way]:
    """Name every fix that the product calls checked, and every alternative to one.

    One fix often mends what others are for: each of them has to be tried in a network still broken.
    """
    for _, way, _ in _all(report):
        yield way


def _checked(finding: Document) -> list[Document]:
    """Give the fix and its alternatives, as far as they are said to open the path."""
    fix_ = finding.get("fix")
    if not fix_ or finding["confidence"] != "proven":
        return []
    return [one for one in (fix_, *fix_["alternatives"]) if one["checked"] and one["cli"]]


def carry_out(lab: Lab, report: Document, wanted: Way, *, whole: bool = False) -> list[Fixed]:
    """Run the commands of one fix and ask again; other findings may have the very same fix.

    `whole`: those of the fixes that it names beside it too, each in its turn.
    """
    commands = next(cli for _, way, cli in _all(report) if way == wanted)
    ran = _run(lab, _script(report, wanted) if whole else commands)
    after = product.diagnose(lab)
    error = _last_line(ran.stderr) if ran.returncode else None
    dead = {fault.at for fault in lab.scenario.faults if fault.kind == "down"}
    dead |= {lab.cloud.host_names[at] for at in dead if at in lab.cloud.host_names}
    return [
        Fixed(
            way=way,
            component=finding["component"],
            commands=commands,
            error=error,
            still_there=any(_same(finding, other) for other in after["findings"]),
            still_failing=_still_failing(
                finding, after, _beside(report, finding, way, whole=whole), dead
            ),
            report=after,
        )
        for finding, way, cli in _all(report)
        if cli == commands
    ]


def _run(lab: Lab, commands: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run commands; health is what targets answer, so the wait for it is in the changed network."""
    waits = [command for command in commands if command.startswith(_WAIT_FOR_HEALTH)]
    ran = lab.shell.script([command for command in commands if command not in waits])
    lab.rebuild()
    return ran if ran.returncode or not waits else lab.shell.script(waits)


def _script(report: Document, wanted: Way) -> list[str]:
    """Give the commands of a fix and of those that it names, in the report's order, each once."""
    (finding,) = (f for f, way, _ in _all(report) if way == wanted)
    own = _checked(finding)[wanted.number]
    named = [f for f in report["findings"] if _name(f) in own["together_with"]]
    fixes = [
        own if f is finding else f["fix"] for f in report["findings"] if f in (finding, *named)
    ]
    commands = dict.fromkeys(tuple(one["cli"]) for one in fixes)
    return [command for cli in commands for command in cli]


def _all(report: Document) -> Iterator[tuple[Document, Way, tuple[str, ...]]]:
    for finding in report["findings"]:
        for number, one in enumerate(_checked(finding)):
            way = Way(finding["code"], tuple(finding["explains"]), number)
            yield finding, way, tuple(one["cli"])


def _beside(report: Document, finding: Document, way: Way, *, whole: bool) -> set[str]:
    """Name the findings that may keep a check failing yet: without a fix, or to be mended next."""
    named = () if whole else _checked(finding)[way.number]["together_with"]
    return {*named, *(_name(f) for f in report["findings"] if f != finding and not _checked(f))}


def _still_failing(
    finding: Document, after: Document, beside: set[str], dead: set[str]
) -> tuple[str, ...]:
    """Name what the finding explains and fails yet.

    What two causes close is open when both are gone: until then the other one is still told of it.
    A host that the scenario has taken down answers nobody, however open the way is.
    """
    failing = {
        f"{o['check']} {o['target']}"
        for o in after["observations"]
        if o["status"] == "fail" and o["host"] not in dead
    }
    waiting = {
        label
        for other in after["findings"]
        if other["confidence"] == "proven" and _name(other) in beside
        for label in other["explains"]
    }
    return tuple(sorted((set(finding["explains"]) & failing) - waiting))


def _name(finding: Document) -> str:
    return " ".join(filter(None, (finding["code"], finding["component"])))


def _same(one: Document, other: Document) -> bool:
    return all(one[key] == other[key] for key in ("code", "component", "confidence"))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["a command failed without a word"])[-1]
