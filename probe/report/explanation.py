"""A cause from the catalogue as text: what happens, why, what to do, and where AWS says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.causes.cause import Cause
    from probe.report.pen import Pen


def explain(cause: Cause, pen: Pen) -> str:
    """Tell one cause to somebody who has not met it."""
    return "\n".join(_lines(cause, pen)) + "\n"


def _lines(cause: Cause, pen: Pen) -> Iterator[str]:
    yield from (pen.paint(line, "bold") for line in pen.wrap(f"{cause.title}."))
    also = f", in Reachability Analyzer {cause.ra_code}" if cause.ra_code else ""
    yield from (pen.paint(line, "dim") for line in pen.wrap(f"{cause.code} ({cause.layer}{also})"))
    told = (
        ("What happens", cause.happens),
        ("Why", cause.reason),
        ("What to do", cause.remedy),
        ("To see it", ", ".join(cause.needs)),
        ("AWS says", cause.source),
    )
    for head, text in told:
        if text:
            yield ""
            yield pen.paint(head, "bold")
            yield from pen.wrap(text, "  ")
    if cause.confirm:
        yield ""
        yield pen.paint("To confirm it", "bold")
        yield from (pen.paint(line, "cyan") for line in pen.command(_blanks(cause.confirm), "  "))


def _blanks(command: str) -> str:
    """Show what is to be filled in as one writes it: SUBNET_IDS."""
    return re.sub(r"\{(\w+)\}", lambda blank: blank[1].upper(), command)


def record(cause: Cause) -> dict[str, Any]:
    """Give one cause as JSON, without what only the program can use."""
    words = (
        "code",
        "layer",
        "title",
        "happens",
        "reason",
        "remedy",
        "source",
        "ra_code",
        "confirm",
    )
    return {word: getattr(cause, word) for word in words} | {"needs": list(cause.needs)}


def index(causes: Iterable[Cause], pen: Pen) -> str:
    """List the causes, layer by layer."""
    layers: dict[str, list[Cause]] = {}
    for cause in causes:
        layers.setdefault(cause.layer, []).append(cause)
    lines: list[str] = []
    for layer, members in layers.items():
        lines.append(pen.paint(layer.upper(), "bold"))
        for cause in members:
            lines += [f"  {cause.code}", *pen.wrap(cause.title, "    ")]
    return "\n".join(lines) + "\n"
