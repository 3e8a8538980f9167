"""Large JSON files are read entry by entry, wherever the pieces of them end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fleet.stream import array, entries, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = st.lists(
    st.dictionaries(
        st.text(max_size=8), st.one_of(st.text(), st.integers(), st.none()), max_size=4
    ),
    max_size=12,
)


def pieces(text: str, size: int) -> Iterator[bytes]:
    """Cut a text, also in the middle of a letter."""
    data = text.encode()
    for at in range(0, len(data), size):
        yield data[at : at + size]


@given(VALUES, st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_what_was_written_is_read_however_it_is_cut(
    values: list[dict[str, object]], size: int, ascii_only: bool, indent: int | None
) -> None:
    """An array as ResultWriter or we write it; letters outside ASCII, and brackets in strings."""
    text = json.dumps(values, ensure_ascii=ascii_only, indent=indent)

    assert list(entries(pieces(text, size))) == values


@given(VALUES, st.integers(1, 40))
def test_our_own_forms_are_read_again(values: list[dict[str, object]], size: int) -> None:
    """One value a line, and an array of one entry a line, which Step Functions reads, too."""
    assert list(entries(pieces("".join(lines(values)), size))) == values
    assert list(entries(pieces("".join(array(values)), size))) == values
    assert json.loads("".join(array(values))) == values


@pytest.mark.parametrize("text", ['[{"a": 1}, {"b"', '{"a": 1}\n{"a', '[{"a": "]'])
def test_a_file_that_ends_in_the_middle_is_no_shorter_file(text: str) -> None:
    """Half a list would be taken for a whole one."""
    with pytest.raises(ValueError, match="ends in the middle of an entry"):
        list(entries(pieces(text, 5)))


def test_nothing_is_no_entry() -> None:
    """An empty file, an empty array."""
    assert list(entries([])) == list(entries([b"[", b" ]\n"])) == []
