"""The forms in which an answer is given: for a person, for a program, for a pipeline.

`--format` names one, and so does the ending of the file that `--output` names.
"""

from __future__ import annotations

import json
import sys
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from probe.commands import console
from probe.commands.console import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from probe.model import Report
    from probe.report.location import Source

NAMES = ("text", "json", "html", "svg", "junit", "sarif", "github")
_ENDINGS = {
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".svg": "svg",
    ".xml": "junit",
    ".sarif": "sarif",
}


class Form(NamedTuple):
    """How an answer is to be given, and where."""

    name: str
    output: str = "-"
    source: Source | None = None

    def about(self, file: str | None, lines: Mapping[str, int] | None = None) -> Form:
        """Remember which file is judged, so that a pipeline can mark it there."""
        if file is None or not Path(file).is_file():  # standard input, a directory
            return self
        from probe.report.location import Source

        return self._replace(source=Source(file, lines or {}))

    def write(self, text: str) -> None:
        """Give the answer."""
        console.write(self.output, text)

    def write_json(self, document: object) -> None:
        """Give a document: indented for a person, on one line for a program."""
        indent = 2 if self.output != "-" or sys.stdout.isatty() else None
        self.write(json.dumps(document, indent=indent, ensure_ascii=False) + "\n")


def options(piped: str = "json") -> Callable[[Callable[..., Exit]], Callable[..., Exit]]:
    """Add --format and --output, which become the command's `form`."""

    def add(command: Callable[..., Exit]) -> Callable[..., Exit]:
        @wraps(command)
        def with_form(*args: Any, format_name: str | None, output: str, **rest: Any) -> Exit:
            ending = _ENDINGS.get(Path(output).suffix.lower()) if output != "-" else None
            default = "text" if output != "-" or sys.stdout.isatty() else piped
            return command(*args, form=Form(format_name or ending or default, output), **rest)

        help_ = "Default: text on a terminal, JSON when piped." if piped == "json" else None
        named = click.option("--format", "format_name", type=click.Choice(NAMES), help=help_)
        where = "Write here; its ending names the form: .html, .svg, .json, .xml, .sarif."
        return named(
            click.option("--output", "-o", metavar="FILE", default="-", help=where)(with_form)
        )

    return add


def present(report: Report, form: Form) -> Exit:
    """Give a report in the form asked for; return the exit code that it means."""
    if form.name == "json":
        from probe.report.document import to_document

        form.write_json(to_document(report))
    else:
        form.write(together([report], form))
    return Exit.of(report.status)


def together(reports: Sequence[Report], form: Form) -> str:
    """Give several reports as one text of any form but JSON."""
    if form.name in ("html", "svg") and len(reports) > 1:
        raise click.UsageError(f"--format {form.name} shows one placement: choose with --function.")
    if form.name == "junit":
        from probe.report import junit

        return junit.render(*reports)
    if form.name == "sarif":
        from probe.report import sarif

        return sarif.render(*reports, source=form.source)
    return "".join(_rendered(report, form) for report in reports)


def _rendered(report: Report, form: Form) -> str:
    if form.name == "html":
        from probe.report.page.render import render as page

        return page(report)
    if form.name == "svg":
        from probe.report.page.render import picture

        drawn = picture(report)
        if drawn is None:
            raise click.ClickException("there is no path in this report, and so no picture")
        return drawn
    if form.name == "github":
        from probe.report import github

        return github.render(report, form.source)
    from probe.report.text import render as text

    return text(report, console.pen(form.output))
