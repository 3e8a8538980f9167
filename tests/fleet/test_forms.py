"""The fleet's report for people and for pipelines: the same numbers in each of its forms."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from probe.causes import CATALOGUE
from probe.fleet import page, sarif, table
from probe.fleet.results import Missing
from probe.model import Confidence
from probe.report.pen import Pen
from tests.fleet.test_summary import NAT, TABLE, spot, summed

if TYPE_CHECKING:
    from probe.fleet.summary import Fleet

MAYBE = replace(TABLE, confidence=Confidence.POSSIBLE, component="rtb-11111111")
DENIED = Missing("200000000003 eu-west-1", "AccessDenied", "sts:AssumeRole")


@pytest.fixture
def fleet() -> Fleet:
    """Three hundred functions behind one NAT gateway, and some that may have no way out."""
    others = ((spot(2, 12), (TABLE,)), (spot(3, 5), (MAYBE,)), (spot(4, 1), ()))
    return summed((spot(1, 300), (NAT,)), *others, missing=(DENIED,))


class Page(HTMLParser):
    """Reads what a reader sees, and what a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag, and whatever it refers to."""
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.text.append(data)


def read(html: str) -> Page:
    """Read a page."""
    found = Page()
    found.feed(html)
    return found


def test_the_page_names_every_function_and_loads_nothing(fleet: Fleet) -> None:
    """It can be sent to somebody, and it asks nobody for anything."""
    found = read(page.render(fleet))

    words = " ".join(" ".join(found.text).split())
    assert all(f"fn-1-{n}" in words for n in range(300))
    assert words.index(NAT.component or "") < words.index(TABLE.component or "")
    assert "200000000003 eu-west-1: AccessDenied; needs sts:AssumeRole" in words
    assert found.loads == ["data:,"]
    assert "script" not in found.tags


def test_names_of_strangers_are_words_in_a_page_and_not_tags() -> None:
    """A function may be named by anybody; its name is shown."""
    evil = replace(spot(1, 1), functions=("<script>alert(1)</script>",))
    html = page.render(summed((evil, (NAT,)), missing=(Missing("<b>x</b>", "<i>", None),)))

    assert "<script>" not in html
    assert "<b>x" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_sarif_has_a_result_for_each_cause_at_each_component(fleet: Fleet) -> None:
    """What is proven is an error, what is possible a warning, what is missing a notification."""
    (run,) = json.loads(sarif.render(fleet))["runs"]

    assert [
        (one["ruleId"], one["level"], one["properties"]["functions"]) for one in run["results"]
    ] == [
        ("nat-gateway-failed", "error", 300),
        ("no-route-to-internet", "error", 12),
        ("no-route-to-internet", "warning", 5),
    ]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [
        one["ruleId"] for one in run["results"]
    ]
    assert rules[0]["helpUri"] == CATALOGUE["nat-gateway-failed"].source
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == str(DENIED)


def test_a_fleet_without_findings_is_a_form_of_its_own() -> None:
    """Nothing is broken, and every form says so."""
    well = summed((spot(1, 3), ()))

    assert json.loads(sarif.render(well))["runs"][0]["results"] == []
    assert "3 functions in 1 account, 1 distinct placement: 0 do not reach everything." in (
        table.render(well, Pen())
    )
    assert not re.search("<table>", page.render(well))
