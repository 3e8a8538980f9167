"""The function itself: where it stands, and what Lambda says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.causes.starting import REASONS
from probe.model import Confidence, Direction, Evidence, Hop, Observation, Unknown
from tests.causes.build import (
    FUNCTION,
    PLACEMENT,
    blind,
    blocked,
    evidence,
    findings,
    one,
    path,
    possible,
    proven,
    saw,
)

NOWHERE = replace(
    PLACEMENT, in_vpc=False, vpc_id=None, subnet_ids=(), security_group_ids=(), subnet_id=None
)
NO_VPC = {**FUNCTION, "VpcConfig": {"SubnetIds": []}}
SILENT = "connect timeout"
READING = {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}


def policies(*actions: str) -> list[dict[str, Any]]:
    """Return a role's policies that allow these actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]


# --- not in a VPC ---


def test_a_private_target_and_a_function_without_a_vpc() -> None:
    """Lambda's own configuration names no subnets: that is read, and it explains the silence."""
    found = evidence(saw("http"), saw("rds", SILENT), placement=NOWHERE, function=NO_VPC)

    assert proven(found) == ["function-not-in-vpc"]
    assert one(found, "function-not-in-vpc").explains == (saw("rds").label,)


def test_the_walk_says_the_same_and_is_told_once() -> None:
    """A walk from no VPC is closed to private addresses; both are one finding."""
    seen = saw("rds", SILENT)
    closed = path(seen, blocked("function-not-in-vpc", "function"), subnet=None)
    found = evidence(seen, paths=[closed], placement=NOWHERE, function=NO_VPC)

    assert [f.code for f in findings(found)] == ["function-not-in-vpc"]


def test_a_placement_that_lambda_did_not_confirm_is_only_possible() -> None:
    """The environment says so; the configuration of the function could not be read."""
    seen = saw("rds", SILENT)
    closed = path(seen, blocked("function-not-in-vpc", "function"), subnet=None)
    found = blind(seen, paths=[closed], placement=NOWHERE)

    assert proven(found) == []
    assert possible(found) == ["function-not-in-vpc"]


def test_a_public_target_is_not_blamed_on_the_missing_vpc() -> None:
    """Without a VPC the internet is there."""
    found = evidence(saw("http", SILENT), placement=NOWHERE, function=NO_VPC)

    assert "function-not-in-vpc" not in [f.code for f in findings(found)]


def test_a_refusal_from_a_private_address_is_not_the_missing_vpc() -> None:
    """Somebody answered."""
    found = evidence(saw("rds", "connect refused"), placement=NOWHERE, function=NO_VPC)

    assert "function-not-in-vpc" not in [f.code for f in findings(found)]


def test_a_function_in_a_vpc_is_not_told_to_join_one() -> None:
    """The same silence, from inside."""
    assert "function-not-in-vpc" not in possible(blind(saw("rds", SILENT)))


def test_a_placement_that_is_unknown_is_not_called_outside() -> None:
    """Not read is not absent."""
    unsure = replace(NOWHERE, in_vpc=Unknown("AccessDenied"))

    assert "function-not-in-vpc" not in possible(blind(saw("rds", SILENT), placement=unsure))


# --- names, from outside ---

NO_NAME = "resolve name_not_found"
UNKNOWN = saw("http", NO_NAME, host="pricing.corp.example")
HELD = replace(
    path(UNKNOWN, subnet=None),
    hops=(Hop(Direction.FORWARD, "Z1", "dns", "deny", "it is in private zone corp.example (Z1)"),),
)


def outside(*observations: Observation, **more: Any) -> Evidence:
    """Put observations together of a function in no VPC."""
    return evidence(*observations, placement=NOWHERE, function=NO_VPC, **more)


def test_a_name_of_a_private_zone_is_out_of_reach_of_a_function_outside() -> None:
    """The zone was read and holds the name: only its VPCs can ask it."""
    found = outside(UNKNOWN, paths=[HELD])

    assert [f.code for f in findings(found)] == ["function-not-in-vpc"]
    assert "private zone corp.example (Z1)" in " ".join(one(found, "function-not-in-vpc").because)


def test_a_name_that_may_be_in_a_private_zone_leaves_the_missing_vpc_possible() -> None:
    """It exists nowhere in public; whether a private zone holds it was not read."""
    found = outside(UNKNOWN, control=[UNKNOWN])

    assert proven(found) == []
    assert possible(found)[:2] == ["function-not-in-vpc", "name-not-found"]


def test_advice_about_a_name_from_outside_takes_no_vpc_for_granted() -> None:
    """There is none that a zone could be associated with."""
    fix = one(outside(UNKNOWN), "name-not-found").fix

    assert fix is not None
    assert "in none has to be attached to one first" in fix.text


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("orders.abc.eu-west-1.rds.amazonaws.com", ()),
        ("api.example.com", (saw("http", host="api.example.com"),)),
    ],
)
def test_a_name_of_public_dns_is_not_blamed_on_the_missing_vpc(
    name: str, control: tuple[Observation, ...]
) -> None:
    """AWS's names are public, also those of private addresses; and so is what others resolve."""
    found = outside(saw("http", NO_NAME, host=name), control=control)

    assert "name-not-found" in [f.code for f in findings(found)]
    assert "function-not-in-vpc" not in [f.code for f in findings(found)]


@pytest.mark.parametrize("words", ["resolve no_answer", "resolve server_failure"])
def test_a_resolver_without_an_answer_is_not_the_missing_vpc(words: str) -> None:
    """Public DNS says of a private name that there is none."""
    found = outside(saw("http", words, host="pricing.corp.example"), paths=[HELD])

    assert "function-not-in-vpc" not in [f.code for f in findings(found)]


def test_an_unknown_name_inside_a_vpc_is_not_blamed_on_a_missing_one() -> None:
    """The zone may not be associated with it; a VPC there is."""
    assert "function-not-in-vpc" not in possible(blind(UNKNOWN))


# --- what Lambda says ---


@pytest.mark.parametrize(("reason", "code"), REASONS.items())
def test_lambdas_reasons_are_findings(reason: str, code: str) -> None:
    """Every reason code about networking, as state, as last update, and as error of Invoke."""
    state = {**FUNCTION, "State": "Failed", "StateReasonCode": reason, "StateReason": "Because."}
    update = {
        **FUNCTION,
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReasonCode": reason,
        "LastUpdateStatusReason": "Because.",
    }
    error = {"type": reason, "message": "Because."}

    for found in (
        evidence(function=state),
        evidence(function=update),
        evidence(function=FUNCTION, invoke_error=error),
    ):
        assert proven(found) == [code]
        assert any("Because." in s and reason in s for s in one(found, code).because)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("Pending", "function-pending"),
        ("Inactive", "function-inactive"),
        ("Failed", "function-failed"),
    ],
)
def test_a_state_without_a_reason_is_told_as_it_is(state: str, code: str) -> None:
    """Lambda does not always say why."""
    assert proven(evidence(function={**FUNCTION, "State": state})) == [code]


def test_a_reason_of_tomorrow_passes_through_in_its_own_words() -> None:
    """The list of reason codes grows: an unknown one is shown, not swallowed."""
    function = {
        **FUNCTION,
        "State": "Failed",
        "StateReasonCode": "MoonPhase",
        "StateReason": "Full",
    }

    finding = one(evidence(function=function), "function-failed")

    assert any("MoonPhase" in sentence and "Full" in sentence for sentence in finding.because)


@pytest.mark.parametrize("error", ["AccessDeniedException", "TooManyRequestsException"])
def test_errors_about_the_caller_are_not_the_functions(error: str) -> None:
    """Whoever may not invoke has learned nothing about the network."""
    assert findings(evidence(invoke_error={"type": error, "message": ""})) == ()


def test_a_pending_function_refuses_invocations_for_that_reason_alone() -> None:
    """Lambda answers them with a conflict, which is no second thing wrong."""
    error = {"type": "ResourceConflictException", "message": "The state is Pending"}
    function = {**FUNCTION, "State": "Pending", "StateReasonCode": "Creating"}

    assert proven(evidence(function=function, invoke_error=error)) == ["function-pending"]
    assert proven(evidence(invoke_error=error)) == ["function-pending"]


def test_an_error_without_a_reason_adds_nothing_to_a_state_that_has_one() -> None:
    """The state says why; where it does not, the error is all there is."""
    error = {"type": "EC2UnexpectedException", "message": "Something"}
    failed = {**FUNCTION, "State": "Failed", "StateReasonCode": "SubnetOutOfIPAddresses"}

    known = proven(evidence(function=failed, invoke_error=error))
    unknown = proven(evidence(function=FUNCTION, invoke_error=error))

    assert known == ["subnet-out-of-addresses"]
    assert unknown == ["function-failed"]


def test_an_active_function_has_nothing_to_complain_of() -> None:
    """The usual state gives no finding."""
    assert findings(evidence()) == ()


# --- the role ---


def test_a_pending_function_whose_role_may_not_build_interfaces() -> None:
    """The permission is missing, and the function does not get on."""
    found = evidence(
        function={**FUNCTION, "State": "Pending"}, RolePolicies=policies("ec2:Describe*")
    )

    finding = one(found, "role-cannot-create-interfaces")

    assert finding.confidence is Confidence.PROVEN
    assert finding.component == FUNCTION["Role"]
    assert any("ec2:CreateNetworkInterface" in sentence for sentence in finding.because)


def test_lambdas_complaint_and_the_policies_are_one_finding() -> None:
    """Both are about the role, and the same permission mends both."""
    function = {
        **FUNCTION,
        "State": "Failed",
        "StateReasonCode": "InsufficientRolePermissions",
        "StateReason": "No.",
    }

    found = evidence(function=function, RolePolicies=policies("logs:PutLogEvents"))

    assert proven(found) == ["role-cannot-create-interfaces"]
    assert one(found, "role-cannot-create-interfaces").component == FUNCTION["Role"]


def test_an_active_function_may_fail_when_its_interfaces_are_built_anew() -> None:
    """It runs with the interfaces that it has; the finding is a warning, and explains nothing."""
    finding = one(evidence(RolePolicies=policies("logs:*")), "role-cannot-create-interfaces")

    assert finding.confidence is Confidence.POSSIBLE
    assert finding.explains == ()


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"RolePolicies": {"unread": "AccessDenied"}},
        {"RolePolicies": policies("ec2:*")},
    ],
)
def test_a_role_that_may_or_was_not_read_is_not_accused(facts: dict[str, Any]) -> None:
    """Not read is not absent."""
    assert findings(evidence(**facts)) == ()


def test_a_function_without_a_vpc_needs_no_interfaces() -> None:
    """The permission is not missed where nothing is built."""
    found = evidence(placement=NOWHERE, function=NO_VPC, RolePolicies=policies("logs:*"))

    assert findings(found) == ()


def test_what_keeps_the_function_from_starting_stands_before_what_it_would_meet() -> None:
    """A route that is missing as well matters only when the function runs again."""
    walked = path(saw("http"), blocked("no-route-to-internet", "rtb-app"))
    function = {**FUNCTION, "State": "Failed", "StateReasonCode": "InvalidSubnet"}

    assert proven(evidence(paths=[walked], function=function)) == [
        "placement-invalid",
        "no-route-to-internet",
    ]
