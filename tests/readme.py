"""The parts of README and docs/ that the program makes: `python -m tests.readme` writes them.

Each stands between two comments with its name. What is written by hand is left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from probe.causes import CATALOGUE
from probe.checks import CHECKS
from probe.cli import lambda_probe
from probe.commands.console import Exit
from probe.network import keys
from probe.network.reachability_codes import NOT_OCCURRING
from probe.report.document import from_document
from probe.report.page import render as page
from tests import causes_pages, costs
from tests.bench import saved as saved_benches
from tests.lab.accuracy import saved
from tests.lab.playing import scoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
REPORT = ROOT / "tests/report/cases/a-database-that-admits-another-group.txt"
PICTURE = ROOT / "docs/report.svg"
EXITS = {
    Exit.PASS: "everything is reached",
    Exit.FAIL: "something is not reached",
    Exit.USAGE: "bad usage or bad input; one sentence on stderr says what",
    Exit.UNDETERMINED: "neither can be said; the report names what is missing",
    Exit.BROKEN: "a mistake in lambda-probe itself; `--debug` shows where",
}
# Beside what is named by the lists of a snapshot.
MORE = {
    "iam:GetPolicy": "RolePolicies: those that AWS or you manage",
    "iam:GetPolicyVersion": "RolePolicies: what they say",
    "iam:ListAttachedRolePolicies": "RolePolicies: which those are",
    "iam:ListRolePolicies": "RolePolicies: the role's own",
    "lambda:InvokeFunction": "invoking a deployed probe",
}


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def report() -> str:
    """Show a report that the program has made."""
    text = REPORT.read_text("utf-8").rstrip()
    return f"```console\n$ lambda-probe diagnose probe event.json\n{text}\n```"


def picture() -> str:
    """Draw the same report's network."""
    drawn = page.picture(from_document(json.loads(REPORT.with_suffix(".json").read_text("utf-8"))))
    assert drawn
    return drawn


def commands() -> str:
    """List the commands by their own first sentences."""
    rows = (
        (f"`lambda-probe {name}`", command.get_short_help_str(limit=200))
        for name, command in sorted(lambda_probe.commands.items())
    )
    return table(("command", "does"), rows)


def exits() -> str:
    """List the exit codes."""
    return table(("exit code", "means"), ((str(int(e)), words) for e, words in EXITS.items()))


def checks() -> str:
    """List the checks with their keys, what a pass means, and the IAM actions of signed calls."""
    rows = (
        (
            f"`{check.name}`",
            ", ".join(f"`{key}`" for key in check.keys),
            check.proves,
            ", ".join(f"`{action}`" for action in check.actions),
        )
        for check in CHECKS
    )
    return table(("check", "keys", "a pass means", "IAM actions of signed calls"), rows)


def causes() -> str:
    """List the causes in the catalogue's order."""
    rows = (
        (
            f"[`{c.code}`](causes/{c.code}.md)",
            c.layer,
            c.title,
            f"`{c.ra_code}`" if c.ra_code else "",
        )
        for c in CATALOGUE.values()
    )
    return table(("code", "layer", "cause", "Reachability Analyzer"), rows)


def codes() -> str:
    """List the codes of Reachability Analyzer that concern a function and are never given."""
    rows = ((f"`{code}`", reason) for code, reason in NOT_OCCURRING.items())
    return table(("Reachability Analyzer", "why it is never given"), rows)


def permissions() -> str:
    """List every permission that reading a configuration may use, and what it reads."""
    reads: dict[str, list[str]] = {}
    for name in (*keys.OBJECTS, *keys.LISTS):
        if permission := keys.needs(name):
            reads.setdefault(permission, []).append(name)
    rows = [(f"`{permission}`", ", ".join(names)) for permission, names in sorted(reads.items())]
    rows += [(f"`{permission}`", words) for permission, words in MORE.items()]
    return table(("permission", "for"), rows)


def accuracy() -> str:
    """Show what `make accuracy` has found last."""
    return f"{table(scoring.HEAD, scoring.rows(saved()))}\n\n{scoring.fixes(saved())}"


def benches() -> str:
    """Show what the benchmarks have measured last."""
    return saved_benches.markdown(saved_benches.last())


def prices() -> str:
    """Compute what a month costs from what was measured last, beside what others cost."""
    head = ("a month", *(f"every {minutes} min" for minutes in costs.INTERVALS))
    return f"{table(head, costs.rows())}\n\n{costs.words()}"


PARTS: dict[str, Callable[[], str]] = {
    "report": report,
    "commands": commands,
    "exits": exits,
    "checks": checks,
    "causes": causes,
    "codes": codes,
    "permissions": permissions,
    "accuracy": accuracy,
    "benches": benches,
    "prices": prices,
}


# Where each part stands.
PAGES: dict[Path, tuple[str, ...]] = {
    README: ("report", "commands", "exits", "checks", "accuracy", "benches"),
    ROOT / "docs/costs.md": ("prices",),
    ROOT / "docs/permissions.md": ("permissions",),
    ROOT / "docs/reachability-analyzer.md": ("causes", "codes"),
}


def filled(page: Path) -> str:
    """Give a page with every part of it as the program makes it now."""
    text = page.read_text("utf-8")
    for name in PAGES[page]:
        head, opening, rest = text.partition(f"<!-- {name} -->\n")
        _, closing, tail = rest.partition(f"<!-- /{name} -->")
        if not closing:
            raise ValueError(f"{page.name} has no place for {name}")
        text = f"{head}{opening}{PARTS[name]()}\n{closing}{tail}"
    return text


if __name__ == "__main__":
    for page_ in PAGES:
        page_.write_text(filled(page_), "utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), "utf-8")
    causes_pages.write()
