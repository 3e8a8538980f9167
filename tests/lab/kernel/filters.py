"""Security groups and network ACLs as nftables.

A security group is stateful and stands at each interface; a network ACL has no memory and stands
at the edge of its subnet.
https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html#VPC_Security_Comparison
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.kernel.plan import PREFIX_LISTS
from tests.lab.parts import ALL_PORTS, Group, PrefixList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.parts import FirewallRule, Nacl, NaclEntry, Rule, SecurityGroup
    from tests.lab.reading import Network
    from tests.lab.scenario import Scenario

# DSCP of a packet that came through something which does not keep the sender's security group.
# AWS carries the group beside the packet; in the lab a packet has only itself to carry it.
NO_GROUP = 1
# Mark of a packet that a group or a fault holds back. Dropping it where a program can see it would
# give that program an error at once (EPERM); beyond the routing, on the device, it is just lost.
LOST = "0xdead"


def security_groups(scenario: Scenario, plan: Plan, eni: Eni) -> str:
    """Write the filters of an interface; one without groups lets everything pass.

    What comes in is judged before a load balancer gives it another destination (priority -150),
    what goes out after that.
    """
    if eni.security_groups is None:
        return ""
    groups = [scenario.security_groups[name] for name in eni.security_groups]
    ingress = _rules(scenario, plan, [r for g in groups for r in g.ingress], "saddr", eni)
    egress = _rules(scenario, plan, [r for g in groups for r in g.egress], "daddr", eni)
    return f"""
table inet groups {{
  chain always {{
    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept
    ct state established,related accept
  }}
  chain ingress {{
{_indented(ingress)}
  }}
  chain egress {{
{_indented(egress)}
  }}
  chain arrive {{
    type filter hook prerouting priority -150; policy drop;
    iifname != "eth0" accept
    jump always
    jump ingress
  }}
  chain leave {{
    type filter hook output priority 0; policy accept;
    oifname != "eth0" accept
    jump always
    jump egress
    meta mark set {LOST}
  }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    jump always
    jump egress
  }}
}}
{lost("groups")}"""


def lost(name: str) -> str:
    """Write where marked packets vanish."""
    return f"""
table netdev {name} {{
  chain leave {{
    type filter hook egress device "eth0" priority 0; policy accept;
    meta mark {LOST} drop
  }}
}}
"""


def _rules(
    scenario: Scenario, plan: Plan, rules: Iterable[Rule], side: str, eni: Eni
) -> Iterator[str]:
    """Write the rules of all groups of an interface: any that matches admits."""
    home = scenario.subnets[eni.subnet].vpc
    for rule in rules:
        if isinstance(rule.peer, Group):
            group = scenario.security_groups[rule.peer.name]
            joined = _joined(scenario, home, group.vpc, inward=side == "saddr")
            members = list(_members(plan, group)) if joined else []
            kept = f"ip dscp != {NO_GROUP} "
            yield from _matches([a for a in members if ":" not in a], rule, "ip", side, kept)
            kept = f"ip6 dscp != {NO_GROUP} "
            yield from _matches([a for a in members if ":" in a], rule, "ip6", side, kept)
        elif isinstance(rule.peer, PrefixList):
            yield from _matches(prefixes(scenario, rule.peer.name), rule, "ip", side)
        else:
            family = "ip" if rule.peer.version == 4 else "ip6"
            yield from _matches([str(rule.peer)], rule, family, side)


def _joined(scenario: Scenario, home: str, other: str, *, inward: bool) -> bool:
    """Tell whether a rule may name a group of another VPC.

    Over an active peering connection it may; over a transit gateway that carries such references
    it may where it judges what comes in.
    https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
    https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
    """
    if home == other:
        return True
    peered = any(
        peering.state == "active" and {home, other} == set(peering.between)
        for peering in scenario.peerings.values()
    )
    attached = any(
        gateway.references
        and {home, other} <= {attachment.vpc for attachment in gateway.attachments.values()}
        for gateway in scenario.transit_gateways.values()
    )
    return peered or (inward and attached)


def _members(plan: Plan, group: SecurityGroup) -> Iterator[str]:
    """List the private addresses that a reference to a group stands for."""
    for eni in plan.enis.values():
        if group.name in (eni.security_groups or ()):
            yield str(eni.address)
            if eni.ipv6:
                yield str(eni.ipv6)


def prefixes(scenario: Scenario, name: str) -> list[str]:
    """List the ranges of a prefix list: the customer's own, or one that AWS keeps."""
    if name in scenario.prefix_lists:
        return [str(cidr) for cidr in scenario.prefix_lists[name]]
    return list(PREFIX_LISTS[name])


def _matches(
    addresses: list[str], rule: Rule, family: str, side: str, extra: str = ""
) -> Iterator[str]:
    if addresses:
        where = f"{family} {side} {{ {', '.join(dict.fromkeys(addresses))} }}"
        yield f"{extra}{where} {protocol(rule, family)}accept"


def protocol(rule: Rule | NaclEntry | FirewallRule, family: str) -> str:
    """Write protocol and destination ports of a rule."""
    if rule.protocol == "all":
        return ""
    if rule.protocol == "icmp":
        return "meta l4proto icmp " if family == "ip" else "meta l4proto ipv6-icmp "
    if rule.ports == ALL_PORTS:
        return f"meta l4proto {rule.protocol} "
    low, high = rule.ports
    return (
        f"{rule.protocol} dport {low}-{high} " if low != high else f"{rule.protocol} dport {low} "
    )


def nacl(rules: Nacl | None) -> tuple[str, str]:
    """Write a network ACL as two chains' bodies, inbound and outbound; to return is to be admitted.

    Entries are judged in the order of their numbers and the first that matches decides; a packet
    that none matches is refused. Ports are those that a packet is sent to, in both directions.
    https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
    """
    if rules is None:
        return "    return", "    return"
    inbound = _indented(_entry(entry, "saddr") for entry in rules.inbound)
    outbound = _indented(_entry(entry, "daddr") for entry in rules.outbound)
    return f"{inbound}\n    drop", f"{outbound}\n    drop"


def _entry(entry: NaclEntry, side: str) -> str:
    family = _family(entry.cidr)
    where = f"meta nfproto {'ipv4' if family == 'ip' else 'ipv6'} "
    if entry.cidr.prefixlen:
        where = f"{family} {side} {entry.cidr} "
    return f"{where}{protocol(entry, family)}{'return' if entry.allow else 'drop'}"


def _family(network: Network) -> str:
    return "ip" if network.version == 4 else "ip6"


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
