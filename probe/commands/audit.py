"""The command about all functions at once: `audit`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.commands import console, options
from probe.commands.console import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.fleet.audit import Plan, ReaderFor
    from probe.fleet.placements import Scope
    from probe.fleet.summary import Fleet
    from probe.network.collector.collect import Reader

STATE = "lambda-probe-audit.state"
FORMATS = ("text", "json", "html", "sarif")
ENDINGS = {".txt": "text", ".html": "html", ".sarif": "sarif"}


@click.command()
@click.argument("event", metavar="[EVENT.json|-]", required=False)
@click.option("--regions", metavar="REGION,...", help="Default: the Region of --region.")
@click.option("--accounts", metavar="ID,...", help="Default: the caller's own account.")
@click.option(
    "--organization", is_flag=True, help="Every active account of the caller's organisation."
)
@click.option("--role-name", help="Role to take on in each account, like lambda-probe-reader.")
@click.option("--external-id", help="The word that the role asks for.")
@click.option("--state", metavar="FILE", default=STATE, help=f"Default: {STATE}.")
@options.aws_options
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Default: text on a terminal, JSON when piped.",
)
@click.option("--output", "-o", metavar="FILE", default="-", help="Default: standard output.")
def audit(
    event: str | None,
    *,
    regions: str | None,
    accounts: str | None,
    organization: bool,
    role_name: str | None,
    external_id: str | None,
    state: str,
    form: str | None,
    output: str,
    **aws: str | None,
) -> Exit:
    """Say which components cut functions off, over all functions of accounts and Regions.

    Reads each network once and walks from every distinct placement: to the targets of EVENT.json,
    or to the internet, DynamoDB, S3, Logs, Secrets Manager and each database and cache beside it.
    Sends nothing, deploys nothing. What was interrupted goes on where it stood.

    \b
    lambda-probe audit --profile production --regions eu-west-1,us-east-1
    lambda-probe audit --organization --role-name lambda-probe-reader --external-id WORD
    """
    from probe.fleet import audit as auditing
    from probe.fleet.ledger import Ledger

    if (accounts or organization) and not role_name:
        raise click.UsageError("Other accounts need --role-name, the role to take on there.")
    if accounts and organization:
        raise click.UsageError("--accounts and --organization exclude each other.")
    options.place_in_environment(aws)
    where, wanted = _regions(regions, aws), _targets(event)
    ask = options.reader({**aws, "region": where[0]})
    own = _asked(ask, "sts", "GetCallerIdentity", "AWS does not tell who is asking")
    chosen = _of_organization(ask) if organization else _accounts(accounts, own)
    plan = auditing.Plan(tuple(_scopes(chosen, where)), wanted, role_name)
    readers = _readers(plan, own, external_id, aws)
    ledger = Ledger(Path(state), plan.to_json())
    outcome = _present(auditing.run(plan, readers, ledger, _tell), form, output)
    ledger.close()
    return outcome


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)


def _asked(read: Reader, service: str, operation: str, complaint: str) -> Mapping[str, Any]:
    """Ask what nothing can be done without."""
    from probe.network.values import ReadFailed

    try:
        return read(service, operation)
    except ReadFailed as failed:
        reason = f"{complaint}: {failed.reason}; needs {failed.needs}"
        raise click.ClickException(reason) from None


def _regions(text: str | None, aws: Mapping[str, str | None]) -> list[str]:
    around = options.region_variables()
    found = _split(text) or [r for r in (aws["region"], *around.values()) if r][:1]
    if not found:
        raise click.UsageError("--regions is needed, or --region, or AWS_REGION.")
    return found


def _accounts(text: str | None, own: Mapping[str, Any]) -> list[str]:
    found = _split(text) or [str(own["Account"])]
    for one in found:
        if not (len(one) == 12 and one.isascii() and one.isdecimal()):
            raise click.UsageError(f"--accounts: {one!r} must be an account's number of 12 digits.")
    return found


def _of_organization(read: Reader) -> list[str]:
    complaint = "--organization: the accounts cannot be listed"
    answer = _asked(read, "organizations", "ListAccounts", complaint)
    return sorted(str(one["Id"]) for one in answer["Accounts"] if one.get("Status") == "ACTIVE")


def _scopes(accounts: list[str], regions: list[str]) -> list[Scope]:
    from probe.fleet.placements import Scope

    return [Scope(account, region) for account in accounts for region in regions]


def _split(text: str | None) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))


def _targets(event: str | None) -> list[Mapping[str, Any]] | None:
    """Read the targets of an event; the whole event is checked before anything is asked."""
    if event is None:
        return None
    from probe import settings

    given = console.read_object(event)
    settings.parse(given, {**os.environ, "AWS_REGION": "us-east-1"})
    return list(given.get("targets") or ())


def _readers(
    plan: Plan, own: Mapping[str, Any], external_id: str | None, aws: Mapping[str, str | None]
) -> ReaderFor:
    from probe.aws import reader
    from probe.aws.roles import Role

    partition = str(own.get("Arn", "arn:aws")).split(":")[1]

    def reader_for(scope: Scope) -> Reader:
        role = None
        if plan.role:
            arn = f"arn:{partition}:iam::{scope.account}:role/{plan.role}"
            role = Role(arn, external_id)
        return reader(scope.region, aws["profile"], role)

    return reader_for


def _present(fleet: Fleet, form: str | None, output: str) -> Exit:
    default = "text" if output == "-" and sys.stdout.isatty() else "json"
    ending = ENDINGS.get(Path(output).suffix.lower(), default)
    console.write(output, _rendered(fleet, form or ending, output))
    return Exit.of(fleet.status)


def _rendered(fleet: Fleet, form: str, output: str) -> str:
    if form == "html":
        from probe.fleet import page

        return page.render(fleet)
    if form == "sarif":
        from probe.fleet import sarif

        return sarif.render(fleet)
    from probe.fleet import document, table

    if form == "json":
        return "".join(document.chunks(fleet))
    return table.render(fleet, console.pen(output))


COMMANDS = (audit,)
