"""Writes AWS CLI commands from the API's own operation and parameter names.

What does not exist yet has an id that ends in "-new" (see `probe.remedy.proposal`); in a command it
stands as a shell variable that an earlier command of the same fix has set. Runs nothing.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

# Kind of a new resource by the prefix of its id, and the shell variable that holds the real id.
VARIABLES = {
    "dopt": "OPTIONS",
    "eigw": "EGRESS_GATEWAY",
    "eipalloc": "ALLOC",
    "igw": "GATEWAY",
    "nat": "NAT",
    "nwfw-token": "TOKEN",
    "pcx": "PEERING",
    "rslvr-fdl": "DOMAINS",
    "rtb": "TABLE",
    "sg": "GROUP",
    "subnet": "SUBNET",
    "vpce": "ENDPOINT",
}
NEW = re.compile(rf"\b({'|'.join(VARIABLES)})-new(\d*)\b")
_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VARIABLE = re.compile(r"\$\w+")
# The AWS CLI gives a few flags a name of its own:
# https://docs.aws.amazon.com/cli/latest/reference/ec2/create-network-acl-entry.html
_RENAMED = {"--no-egress": "--ingress"}


def call(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    """Return one command; parameters by their API names, in the order in which they stand."""
    words = ["aws", service, operation]
    for name, value in parameters.items():
        words.extend(_flag(_BORDER.sub("-", name).lower(), value))
    return " ".join(words)


def keep(identity: str, command: str, query: str) -> str:
    """Return the command that also keeps the id of what it creates in a shell variable."""
    variable = _variables(identity).removeprefix("$")
    return f"{variable}=$({command} --query {query} --output text)"


def _flag(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        flag = f"--{name}" if value else f"--no-{name}"
        return [_RENAMED.get(flag, flag)]
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [f"--{name}", *map(_word, value)]
    if isinstance(value, Mapping | list | tuple):
        return [f"--{name}", _word(json.dumps(value, separators=(",", ":")))]
    return [f"--{name}", _word(str(value))]


def _word(text: str) -> str:
    """Quote a word for the shell, so that only our own variables are expanded."""
    written = _variables(text)
    if written == text:
        return shlex.quote(text)
    if _VARIABLE.fullmatch(written):
        return written
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _variables(text: str) -> str:
    return NEW.sub(lambda found: f"${VARIABLES[found[1]]}{found[2]}", text)
