"""Whether a role may build network interfaces, as far as its policies say."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from probe.causes.policies import NEEDED, missing_actions

ALL = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
ALL += ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses"]
ALL += ["ec2:UnassignPrivateIpAddresses"]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return one policy as the collector keeps it."""
    return {"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    """Return one statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def test_the_managed_policys_actions_are_enough() -> None:
    """A role with what AWSLambdaVPCAccessExecutionRole allows lacks nothing."""
    assert missing_actions([policy(allow(*ALL))]) == ()


def test_what_is_missing_is_named() -> None:
    """A role that may only describe interfaces lacks the rest, in the order of AWS's page."""
    missing = missing_actions([policy(allow("ec2:Describe*"))])

    assert "ec2:CreateNetworkInterface" in missing
    assert "ec2:DescribeSubnets" not in missing


@pytest.mark.parametrize("pattern", ["*", "ec2:*", "EC2:*NetworkInterface*", "ec2:Create*"])
def test_wildcards_match_as_in_iam(pattern: str) -> None:
    """Letter case does not count, and * stands for anything."""
    assert "ec2:CreateNetworkInterface" not in missing_actions([policy(allow(pattern))])


def test_a_deny_wins() -> None:
    """An action that is allowed and denied is missing."""
    deny = {"Effect": "Deny", "Action": "ec2:CreateNetworkInterface", "Resource": "*"}

    assert missing_actions([policy(allow("*"), deny)]) == ("ec2:CreateNetworkInterface",)


def test_a_deny_for_the_functions_own_code_is_not_one_for_lambda() -> None:
    """The hardening that AWS advises denies these calls to code only, by a condition."""
    condition = {"ArnEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:1:function:f"}}
    deny = {"Effect": "Deny", "Action": ALL, "Resource": "*", "Condition": condition}

    assert missing_actions([policy(allow(*ALL), deny)]) == ()


def test_a_statement_that_allows_all_but_some_actions_counts() -> None:
    """NotAction allows everything that it does not name."""
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}

    assert missing_actions([policy(statement)]) == ()


@pytest.mark.parametrize("encode", [json.dumps, lambda document: quote(json.dumps(document))])
def test_documents_are_read_as_iam_gives_them(encode: Any) -> None:
    """A document may be JSON text, also percent-encoded; one statement need not be in a list."""
    text = encode({"Statement": {"Effect": "Allow", "Action": ALL, "Resource": "*"}})

    assert missing_actions([{"PolicyDocument": text}]) == ()


@pytest.mark.parametrize(
    "policies",
    [
        None,
        {"unread": "AccessDenied"},
        [{"PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"}],
        [{"PolicyDocument": "{not json"}],
    ],
)
def test_what_was_not_read_lacks_nothing(policies: Any) -> None:
    """A policy without its document may allow everything."""
    assert missing_actions(policies) == ()


def test_a_role_without_policies_lacks_everything() -> None:
    """An empty list was read, and allows nothing."""
    assert missing_actions([]) == NEEDED
