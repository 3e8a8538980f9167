"""What CloudFormation does with a template, as far as ours goes: read, transform, resolve.

Reading knows the short forms (`!Ref`), the transform is AWS's own translator, and resolving puts in
parameters and conditions. What only exists after deployment stays a name: `ProbeRole.Arn`.
"""

from __future__ import annotations

import copy
import logging
import os
import re
from typing import TYPE_CHECKING, Any

import yaml
from samtranslator.translator.transform import transform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# It counts what it does, for AWS, and complains where nobody listens.
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's functions, each in its long form."""


def _function(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        value = str(text).split(".", 1) if tag == "GetAtt" else text
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _function)


def load(path: Path) -> dict[str, Any]:
    """Read a template."""
    template: dict[str, Any] = yaml.load(path.read_text(), _Loader)
    return template


class _NoPolicies:
    """The translator asks for AWS's managed policies; the template uses none."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(
    template: dict[str, Any],
    code: Callable[[str], dict[str, Any]] = lambda _: {"Bucket": "bucket", "Key": "key"},
) -> dict[str, Any]:
    """Give the plain CloudFormation that a SAM template becomes; `code`: where a function's is."""
    # The translator wants to be told a Region, which is in nothing that it makes of ours.
    os.environ.setdefault("AWS_DEFAULT_REGION", _PSEUDO["AWS::Region"])
    template = copy.deepcopy(template)
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":  # as after `sam package`
            resource["Properties"]["CodeUri"] = code(name)
    result: dict[str, Any] = transform(template, {}, _NoPolicies())
    return result


_NOTHING = object()
_PSEUDO: dict[str, Any] = {
    "AWS::NoValue": _NOTHING,
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "lambda-probe",
}


class Stack:
    """A plain template with its parameters put in."""

    def __init__(
        self,
        template: dict[str, Any],
        pseudo: dict[str, str] | None = None,
        /,
        **parameters: str,
    ) -> None:
        self._conditions = template.get("Conditions", {})
        self.values: dict[str, Any] = {**_PSEUDO, **(pseudo or {})}
        for name, declared in template["Parameters"].items():
            value = parameters.get(name, declared["Default"])
            is_list = declared["Type"] == "CommaDelimitedList"
            self.values[name] = str(value).split(",") if is_list else str(value)
        self.resources: dict[str, Any] = {
            name: self.resolve(resource)
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Give the properties of every resource of a type."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def resolve(self, value: Any) -> Any:
        """Put parameters, conditions and names in."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NOTHING}

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self.values.get(argument, argument)
            case "GetAtt":
                return ".".join(argument)
            case "If":
                return self.resolve(argument[1 if self._holds(argument[0]) else 2])
            case "Join":
                return argument[0].join(self.resolve(argument[1]))
            case "Sub":
                return re.sub(r"\$\{([^}]+)\}", self._substituted, argument)
            case "Split":
                return self.resolve(argument[1]).split(argument[0])
            case "Equals":
                left, right = self.resolve(argument)
                return left == right
            case "Not":
                return not self.resolve(argument[0])
            case "Or":
                return any(map(self.resolve, argument))
        raise LookupError(f"CloudFormation function {function} is not known here")

    def _substituted(self, found: re.Match[str]) -> str:
        return str(self._call("Ref", found[1]))

    def _holds(self, condition: str) -> bool:
        return bool(self.resolve(self._conditions[condition]))
