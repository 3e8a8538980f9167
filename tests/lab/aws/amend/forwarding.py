"""Route 53 Resolver rules, which moto wants an endpoint with interfaces for: their API alone.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-using-rules.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


@dataclass
class ResolverRules:
    """The rules of an account and the VPCs that go by them, as the API lists them."""

    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    associations: list[dict[str, Any]] = field(default_factory=list)


def answers() -> dict[tuple[str, str], Callable[[Account, Call], Response]]:
    """List the calls that are answered here."""
    known = {
        "CreateResolverRule": _create,
        "GetResolverRule": _get,
        "AssociateResolverRule": _associate,
        "ListResolverRuleAssociations": _list_associations,
    }
    return {("route53resolver", operation): answer for operation, answer in known.items()}


def _create(account: Account, call: Call) -> Response:
    identifier = f"rslvr-rr-{uuid.uuid4().hex[:16]}"
    told = {k: v for k, v in call.parameters.items() if k != "CreatorRequestId"}
    told["DomainName"] = f"{told['DomainName'].rstrip('.')}."
    account.resolver_rules.rules[identifier] = {"Id": identifier, "Status": "COMPLETE", **told}
    return wire.write(call, {"ResolverRule": account.resolver_rules.rules[identifier]})


def _get(account: Account, call: Call) -> Response:
    identifier = call.parameters["ResolverRuleId"]
    rule = account.resolver_rules.rules.get(identifier)
    if rule is None:
        message = f"Resolver rule with ID '{identifier}' does not exist."
        return wire.write_error(call, "ResourceNotFoundException", message, 400)
    return wire.write(call, {"ResolverRule": rule})


def _associate(account: Account, call: Call) -> Response:
    association = {
        "Id": f"rslvr-rrassoc-{uuid.uuid4().hex[:16]}",
        "ResolverRuleId": call.parameters["ResolverRuleId"],
        "VPCId": call.parameters["VPCId"],
        "Status": "COMPLETE",
    }
    account.resolver_rules.associations.append(association)
    return wire.write(call, {"ResolverRuleAssociation": association})


def _list_associations(account: Account, call: Call) -> Response:
    """List them, and the rule that AWS associates with every VPC."""
    wanted = {f["Name"]: f["Values"] for f in call.parameters.get("Filters", ())}
    vpcs = wanted.get("VPCId", [])
    found = [a for a in account.resolver_rules.associations if not vpcs or a["VPCId"] in vpcs]
    always = [
        {
            "Id": f"rslvr-autodefined-assoc-{vpc}-internet-resolver",
            "ResolverRuleId": "rslvr-autodefined-rr-internet-resolver",
            "Name": "System Rule Association",
            "VPCId": vpc,
            "Status": "COMPLETE",
        }
        for vpc in vpcs
    ]
    return wire.write(call, {"ResolverRuleAssociations": [*found, *always]})
