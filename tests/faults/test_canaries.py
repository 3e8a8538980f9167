"""No secrets, as `python -m tests.faults.canaries` prints it."""

from __future__ import annotations

import base64

import pytest

from tests.faults.canaries import Canaries, Outputs, search


@pytest.fixture(scope="module")
def found() -> tuple[Canaries, Outputs, list[str]]:
    """Plant and search once."""
    return search()


def test_no_secret_leaves_by_any_way(found: tuple[Canaries, Outputs, list[str]]) -> None:
    """Of what was planted in events, environment, answers and configuration nothing is told."""
    _, _, leaked = found

    assert leaked == []


def test_enough_is_planted_and_enough_is_searched(
    found: tuple[Canaries, Outputs, list[str]],
) -> None:
    """A search of nothing, for nothing, would find nothing."""
    canaries, outputs, _ = found

    assert len(canaries.planted) >= 80
    assert len(outputs.texts) >= 50
    assert "CANARY" not in "".join(outputs.texts.values())
    # The servers were met, and what they had to say besides is told.
    assert '"http_status": 418' in outputs.texts["run as json: stdout"]
    assert "ANSWER" in outputs.texts["the function: stdout"]
    assert "LambdaProbe" in outputs.texts["the function: stdout"]
    assert "Subnets" in outputs.texts["the snapshot"]


def test_the_search_finds_what_there_is() -> None:
    """A canary is found as it is and inside base64, at whatever place."""
    canaries = Canaries()
    word = canaries("somewhere")
    texts = [word, *(base64.b64encode(b"u:p"[:n] + word.encode()).decode() for n in range(4))]

    assert [list(canaries.found_in(text)) for text in texts] == [[word]] * 5
    assert list(canaries.found_in("nothing")) == []
