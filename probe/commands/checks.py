"""The commands that make checks or have them made: `run` and `diagnose`."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from probe.commands import console, forms, options
from probe.commands.forms import Form, present

if TYPE_CHECKING:
    from probe.commands.console import Exit
    from probe.investigation import World
    from probe.model import Report

# Every check ends by its own timeouts; this is for names and hosts without end.
PATIENCE_S = 120.0


@click.command()
@click.argument("event", metavar="[EVENT.json|-]", required=False)
@click.option("--allow-loopback", is_flag=True, help="Let targets be on this machine.")
@forms.options()
def run(event: str | None, allow_loopback: bool, form: Form) -> Exit:
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
    return present(report, form.about(event))


@click.command()
@click.argument("function", required=False)
@click.argument("event", metavar="[EVENT.json|-]", required=False)
@click.option(
    "--invoke/--no-invoke",
    default=None,
    help="Whether FUNCTION is invoked. Default: if its handler is the probe's.",
)
@click.option(
    "--probe",
    metavar="NAME",
    help="A deployed probe, which sends the packets if it shares FUNCTION's subnets and groups.",
)
@click.option("--no-control", is_flag=True, help="Do not try the public targets from here.")
@click.option("--report", "saved", metavar="FILE", help="Judge this saved report again.")
@click.option("--snapshot", metavar="FILE", help="Ask this saved configuration, not AWS.")
@click.option("--save-snapshot", metavar="FILE", help="Keep what AWS said, for --snapshot.")
@options.aws_options
@forms.options()
def diagnose(
    function: str | None,
    event: str | None,
    *,
    invoke: bool | None,
    probe: str | None,
    no_control: bool,
    saved: str | None,
    snapshot: str | None,
    save_snapshot: str | None,
    form: Form,
    **aws: str | None,
) -> Exit:
    """Say what FUNCTION cannot reach, and why.

    Reads the function's placement. If FUNCTION is a deployed probe, it is invoked with the event,
    from each of its subnets; of any other function the paths are walked and nothing is sent.

    \b
    lambda-probe diagnose my-probe
    lambda-probe diagnose my-function events/http.json --probe my-probe
    lambda-probe diagnose my-function events/http.json --profile production
    lambda-probe diagnose --report report.json --snapshot snapshot.json
    lambda-probe diagnose my-function events/http.json --snapshot snapshot.json
    """
    from probe import investigation
    from probe import saved as saved_files

    if save_snapshot and (saved or snapshot):
        raise click.UsageError("--save-snapshot keeps what AWS said; saved files do not ask AWS.")
    if saved:
        return present(_again(saved, snapshot), form.about(saved))
    if function is None:
        raise click.UsageError("FUNCTION is missing: a function's name or ARN, or --report.")
    given = console.read_object(event) if event else {}
    if snapshot:
        read = options.load_snapshot(snapshot)
        around = options.region_variables()
        return present(saved_files.walk(function, given, read, around), form.about(snapshot))
    world = _world(aws, invoke=invoke, probe=probe, control=not no_control)
    with console.working(f"Investigating {function}") as tell:
        world = replace(world, tell=tell)
        report, found = investigation.investigate(function, given, world)
    if save_snapshot:
        console.write(save_snapshot, options.written(found))
    return present(report, form.about(event))


def _world(
    aws: dict[str, str | None], *, invoke: bool | None, probe: str | None, control: bool
) -> World:
    from probe.aws import invoker
    from probe.investigation import World

    return World(
        read=options.reader(aws),
        invoke=None if invoke is False else invoker(aws["region"], aws["profile"]),
        is_probe=invoke is True,
        probe=probe,
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


COMMANDS = (run, diagnose)
