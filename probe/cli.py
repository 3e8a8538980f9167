"""The command line. Each command reads its input, calls one function of the package, and prints.

Exit codes: 0 reached, 1 not reached, 2 bad usage or bad input, 3 undetermined.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from probe import __version__, cli_paths, console, options
from probe.console import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.investigation import World
    from probe.model import Report

# Every check ends by its own timeouts; this is for names and hosts without end.
PATIENCE_S = 120.0


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 reached, 1 not reached, 2 bad usage or input, 3 undetermined.",
)
@click.version_option(__version__, prog_name="lambda-probe")
@click.option("--debug", is_flag=True, help="Show where in the program an error came from.")
def lambda_probe(debug: bool) -> None:
    """Say why a Lambda function cannot reach something.

    \b
    lambda-probe run events/http.json          the checks, from this machine
    lambda-probe diagnose my-function          a function's placement, and why it fails
    lambda-probe explain no-route-to-internet  what a cause means
    """
    if debug:
        os.environ["LAMBDA_PROBE_DEBUG"] = "1"


def main() -> None:
    """Run the command line; the entry point of `lambda-probe`."""
    sys.exit(run_with(None))


def run_with(words: Sequence[str] | None) -> int:
    """Run one command line; return its exit code."""
    command = partial(lambda_probe.main, words, prog_name="lambda-probe", standalone_mode=False)
    return console.guard(command, expected=_expected)


def _expected() -> tuple[type[Exception], ...]:
    """Errors whose text is a sentence for the user."""
    from probe.asking import AskError
    from probe.aws import SetupError, UnknownService
    from probe.investigation import FunctionError
    from probe.network.snapshot import SnapshotError
    from probe.reading import SettingsError
    from probe.report.document import DocumentError

    ours = (AskError, DocumentError, FunctionError, SettingsError, SnapshotError)
    return (*ours, SetupError, UnknownService)


def _present(report: Report, form: str | None) -> Exit:
    if options.as_text(form):
        from probe.report.text import render

        console.show(render(report, console.pen()))
    else:
        from probe.report.document import to_document

        console.show_json(to_document(report))
    return Exit.of(report.status)


@lambda_probe.command()
@click.argument("event", metavar="[EVENT.json|-]", required=False)
@click.option("--allow-loopback", is_flag=True, help="Let targets be on this machine.")
@options.format_option
def run(event: str | None, allow_loopback: bool, form: str | None) -> Exit:
    """Make the checks from this machine. Asks nothing of AWS.

    Without EVENT.json the targets come from the environment variable PROBE_TARGETS.

    \b
    lambda-probe run events/http.json
    echo '{"targets": [{"check": "tcp", "host": "db.internal", "port": 5432}]}' | lambda-probe run -
    """
    from probe import investigation, placement, settings

    given = console.read_object(event) if event else {}
    wanted = settings.parse(given, os.environ, allow_loopback=allow_loopback)
    count = len(wanted.targets)
    with console.working(f"Trying {count} target{'s' if count > 1 else ''}"):
        here = placement.here(os.environ, None)
        report = investigation.look(wanted, here, deadline=time.monotonic() + PATIENCE_S)
    return _present(report, form)


@lambda_probe.command()
@click.argument("function", required=False)
@click.argument("event", metavar="[EVENT.json|-]", required=False)
@click.option(
    "--invoke/--no-invoke",
    default=None,
    help="Whether FUNCTION is invoked. Default: if its handler is the probe's.",
)
@click.option("--no-control", is_flag=True, help="Do not try the public targets from here.")
@click.option("--report", "saved", metavar="FILE", help="Judge this saved report again.")
@click.option("--snapshot", metavar="FILE", help="Ask this saved configuration, not AWS.")
@click.option("--save-snapshot", metavar="FILE", help="Keep what AWS said, for --snapshot.")
@options.aws_options
@options.format_option
def diagnose(
    function: str | None,
    event: str | None,
    *,
    invoke: bool | None,
    no_control: bool,
    saved: str | None,
    snapshot: str | None,
    save_snapshot: str | None,
    form: str | None,
    **aws: str | None,
) -> Exit:
    """Say what FUNCTION cannot reach, and why.

    Reads the function's placement. If FUNCTION is a deployed probe, it is invoked with the event;
    of any other function the paths are walked and nothing is sent.

    \b
    lambda-probe diagnose my-probe
    lambda-probe diagnose my-function events/http.json --profile production
    lambda-probe diagnose --report report.json --snapshot snapshot.json
    lambda-probe diagnose my-function events/http.json --snapshot snapshot.json
    """
    from probe import investigation
    from probe import saved as saved_files

    if save_snapshot and (saved or snapshot):
        raise click.UsageError("--save-snapshot keeps what AWS said; saved files do not ask AWS.")
    if saved:
        return _present(_again(saved, snapshot), form)
    if function is None:
        raise click.UsageError("FUNCTION is missing: a function's name or ARN, or --report.")
    given = console.read_object(event) if event else {}
    if snapshot:
        read = options.load_snapshot(snapshot)
        around = options.region_variables()
        return _present(saved_files.walk(function, given, read, around), form)
    world = _world(aws, invoke=invoke, control=not no_control)
    with console.working(f"Investigating {function}"):
        report, found = investigation.investigate(function, given, world)
    if save_snapshot:
        console.write(save_snapshot, options.written(found))
    return _present(report, form)


def _world(aws: dict[str, str | None], *, invoke: bool | None, control: bool) -> World:
    from probe.aws import invoker, reader
    from probe.investigation import World

    options.place_in_environment(aws)
    return World(
        read=reader(aws["region"], aws["profile"]),
        invoke=None if invoke is False else invoker(aws["region"], aws["profile"]),
        is_probe=invoke is True,
        control=control,
        deadline=time.monotonic() + PATIENCE_S,
        environment=options.region_variables(),
    )


def _again(saved: str, snapshot: str | None) -> Report:
    """Judge a saved report, by a saved snapshot where there is one."""
    from probe import saved as saved_files
    from probe.network.snapshot import Snapshot
    from probe.report.document import from_document

    report = from_document(console.read_object(saved), name=console.shown(saved))
    read = options.load_snapshot(snapshot) if snapshot else Snapshot()
    return saved_files.again(report, read)


@lambda_probe.command()
@click.argument("report", metavar="REPORT.json")
@options.format_option
def show(report: str, form: str | None) -> Exit:
    """Show a saved report again.

    \b
    lambda-probe show report.json
    lambda-probe diagnose my-function --format json | tee report.json | lambda-probe show -
    """
    from probe.report.document import from_document

    document = console.read_object(report)
    _present(from_document(document, name=console.shown(report)), form or "text")
    return Exit.PASS


@lambda_probe.command()
@click.argument("code", required=False)
@click.option("--format", "form", type=options.FORMATS, help="Default: text.", default="text")
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


@lambda_probe.command()
@click.argument("name", type=click.Choice(["event", "report"]))
def schema(name: str) -> Exit:
    """Print the JSON Schema of the event or of the report."""
    from probe.report import schemas

    console.show(json.dumps(schemas.load(name), indent=2) + "\n")
    return Exit.PASS


for _command in (cli_paths.snapshot, cli_paths.path, cli_paths.preflight):
    lambda_probe.add_command(_command)

if __name__ == "__main__":
    main()
