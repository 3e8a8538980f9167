"""A comparison for a reader: what broke and which change explains it, and then all that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.model import Status
from probe.report import summary
from probe.report.document import encode
from probe.report.pen import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.compare.reports import Comparison, Turn
    from probe.report.pen import Pen


_AFTER = {"pass": Status.PASS, "reachable": Status.PASS}


def sentence(found: Comparison) -> str:
    """Say in one sentence what came of it."""
    broke = [turn for turn in found.turns if turn.broke]
    if not broke:
        count = len(found.changes)
        changed = (
            f"{count} thing{'s' if count != 1 else ''} changed" if count else "Nothing changed"
        )
        mended = sum(not turn.broke for turn in found.turns)
        return (
            f"{changed}, and {f'{mended} outcome(s) differ' if mended else 'no outcome differs'}."
        )
    first, more = broke[0], len(broke) - 1
    who = f"{summary.once(first.target)}{f' and {more} more' if more else ''}"
    why = first.explained_by
    if not why:
        return f"{who} was reached and no longer is; nothing that was seen to change explains it."
    return f"{who} was reached and no longer is: {why[0].text}."


def to_document(found: Comparison) -> dict[str, Any]:
    """Give the comparison's JSON form."""
    return {"summary": sentence(found), "broke": found.broke, **encode(found)}


def render(found: Comparison, pen: Pen) -> str:
    """Draw it, the answer first."""
    return "\n".join(_lines(found, pen)) + "\n"


def _lines(found: Comparison, pen: Pen) -> Iterator[str]:
    status = Status.FAIL if found.broke else Status.PASS
    first, *rest = pen.wrap(safe(sentence(found)), f"{pen.sign(status)} ")
    yield pen.marked(status, first, "bold")
    yield from (pen.paint(line, "bold") for line in rest)
    for turn in found.turns:
        yield ""
        yield from _turn(turn, pen)
    sections = (
        ("CHANGED", [change.text for change in found.changes]),
        ("NEW CAUSES", found.appeared),
        ("CAUSES THAT ARE GONE", found.vanished),
        ("NOT COMPARED, because it was not read in both", found.unread),
    )
    for head, texts in sections:
        if texts:
            yield ""
            yield pen.paint(head, "bold")
            for text in texts:
                yield from pen.wrap(safe(text), "  ", "    ")


def _turn(turn: Turn, pen: Pen) -> Iterator[str]:
    status = Status.FAIL if turn.broke else _AFTER.get(turn.after, Status.UNDETERMINED)
    where = f" from {', '.join(turn.subnet_ids)}" if turn.subnet_ids else ""
    head = f"{summary.once(turn.target)}{where}: {turn.before} {pen.sign('to')} {turn.after}"
    first, *rest = pen.wrap(safe(head), f"{pen.sign(status)} ")
    yield pen.marked(status, first)
    yield from rest
    for change in turn.explained_by:
        yield from pen.wrap(safe(change.text), "   because   ")
    if turn.broke and not turn.explained_by:
        yield from pen.wrap("nothing that was seen to change explains it", "   because   ")
