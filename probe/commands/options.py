"""Options that several commands have in common, and what they do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.commands import console
from probe.network.snapshot import dump, load, load_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probe.commands.console import Exit
    from probe.network.collector.gathering import Reader
    from probe.network.snapshot import Snapshot

REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


def aws_options(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """Add the options by which the AWS CLI is told whom to ask."""
    for name, words in (
        ("--endpoint-url", "Ask this URL in place of AWS."),
        ("--region", "AWS Region."),
        ("--profile", "Profile of the AWS configuration files."),
    ):
        command = click.option(name, help=words)(command)
    return command


def place_in_environment(aws: Mapping[str, str | None]) -> None:
    """Tell every client at once, by the AWS CLI's own variables."""
    for option, variable in (("region", "AWS_REGION"), ("endpoint_url", "AWS_ENDPOINT_URL")):
        if value := aws[option]:
            os.environ[variable] = value


def reader(aws: Mapping[str, str | None]) -> Reader:
    """Give a reader of AWS; who has named no Region or credentials is told how to."""
    from probe.aws import reader as reader_of
    from probe.aws import settled

    place_in_environment(aws)
    settled(aws["region"], aws["profile"])
    return reader_of(aws["region"], aws["profile"])


def region_variables() -> dict[str, str]:
    """Give what the environment says of the Region."""
    return {name: os.environ[name] for name in REGIONS if name in os.environ}


def load_snapshot(name: str) -> Snapshot:
    """Read a saved configuration: a file, a directory of files, or standard input for "-"."""
    if name == "-":
        return load(console.read_text(name), name=console.shown(name))
    return load_path(Path(name))


def written(snapshot: Snapshot) -> str:
    """Write a configuration as `load_snapshot` reads it."""
    return json.dumps(dump(snapshot), indent=1, default=str) + "\n"
