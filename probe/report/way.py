"""Draws the walked paths for a terminal: a line of hops, the broken one marked, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Direction
from probe.report.ways import shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Path
    from probe.report.pen import Pen


def lines(paths: tuple[Path, ...], pen: Pen) -> Iterator[str]:
    """Draw every way once, with all the targets that share it, the broken ones first."""
    if not paths:
        return
    yield pen.paint("PATH", "bold")
    for way in shared(paths):
        first = way.path
        start = f"{first.subnet_id} {pen.sign('to')} " if first.subnet_id else ""
        head, *rest = pen.wrap(f"{start}{', '.join(way.targets)}", f"{pen.sign(way.status)} ")
        yield pen.marked(way.status, head)
        yield from rest
        yield from _chains(first, pen)
        yield from _reasons(first, pen)


def _chains(path: Path, pen: Pen) -> Iterator[str]:
    for direction, head in ((Direction.FORWARD, "  "), (Direction.RETURN, "  back: ")):
        closed = {b.component for b in path.blockers if b.direction is direction}
        hops = [hop for hop in path.hops if hop.direction is direction]
        # Of several DNS servers, one that cannot answer closes nothing, and is none to be asked.
        closed |= {h.component for h in hops if (h.kind, h.action) == ("dns-server", "deny")}
        # Behind the last gateway every address is the same: so ways that differ in nothing else
        # are drawn once.
        names = {"internet" if hop.kind == "internet" else hop.component: None for hop in hops}
        names.update(dict.fromkeys(closed))  # a missing component was never a hop
        if names:
            yield from _chain(list(names), closed, head, pen)


def _reasons(path: Path, pen: Pen) -> Iterator[str]:
    for blocker in path.blockers:
        some = "some packets are lost: " if blocker.partial else ""
        if blocker.supposing is not None:
            some = f"if {blocker.supposing}: "
        who = "" if blocker.component in blocker.why else f"{blocker.component}: "
        why = blocker.why or "closed"
        yield from pen.wrap(f"{some}{who}{why} [{blocker.code}]", "    ")
    for gap in path.undetermined:
        yield from pen.wrap(f"not decided: {gap.what}: {gap.reason}", "    ")


def _chain(names: list[str], closed: set[str], head: str, pen: Pen) -> Iterator[str]:
    link = f" {pen.sign('line')} "
    line, used = head, len(head)
    for number, name in enumerate(names):
        text = f"{pen.sign('fail')} {name}" if name in closed else name
        glue = link if number else ""
        if number and used + len(glue) + len(text) > pen.width:
            yield f"{line}{link.rstrip()}"
            line, used, glue = "    ", 4, ""
        line += glue + (pen.paint(text, "red", "bold") if name in closed else text)
        used += len(glue) + len(text)
    yield line
