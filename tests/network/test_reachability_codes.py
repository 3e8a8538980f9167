"""Reachability Analyzer's codes: each is given to something, or there is a reason why it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

import probe.network
from probe.network.reachability_codes import CONCERNING, NOT_OCCURRING

HERE = Path(__file__)


def texts(folder: Path, *, without: str) -> str:
    """Return the text of every module in a folder but one."""
    return "\n".join(
        file.read_text() for file in sorted(folder.rglob("*.py")) if file.name != without
    )


@pytest.mark.parametrize("code", sorted(CONCERNING - set(NOT_OCCURRING)))
def test_every_code_is_given_and_tested(code: str) -> None:
    """The walk's modules hold it, and a test expects it."""
    folder = Path(probe.network.__path__[0])

    assert f'"{code}"' in texts(folder, without="reachability_codes.py") or f"({code})" in texts(
        folder, without="reachability_codes.py"
    )
    assert code in texts(HERE.parent, without=HERE.name)


def test_what_cannot_occur_is_among_the_codes_and_given_nowhere() -> None:
    """A code that the walk gives has no reason not to."""
    folder = Path(probe.network.__path__[0])

    assert set(NOT_OCCURRING) < CONCERNING
    given = texts(folder, without="reachability_codes.py")
    assert [code for code in NOT_OCCURRING if code in given] == []
