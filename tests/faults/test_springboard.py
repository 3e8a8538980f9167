"""No springboard, as `python -m tests.faults.springboard` prints it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks import sandbox


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Try every form once."""
    result: dict[str, Any] = sandbox.run("tests.faults.springboard", "inside", seconds=600)
    return result


def test_no_form_of_a_forbidden_address_is_dialled(told: dict[str, Any]) -> None:
    """Neither a report nor the kernel knows of a packet to where none may go."""
    assert told["passed"] == []


def test_every_kind_is_tried(told: dict[str, Any]) -> None:
    """Literals, names, URLs, proxies, redirects, second answers, endpoints of the environment."""
    assert sum(told["tried"].values()) >= 7_000
    assert set(told["tried"]) == {
        "literal or name",
        "an address of this machine",
        "URL",
        "in the allow-list",
        "as a proxy",
        "through a proxy",
        "redirect",
        "rebinding",
        "AWS_ENDPOINT_URL",
    }


def test_the_kernel_does_count_what_passes(told: dict[str, Any]) -> None:
    """The same check with loopback admitted is seen, so that seeing nothing says something."""
    assert told["counts"] >= 1
