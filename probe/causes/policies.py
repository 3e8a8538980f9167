"""What policies certainly do not allow: a role's actions, and callers at an endpoint.

Of a role, whether actions that Lambda needs are missing: conditions and resources are not judged,
so that a policy that might allow something counts as allowing it. Of an endpoint, which conditions
the caller does not meet, as far as what is known of it tells.
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

_EQUALS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
_DIFFERS = ("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike")


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


def unmet(entry: Mapping[str, Any], caller: Mapping[str, str]) -> tuple[str, ...]:
    """Word the conditions of an endpoint's policy that keep a caller out, by its condition keys.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    document = _document(entry)
    statements = [] if document is None else _listed(document.get("Statement"))
    allowing = [_missed(s, _EQUALS, caller) for s in statements if s.get("Effect") == "Allow"]
    denying = [_missed(s, _DIFFERS, caller) for s in statements if _denies_all(s)]
    kept = [key for found in allowing for key in found] if all(allowing) else []
    kept += [key for found in denying for key in found]
    return tuple(
        f"The endpoint's policy wants {key} to be {' or '.join(wanted)}; the caller's is"
        f" {caller[key]}."
        for key, wanted in dict.fromkeys(kept)
    )


def _denies_all(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement denies every action where its one condition holds."""
    condition: object = statement.get("Condition")
    parts = list(condition.values()) if isinstance(condition, Mapping) else []
    alone = len(parts) == 1 and isinstance(parts[0], Mapping) and len(parts[0]) == 1
    every = statement.get("Action") in ("*", ["*"])
    return statement.get("Effect") == "Deny" and every and alone


def _missed(
    statement: Mapping[str, Any], operators: tuple[str, ...], caller: Mapping[str, str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the keys that a statement compares, with values of which the caller has none."""
    found = []
    condition = statement.get("Condition")
    conditions = condition if isinstance(condition, Mapping) else {}
    for operator in operators:
        compared = conditions.get(operator)
        for name, values in compared.items() if isinstance(compared, Mapping) else ():
            key = next((own for own in caller if own.lower() == str(name).lower()), None)
            listed = [values] if isinstance(values, str) else values
            if key and isinstance(listed, list) and not _matches(listed, caller[key]):
                found.append((key, tuple(map(str, listed))))
    return found


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
