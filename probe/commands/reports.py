"""The commands about what is known: `show` a report, `explain` a cause, print a `schema`."""

from __future__ import annotations

import difflib
import json

import click

from probe.commands import console, forms
from probe.commands.console import Exit
from probe.commands.forms import Form, present


@click.command()
@click.argument("report", metavar="REPORT.json")
@forms.options(piped="text")
def show(report: str, form: Form) -> Exit:
    """Show a saved report again.

    \b
    lambda-probe show report.json
    lambda-probe diagnose my-function --format json | tee report.json | lambda-probe show -
    """
    from probe.report.document import from_document

    document = console.read_object(report)
    present(from_document(document, name=console.shown(report)), form)
    return Exit.PASS


@click.command()
@click.argument("code", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="Default: text.", default="text"
)
def explain(code: str | None, form: str) -> Exit:
    """Tell what a cause means; without CODE, list all causes.

    \b
    lambda-probe explain public-subnet-no-public-ip
    """
    from probe.causes import CATALOGUE
    from probe.report import explanation

    if code is not None and code not in CATALOGUE:
        near = " or ".join(difflib.get_close_matches(code, CATALOGUE, n=2))
        hint = f"did you mean {near}?" if near else "`lambda-probe explain` lists all codes"
        raise click.ClickException(f"no cause has the code {code!r}; {hint}")
    if form == "json":
        told = [
            explanation.record(cause) for cause in CATALOGUE.values() if code in (None, cause.code)
        ]
        console.show_json(told[0] if code else told)
    elif code:
        console.show(explanation.explain(CATALOGUE[code], console.pen()))
    else:
        console.show(explanation.index(CATALOGUE.values(), console.pen()))
    return Exit.PASS


@click.command()
@click.argument("name", type=click.Choice(["event", "report"]))
def schema(name: str) -> Exit:
    """Print the JSON Schema of the event or of the report."""
    from probe.report import schemas

    console.show(json.dumps(schemas.load(name), indent=2) + "\n")
    return Exit.PASS


COMMANDS = (show, explain, schema)
