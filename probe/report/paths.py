"""Walked paths on their own, without packets: as JSON (the keys are promised) and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.model import Verdict
from probe.report import difference, way, ways
from probe.report.document import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probe.model import Path
    from probe.report.pen import Pen


def to_document(path: Path) -> dict[str, Any]:
    """Give one path's JSON form: verdict, hops, blockers, undetermined, and where it leads."""
    document: dict[str, Any] = encode(path)
    return document


def together(paths: Sequence[Path]) -> dict[str, Any]:
    """Give the JSON form of a placement's paths: one for each subnet and target."""
    return {
        "verdict": verdict(paths).value,
        "difference": difference.sentence(paths),
        "paths": [to_document(path) for path in paths],
    }


def verdict(paths: Sequence[Path]) -> Verdict:
    """Sum up: a placement reaches a target where each of its subnets does."""
    said = {path.verdict for path in paths}
    if Verdict.UNREACHABLE in said:
        return Verdict.UNREACHABLE
    return Verdict.REACHABLE if said == {Verdict.REACHABLE} else Verdict.UNDETERMINED


def render(paths: Sequence[Path], pen: Pen) -> str:
    """Draw the paths, the answer first."""
    return "\n".join(_lines(paths, pen)) + "\n"


def _lines(paths: Sequence[Path], pen: Pen) -> Iterator[str]:
    status = ways.STATUS[verdict(paths)]
    first, *rest = pen.wrap(difference.sentence(paths), f"{pen.sign(status)} ")
    yield pen.marked(status, first, "bold")
    yield from (pen.paint(line, "bold") for line in rest)
    yield ""
    yield from way.lines(tuple(paths), pen)
    needs = {gap.needs: None for path in paths for gap in path.undetermined if gap.needs}
    if needs:
        yield ""
        allowed = [need for need in needs if ":" in need]  # permissions; the rest are options
        for head, words in (("allow", allowed), ("give", [n for n in needs if n not in allowed])):
            if words:
                yield from pen.wrap(", ".join(words), f"to settle it, {head}  ")
    taken = {taken: None for path in paths for taken in path.assumptions}
    if taken:
        yield ""
        yield pen.paint("TAKEN FOR GRANTED", "bold")
        for sentence in taken:
            yield from pen.wrap(sentence, "  ")
