"""Fixes of domain lists: the names that are asked for, and nothing more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.remedy.cases_devices import listed

if TYPE_CHECKING:
    from probe.model import Fix

CODE = "firewall-rule-blocks"


def domains(fix: Fix) -> list[str]:
    """Read the domains that a list has after a fix."""
    group = json.loads(fix.cli[-1].partition("--rule-group ")[2].strip("'"))
    found: list[str] = group["RulesSource"]["RulesSourceList"]["Targets"]
    return found


def test_an_allow_list_gets_the_very_names() -> None:
    """Both at once, and no domain above them."""
    fix = listed("ALLOWLIST", ".example.net").fix(CODE)

    assert fix.checked
    assert domains(fix) == [".example.net", "api.example.com", "www.example.com"]
    assert len(fix.cli) == 2
    assert "arn:group/0" in fix.text


@pytest.mark.parametrize("kind", ["DENYLIST", "REJECTLIST"])
def test_what_stops_the_names_goes_off_another_list(kind: str) -> None:
    """Every entry that does; the others stay."""
    fix = listed(kind, "bad.example", ".example.com", "www.example.com").fix(CODE)

    assert fix.checked
    assert domains(fix) == ["bad.example"]
    assert ".example.com" in (fix.cost or "")


def test_no_list_can_be_emptied() -> None:
    """So nothing is run, and words say what there is to do."""
    fix = listed("DENYLIST", ".example.com").fix(CODE)

    assert (fix.checked, fix.cli) == (False, ())
    assert "no list may be empty" in fix.text


def test_an_address_cannot_be_listed() -> None:
    """A greeting to an address names nobody: no domain lets it pass."""
    case = listed("ALLOWLIST", ".example.com")
    case.wants("http https://203.0.113.10/", "203.0.113.10", host="203.0.113.10", speaks="tls")

    assert case.mend()[CODE].fix is None
