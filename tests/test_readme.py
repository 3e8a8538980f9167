"""The README says what the program does: its tables are the program's, its commands exist."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from probe import settings
from probe.cli import lambda_probe
from probe.model import Failure, Stage
from probe.report.document import from_document
from probe.report.text import render
from tests import causes_pages, readme
from tests.test_permissions import asked

HANDMADE = ("fleet.md", "python.md", "reading.md")
PAGES = (*readme.PAGES, *(readme.ROOT / "docs" / name for name in HANDMADE))
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)
SHOWN = re.findall(r"^\$ (.*)$", TEXT, re.MULTILINE) + re.findall(r"`(lambda-probe [^`]*)`", TEXT)
MAKE = re.findall(r"(?:\$ |`)make ([a-z]+)", TEXT)


def first_column(head: str) -> list[str]:
    """Give the words of the first column of the table with this head."""
    _, _, table = TEXT.partition(f"| {head} |")
    rows = itertools.takewhile(lambda line: line.startswith("|"), table.splitlines()[1:])
    next(rows)
    return [row.split("|")[1].strip().strip("`") for row in rows]


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_what_the_program_makes_is_current(page: Path) -> None:
    """`python -m tests.readme` would change nothing."""
    assert readme.filled(page) == page.read_text("utf-8")


def test_every_part_that_the_program_makes_stands_somewhere() -> None:
    """Once, and no page waits for a part that nobody makes."""
    assert sorted(name for names in readme.PAGES.values() for name in names) == sorted(readme.PARTS)


def test_the_permissions_are_those_that_are_asked_for() -> None:
    """None too few for who grants them, none for nothing; the topic is the deployment's own."""
    assert set(first_column("permission | for")) == asked() - {"sns:Publish"}


def test_the_report_in_the_readme_is_a_real_one() -> None:
    """It is the text of a report that was saved when the laboratory ran."""
    document = json.loads(readme.REPORT.with_suffix(".json").read_text("utf-8"))

    assert render(from_document(document)).rstrip() in TEXT


def test_the_picture_and_the_pages_are_current() -> None:
    """Drawn from the same report, written from the catalogue; no page is left of what is gone."""
    assert readme.PICTURE.read_text("utf-8") == readme.picture()
    pages = {file: file.read_text("utf-8") for file in causes_pages.FOLDER.glob("*.md")}
    assert pages == causes_pages.pages()


def test_every_stage_and_every_failure_is_explained() -> None:
    """The words that stand in reports, in the order of the code."""
    assert first_column("stage") == list(Stage)
    assert first_column("failure") == list(Failure)


@pytest.mark.parametrize(
    "line", [line for line in SHOWN if line.removeprefix(".venv/bin/").startswith("lambda-probe ")]
)
def test_every_command_that_is_shown_exists(line: str) -> None:
    """Its options too: a reader types what stands there."""
    words = line.partition("lambda-probe ")[2].split()
    if words[0] == "COMMAND":
        return
    command = lambda_probe.commands[words[0]]
    options = {option for parameter in command.params for option in parameter.opts}

    assert {word for word in words if word.startswith("-")} <= options | {"--help"}


@pytest.mark.parametrize("target", sorted(set(MAKE)))
def test_every_make_target_that_is_shown_exists(target: str) -> None:
    """Nobody is sent to a target that is not there."""
    makefile = Path(readme.ROOT, "Makefile").read_text("utf-8")

    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_event_in_the_readme_is_accepted() -> None:
    """It can be pasted into a file and used."""
    (event,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)

    assert len(settings.parse(json.loads(event), {"AWS_REGION": "eu-west-1"}).targets) == 4


@pytest.mark.parametrize("file", sorted(set(re.findall(r"\b((?:events|tests)/[\w./-]+)", TEXT))))
def test_every_file_that_is_named_exists(file: str) -> None:
    """Paths in the text lead somewhere."""
    assert Path(readme.ROOT, file).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links are files of this repository."""
    links = re.findall(r"\]\((?!https:)([^)]+)\)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_linked_from_the_readme() -> None:
    """What is written for readers can be found."""
    linked = set(re.findall(r"\]\((docs/[^)]+)\)", readme.README.read_text("utf-8")))

    assert {f"docs/{page.name}" for page in (readme.ROOT / "docs").glob("*.md")} <= linked


@pytest.mark.parametrize(
    "module", sorted(set(re.findall(r"python -m (tests[\w.]*)", TEXT.replace("<!--", ""))))
)
def test_every_module_that_is_named_can_be_run(module: str) -> None:
    """`python -m tests.faults` is there to be typed."""
    path = readme.ROOT / module.replace(".", "/")

    assert (path / "__main__.py").exists() or path.with_suffix(".py").exists()
