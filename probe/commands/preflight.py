"""The command `preflight`: what a placement will reach that is not deployed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from probe.commands import console, forms, options
from probe.commands.console import Exit
from probe.commands.paths import collected, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.asking import Place
    from probe.commands.forms import Form
    from probe.model import Path, Report
    from probe.network.snapshot import Snapshot
    from probe.plan.intent import Function, Plan


@click.command()
@click.option("--subnets", metavar="SUBNET,...", help="Where the function is to stand.")
@click.option("--security-groups", "groups", metavar="SG,...", help="The groups it is to have.")
@click.option("--template", metavar="FILE", help="A CloudFormation or SAM template, instead.")
@click.option("--plan", metavar="FILE", help="Terraform's plan in JSON, instead.")
@click.option(
    "--parameter",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="A value that the template leaves open: a parameter, an import, a resource.",
)
@click.option("--function", "names", metavar="NAME", multiple=True, help="Only this one of them.")
@click.option("--to", "targets", metavar="HOST:PORT", multiple=True, required=True)
@click.option("--snapshot", metavar="FILE", help="Ask this saved configuration, not AWS.")
@options.aws_options
@forms.options()
def preflight(
    subnets: str | None,
    groups: str | None,
    template: str | None,
    plan: str | None,
    *,
    parameters: tuple[str, ...],
    names: tuple[str, ...],
    targets: tuple[str, ...],
    snapshot: str | None,
    form: Form,
    **aws: str | None,
) -> Exit:
    """Say what a placement will reach, before anything is deployed.

    The placement is named, or read out of a template or a plan; nothing is sent. Exit code 1
    refuses it, so that a pipeline can stop there.

    \b
    lambda-probe preflight --subnets subnet-0a1b,subnet-0c2d --security-groups sg-0e3f \\
        --to db.example.internal:5432
    lambda-probe preflight --template template.yaml --parameter SubnetIds=subnet-0a1b \\
        --to db.example.internal:5432 --format github
    lambda-probe preflight --plan plan.json --to db.example.internal:5432 -o preflight.sarif
    """
    from probe import asking
    from probe.network.snapshot import Snapshot

    if sum(map(bool, (subnets or groups, template, plan))) != 1 or bool(subnets) != bool(groups):
        raise click.UsageError("Needed: --subnets and --security-groups, or --template, or --plan.")
    wanted = _wanted(subnets, groups, template, plan, parameters).only(
        names, template or plan or ""
    )
    places = [asking.place(text) for text in targets]
    exists = wanted.existing()
    if snapshot:
        read = options.load_snapshot(snapshot)
    elif exists["subnet_ids"]:
        read = collected(aws, [place.aim for place in places], **exists)
    else:
        read = Snapshot()  # nothing is known of where they will stand: there is nothing to read
    found = _walked(wanted, read, places)
    form = form.about(template or plan or snapshot, wanted.lines)
    return _present(found, form, named=bool(template or plan))


def _wanted(
    subnets: str | None,
    groups: str | None,
    template: str | None,
    plan: str | None,
    parameters: Sequence[str],
) -> Plan:
    from probe import asking
    from probe.plan.intent import Function, Plan

    if template:
        from probe.plan import cloudformation

        text = console.read_text(template)
        return cloudformation.read(text, console.shown(template), _given(parameters))
    if parameters:
        raise click.UsageError("--parameter belongs to --template.")
    if plan:
        from probe.plan import terraform

        return terraform.read(console.read_object(plan), console.shown(plan))
    stand = asking.placement(subnets or "", groups or "")
    return Plan((Function("", stand.subnet_ids, stand.group_ids),))


def _given(parameters: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.UsageError(f"--parameter: {text!r} must be NAME=VALUE.")
        found[name] = value
    return found


def _walked(
    wanted: Plan, read: Snapshot, places: Sequence[Place]
) -> dict[str, tuple[list[Path], Report]]:
    """Walk each function's paths; those of one placement are walked once."""
    from probe import asking, planned
    from probe.network.vpc import Network

    carried_out = wanted.carried_out(read)
    network = Network(carried_out)
    shared: dict[Any, list[Function]] = {}
    for function in wanted.functions:
        shared.setdefault((function.subnet_ids, function.group_ids), []).append(function)
    found = {}
    for first, *others in shared.values():
        name = ", ".join(function.name for function in (first, *others))
        if first.stand is None:
            paths = first.undecided(places)
            report = planned.undecided(paths, name)
        else:
            paths = [*map(wanted.doubted, asking.preflight(network, first.stand, places))]
            judged = planned.judge(carried_out, first.stand, places, name or None)
            report = planned.doubted(judged, wanted)
        found[name] = (paths, report)
    return found


def _present(found: Mapping[str, tuple[list[Path], Report]], form: Form, *, named: bool) -> Exit:
    from probe.report import paths as forms_of_paths

    every = [path for paths, _ in found.values() for path in paths]
    if form.name == "json":
        whole = [
            {"function": name, **forms_of_paths.together(paths)}
            for name, (paths, _) in found.items()
        ]
        verdict = forms_of_paths.verdict(every).value
        form.write_json(
            {"verdict": verdict, "functions": whole} if named else forms_of_paths.together(every)
        )
    elif form.name == "text":
        heads = [f"{name}\n" if named else "" for name in found]
        texts = [told(paths, report, form) for paths, report in found.values()]
        form.write("\n".join(head + text for head, text in zip(heads, texts, strict=True)))
    else:
        form.write(forms.together([report for _, report in found.values()], form))
    return Exit.of(forms_of_paths.verdict(every))


COMMANDS = (preflight,)
