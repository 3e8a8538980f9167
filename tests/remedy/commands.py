"""Reads AWS CLI commands back by botocore's model: what is not there is an error.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters.html
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

_ASSIGNMENT = re.compile(r"(?P<variable>[A-Z_0-9]+)=\$\((?P<command>.*)\)")
_RENAMED = {"ingress": ("Egress", False)}


@dataclass(frozen=True)
class Command:
    """One command: what it calls with which parameters, and the variable that keeps its answer."""

    service: str
    operation: str  # as the CLI writes it: "create-route"
    parameters: dict[str, Any]
    variable: str | None = None

    @property
    def uses(self) -> set[str]:
        """Variables that the command needs."""
        return set(re.findall(r"\$(\w+)", json.dumps(self.parameters)))


def read(text: str) -> Command:
    """Read a command; AssertionError when the AWS CLI would not take it."""
    found = _ASSIGNMENT.fullmatch(text)
    variable, command = (found["variable"], found["command"]) if found else (None, text)
    program, service, operation, *words = shlex.split(command)
    assert program == "aws", text
    if operation == "wait":
        return _waiting(service, *words)
    model = _service(service).operation_model(_operations(service)[operation])
    flags = dict(_flags(words))
    output, query = flags.pop("output", None), flags.pop("query", None)
    if variable is not None:
        assert output == ["text"], text
        _check_query(model.output_shape, query)
    parameters = _parameters(model.input_shape, flags)
    # The CLI fills in tokens that only keep a call from being made twice.
    tokens = {name: "token" for name in model.idempotent_members if name not in parameters}
    report = ParamValidator().validate({**parameters, **tokens}, model.input_shape)
    assert not report.has_errors(), f"{text}: {report.generate_report()}"
    return Command(service, operation, parameters, variable)


def _waiting(service: str, waiter: str, *words: str) -> Command:
    model = botocore.session.get_session().get_waiter_model(service)
    names = {xform_name(name, "-"): name for name in model.waiter_names}
    operation = model.get_waiter(names[waiter]).operation
    shape = _service(service).operation_model(operation).input_shape
    return Command(service, f"wait {waiter}", _parameters(shape, dict(_flags(list(words)))))


@cache
def _service(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def _operations(service: str) -> dict[str, str]:
    return {xform_name(name, "-"): name for name in _service(service).operation_names}


def _flags(words: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word.removeprefix("--"), []))
        else:
            found[-1][1].append(word)
    return found


def _parameters(shape: Any, flags: dict[str, list[str]]) -> dict[str, Any]:
    members = {xform_name(name, "-"): name for name in shape.members}
    found: dict[str, Any] = {}
    for flag, words in flags.items():
        if flag in _RENAMED:
            name, value = _RENAMED[flag]
            found[name] = value
            continue
        off = flag.startswith("no-") and flag not in members
        name = members[flag.removeprefix("no-") if off else flag]
        found[name] = False if off else _value(shape.members[name], words)
    return found


def _value(shape: Any, words: list[str]) -> Any:
    if shape.type_name == "boolean":
        assert not words
        return True
    if shape.type_name == "list" and shape.member.type_name not in ("structure", "list", "map"):
        return words
    (word,) = words
    if shape.type_name in ("structure", "list", "map"):
        return json.loads(word)
    if shape.type_name in ("integer", "long"):
        return int(word)
    if shape.type_name in ("float", "double"):
        return float(word)
    return word


def _check_query(shape: Any, query: list[str] | None) -> None:
    assert query is not None
    for part in query[0].split("."):
        shape = shape.members[part]
    assert shape.type_name == "string"
