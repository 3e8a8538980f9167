"""The page as a document: whole, escaped, and a picture on which everything has its place."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings

from probe.model import Status, SubnetVerdict
from probe.report.document import from_document
from probe.report.page.picture import draw
from probe.report.page.render import picture, render
from probe.report.page.stops import Atlas, way
from tests.report.networks import sixty_subnets
from tests.report.test_text import CASES
from tests.report.values import REPORT

if TYPE_CHECKING:
    from pathlib import Path

    from probe.model import Report
    from probe.report.page.layout import Box

VOID = {"meta", "link", "input"}
LEADS_AWAY = {"src", "href", "srcset", "action", "xlink:href", "poster", "data", "background"}


class Document(HTMLParser):
    """Reads a page as a browser would, and keeps what matters here."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: set[tuple[str, str | None]] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and its attributes."""
        self.tags[tag] += 1
        self.attributes.update(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what ends at once, as shapes of a picture do."""
        self.tags[tag] += 1
        self.attributes.update(attrs)

    def handle_endtag(self, tag: str) -> None:
        """Expect the tag that was opened last."""
        assert self.open.pop() == tag


def case(stem: str) -> Report:
    """Read one of the saved reports."""
    (file,) = (one for one in CASES if one.stem == stem)
    return from_document(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_a_page_is_whole_and_leads_nowhere(file: Path) -> None:
    """Every tag is closed, and no attribute names anything outside the file."""
    found = Document(render(from_document(json.loads(file.read_text("utf-8")))))

    assert found.open == []
    assert {(n, v) for n, v in found.attributes if n in LEADS_AWAY} == {("href", "data:,")}
    assert [name for name, _ in found.attributes if name.startswith("on")] == []
    assert (found.tags["html"], found.tags["h1"], found.tags["script"]) == (1, 1, 1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(REPORT)
def test_any_report_makes_a_page(report: Report) -> None:
    """Whatever a report holds, the page is whole, and a picture is XML that can be read."""
    assert Document(render(report)).open == []
    drawn = picture(report)
    assert (drawn is None) == (not report.paths)
    if drawn:
        ET.fromstring(drawn)


def test_a_page_says_what_the_text_says() -> None:
    """Each fix, each cause and each permission that is missing stands on it."""
    report = case("some-packets-are-lost-and-something-was-not-read")
    page = render(report)

    assert [f.code for f in report.findings if f"<code>{f.code}</code>" not in page] == []
    assert [g.needs for g in report.undetermined if g.needs and g.needs not in page] == []


@pytest.mark.parametrize(
    ("stem", "component", "direction"),
    [
        ("a-database-that-admits-another-group", "security-group", "forward"),
        ("a-public-subnet-cuts-off-what-is-outside-the-VPC", "internet-gateway", "forward"),
        ("an-acl-drops-every-answer", "network-acl", "back"),
        ("a-database-behind-a-transit-gateway-has-no-route-back", "route-table", "back"),
        ("a-gateway-endpoint-stands-on-another-route-table", "route-table", "forward"),
    ],
)
def test_a_broken_way_ends_where_it_is_closed(stem: str, component: str, direction: str) -> None:
    """The part that closes it is marked, on the side of the direction that is closed."""
    drawn = draw(case(stem))
    assert drawn
    (mark,) = (mark for mark in drawn.ways[0].marks if mark.status == "fail")
    (x,) = (dot.x for dot in mark.dots if dot.status == "fail")

    assert (x < mark.x) == (direction == "back")
    stands = {
        (box.x, round(y)): chip.kind
        for box in drawn.plan.boxes
        for chip in box.chips
        for y in [box.tops()[chip.id]]
    }
    assert component in {
        kind for (left, top), kind in stands.items() if left < mark.x < left + 40 and top == mark.y
    }


def test_a_healthy_way_goes_through_every_part_both_ways() -> None:
    """From the function to the target and back, through the NAT gateway's own subnet."""
    report = case("everything-is-reached")
    path = report.paths[0]
    found = way(path, Atlas(report.network))
    boxes = list(dict.fromkeys(stop.box for stop in found.forward))
    back = list(dict.fromkeys(stop.box for stop in found.back))

    assert boxes[0] == path.subnet_id
    assert [name.partition("-")[0] for name in boxes] == ["subnet", "subnet", "igw", "internet"]
    assert back == boxes[::-1]
    assert (found.back[-1].chip, found.cut) == ("function", False)


def test_sixty_subnets_have_a_place_each() -> None:
    """None is left out, nothing overlaps, and the zone that is broken comes first."""
    drawn = draw(sixty_subnets())
    assert drawn
    (frame,) = drawn.plan.frames
    small = sum(len(band.small) for band in frame.bands)
    full = sum(len(band.boxes) for band in frame.bands)

    assert small + full == 60
    assert frame.bands[0].title.startswith("eu-west-1c")
    boxes = drawn.plan.boxes
    assert [(a.id, b.id) for a in boxes for b in boxes if a is not b and overlap(a, b)] == []
    assert max(box.x for box in boxes) < drawn.plan.width
    assert max(box.y + box.height for box in boxes) <= drawn.plan.height


def overlap(one: Box, other: Box) -> bool:
    """Say whether two boxes cover some of the same ground."""
    wide = one.x < other.x + 216 and other.x < one.x + 216
    return wide and one.y < other.y + other.height and other.y < one.y + one.height


def test_a_report_without_paths_has_no_picture() -> None:
    """What nobody walked is not drawn."""
    assert picture(case("one-check-from-a-laptop-fails-and-no-configuration-was-read")) is None


def test_every_zone_that_was_tried_is_told() -> None:
    """One bad subnet of several is the most confusing fault there is: the page says which."""
    report = case("everything-is-reached")
    lost = tuple(replace(one, status=Status.FAIL, attempts=()) for one in report.observations)
    zones = (
        SubnetVerdict(("subnet-a",), "euw1-az1", Status.PASS, (), report.observations),
        SubnetVerdict(("subnet-b",), "euw1-az2", Status.FAIL, ("nacl-blocks-return",), lost),
    )
    page = render(replace(report, subnets=zones))

    assert "subnet-a (euw1-az1): all 4 checks pass" in page
    assert "subnet-b (euw1-az2): 4 of 4 checks fail: nacl-blocks-return" in page
