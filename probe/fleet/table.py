"""The fleet's report for people: a table of components, those first that break most functions."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from probe.fleet.summary import total
from probe.model import Confidence, Status
from probe.report import summary
from probe.report.pen import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.fleet.summary import Component, Fleet
    from probe.report.pen import Pen

TITLES = {
    Confidence.PROVEN: "What breaks functions",
    Confidence.POSSIBLE: "What may break functions",
}
ROWS, NAMES, LINES = 20, 5, 40  # the JSON form holds all of them
_COUNT, _PLACES = 9, 10  # widths


def render(fleet: Fleet, pen: Pen, *, rows: int = ROWS) -> str:
    """Draw the whole report."""
    lines = [pen.paint(safe(line), "bold") for line in pen.wrap(sentence(fleet))]
    names = {spot.id: spot.functions for spot in fleet.spots}
    for confidence, title in TITLES.items():
        some = [one for one in fleet.components if one.confidence is confidence]
        if some:
            lines += ["", pen.paint(_row("functions", "placements", title), "bold")]
            for one in some[:rows]:
                lines += _component(one, names, pen)
            lines += _more(len(some) - rows, "component")
    lines += _listed("Not looked at", list(map(str, fleet.missing)), pen)
    lines += _listed("Not read", list(map(str, fleet.unread)), pen)
    return "\n".join(lines) + "\n"


def sentence(fleet: Fleet) -> str:
    """Say in one sentence how the fleet is."""
    count = total(fleet)
    accounts = len({spot.scope.account for spot in fleet.spots})
    about = f"{_some(fleet.functions, 'function')} in {_some(accounts, 'account')}"
    about += f", {_some(len(fleet.statuses), 'distinct placement')}"
    told = [f"{count[Status.FAIL]} do not reach everything"]
    if count[Status.UNDETERMINED]:
        told.append(f"of {count[Status.UNDETERMINED]} it is not known")
    first = next(iter(fleet.components), None)
    if first is not None and first.confidence is Confidence.PROVEN:
        told.append(f"{first.name or first.main.code} alone breaks {first.functions}")
    lacking = f" {_some(len(fleet.missing), 'part')} could not be looked at." * bool(fleet.missing)
    return f"{about}: {', '.join(told)}.{lacking}"


def _component(one: Component, names: dict[str, tuple[str, ...]], pen: Pen) -> Iterator[str]:
    main = one.main
    title = safe(f"{one.name or 'no component'}  {main.code}")
    yield _row(str(one.functions), str(len(one.spots)), title)
    indent = " " * (_COUNT + _PLACES + 2)
    scopes, targets = sorted(map(str, one.scopes)), sorted(map(summary.once, main.targets))
    others = sorted(set(one.causes) - {main.code})
    functions = (name for spot in one.spots for name in names.get(spot, ()))
    facts = [
        main.title,
        f"in {', '.join(scopes[:3])}{_and_more(len(scopes) - 3)}",
        f"to {', '.join(targets[:4])}{_and_more(len(targets) - 4)}",
        f"also {', '.join(others)}" if others else "",
        f"fix: {main.fix}" if main.fix else "",
        f"{', '.join(islice(functions, NAMES))}{_and_more(one.functions - NAMES)}",
    ]
    for fact in filter(None, facts):
        yield from (pen.paint(line, "dim") for line in pen.wrap(safe(fact), indent))


def _row(count: str, places: str, text: str) -> str:
    return f"{count:>{_COUNT}} {places:>{_PLACES}}  {text}".rstrip()


def _listed(title: str, lines: list[str], pen: Pen) -> Iterable[str]:
    if not lines:
        return ()
    told = [part for line in lines[:LINES] for part in pen.wrap(safe(line), "  ", "    ")]
    return ("", pen.paint(title, "bold"), *told, *_more(len(lines) - LINES, "line"))


def _more(count: int, what: str) -> list[str]:
    return [f"  ... and {_some(count, what)} more, in --format json"] if count > 0 else []


def _and_more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
