"""The command line: its commands, and what becomes of a mistake.

Exit codes: 0 reached, 1 not reached, 2 bad usage or bad input, 3 undetermined.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from probe import __version__
from probe.commands import audit, checks, console, paths, placement, preflight, reports

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    else:
        # What is told of a mistake is in the report; where it was made is for whoever asks.
        logging.getLogger("probe").addHandler(logging.NullHandler())


for _module in (checks, paths, preflight, placement, audit, reports):
    for _command in _module.COMMANDS:
        lambda_probe.add_command(_command)


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
    from probe.fleet.ledger import LedgerError
    from probe.investigation import FunctionError
    from probe.network.snapshot import SnapshotError
    from probe.plan.intent import PlanError
    from probe.reading import SettingsError
    from probe.report.document import DocumentError

    ours = (AskError, DocumentError, FunctionError, LedgerError, PlanError, SettingsError)
    return (*ours, SetupError, SnapshotError, UnknownService)


if __name__ == "__main__":
    main()
