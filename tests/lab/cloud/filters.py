"""Security groups, network ACLs and prefix lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.parts import ALL_PORTS, Group, PrefixList

if TYPE_CHECKING:
    from tests.lab.cloud.base import Cloud
    from tests.lab.parts import Nacl, NaclEntry, Ports, Rule

NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "all": "-1"}


def prefix_lists(cloud: Cloud) -> None:
    """Create the customer's lists, and look up those that AWS keeps."""
    for name, cidrs in cloud.scenario.prefix_lists.items():
        made = cloud.ec2.create_managed_prefix_list(
            PrefixListName=name,
            AddressFamily="IPv4",
            MaxEntries=max(len(cidrs), 1),
            Entries=[{"Cidr": str(cidr)} for cidr in cidrs],
        )
        cloud.ids[f"prefix-list {name}"] = made["PrefixList"]["PrefixListId"]
    region = cloud.scenario.region
    for listed in cloud.ec2.describe_managed_prefix_lists()["PrefixLists"]:
        owner, _, service = listed["PrefixListName"].rpartition(".")
        if owner == f"com.amazonaws.{region}":
            cloud.ids[f"prefix-list {service}"] = listed["PrefixListId"]


def security_groups(cloud: Cloud) -> None:
    """Create the groups first and their rules after, since rules name groups."""
    groups = cloud.scenario.security_groups.values()
    for group in groups:
        if not group.default:
            made = cloud.ec2.create_security_group(
                GroupName=group.name,
                Description=f"{group.name} of the lab",
                VpcId=cloud.id("vpc", group.vpc),
            )
            cloud.ids[f"security-group {group.name}"] = made["GroupId"]
    for group in groups:
        identifier = cloud.id("security-group", group.name)
        model = cloud.account.ec2.get_security_group_from_id(identifier)
        model.ingress_rules.clear()
        model.egress_rules.clear()
        _authorize(cloud, identifier, "ingress", group.ingress)
        _authorize(cloud, identifier, "egress", group.egress)


def _authorize(cloud: Cloud, group: str, direction: str, rules: tuple[Rule, ...]) -> None:
    permissions = [_permission(cloud, rule) for rule in dict.fromkeys(rules)]
    if permissions:
        authorize = getattr(cloud.ec2, f"authorize_security_group_{direction}")
        authorize(GroupId=group, IpPermissions=permissions)


def _permission(cloud: Cloud, rule: Rule) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": "-1" if rule.protocol == "all" else rule.protocol}
    if rule.protocol in ("tcp", "udp"):
        permission |= {"FromPort": rule.ports[0], "ToPort": rule.ports[1]}
    if rule.protocol == "icmp":
        permission |= {"FromPort": -1, "ToPort": -1}
    if isinstance(rule.peer, Group):
        permission["UserIdGroupPairs"] = [{"GroupId": cloud.id("security-group", rule.peer.name)}]
    elif isinstance(rule.peer, PrefixList):
        listed = cloud.id("prefix-list", rule.peer.name)
        permission["PrefixListIds"] = [{"PrefixListId": listed}]
    elif rule.peer.version == 6:
        permission["Ipv6Ranges"] = [{"CidrIpv6": str(rule.peer)}]
    else:
        permission["IpRanges"] = [{"CidrIp": str(rule.peer)}]
    return permission


def nacls(cloud: Cloud) -> None:
    """Create the network ACLs and put the subnets behind them."""
    for nacl in cloud.scenario.nacls.values():
        made = cloud.ec2.create_network_acl(VpcId=cloud.id("vpc", nacl.vpc))
        cloud.ids[f"nacl {nacl.name}"] = made["NetworkAcl"]["NetworkAclId"]
        _entries(cloud, nacl)
    associations = {
        association["SubnetId"]: association["NetworkAclAssociationId"]
        for acl in cloud.ec2.describe_network_acls()["NetworkAcls"]
        for association in acl["Associations"]
    }
    for subnet in cloud.scenario.subnets.values():
        if subnet.nacl:
            cloud.ec2.replace_network_acl_association(
                AssociationId=associations[cloud.id("subnet", subnet.name)],
                NetworkAclId=cloud.id("nacl", subnet.nacl),
            )


def _entries(cloud: Cloud, nacl: Nacl) -> None:
    for egress, entries in ((False, nacl.inbound), (True, nacl.outbound)):
        for entry in entries:
            cloud.ec2.create_network_acl_entry(
                NetworkAclId=cloud.id("nacl", nacl.name),
                Egress=egress,
                RuleNumber=entry.number,
                RuleAction="allow" if entry.allow else "deny",
                Protocol=NUMBERS[entry.protocol],
                **_span(entry.protocol, entry.ports),
                **_range(entry),
            )


def _range(entry: NaclEntry) -> dict[str, str]:
    key = "Ipv6CidrBlock" if entry.cidr.version == 6 else "CidrBlock"
    return {key: str(entry.cidr)}


def _span(protocol: str, ports: Ports) -> dict[str, Any]:
    if protocol == "icmp":
        return {"IcmpTypeCode": {"Type": -1, "Code": -1}}
    if protocol == "all":
        return {}
    low, high = ports if ports != ALL_PORTS else (0, 65535)
    return {"PortRange": {"From": low, "To": high}}
