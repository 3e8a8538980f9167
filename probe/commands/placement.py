"""The command that copies a function's place into the words that deploy a probe there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from probe.commands import console, options
from probe.commands.console import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command()
@click.argument("function")
@options.aws_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Default: text, for `sam deploy`; json is for `aws cloudformation`.",
)
def placement(function: str, form: str, **aws: str | None) -> Exit:
    """Print the parameters that put a probe where FUNCTION stands.

    \b
    sam deploy --guided --parameter-overrides $(lambda-probe placement my-function)
    """
    from probe.investigation import FunctionError
    from probe.network.snapshot import ReadFailed

    read = options.reader(aws)
    try:
        found = read("lambda", "GetFunctionConfiguration", FunctionName=function)
    except ReadFailed as failed:
        raise FunctionError(f"{function} cannot be read: {failed.reason}") from None
    if found.get("CapacityProviderConfig"):
        raise FunctionError(
            f"{function} runs on Lambda Managed Instances: its packets leave from the subnets of"
            " its capacity provider, where no other function can stand."
        )
    parameters = overrides(found)
    if form == "text":
        console.show(" ".join(f"{name}={value}" for name, value in parameters.items()) + "\n")
    else:
        keys = ("ParameterKey", "ParameterValue")
        console.show_json([dict(zip(keys, one, strict=True)) for one in parameters.items()])
    if "SubnetIds" not in parameters:
        console.note(f"{function} is in no VPC, and so is a probe without SubnetIds.")
    return Exit.PASS


def overrides(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Give the template's parameters; what a function does not have keeps its default."""
    vpc = configuration.get("VpcConfig") or {}
    found = {
        "SubnetIds": ",".join(vpc.get("SubnetIds") or ()),
        "SecurityGroupIds": ",".join(vpc.get("SecurityGroupIds") or ()),
        "DualStack": "true" if vpc.get("Ipv6AllowedForDualStack") else "",
        "Architecture": ",".join(configuration.get("Architectures") or ()),
    }
    return {name: value for name, value in found.items() if value}


COMMANDS = (placement,)
