"""Cutting a network down to what a disagreement needs, so that people can read it. Pure."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Document = dict[str, Any]
Way = tuple[str | int, ...]


def shrink(document: Document, still: Callable[[Document], bool]) -> Document:
    """Take parts away, the big ones first, as long as the disagreement is still there."""
    smaller = True
    while smaller:
        smaller = False
        for way in sorted(_parts(document), key=len):
            candidate = _without(document, way)
            if candidate is not None and still(candidate):
                document, smaller = candidate, True
    return document


def _parts(value: Any, way: Way = ()) -> Iterator[Way]:
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(len(value)))[::-1]
    for step in steps:
        yield (*way, step)
        yield from _parts(value[step], (*way, step))


def _without(document: Document, way: Way) -> Document | None:
    """Copy a document without one part; None when the part is already gone."""
    copy = deepcopy(document)
    inner: Any = copy
    try:
        for step in way[:-1]:
            inner = inner[step]
        del inner[way[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return copy
