"""Large JSON files read entry by entry: an array, or one value a line."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BETWEEN = " \t\r\n,"


def entries(pieces: Iterable[bytes]) -> Iterator[Any]:
    """Yield the entries of one JSON array of objects, or of objects one after another.

    ValueError where the text ends in the middle.
    """
    decoder, text = json.JSONDecoder(), ""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    started = False
    for piece in pieces:
        text += decode(piece)
        at = 0
        if not started:
            at = _skip(text, 0, _BETWEEN)
            if at == len(text):
                continue
            at, started = at + (text[at] == "["), True
        while (at := _skip(text, at, _BETWEEN)) < len(text) and text[at] != "]":
            try:
                entry, at = decoder.raw_decode(text, at)
            except json.JSONDecodeError:
                break  # the rest of it is in the next piece
            yield entry
        text = text[at:]
    if text.strip(f"{_BETWEEN}]"):
        raise ValueError(f"the JSON ends in the middle of an entry: {text[:80]!r}")


def _skip(text: str, at: int, letters: str) -> int:
    while at < len(text) and text[at] in letters:
        at += 1
    return at


def lines(values: Iterable[object]) -> Iterator[str]:
    """Write one value a line."""
    for value in values:
        yield json.dumps(value) + "\n"


def array(values: Iterable[object]) -> Iterator[str]:
    """Write an array, one entry a line."""
    yield "["
    for index, value in enumerate(values):
        yield f"{',' if index else ''}\n{json.dumps(value)}"
    yield "]\n"
