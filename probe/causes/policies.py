"""What a role's policies allow, as far as building network interfaces needs it.

Answers one question, whether actions that Lambda needs are certainly missing; conditions and
resources are not judged, so that a policy that might allow something counts as allowing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
NEEDED = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


def missing_actions(policies: object) -> tuple[str, ...]:
    """Name the needed actions that no policy allows; none when a policy was not read."""
    if not isinstance(policies, Sequence) or isinstance(policies, str | bytes):
        return ()
    statements: list[Mapping[str, Any]] = []
    for policy in policies:
        document = _document(policy)
        if document is None:
            return ()  # what was not read may allow all of it
        statements += _listed(document.get("Statement"))
    return tuple(action for action in NEEDED if not _allowed(action, statements))


def _document(policy: object) -> Mapping[str, Any] | None:
    """Return the policy's document; IAM gives it as an object, as JSON, or percent-encoded."""
    found = policy.get("PolicyDocument") if isinstance(policy, Mapping) else None
    if isinstance(found, str):
        try:
            found = json.loads(unquote(found) if found.startswith("%7B") else found)
        except ValueError:
            return None
    return found if isinstance(found, Mapping) else None


def _allowed(action: str, statements: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a statement might allow the action, and none certainly denies it."""
    named = [s for s in statements if _names(s, action)]
    denied = any(
        s.get("Effect") == "Deny"
        and not s.get("Condition")
        and s.get("Resource", "*") in ("*", ["*"])
        for s in named
    )
    return not denied and any(s.get("Effect") == "Allow" for s in named)


def _names(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action"), action)


def _matches(patterns: object, action: str) -> bool:
    """Match as IAM does: letter case does not count, * and ? are wild."""
    found = [patterns] if isinstance(patterns, str) else patterns
    return isinstance(found, Sequence) and any(
        fnmatchcase(action.lower(), str(pattern).lower()) for pattern in found
    )


def _listed(value: object) -> list[Mapping[str, Any]]:
    found = [value] if isinstance(value, Mapping) else value
    return [s for s in found if isinstance(s, Mapping)] if isinstance(found, list | tuple) else []
