"""Who may pass: VPC Block Public Access, which moto does not know, and the last rule of a NACL.

https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


def describe_options(account: Account, call: Call) -> Response:
    """Say how the Region's internet gateways are blocked."""
    return wire.write(call, {"VpcBlockPublicAccessOptions": _options(account)})


def modify_options(account: Account, call: Call) -> Response:
    """Change how the Region's internet gateways are blocked."""
    account.public_access = call.parameters["InternetGatewayBlockMode"]
    return wire.write(call, {"VpcBlockPublicAccessOptions": _options(account)})


def _options(account: Account) -> dict[str, Any]:
    return {
        "AwsAccountId": account.id,
        "AwsRegion": account.region,
        "State": "default-state" if account.public_access == "off" else "update-complete",
        "InternetGatewayBlockMode": account.public_access,
        "ManagedBy": "account",
        "ExclusionsAllowed": "allowed",
    }


def describe_exclusions(account: Account, call: Call) -> Response:
    """List the VPCs and subnets that are excluded from the block."""
    exclusions = list(account.exclusions.values())
    return wire.write(call, {"VpcBlockPublicAccessExclusions": exclusions})


def create_exclusion(account: Account, call: Call) -> Response:
    """Exclude one VPC or subnet."""
    subnet = call.parameters.get("SubnetId")
    resource = f"subnet/{subnet}" if subnet else f"vpc/{call.parameters['VpcId']}"
    exclusion = {
        "ExclusionId": f"vpcbpa-exclude-{uuid.uuid4().hex[:17]}",
        "InternetGatewayExclusionMode": call.parameters["InternetGatewayExclusionMode"],
        "ResourceArn": f"arn:aws:ec2:{account.region}:{account.id}:{resource}",
        "State": "create-complete",
    }
    account.exclusions[exclusion["ExclusionId"]] = exclusion
    return wire.write(call, {"VpcBlockPublicAccessExclusion": exclusion})


def describe_subnets(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Say of each subnet what the block comes to there."""
    _ = call
    for subnet in result["Subnets"]:
        mode = _effective(account, subnet["SubnetId"], subnet["VpcId"])
        subnet["BlockPublicAccessStates"] = {"InternetGatewayBlockMode": mode}


def _effective(account: Account, subnet: str, vpc: str) -> str:
    if account.public_access == "off":
        return "off"
    modes = {
        exclusion["ResourceArn"].rpartition("/")[2]: exclusion["InternetGatewayExclusionMode"]
        for exclusion in account.exclusions.values()
    }
    match modes.get(subnet, modes.get(vpc)):
        case "allow-bidirectional":
            return "off"
        case "allow-egress":
            return "block-ingress"
        case _:
            return account.public_access


def created_nacl(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Add the last rule of every network ACL, which AWS lists as number 32767.

    https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
    """
    _ = call
    for egress in (True, False):
        account.ec2.create_network_acl_entry(
            network_acl_id=result["NetworkAcl"]["NetworkAclId"],
            rule_number=32767,
            protocol="-1",
            rule_action="deny",
            egress=egress,
            cidr_block="0.0.0.0/0",
            icmp_code=None,
            icmp_type=None,
            port_range_from=None,
            port_range_to=None,
            ipv6_cidr_block=None,
        )
