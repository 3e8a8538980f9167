"""Inputs of strangers: nothing escapes but one sentence. `python -m tests.fuzz` tries millions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import parsers, structures

PARSERS = parsers.all_of_them()
KINDS = structures.kinds()
FEW = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: str(parser.name))
def test_every_parser_takes_what_it_starts_from(parser: parsers.Parser) -> None:
    """The inputs that fuzzing begins with are good ones, cut off anywhere."""
    for seed in parser.seeds:
        for end in range(0, len(seed) + 1, max(1, len(seed) // 40)):
            parser.read(seed[:end])
        parser.read(seed)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: str(parser.name))
def test_no_bytes_break_a_parser(parser: parsers.Parser) -> None:
    """Noise, and good beginnings that go on as noise."""

    @FEW
    @given(st.sampled_from(parser.seeds), st.integers(0, 200), st.binary(max_size=200))
    def hold(seed: bytes, kept: int, noise: bytes) -> None:
        parser.read(seed[:kept] + noise)

    hold()


@pytest.mark.parametrize("kind", KINDS)
def test_no_document_breaks_its_reader(kind: str) -> None:
    """Events, snapshots, saved reports and scenarios with something wrong in them."""
    documents, read = KINDS[kind]

    @FEW
    @given(documents)
    def hold(document: Any) -> None:
        read(document)

    hold()
