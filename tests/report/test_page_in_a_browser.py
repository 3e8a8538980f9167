"""The page in a real Chromium: it stands alone, fits a phone, and its buttons do what they say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from probe.report.document import from_document
from probe.report.page.render import render
from tests.report.browser import Browser
from tests.report.networks import sixty_subnets
from tests.report.test_text import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = "<img src=x onerror=alert(1)>\"'--><script>alert(2)</script>{{7*7}}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all of them."""
    with Browser() as started:
        yield started


def stored(folder: Path, page: str) -> Path:
    """Keep a page as a file, as a ticket has it."""
    file = folder / "report.html"
    file.write_text(page, "utf-8")
    return file


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_page_stands_alone_and_fits(
    case: Path, width: int, browser: Browser, tmp_path: Path
) -> None:
    """It asks nobody for anything, it has no faults, and nothing is wider than the screen."""
    page = stored(tmp_path, render(from_document(json.loads(case.read_text("utf-8")))))

    browser.open(page, width, dark=width < 600)

    assert [url for url in browser.requests if not url.startswith("data:")] == [page.as_uri()]
    assert browser.complaints == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    small = "[...document.querySelectorAll('main p, main li, main td')].filter(e => e.offsetParent"
    assert browser.run(f"{small} && parseFloat(getComputedStyle(e).fontSize) < 11).length") == 0


def test_no_text_in_the_picture_leaves_its_chip(browser: Browser, tmp_path: Path) -> None:
    """Names and ids end where their chip ends, in the fonts of this machine."""
    browser.open(stored(tmp_path, render(sixty_subnets())))

    wide = browser.run(
        "[...document.querySelectorAll('.chip')].filter(chip => [...chip.querySelectorAll('text')]"
        ".some(t => t.getBBox().x + t.getBBox().width > chip.querySelector('rect').getBBox().x"
        " + chip.querySelector('rect').getBBox().width)).map(chip => chip.textContent)"
    )

    assert browser.run("document.querySelectorAll('.chip').length") > 20
    assert wide == []


def test_hostile_words_stay_words(browser: Browser, tmp_path: Path) -> None:
    """Whatever a tag, a host or a certificate says is shown, and none of it runs."""
    case = next(c for c in CASES if c.stem == "a-database-that-admits-another-group")
    text = case.read_text("utf-8").replace("10.0.2.0/24", HOSTILE.replace('"', '\\"'))
    report = from_document(json.loads(text))
    named = tuple(replace(part, name=HOSTILE) for part in report.network)
    finding = replace(report.findings[0], title=HOSTILE, because=(HOSTILE,), code="a-code")
    report = replace(report, network=named, findings=(finding,))

    browser.open(stored(tmp_path, render(report)))

    assert browser.complaints == []
    assert browser.run("document.images.length + document.scripts.length") == 1
    assert browser.run("document.querySelector('.finding h3').textContent") == HOSTILE


def test_a_fix_can_be_copied(browser: Browser, tmp_path: Path) -> None:
    """The button puts the commands on the clipboard, as they stand."""
    case = next(c for c in CASES if c.stem == "a-database-that-admits-another-group")
    report = from_document(json.loads(case.read_text("utf-8")))
    fix = report.findings[0].fix
    assert fix
    browser.open(stored(tmp_path, render(report)))
    browser.ask("Browser.grantPermissions", None, permissions=["clipboardReadWrite"])

    browser.run("document.querySelector('.fix .copy').click()")
    copied = "new Promise(r => setTimeout(() => navigator.clipboard.readText().then(r), 50))"

    assert browser.run(copied) == "\n".join(fix.cli)


def test_light_and_dark_change_places(browser: Browser, tmp_path: Path) -> None:
    """The button shows the other theme, whichever the system prefers."""
    page = stored(tmp_path, render(sixty_subnets()))
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for dark in (False, True):
        browser.open(page, dark=dark)
        seen.append((browser.run(ground), browser.run(f"theme.click(); {ground}")))

    assert seen[0] == seen[1][::-1]
    assert seen[0][0] != seen[0][1]


def test_another_way_is_shown_when_it_is_chosen(browser: Browser, tmp_path: Path) -> None:
    """One way at a time, on the picture and below it; the first that is broken comes first."""
    browser.open(stored(tmp_path, render(sixty_subnets())))
    shown = (
        "[...document.querySelectorAll('.marks')]"
        ".map((g, i) => getComputedStyle(g).display === 'none' ? 0 : i + 1).filter(Boolean)"
    )

    assert browser.run(shown) == [1]
    assert browser.run("document.querySelectorAll('.tabs label')[0].className") == "fail"
    assert browser.run(f"document.querySelectorAll('.tabs label')[2].click(); {shown}") == [3]


def test_a_tap_tells_the_rule(browser: Browser, tmp_path: Path) -> None:
    """What decided at a part is told below the picture, where nobody can point."""
    browser.open(stored(tmp_path, render(sixty_subnets())), 390)

    told = browser.run(
        "document.querySelector('.mark.fail').dispatchEvent(new MouseEvent('click'));"
        "document.querySelector('.told').textContent"
    )

    assert "nat-gateway-deleted" in told
