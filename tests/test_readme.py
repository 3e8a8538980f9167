"""The README says what the program does: its tables are the program's, its commands exist."""

from __future__ import annotations

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

TEXT = readme.README.read_text("utf-8")
SHOWN = re.findall(r"^\$ (.*)$", TEXT, re.MULTILINE) + re.findall(r"`(lambda-probe [^`]*)`", TEXT)
MAKE = re.findall(r"(?:\$ |`)make ([a-z]+)", TEXT)


def first_column(head: str) -> list[str]:
    """Give the words of the first column of the table with this head."""
    _, _, table = TEXT.partition(f"| {head} |")
    rows = table.split("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def test_what_the_program_makes_is_current() -> None:
    """`python -m tests.readme` would change nothing."""
    assert readme.filled(TEXT) == TEXT


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


def test_links_lead_somewhere() -> None:
    """Relative links are files of this repository."""
    links = re.findall(r"\]\((?!https:)([^)]+)\)", TEXT)

    assert [link for link in links if not Path(readme.ROOT, link).exists()] == []
