"""Security groups, network ACLs and prefix lists, as the describe calls show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.kernel.plan import PREFIX_LISTS
from tests.lab.parts import ALL_PORTS, Group, Nacl, NaclEntry, PrefixList
from tests.lab.vocabulary.rules import EVERYWHERE, EVERYWHERE_6

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.parts import Rule, SecurityGroup
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "all": "-1"}


def prefix_lists(scenario: Scenario) -> list[tuple[str, str, list[str]]]:
    """List every prefix list: id, name, ranges."""
    aws = [
        (f"pl-{name}", f"com.amazonaws.{scenario.region}.{name}", list(cidrs))
        for name, cidrs in PREFIX_LISTS.items()
    ]
    own = [
        (f"pl-{name}", name, [str(cidr) for cidr in cidrs])
        for name, cidrs in scenario.prefix_lists.items()
    ]
    return aws + own


def security_groups(scenario: Scenario) -> list[Entry]:
    """List every security group, the VPCs' own included."""
    return [_group(scenario, group) for group in scenario.security_groups.values()]


def _group(scenario: Scenario, group: SecurityGroup) -> Entry:
    return {
        "GroupId": f"sg-{group.name}",
        "GroupName": "default" if group.default else group.name,
        "VpcId": f"vpc-{group.vpc}",
        "IpPermissions": [_permission(scenario, group, rule) for rule in group.ingress],
        "IpPermissionsEgress": [_permission(scenario, group, rule) for rule in group.egress],
    }


def _permission(scenario: Scenario, group: SecurityGroup, rule: Rule) -> Entry:
    entry: Entry = {"IpProtocol": "-1" if rule.protocol == "all" else rule.protocol}
    if rule.protocol in ("tcp", "udp"):
        entry |= {"FromPort": rule.ports[0], "ToPort": rule.ports[1]}
    if rule.protocol == "icmp":
        entry |= {"FromPort": -1, "ToPort": -1}
    if isinstance(rule.peer, Group):
        entry["UserIdGroupPairs"] = [_pair(scenario, group, rule.peer.name)]
    elif isinstance(rule.peer, PrefixList):
        entry["PrefixListIds"] = [{"PrefixListId": f"pl-{rule.peer.name}"}]
    elif rule.peer.version == 6:
        entry["Ipv6Ranges"] = [{"CidrIpv6": str(rule.peer)}]
    else:
        entry["IpRanges"] = [{"CidrIp": str(rule.peer)}]
    return entry


def _pair(scenario: Scenario, group: SecurityGroup, other: str) -> Entry:
    pair: Entry = {"GroupId": f"sg-{other}", "UserId": "123456789012"}
    far = scenario.security_groups[other].vpc
    if far != group.vpc:
        peering = next(
            (p for p in scenario.peerings.values() if {far, group.vpc} == set(p.between)), None
        )
        pair["VpcId"] = f"vpc-{far}"
        if peering:
            pair |= {
                "VpcPeeringConnectionId": f"pcx-{peering.name}",
                "PeeringStatus": peering.state,
            }
    return pair


def network_acls(scenario: Scenario) -> list[Entry]:
    """List every network ACL with its associations, the VPCs' own default ones included."""
    found = [
        _acl(nacl, [s.name for s in scenario.subnets.values() if s.nacl == nacl.name])
        for nacl in scenario.nacls.values()
    ]
    for vpc in scenario.vpcs:
        open_to_all = (
            NaclEntry(100, True, "all", ALL_PORTS, EVERYWHERE),
            NaclEntry(101, True, "all", ALL_PORTS, EVERYWHERE_6),
        )
        usual = Nacl(f"default-{vpc}", vpc, open_to_all, open_to_all)
        users = [s.name for s in scenario.subnets.values() if s.vpc == vpc and s.nacl is None]
        found.append(_acl(usual, users) | {"IsDefault": True})
    return found


def _acl(nacl: Nacl, subnets: list[str]) -> Entry:
    return {
        "NetworkAclId": f"acl-{nacl.name}",
        "VpcId": f"vpc-{nacl.vpc}",
        "IsDefault": False,
        "Associations": [
            {"NetworkAclId": f"acl-{nacl.name}", "SubnetId": f"subnet-{subnet}"}
            for subnet in subnets
        ],
        "Entries": [
            *_entries(nacl.outbound, egress=True),
            *_entries(nacl.inbound, egress=False),
        ],
    }


def _entries(entries: Iterable[NaclEntry], *, egress: bool) -> list[Entry]:
    found = [_entry(entry, egress=egress) for entry in entries]
    # The rule that AWS shows as an asterisk: whatever no other rule matched is denied.
    last = {"Protocol": "-1", "RuleAction": "deny", "Egress": egress}
    found.append({**last, "RuleNumber": 32767, "CidrBlock": "0.0.0.0/0"})
    found.append({**last, "RuleNumber": 32768, "Ipv6CidrBlock": "::/0"})
    return found


def _entry(entry: NaclEntry, *, egress: bool) -> Entry:
    key = "CidrBlock" if entry.cidr.version == 4 else "Ipv6CidrBlock"
    found: Entry = {
        "RuleNumber": entry.number,
        "Protocol": _NUMBERS[entry.protocol],
        "RuleAction": "allow" if entry.allow else "deny",
        "Egress": egress,
        key: str(entry.cidr),
    }
    if entry.protocol in ("tcp", "udp"):
        found["PortRange"] = {"From": entry.ports[0], "To": entry.ports[1]}
    return found
