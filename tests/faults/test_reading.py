"""The collector under fault, as `python -m tests.faults.reading` prints it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faults.reading import at_the_seam, in_the_collector, operations

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("_environment")
def test_every_operation_meets_every_trouble_as_aws_advises() -> None:
    """Throttling and 5xx are tried again, refusals are not; then it is an answer or not read."""
    found = at_the_seam()

    assert [one for one in found if not one.right] == []
    assert len(found) >= 12 * len(operations())


def test_nothing_that_aws_could_say_proves_what_is_not() -> None:
    """Failures, garbage and words of tomorrow, in each operation: no crash, no wrong finding."""
    found = in_the_collector()

    assert [one for one in found if not one.right] == []
    assert len(found) >= 100
