"""What policies certainly do not allow: a role that builds interfaces, a caller at an endpoint."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from probe.causes.policies import NEEDED, missing_actions, unmet

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


CALLER = {"aws:PrincipalAccount": "111122223333", "aws:SourceVpc": "vpc-a"}


def lets(effect: str, operator: str, key: str, *values: str) -> dict[str, Any]:
    """Return a statement of an endpoint's policy with one condition."""
    condition = {operator: {key: list(values)}}
    return {"Effect": effect, "Principal": "*", "Action": "*", "Condition": condition}


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([lets("Allow", "StringEquals", "aws:PrincipalAccount", "210987654321")], True),
        ([lets("Allow", "StringEquals", "AWS:principalaccount", "210987654321")], True),
        ([lets("Deny", "StringNotEquals", "aws:PrincipalAccount", "210987654321")], True),
        # It is listed, or another statement may allow the call.
        ([lets("Allow", "StringEquals", "aws:PrincipalAccount", "111122223333")], False),
        ([lets("Deny", "StringNotEquals", "aws:PrincipalAccount", "111122223333")], False),
        ([lets("Allow", "StringEquals", "aws:PrincipalAccount", "2"), {"Effect": "Allow"}], False),
        # What is not known of the caller.
        ([lets("Allow", "StringEquals", "aws:PrincipalOrgID", "o-1")], False),
        (
            [{**lets("Deny", "StringNotEquals", "aws:PrincipalAccount", "2"), "Action": "s3:*"}],
            False,
        ),
        ([], False),
    ],
)
def test_a_condition_that_the_caller_does_not_meet_is_quoted(
    statements: list[dict[str, Any]], said: bool
) -> None:
    """Where the policy leaves no other way for the call."""
    entry = {"PolicyDocument": json.dumps({"Statement": statements})}

    found = unmet(entry, CALLER)

    assert bool(found) is said
    if said:
        assert "to be 210987654321; the caller's is 111122223333" in found[0]
