"""Single entries in AWS's own shapes: routes, permissions, rules of network ACLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probe.model import Path

ALLOW_ALL_ACL = (
    (100, "in", "-1", "allow", "0.0.0.0/0", None),
    (100, "out", "-1", "allow", "0.0.0.0/0", None),
    (101, "in", "-1", "allow", "::/0", None),
    (101, "out", "-1", "allow", "::/0", None),
)
ANYWHERE = "0.0.0.0/0"
INTERNET = "203.0.113.10"
ACCOUNT = "111122223333"

TARGET_FIELDS = {
    "igw": "GatewayId",
    "vgw": "GatewayId",
    "vpce": "GatewayId",
    "nat": "NatGatewayId",
    "tgw": "TransitGatewayId",
    "pcx": "VpcPeeringConnectionId",
    "eigw": "EgressOnlyInternetGatewayId",
    "eni": "NetworkInterfaceId",
    "i": "InstanceId",
    "lgw": "LocalGatewayId",
}


def route(to: str, target: str, **more: Any) -> dict[str, Any]:
    """One route in the shape of DescribeRouteTables."""
    key = "DestinationPrefixListId" if to.startswith("pl-") else "DestinationCidrBlock"
    if ":" in to:
        key = "DestinationIpv6CidrBlock"
    field = TARGET_FIELDS[target.partition("-")[0]]
    return {key: to, field: target, "State": "active", "Origin": "CreateRoute", **more}


def transit_route(
    cidr: str, attachment: str | None, vpc: str | None, **more: Any
) -> dict[str, Any]:
    """One route of a transit gateway in the shape of SearchTransitGatewayRoutes."""
    attached = {"TransitGatewayAttachmentId": attachment, "ResourceId": vpc, "ResourceType": "vpc"}
    return {
        "DestinationCidrBlock": cidr,
        "TransitGatewayAttachments": [attached] if attachment else [],
        "Type": "propagated",
        "State": "active",
        **more,
    }


def database(host: str, group: str, *, vpc: str, subnet: str, **more: Any) -> dict[str, Any]:
    """One database in the shape of DescribeDBInstances; its name begins the host's."""
    return {
        "DBInstanceIdentifier": host.partition(".")[0],
        "Endpoint": {"Address": host, "Port": 5432},
        "VpcSecurityGroups": [{"VpcSecurityGroupId": group, "Status": "active"}],
        "DBSubnetGroup": {"VpcId": vpc, "Subnets": [{"SubnetIdentifier": subnet}]},
        **more,
    }


def permission(
    protocol: str,
    port: int | tuple[int, int] | None,
    *,
    cidr: str | None = None,
    cidr6: str | None = None,
    prefix_list: str | None = None,
    group: str | None = None,
    **pair: Any,
) -> dict[str, Any]:
    """One permission of a security group in the shape of DescribeSecurityGroups."""
    ports = (port, port) if isinstance(port, int) else port
    found: dict[str, Any] = {
        "IpProtocol": protocol,
        "IpRanges": [{"CidrIp": cidr}] if cidr else [],
        "Ipv6Ranges": [{"CidrIpv6": cidr6}] if cidr6 else [],
        "PrefixListIds": [{"PrefixListId": prefix_list}] if prefix_list else [],
        "UserIdGroupPairs": [{"GroupId": group, "UserId": ACCOUNT, **pair}] if group else [],
    }
    if ports is not None:
        found |= {"FromPort": ports[0], "ToPort": ports[1]}
    return found


def tcp(port: int | tuple[int, int], **peer: Any) -> dict[str, Any]:
    """One TCP permission."""
    return permission("tcp", port, **peer)


AclRule = tuple[int, str, str, str, str, tuple[int, int] | None]


def acl_entry(rule: AclRule) -> dict[str, Any]:
    """Write a rule (number, in|out, protocol, action, cidr, ports) as DescribeNetworkAcls does."""
    number, way, protocol, action, cidr, ports = rule
    found: dict[str, Any] = {
        "RuleNumber": number,
        "Egress": way == "out",
        "Protocol": protocol,
        "RuleAction": action,
        "Ipv6CidrBlock" if ":" in cidr else "CidrBlock": cidr,
    }
    if ports is not None:
        found["PortRange"] = {"From": ports[0], "To": ports[1]}
    return found


def codes(path: Path) -> list[str]:
    """Return the codes of a path's blockers, in order."""
    return [blocker.code for blocker in path.blockers]
