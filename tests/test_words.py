"""Words of strangers are shown without secrets."""

from __future__ import annotations

import pytest

from probe.words import conceal, scrub, secrets_among, without


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://me:SECRET@h/0", "redis://h/0"),
        ("see https://h/p?a=SECRET now", "see https://h/p?... now"),
        ("Authorization: Bearer SECRET", "Authorization: ..."),
        ("Bearer SECRET==", "Bearer ..."),
        ("DB_PASSWORD=SECRET", "DB_PASSWORD=..."),
        ("the token: SECRET", "the token: ..."),
        ("key AKIAIOSFODNN7EXAMPLE", "key AKIA..."),
        ("no such table: orders", "no such table: orders"),
    ],
)
def test_secrets_are_known_by_what_stands_beside_them(text: str, shown: str) -> None:
    """User info, queries, headers and what is named a secret; an ordinary sentence stays."""
    assert scrub(text) == shown


def test_what_was_sent_is_taken_out_of_what_comes_back() -> None:
    """Whatever a server echoes, wherever in the facts, is gone; the rest stays as it was."""
    facts = {"message": "you said SECRET", "list": ["SECRETs", 7], "deep": {"a": "x"}}

    assert conceal(facts, ("SECRET",)) == {
        "message": "you said ...",
        "list": ["...s", 7],
        "deep": {"a": "x"},
    }
    assert without("aSECRETb", ("SECRET",)) == "a...b"


def test_only_words_of_some_length_are_concealed() -> None:
    """The longest first, or a part would hide the whole; short ones are in every sentence."""
    assert secrets_among(["abcd", "abcdef", "a", "", None]) == ("abcdef", "abcd")
