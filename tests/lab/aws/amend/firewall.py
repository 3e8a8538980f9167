"""AWS Network Firewall's descriptions: of firewalls, of their policies, of rule groups.

moto knows firewalls only, and neither policies nor rules; here all three are documents that the
scenario's resources put into the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.aws import wire

if TYPE_CHECKING:
    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call

# Parameter that names the document.
# https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_Operations.html
NAMED_BY = {
    "DescribeFirewall": "FirewallArn",
    "DescribeFirewallPolicy": "FirewallPolicyArn",
    "DescribeRuleGroup": "RuleGroupArn",
}


def update(account: Account, call: Call) -> Response:
    """Put another rule group in the place of one, for whoever has read it last.

    https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_UpdateRuleGroup.html
    """
    document = account.documents[call.parameters["RuleGroupArn"]]
    if call.parameters["UpdateToken"] != document["UpdateToken"]:
        return wire.write_error(call, "InvalidTokenException", "The token is not valid", 400)
    document["RuleGroup"] = call.parameters["RuleGroup"]
    document["UpdateToken"] += "+"
    told = {key: document[key] for key in ("UpdateToken", "RuleGroupResponse")}
    return wire.write(call, told)


def describe(account: Account, call: Call) -> Response:
    """Give a document by its ARN."""
    arn = call.parameters.get(NAMED_BY[call.operation], "")
    if arn not in account.documents:
        message = f"Unable to fulfill request because the following entity doesn't exist: {arn}"
        return wire.write_error(call, "ResourceNotFoundException", message, 400)
    return wire.write(call, account.documents[arn])
