"""Enough of the AWS CLI to carry out a fix: a command line, read by botocore's service models.

The same words that a user would type into a shell become one API call against the lab's front.
Written by the CLI's documentation: names in kebab case, lists as several words, structures as JSON.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-types.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from botocore.model import Shape

# Flags that the CLI has under another name, or with its opposite.
# https://docs.aws.amazon.com/cli/latest/reference/ec2/create-network-acl-entry.html
_SPECIAL = {"ingress": ("Egress", False), "egress": ("Egress", True)}
_NUMBERS: Mapping[str, Callable[[str], Any]] = {
    "integer": int, "long": int, "float": float, "double": float,
}  # fmt: skip


class UsageError(ValueError):
    """A command line that the AWS CLI would refuse."""


def execute(arguments: Sequence[str], client: Callable[[str], Any]) -> tuple[int, str]:
    """Run one command, the words after `aws`; return exit code and output.

    https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
    """
    try:
        return 0, _execute(arguments, client)
    except UsageError as error:
        return 252, f"aws: {error}"
    except (ClientError, BotoCoreError) as error:
        return 254, str(error)


def _execute(arguments: Sequence[str], client: Callable[[str], Any]) -> str:
    words, flags = _split(arguments)
    query, form = _only(flags, "query"), _only(flags, "output")
    for ignored in ("region", "profile"):
        flags.pop(ignored, None)
    service = client(words[0])
    if words[1:2] == ["wait"]:
        return _wait(service, words[2], flags)
    method = _method(service, words[1])
    operation = service.meta.service_model.operation_model(
        service.meta.method_to_api_mapping[method]
    )
    answer = getattr(service, method)(**_parameters(operation.input_shape, flags))
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(query, answer) if query else answer
    return _written(found, form or "json")


def _split(arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Part the words before the first flag from the flags with their values."""
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    values = words
    for argument in arguments:
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            values = flags.setdefault(name, [])
            values += [value] if value else []
        else:
            values.append(argument)
    if len(words) < 2:
        raise UsageError("the following arguments are required: service, operation")
    return words, flags


def _only(flags: dict[str, list[str]], name: str) -> str | None:
    values = flags.pop(name, [])
    return values[0] if values else None


def _method(service: Any, word: str) -> str:
    method = word.replace("-", "_")
    if method not in service.meta.method_to_api_mapping:
        raise UsageError(f"{word!r} is not an operation")
    return method


def _wait(service: Any, word: str, flags: Mapping[str, list[str]]) -> str:
    name = word.replace("-", "_")
    if name not in service.waiter_names:
        raise UsageError(f"{word!r} is not something to wait for")
    waiter = service.get_waiter(name)
    shape = service.meta.service_model.operation_model(waiter.config.operation).input_shape
    waiter.wait(**_parameters(shape, flags), WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    return ""


def _parameters(shape: Any, flags: Mapping[str, list[str]]) -> dict[str, Any]:
    members = {xform_name(member, "-"): member for member in (shape.members if shape else {})}
    found: dict[str, Any] = {}
    for flag, values in flags.items():
        positive = flag.removeprefix("no-")
        if flag in _SPECIAL and _SPECIAL[flag][0] in members.values():
            name, value = _SPECIAL[flag]
            found[name] = value
        elif flag in members:
            found[members[flag]] = _value(shape.members[members[flag]], values, flag)
        elif positive in members and not values:
            found[members[positive]] = _switch(shape.members[members[positive]], on=False)
        else:
            raise UsageError(f"Unknown options: --{flag}")
    return found


def _value(shape: Shape, values: list[str], flag: str) -> Any:
    kind = shape.type_name
    if kind == "boolean" or (kind == "structure" and not values):
        return _switch(shape, on=values != ["false"])
    if not values:
        raise UsageError(f"argument --{flag}: expected one argument")
    if values[0].startswith(("{", "[")):
        return _json(values[0], flag)
    if kind == "list":
        return values
    if kind in ("structure", "map"):
        raise UsageError(f"argument --{flag}: the lab reads structures as JSON only")
    return _NUMBERS.get(kind, str)(values[0])


def _switch(shape: Shape, *, on: bool) -> Any:
    """Write a flag without a value; EC2 wraps some of its booleans."""
    return {"Value": on} if shape.type_name == "structure" else on


def _json(text: str, flag: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"Error parsing parameter '--{flag}': {error}") from None


def _written(found: Any, form: str) -> str:
    if form == "text" and not isinstance(found, dict | list):
        return "None" if found is None else str(found)
    return json.dumps(found, indent=4, default=str)
