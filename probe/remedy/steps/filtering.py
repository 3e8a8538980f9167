"""Steps about what may pass: rules of security groups and of network ACLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.nacl import PROTOCOLS
from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from probe.remedy.edit import Entry

# What a rule of a network ACL says, in the order of a command's flags.
_RULE = (
    "RuleNumber",
    "Protocol",
    "RuleAction",
    "CidrBlock",
    "Ipv6CidrBlock",
    "PortRange",
    "IcmpTypeCode",
)
_IN_TEMPLATES = {"IcmpTypeCode": "Icmp"}


def admit(group_id: str, port: int, peer: str, protocol: str = "tcp") -> Step:
    """Let a peer in on one port. A peer is a security group, a prefix list or a CIDR block."""
    return _rule(group_id, port, peer, protocol, egress=False)


def let_out(group_id: str, port: int, peer: str, protocol: str = "tcp") -> Step:
    """Let the members of a group out to a peer on one port."""
    return _rule(group_id, port, peer, protocol, egress=True)


def _rule(group_id: str, port: int, peer: str, protocol: str, *, egress: bool) -> Step:
    end = "egress" if egress else "ingress"
    permission: dict[str, Any] = {
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port,
        **_peer(peer),
    }
    field = "IpPermissionsEgress" if egress else "IpPermissions"
    properties = {
        "GroupId": group_id,
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port,
        _property(peer, egress=egress): peer,
    }
    parameters = {"GroupId": group_id, "IpPermissions": [permission]}
    return Step(
        call("ec2", f"authorize-security-group-{end}", parameters),
        edit.amended(
            "SecurityGroups", group_id, lambda group: edit.with_item(group, field, permission)
        ),
        Resource(
            "AllowOut" if egress else "AllowIn",
            f"AWS::EC2::SecurityGroup{end.capitalize()}",
            properties,
        ),
    )


def _peer(peer: str) -> dict[str, list[dict[str, str]]]:
    if peer.startswith("sg-"):
        return {"UserIdGroupPairs": [{"GroupId": peer}]}
    if peer.startswith("pl-"):
        return {"PrefixListIds": [{"PrefixListId": peer}]}
    if ":" in peer:
        return {"Ipv6Ranges": [{"CidrIpv6": peer}]}
    return {"IpRanges": [{"CidrIp": peer}]}


def _property(peer: str, *, egress: bool) -> str:
    side = "Destination" if egress else "Source"
    if peer.startswith("sg-"):
        return f"{side}SecurityGroupId"
    if peer.startswith("pl-"):
        return f"{side}PrefixListId"
    return "CidrIpv6" if ":" in peer else "CidrIp"


_ANYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
# CloudFormation leaves out the rule that lets everything out only when another one stands there:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
_NOWHERE = {"IpProtocol": "-1", "CidrIp": "127.0.0.1/32"}


def create_group(group_id: str, vpc_id: str, name: str, description: str) -> tuple[Step, Step]:
    """Create a security group that lets nothing in and, unlike AWS's default, nothing out."""
    parameters = {"GroupName": name, "Description": description, "VpcId": vpc_id}
    entry = {"GroupId": group_id, **parameters, "IpPermissions": [], "IpPermissionsEgress": []}
    revoke = {"GroupId": group_id, "IpPermissions": [_ANYTHING]}
    return (
        Step(
            keep(group_id, call("ec2", "create-security-group", parameters), "GroupId"),
            edit.added("SecurityGroups", entry),
            Resource(
                group_id,
                "AWS::EC2::SecurityGroup",
                {
                    "GroupDescription": description,
                    "VpcId": vpc_id,
                    "SecurityGroupEgress": [_NOWHERE],
                },
            ),
        ),
        Step(call("ec2", "revoke-security-group-egress", revoke)),
    )


def allowing(
    number: int, ports: tuple[int, int], block: str, *, egress: bool, protocol: str
) -> Entry:
    """Return an allow rule as a network ACL lists it."""
    return {
        "RuleNumber": number,
        "Protocol": PROTOCOLS.get(protocol, protocol),
        "RuleAction": "allow",
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
        "PortRange": {"From": ports[0], "To": ports[1]},
        "Egress": egress,
    }


def create_entry(acl_id: str, rule: Entry) -> Step:
    """Add a rule to a network ACL."""
    return _write_entry("create-network-acl-entry", acl_id, rule)


def replace_entry(acl_id: str, rule: Entry) -> Step:
    """Put a rule in the place of the one with its number, in one step."""
    return _write_entry("replace-network-acl-entry", acl_id, rule)


def delete_entry(acl_id: str, rule: Entry) -> Step:
    """Take a rule from a network ACL."""
    which = {"NetworkAclId": acl_id, "Egress": rule["Egress"], "RuleNumber": rule["RuleNumber"]}
    return Step(
        call("ec2", "delete-network-acl-entry", which),
        edit.amended("NetworkAcls", acl_id, lambda acl: _without(acl, rule)),
    )


def _write_entry(operation: str, acl_id: str, rule: Entry) -> Step:
    egress, protocol = rule["Egress"], str(rule["Protocol"])
    body = {key: rule[key] for key in _RULE if rule.get(key) is not None}
    properties = {
        "NetworkAclId": acl_id,
        "Egress": egress,
        **{_IN_TEMPLATES.get(key, key): value for key, value in body.items()},
        "Protocol": int(PROTOCOLS.get(protocol, protocol)),
    }
    name = rule["RuleAction"].capitalize() + ("Outbound" if egress else "Inbound")

    def change(acl: Entry) -> Entry:
        return edit.with_item(_without(acl, rule), "Entries", rule)

    return Step(
        call("ec2", operation, {"NetworkAclId": acl_id, "Egress": egress, **body}),
        edit.amended("NetworkAcls", acl_id, change),
        Resource(name, "AWS::EC2::NetworkAclEntry", properties),
    )


def _without(acl: Entry, rule: Entry) -> Entry:
    """Return a network ACL without the rule of this number and direction."""
    which = rule["RuleNumber"], rule["Egress"]
    return edit.without_items(
        acl, "Entries", lambda old: (old.get("RuleNumber"), bool(old.get("Egress"))) == which
    )
