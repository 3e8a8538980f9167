"""What AWS refuses and moto takes: the call fails with AWS's own code before moto sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call

# Rules of a network ACL in one direction and of one family, the last one that denies among them.
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-nacls
_ACL_RULES = 20


def route(account: Account, call: Call) -> Response | None:
    """Refuse a route to what stands in another VPC than its table.

    A peering connection or a transit gateway leads to one; nothing else does.
    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
    """
    table_id = call.parameters["RouteTableId"]
    table = account.ec2.route_tables.get(table_id)
    for target, vpc_id in _home(account, call.parameters):
        if table is not None and vpc_id != table.vpc_id:
            kind = "interface" if target.startswith(("eni-", "i-")) else "network gateway"
            message = f"route table {table_id} and {kind} {target} belong to different networks"
            return wire.write_error(call, "InvalidParameterValue", message, 400)
    return None


def _home(account: Account, asked: Any) -> Iterator[tuple[str, str | None]]:
    """Name the target of a route that belongs to one VPC, with that VPC; None: not attached."""
    ec2 = account.ec2
    if found := asked.get("GatewayId"):
        if found in ec2.internet_gateways:
            vpc = ec2.internet_gateways[found].vpc
            yield found, vpc and vpc.id
        if found in ec2.vpn_gateways:
            yield found, next(iter(ec2.vpn_gateways[found].attachments), None)
    if (found := asked.get("NatGatewayId")) in ec2.nat_gateways:
        yield found, ec2.nat_gateways[found].vpc_id
    if (found := asked.get("EgressOnlyInternetGatewayId")) in ec2.egress_only_internet_gateways:
        yield found, ec2.egress_only_internet_gateways[found].vpc_id
    if (found := asked.get("NetworkInterfaceId")) in ec2.enis:
        yield found, ec2.enis[found].subnet.vpc_id
    if found := asked.get("InstanceId"):
        yield found, ec2.get_instance(found).vpc_id
    if (found := asked.get("VpcEndpointId")) in ec2.vpc_end_points:
        yield found, ec2.vpc_end_points[found].vpc_id


def acl_rule(account: Account, call: Call) -> Response | None:
    """Refuse the rule of a network ACL that is one too many by the default quota."""
    asked = call.parameters
    acl = account.ec2.network_acls.get(asked["NetworkAclId"])
    family = "ipv6_cidr_block" if asked.get("Ipv6CidrBlock") else "cidr_block"
    alike = [
        entry
        for entry in (acl.network_acl_entries if acl else ())
        if _is_egress(entry) == bool(asked["Egress"])
        and getattr(entry, family)
        and int(entry.rule_number) < 32767
    ]
    if len(alike) + 1 < _ACL_RULES:
        return None
    message = "The limit on the number of rules of this network ACL has been reached"
    return wire.write_error(call, "NetworkAclEntryLimitExceeded", message, 400)


def _is_egress(entry: Any) -> bool:
    return str(entry.egress).lower() == "true"


def function(account: Account, call: Call) -> Response | None:
    """Refuse IPv6 for a function of which a subnet has no IPv6 range.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-ipv6
    """
    config = call.parameters.get("VpcConfig") or {}
    if not config.get("Ipv6AllowedForDualStack"):
        return None
    subnets = [account.ec2.get_subnet(one) for one in config.get("SubnetIds") or ()]
    lacking = [one.id for one in subnets if not one.ipv6_cidr_block_associations]
    if not lacking:
        return None
    message = f"IPv6 traffic takes dual-stack subnets: {', '.join(lacking)} has no IPv6 CIDR block"
    return wire.write_error(call, "InvalidParameterValueException", message, 400)
