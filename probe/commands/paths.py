"""The commands about paths: save a configuration, and walk through it.

They send nothing, and change nothing in AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from probe.commands import console, forms, options
from probe.commands.console import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.commands.forms import Form
    from probe.model import Path, Report
    from probe.network.snapshot import Snapshot
    from probe.walks import Aim


@click.command()
@click.argument("function")
@click.argument("event", metavar="[EVENT.json|-]", required=False)
@click.option("-o", "--output", metavar="FILE", default="-", help="Default: standard output.")
@options.aws_options
def snapshot(function: str, event: str | None, output: str, **aws: str | None) -> Exit:
    """Save the configuration that a diagnosis of FUNCTION needs.

    With an event, also what is behind its targets. It holds no values of environment variables,
    and works with `path`, `preflight` and `diagnose`.

    \b
    lambda-probe snapshot my-function -o snapshot.json
    lambda-probe snapshot my-function events/rds.json -o snapshot.json
    """
    from probe import settings, walks
    from probe.network.snapshot import Unread

    given = settings.parse(console.read_object(event), _around(aws)).targets if event else ()
    found = collected(aws, [walks.planned(target) for target in given], function=function)
    if isinstance(unread := found.get("FunctionConfiguration"), Unread):
        raise click.ClickException(f"{function} cannot be read: {unread.reason}")
    console.write(output, options.written(found))
    unread_lists = sum(isinstance(value, Unread) for value in found.values.values())
    missing = f", {unread_lists} could not be read" if unread_lists else ""
    console.note(f"{len(found.values)} lists in {found.calls} calls{missing}")
    return Exit.PASS


def _around(aws: Mapping[str, str | None]) -> dict[str, str]:
    options.place_in_environment(aws)
    return options.region_variables()


def collected(aws: Mapping[str, str | None], aims: Sequence[Aim], **placement: Any) -> Snapshot:
    """Read from AWS what a placement and its targets need."""
    from probe.network.collector.collect import collect

    read = options.reader(aws)
    with console.working("Reading the configuration"):
        return collect(
            read,
            addresses=[address for aim in aims for address in aim.literals],
            hosts=[aim.host for aim in aims if aim.host and aim.named],
            services=[aim.service for aim in aims if aim.service],
            **placement,
        )


@click.command()
@click.argument("snapshot", metavar="SNAPSHOT")
@click.option("--from", "start", metavar="SUBNET[,SG...]", help="Where the packets start.")
@click.option("--to", "target", metavar="HOST:PORT", help="Where they go.")
@click.option("--batch", metavar="FILE", help='Many, one a line: {"from": "...", "to": "..."}.')
@forms.options()
def path(
    snapshot: str, start: str | None, target: str | None, batch: str | None, form: Form
) -> Exit:
    """Walk a path through a saved configuration. Sends nothing, needs no AWS.

    Groups that are not named are the function's own, or the VPC's default group.

    \b
    lambda-probe path snapshot.json --from subnet-0a1b,sg-0c2d --to 10.0.2.10:5432
    lambda-probe path snapshot.json --from subnet-0a1b --to [2001:db8::10]:443
    """
    from probe import asking, planned
    from probe.network.vpc import Network
    from probe.report import paths

    network = Network(options.load_snapshot(snapshot))
    if batch is not None:
        for asked in asking.lines(console.read_text(batch), console.shown(batch)):
            console.show_json(paths.to_document(asking.ask(network, *asked)), lines=True)
        return Exit.PASS
    if start is None or target is None:
        raise click.UsageError("--from and --to are needed, or --batch.")
    source, place = asking.source(start, network.snapshot), asking.place(target)
    found = asking.answer(network, source, place)
    if form.name == "json":
        form.write_json(paths.to_document(found))
    else:
        stand = asking.Stand((source.subnet_id or "",), source.security_group_ids)
        judged = planned.judge(network.snapshot, stand, [place])
        text = form.name == "text"
        whole = (
            told([found], judged, form) if text else forms.together([judged], form.about(snapshot))
        )
        form.write(whole)
    return Exit.of(found.verdict)


def told(found: Sequence[Path], judged: Report, form: Form) -> str:
    """Tell what was walked as text: the paths, and then the causes."""
    from probe.report import paths
    from probe.report.text import causes

    pen = console.pen(form.output)
    why = "\n".join(causes(judged.findings, pen))
    return paths.render(found, pen) + (f"\n{why}\n" if why else "")


COMMANDS = (snapshot, path)
