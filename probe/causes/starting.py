"""What Lambda itself says of a function that it could not put into its VPC.

Lambda builds network interfaces before a function can run; when it cannot, the caller sees the
error and the probe inside never starts. The reasons are Lambda's own codes; one that is not known
here is passed through in its own words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.causes.cause import Match, Proof
from probe.causes.policies import missing_actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.cause import Rule
    from probe.causes.seen import Seen

# StateReasonCode, LastUpdateStatusReasonCode and the errors of Invoke, by what they mean:
# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
REASONS = {
    "EniLimitExceeded": "interface-limit-reached",
    "ENILimitReachedException": "interface-limit-reached",
    "SubnetOutOfIPAddresses": "subnet-out-of-addresses",
    "SubnetIPAddressLimitReachedException": "subnet-out-of-addresses",
    "InsufficientRolePermissions": "role-cannot-create-interfaces",
    "EC2AccessDeniedException": "role-cannot-create-interfaces",
    "InvalidSubnet": "placement-invalid",
    "InvalidSubnetIDException": "placement-invalid",
    "InvalidSecurityGroup": "placement-invalid",
    "InvalidSecurityGroupIDException": "placement-invalid",
    "InvalidConfiguration": "placement-invalid",
    "DisallowedByVpcEncryptionControl": "placement-invalid",
    "EFSIOError": "file-system-unreachable",
    "EFSIOException": "file-system-unreachable",
    "EFSMountConnectivityError": "file-system-unreachable",
    "EFSMountConnectivityException": "file-system-unreachable",
    "EFSMountFailure": "file-system-unreachable",
    "EFSMountFailureException": "file-system-unreachable",
    "EFSMountTimeout": "file-system-unreachable",
    "EFSMountTimeoutException": "file-system-unreachable",
    "Idle": "function-inactive",
    "ResourceNotReadyException": "function-inactive",
    "Creating": "function-pending",
    "Restoring": "function-pending",
    "ENINotReadyException": "function-pending",
    # https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    "ResourceConflictException": "function-pending",
}
_STATE_CODES = {
    "Inactive": "function-inactive",
    "Pending": "function-pending",
    "Failed": "function-failed",
    "Deactivated": "function-inactive",
    "Deactivating": "function-inactive",
}
CODES = frozenset(REASONS.values()) | frozenset(_STATE_CODES.values())
# About the caller of Invoke, not about the function's network.
_CALLERS = frozenset({"AccessDeniedException", "TooManyRequestsException"})


def complaints(seen: Seen) -> Iterator[tuple[str, str]]:
    """Yield what Lambda itself says is wrong: the code of the cause, and a sentence."""
    function = seen.function
    state = str(function.get("State") or "Active")
    reason = str(function.get("StateReasonCode") or "")
    if state in _STATE_CODES:
        words = function.get("StateReason")
        yield REASONS.get(reason, _STATE_CODES[state]), _said("state", state, reason, words)
    if function.get("LastUpdateStatus") == "Failed":
        reason = str(function.get("LastUpdateStatusReasonCode") or "")
        words = function.get("LastUpdateStatusReason")
        yield REASONS.get(reason, "function-failed"), _said("last update", "Failed", reason, words)
    error, message = seen.invoke_error
    # An error that names no reason says no more than a state that does.
    told = state in _STATE_CODES and error not in REASONS
    if error and error not in _CALLERS and not told:
        yield REASONS.get(error, "function-failed"), f"Invoke answered {error}: {message}"


def _said(what: str, value: str, reason: str, words: object) -> str:
    code = f" ({reason})" if reason else ""
    return f"The function's {what} is {value}{code}" + (f": {words}" if words else ".")


def said(code: str) -> Rule:
    """Make the rule of a cause that Lambda itself reports."""

    def rule(seen: Seen) -> Iterator[Match]:
        for found, sentence in complaints(seen):
            if found == code:
                # What did not start has sent nothing: nothing that was seen is explained by it.
                yield Match((), Proof.CONFIGURATION, seen.function_name, (sentence,))

    return rule


def role_lacks_permission(seen: Seen) -> Iterator[Match]:
    """Lambda said so, or the policies that were read do not allow what building one takes."""
    role = str(seen.function.get("Role") or "") or None
    for match in said("role-cannot-create-interfaces")(seen):
        yield replace(match, component=role or match.component)
    missing = missing_actions(seen.facts.get("RolePolicies")) if seen.in_vpc else ()
    if missing:
        sentence = f"The execution role's policies do not allow {', '.join(missing)}."
        # A function that is Active has its interfaces; the next one may never be built.
        building = seen.function.get("State", "Active") != "Active"
        proof = Proof.CONFIGURATION if building else Proof.FIT
        yield Match((), proof, role, (sentence,))
