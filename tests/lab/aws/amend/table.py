"""What AWS says where moto says something else: the table of moto's gaps, and how each is closed.

Three kinds: calls that moto does not know and that are answered here, calls that moto answers and
whose answer, or whose effect, is amended, and calls that AWS refuses. Judges no network.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.lab.aws.amend import (
    access,
    dns,
    endpoints,
    firewall,
    forwarding,
    interfaces,
    peering,
    refusals,
    routes,
    transit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.aws.account import Account
    from tests.lab.aws.front import Answer, Refusal, Repair
    from tests.lab.aws.wire import Call

    Amend = Callable[[Account, Call, dict[str, Any]], None]

# What identifies an item in the answers whose items may be overridden.
IDENTIFIED_BY = {
    ("ec2", "DescribeRouteTables"): "RouteTableId",
    ("elasticache", "DescribeCacheClusters"): "CacheClusterId",
    ("elbv2", "DescribeLoadBalancers"): "LoadBalancerName",
}


def answers(account: Account) -> dict[tuple[str, str], Answer]:
    """List the calls that moto does not know."""
    interfaces.teach()
    known = {
        ("ec2", "EnableVgwRoutePropagation"): routes.propagate,
        ("ec2", "AssociateNatGatewayAddress"): endpoints.associate_nat_gateway_address,
        ("ec2", "DescribeVpcEndpointServices"): endpoints.describe_endpoint_services,
        ("ec2", "AcceptTransitGatewayVpcAttachment"): transit.accept_attachment,
        ("ec2", "ReplaceTransitGatewayRoute"): transit.replace_route,
        ("ec2", "SearchTransitGatewayRoutes"): transit.search_routes,
        **dns.answers(),
        **forwarding.answers(),
        **{("network-firewall", name): firewall.describe for name in firewall.NAMED_BY},
        ("network-firewall", "UpdateRuleGroup"): firewall.update,
        ("ec2", "DescribeVpcBlockPublicAccessOptions"): access.describe_options,
        ("ec2", "ModifyVpcBlockPublicAccessOptions"): access.modify_options,
        ("ec2", "DescribeVpcBlockPublicAccessExclusions"): access.describe_exclusions,
        ("ec2", "CreateVpcBlockPublicAccessExclusion"): access.create_exclusion,
    }
    return {key: partial(answer, account) for key, answer in known.items()}


def refused(account: Account) -> dict[tuple[str, str], Refusal]:
    """List the calls that AWS refuses in some cases in which moto does not."""
    known = {
        ("ec2", "CreateRoute"): refusals.route,
        ("ec2", "ReplaceRoute"): refusals.route,
        ("ec2", "CreateNetworkAclEntry"): refusals.acl_rule,
        ("lambda", "CreateFunction"): refusals.function,
        ("lambda", "UpdateFunctionConfiguration"): refusals.function,
    }
    return {key: partial(refuse, account) for key, refuse in known.items()}


def repairs(account: Account) -> dict[tuple[str, str], Repair]:
    """List the calls of which moto's answer or effect is amended."""
    special: dict[tuple[str, str], Amend] = {
        ("ec2", "DescribeRouteTables"): routes.describe,
        ("ec2", "DescribeSubnets"): access.describe_subnets,
        ("ec2", "DescribeVpcPeeringConnections"): peering.describe,
        ("ec2", "DescribeTransitGateways"): transit.describe_gateways,
        ("ec2", "DescribeTransitGatewayRouteTables"): transit.describe_tables,
        ("ec2", "DescribeTransitGatewayAttachments"): transit.describe_attachments,
        **{
            ("ec2", f"Describe{kind}"): partial(transit.tell_referencing, kind)
            for kind in transit.REFERENCING
        },
        ("ec2", "CreateNetworkAcl"): access.created_nacl,
        ("ec2", "AllocateAddress"): endpoints.allocated_address,
        ("ec2", "DescribeNatGateways"): endpoints.describe_nat_gateways,
        ("ec2", "CreateNatGateway"): endpoints.created_nat_gateway,
        ("ec2", "DescribeVpcEndpoints"): endpoints.describe_endpoints,
        ("ec2", "CreateVpcEndpoint"): endpoints.created_endpoint,
        ("ec2", "ModifyVpcEndpoint"): endpoints.modified_endpoint,
        ("elbv2", "DescribeTargetHealth"): _health,
        ("lambda", "GetFunctionConfiguration"): _function,
        ("lambda", "GetFunction"): _function_and_code,
    }

    def both(key: tuple[str, str]) -> Repair:
        def repair(call: Call, result: dict[str, Any]) -> None:
            if key in special:
                special[key](account, call, result)
            if key in IDENTIFIED_BY:
                _override(account, IDENTIFIED_BY[key], result)

        return repair

    return {key: both(key) for key in (*special, *IDENTIFIED_BY)}


def _override(account: Account, identified_by: str, result: dict[str, Any]) -> None:
    """Put the scenario's own words in place of moto's."""
    for value in result.values():
        for item in value if isinstance(value, list) else ():
            item.update(account.overrides.get(item[identified_by], {}))


def _health(account: Account, _: Call, result: dict[str, Any]) -> None:
    """Call unhealthy what does not answer; to moto every target is healthy."""
    for told in result["TargetHealthDescriptions"]:
        key = f"health {told['Target']['Id']}:{told['Target']['Port']}"
        told["TargetHealth"].update(account.overrides.get(key, {}))


def _function(account: Account, _: Call, result: dict[str, Any]) -> None:
    """Name the VPC that the function's subnets are in; moto names one that does not exist.

    https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfigResponse.html
    """
    subnets = result.get("VpcConfig", {}).get("SubnetIds")
    if subnets:
        result["VpcConfig"]["VpcId"] = account.ec2.get_subnet(subnets[0]).vpc_id
    result.update(account.overrides.get(result["FunctionName"], {}))


def _function_and_code(account: Account, call: Call, result: dict[str, Any]) -> None:
    _function(account, call, result["Configuration"])
