"""Reading the rules of filters: security groups, network ACLs and firewalls."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from tests.lab.parts import (
    ALL_PORTS,
    DnsFirewall,
    DnsRule,
    FirewallRule,
    Group,
    Nacl,
    NaclEntry,
    PrefixList,
    ResolverRule,
    Rule,
    SecurityGroup,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.lab.parts import Ports
    from tests.lab.reading import Network, Node
    from tests.lab.vocabulary.names import Names

PROTOCOLS = ("tcp", "udp", "icmp", "all")
EVERYWHERE: Network = ipaddress.ip_network("0.0.0.0/0")
EVERYWHERE_6: Network = ipaddress.ip_network("::/0")
_PORTS = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?")
_ANSWERS = "silent, servfail, or a mapping from names to addresses"
_PORT_WORDS = 'a port, a range such as "1024-65535", or all'
_ENTRY_WORDS = 'a text such as "tcp 1024-65535 from 0.0.0.0/0" (protocol, ports, from or to, CIDR)'


def default_group(vpc: str) -> SecurityGroup:
    """Give the group that AWS creates with a VPC: its members may talk to each other, and out.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
    """
    name = f"default@{vpc}"
    ingress = (Rule("all", ALL_PORTS, Group(name)),)
    return SecurityGroup(name, vpc, ingress, everything_out(), default=True)


def everything_out() -> tuple[Rule, ...]:
    """Give the egress rules of a group that says nothing of egress.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    return (Rule("all", ALL_PORTS, EVERYWHERE), Rule("all", ALL_PORTS, EVERYWHERE_6))


def security_group(
    node: Node, name: str, vpc: str, groups: Collection[str], lists: Collection[str]
) -> SecurityGroup:
    """Read one security group; without the key `egress` it is AWS's: everything may leave."""
    fields = node.fields("vpc", "ingress", "egress")

    def rules(direction: str, preposition: str) -> tuple[Rule, ...]:
        entries = fields[direction].items("a list of rules")
        return tuple(
            rule for entry in entries for rule in _rules(entry, preposition, vpc, groups, lists)
        )

    ingress = rules("ingress", "from") if "ingress" in fields else ()
    egress = rules("egress", "to") if "egress" in fields else everything_out()
    return SecurityGroup(name, vpc, ingress, egress)


def _rules(
    node: Node, preposition: str, vpc: str, groups: Collection[str], lists: Collection[str]
) -> list[Rule]:
    fields = node.fields("tcp", "udp", "icmp", "protocol", preposition)
    if preposition not in fields:
        raise node.bad(f"a rule with the key {preposition}: a CIDR, a group or a prefix list")
    peers = [_peer(peer, vpc, groups, lists) for peer in fields[preposition].one_or_more()]
    named = [word for word in ("tcp", "udp", "icmp", "protocol") if word in fields]
    if len(named) > 1:
        raise node.bad("one protocol in a rule: tcp, udp, icmp or protocol")
    if not named:
        return [Rule("all", ALL_PORTS, peer) for peer in peers]
    word, value = named[0], fields[named[0]]
    if word == "protocol":
        return [Rule(value.word(*PROTOCOLS), ALL_PORTS, peer) for peer in peers]
    if word == "icmp":
        value.word("all")
        return [Rule("icmp", ALL_PORTS, peer) for peer in peers]
    return [Rule(word, ports(each), peer) for each in value.one_or_more() for peer in peers]


def _peer(
    node: Node, vpc: str, groups: Collection[str], lists: Collection[str]
) -> Network | Group | PrefixList:
    text = node.text("a CIDR, the name of a security group or of a prefix list")
    kind, _, rest = text.partition(" ")
    name = rest.strip() if kind in ("group", "prefix-list") else text
    if kind != "prefix-list" and name == "default":
        return Group(f"default@{vpc}")
    if kind != "prefix-list" and name in groups:
        return Group(name)
    if kind != "group" and name in lists:
        return PrefixList(name)
    if kind not in ("group", "prefix-list"):
        try:
            return ipaddress.ip_network(text)
        except ValueError:
            pass
    accepted = "a CIDR such as 10.0.0.0/16, a security group or a prefix list of this file"
    raise node.bad(f"{accepted} ({', '.join([*sorted(groups), *sorted(lists)])})")


def ports(node: Node) -> Ports:
    """Read a port, a range of ports, or all."""
    if isinstance(node.value, int):
        port = node.integer(0, 65535)
        return (port, port)
    text = node.text(_PORT_WORDS)
    return _ports(node, text)


def _ports(node: Node, text: str) -> Ports:
    if text == "all":
        return ALL_PORTS
    match = _PORTS.fullmatch(text)
    if not match:
        raise node.bad(_PORT_WORDS)
    low, high = int(match[1]), int(match[2] or match[1])
    if not low <= high <= 65535:
        raise node.bad("a range of ports from low to high, at most 65535")
    return (low, high)


def nacl(node: Node, name: str, vpc: str) -> Nacl:
    """Read one network ACL; a direction that it does not mention lets everything pass."""
    fields = node.fields("vpc", "inbound", "outbound")

    def entries(direction: str, preposition: str) -> tuple[NaclEntry, ...]:
        if direction not in fields:
            return (
                NaclEntry(100, True, "all", ALL_PORTS, EVERYWHERE),
                NaclEntry(101, True, "all", ALL_PORTS, EVERYWHERE_6),
            )
        return _entries(fields[direction], preposition)

    return Nacl(name, vpc, entries("inbound", "from"), entries("outbound", "to"))


def _entries(node: Node, preposition: str) -> tuple[NaclEntry, ...]:
    """Read entries; one without `rule` is numbered 100, 110, 120... after the one before it."""
    found: dict[int, NaclEntry] = {}
    number = 90
    for item in node.items("a list of rules"):
        fields = item.fields("rule", "allow", "deny")
        actions = [word for word in ("allow", "deny") if word in fields]
        if len(actions) != 1:
            raise item.bad(f"a rule with either allow or deny: {_ENTRY_WORDS}")
        # https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
        number = fields["rule"].integer(1, 32766) if "rule" in fields else number + 10
        if number in found or number > 32766:
            raise item.bad(f"a rule number that no other rule here has, not {number} again")
        protocol, span, sides = _sentence(fields[actions[0]], (preposition,))
        cidr = sides.get(preposition, EVERYWHERE)
        found[number] = NaclEntry(number, actions[0] == "allow", protocol, span, cidr)
    return tuple(found[number] for number in sorted(found))


def firewall_rule(node: Node) -> FirewallRule:
    """Read one rule of a firewall endpoint."""
    fields = node.fields("pass", "drop", "reject")
    if len(fields) != 1:
        raise node.bad(f"one of the keys pass, drop, reject with {_ENTRY_WORDS}")
    action, value = next(iter(fields.items()))
    protocol, span, sides = _sentence(value, ("from", "to"))
    source, destination = sides.get("from", EVERYWHERE), sides.get("to", EVERYWHERE)
    return FirewallRule(action, protocol, span, source, destination)


def dns_firewall(name: str, node: Node, names: Names) -> DnsFirewall:
    """Read the rules that watch over a VPC's resolver."""
    fields = node.fields("vpc", "rules")
    listed = fields["rules"].items("a list of rules") if "rules" in fields else ()
    return DnsFirewall(name, names.vpc(node, fields), tuple(_dns_rule(rule) for rule in listed))


def resolver_rule(name: str, node: Node, names: Names) -> ResolverRule:
    """Read one Resolver rule; without servers it is a system rule."""
    fields = node.fields("vpc", "domain", "servers", "answers")
    if "domain" not in fields:
        raise node.bad("the key domain, such as corp.example, or a dot for every domain")
    if ("servers" in fields) != ("answers" in fields):
        raise node.bad(f"servers and answers ({_ANSWERS}), or neither for a system rule")
    domain = fields["domain"].text("a domain such as corp.example, or a dot").strip(".")
    if "servers" not in fields:
        return ResolverRule(name, names.vpc(node, fields), domain)
    servers = tuple(server.address4() for server in fields["servers"].one_or_more())
    told = fields["answers"]
    answers = (
        {word: address.address4() for word, address in told.named()}
        if isinstance(told.value, dict)
        else told.word("silent", "servfail")
    )
    return ResolverRule(name, names.vpc(node, fields), domain, servers, answers)


def _dns_rule(node: Node) -> DnsRule:
    fields = node.fields("allow", "block", "answer")
    accepted = "allow or block with domains such as *.example.com, and answer beside block"
    if len({"allow", "block"} & fields.keys()) != 1 or {"allow", "answer"} <= fields.keys():
        raise node.bad(accepted)
    domains = fields["allow" if "allow" in fields else "block"].one_or_more()
    named = tuple(domain.text("a domain such as *.example.com") for domain in domains)
    if "allow" in fields:
        return DnsRule(named, None)
    answer = fields["answer"].word("nodata", "nxdomain") if "answer" in fields else "nodata"
    return DnsRule(named, answer)


def _sentence(node: Node, prepositions: tuple[str, ...]) -> tuple[str, Ports, dict[str, Network]]:
    """Take apart "tcp 1024-65535 from 0.0.0.0/0"."""
    words = node.text(_ENTRY_WORDS).split()
    protocol = words.pop(0)
    if protocol not in PROTOCOLS:
        raise node.bad(f"{_ENTRY_WORDS}, its first word one of {', '.join(PROTOCOLS)}")
    span = ALL_PORTS
    if words and words[0] not in prepositions:
        if protocol not in ("tcp", "udp"):
            raise node.bad(f"{_ENTRY_WORDS}; only tcp and udp have ports")
        span = _ports(node, words.pop(0))
    sides: dict[str, Network] = {}
    while words:
        side = words.pop(0)
        if side not in prepositions or side in sides or not words:
            raise node.bad(f"{_ENTRY_WORDS}; here the CIDR follows {' or '.join(prepositions)}")
        try:
            sides[side] = ipaddress.ip_network(words.pop(0))
        except ValueError:
            raise node.bad(f"{_ENTRY_WORDS} with a CIDR such as 10.0.1.0/24") from None
    return protocol, span, sides
