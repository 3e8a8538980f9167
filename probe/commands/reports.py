"""The commands about what is known: `show` a report, `explain` a cause, print a `schema`."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import click

from probe.commands import console, forms, options
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
    present(from_document(document, name=console.shown(report)), form.about(report))
    return Exit.PASS


def _codes(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from probe.causes import CATALOGUE

    return [code for code in CATALOGUE if code.startswith(begun)]


@click.command()
@click.argument("code", required=False, shell_complete=_codes)
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
        named = [one for one in CATALOGUE if code in one]
        near = " or ".join(difflib.get_close_matches(code, CATALOGUE, n=2) or named[:3])
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


@click.command()
@click.argument("before", metavar="BEFORE.json")
@click.argument("after", metavar="AFTER.json")
@click.option(
    "--to", "targets", metavar="HOST:PORT", multiple=True, help="Of snapshots: walk there."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), help="Default: text.")
def diff(before: str, after: str, targets: tuple[str, ...], form: str | None) -> Exit:
    """Tell what changed between two reports or two snapshots, and whether it explains a failure.

    Exit code 1: something was reached and no longer is.

    \b
    lambda-probe diff monday.json tuesday.json
    lambda-probe diff before.json after.json --to db.example.internal:5432
    """
    from probe.compare import files
    from probe.report import comparison

    saved = tuple(
        options.load_snapshot(name) if Path(name).is_dir() else console.read_object(name)
        for name in (before, after)
    )
    found = files.compare(
        (saved[0], saved[1]), (console.shown(before), console.shown(after)), targets
    )
    if form == "json":
        console.show_json(comparison.to_document(found))
    else:
        console.show(comparison.render(found, console.pen()))
    return Exit.FAIL if found.broke else Exit.PASS


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> Exit:
    """Print what completes commands, options and causes in a shell.

    \b
    eval "$(lambda-probe completion bash)"        in ~/.bashrc, and likewise for zsh
    lambda-probe completion fish | source         in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    source = get_completion_class(shell)
    assert source is not None
    root = click.get_current_context().find_root().command
    console.show(source(root, {}, "lambda-probe", "_LAMBDA_PROBE_COMPLETE").source() + "\n")
    return Exit.PASS


COMMANDS = (show, diff, explain, schema, completion)
