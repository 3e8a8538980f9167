"""Network ACLs: numbered rules at the border of a subnet, each direction on its own.

Stateless: the request needs a rule, and so does its answer to whatever port it came from.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.model import Direction
from probe.network import fields
from probe.network.addresses import ALL_PORTS, Area, Block, carve
from probe.network.fields import Entry, Malformed
from probe.network.flow import EPHEMERAL, Packet, Ports, ports_text
from probe.network.vpc import IN_VPC, Network, NotRead

if TYPE_CHECKING:
    from probe.network.places import Subnet
    from probe.network.walk.trace import Trace

PROTOCOLS = {"tcp": "6", "udp": "17"}
IMPLICIT_DENY = 32767  # the rule that AWS shows as "*"; for IPv6 it has the next number
_FEW_OF = 100  # fewer than one port in so many: nobody meets the open ones


@dataclass(frozen=True, slots=True)
class Rule:
    """One numbered rule."""

    number: int
    egress: bool
    protocol: str  # IANA number as text; "-1" is all
    allow: bool
    block: Block
    ports: Ports

    def matches(self, protocol: str, *, egress: bool) -> bool:
        """Whether it speaks of this direction and protocol at all."""
        return self.egress == egress and self.protocol in ("-1", PROTOCOLS.get(protocol, protocol))


@dataclass(frozen=True, slots=True)
class Acl:
    """One network ACL, its rules in the order of their numbers."""

    id: str
    vpc_id: str | None
    default: bool
    rules: tuple[Rule, ...]


def read_acl(entry: Entry) -> Acl:
    """Read one entry of NetworkAcls."""
    rules = fields.each(entry, "Entries", read_rule)
    return Acl(
        id=fields.text(entry, "NetworkAclId"),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        default=fields.flag(entry, "IsDefault") or False,
        rules=tuple(sorted(rules, key=lambda rule: rule.number)),
    )


def read_rule(entry: Entry) -> Rule:
    """Read one entry of an ACL's Entries."""
    number = fields.number(entry, "RuleNumber")
    if number is None:
        raise Malformed("RuleNumber", "expected a whole number, it is missing")
    action = fields.text(entry, "RuleAction")
    if action not in ("allow", "deny"):
        raise Malformed("RuleAction", f"expected allow or deny, got {fields.shown(action)}")
    block = fields.maybe_block(entry, "CidrBlock") or fields.maybe_block(entry, "Ipv6CidrBlock")
    if block is None:
        raise Malformed("CidrBlock", "expected a CIDR block here or under Ipv6CidrBlock")
    protocol = entry.get("Protocol", "-1")
    protocol = str(protocol) if isinstance(protocol, int) else fields.text(entry, "Protocol")
    ranged = protocol in PROTOCOLS.values() and entry.get("PortRange") is not None
    return Rule(
        number=number,
        egress=fields.flag(entry, "Egress") or False,
        protocol=PROTOCOLS.get(protocol.lower(), protocol),
        allow=action == "allow",
        block=block,
        ports=_ports(fields.mapping(entry, "PortRange")) if ranged else ALL_PORTS,
    )


def _ports(entry: Entry) -> Ports:
    first, last = fields.number(entry, "From"), fields.number(entry, "To")
    if first is None or last is None:
        raise Malformed("PortRange", "expected From and To as whole numbers")
    return first, last


def of_subnet(network: Network, subnet: Subnet) -> Acl:
    """Return the ACL in force at a subnet: the one associated, else the default of its VPC.

    A subnet that is associated with no ACL has the default one, says
    https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
    """
    found = network.where("NetworkAcls", "subnet", _subnet_ids, subnet.id, read_acl)
    if found:
        return found[0]
    in_vpc = network.where("NetworkAcls", "VpcId", IN_VPC, subnet.vpc_id, read_acl)
    for acl in in_vpc:
        if acl.default:
            return acl
    raise NotRead(f"network ACL of {subnet.id}", "is not in NetworkAcls", "ec2:DescribeNetworkAcls")


def _subnet_ids(entry: Entry) -> tuple[str | None, ...]:
    return tuple(
        fields.maybe_text(association, "SubnetId")
        for association in fields.items(entry, "Associations")
    )


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an ACL does with a set of packets: the part it denies, and the rules that decided."""

    allowed: tuple[Area, ...]
    denied: tuple[tuple[Area, int], ...]  # with the number of the rule; IMPLICIT_DENY for none
    deciding: int  # number of the first rule that matched anything


def rule_on(acl: Acl, packet: Packet, *, egress: bool) -> Ruling:
    """Send the packets through the rules in order; the first that matches decides."""
    peers = packet.destination if egress else packet.source
    rest = [Area(peer, *packet.destination_ports) for peer in peers]
    allowed: list[Area] = []
    denied: list[tuple[Area, int]] = []
    deciding = IMPLICIT_DENY
    for rule in acl.rules:
        if not rest:
            break
        if not rule.matches(packet.protocol, egress=egress):
            continue
        shape = Area(rule.block, *rule.ports)
        left: list[Area] = []
        for area in rest:
            hit, remaining = carve(area, shape)
            left.extend(remaining)
            if hit is None:
                continue
            deciding = min(deciding, rule.number)
            if rule.allow:
                allowed.append(hit)
            else:
                denied.append((hit, rule.number))
        rest = left
    denied.extend((area, IMPLICIT_DENY) for area in rest)
    return Ruling(tuple(allowed), tuple(denied), deciding)


def judge(
    trace: Trace, network: Network, subnet: Subnet, packet: Packet, *, egress: bool, role: str
) -> None:
    """Send packets over the border of a subnet. `role` says whose border it is."""
    with trace.reading(subnet.id, "network-acl"):
        acl = of_subnet(network, subnet)
        ruling = rule_on(acl, packet, egress=egress)
        if not ruling.denied:
            trace.hop(acl.id, "network-acl", "allow", _allows(packet, ruling, egress=egress))
            return
        area, number = ruling.denied[0]
        narrowed = bool(ruling.allowed) and _some_ports_for_all(ruling, packet, egress=egress)
        if ruling.allowed and not narrowed and packet.doubt is not None:
            raise packet.doubt
        trace.block(
            _code(trace.direction, role, narrowed=narrowed and not _hardly_any(ruling)),
            acl.id,
            "network-acl",
            _denies(packet, area, number, egress=egress),
            ra_code="SUBNET_ACL_RESTRICTION",
            partial=bool(ruling.allowed),
            facts=_facts(acl, subnet, packet, ruling, egress=egress, role=role),
        )


def _code(direction: Direction, role: str, *, narrowed: bool) -> str:
    if narrowed:
        return "nacl-narrows-return-ports"
    if role == "nat":
        return "nat-subnet-nacl-blocks"
    return "nacl-blocks-request" if direction is Direction.FORWARD else "nacl-blocks-return"


def _some_ports_for_all(ruling: Ruling, packet: Packet, *, egress: bool) -> bool:
    """Whether every address gets answers on some ports: the fault that shows only sometimes."""
    if packet.destination_ports != EPHEMERAL:
        return False
    peers = packet.destination if egress else packet.source
    open_blocks = [area.block for area in ruling.allowed]
    return all(any(block.contains(peer) for block in open_blocks) for peer in peers)


def _hardly_any(ruling: Ruling) -> bool:
    """Whether so few ports are open, like the server's own, that answers as good as never pass."""
    ranges = {(area.first, area.last) for area in ruling.allowed}
    through = sum(last - first + 1 for first, last in ranges)
    return through * _FEW_OF < EPHEMERAL[1] - EPHEMERAL[0] + 1


def _allows(packet: Packet, ruling: Ruling, *, egress: bool) -> str:
    return f"rule {ruling.deciding} allows {_what(packet, egress=egress)}"


def _denies(packet: Packet, area: Area, number: int, *, egress: bool) -> str:
    what = f"{packet.protocol} {ports_text((area.first, area.last))}"
    where = f"to {area.block}" if egress else f"from {area.block}"
    side = "outbound" if egress else "inbound"
    if number >= IMPLICIT_DENY:
        return f"no {side} rule allows {what} {where}"
    return f"{side} rule {number} denies {what} {where}"


def _what(packet: Packet, *, egress: bool) -> str:
    peers = packet.destination if egress else packet.source
    where = ("to " if egress else "from ") + ", ".join(map(str, peers))
    return f"{packet.protocol} {ports_text(packet.destination_ports)} {where}"


def _facts(
    acl: Acl, subnet: Subnet, packet: Packet, ruling: Ruling, *, egress: bool, role: str
) -> dict[str, Any]:
    area, number = ruling.denied[0]
    peers = packet.destination if egress else packet.source
    return {
        "network_acl_id": acl.id,
        "subnet_id": subnet.id,
        "vpc_id": subnet.vpc_id,
        "role": role,
        "egress": egress,
        "protocol": packet.protocol,
        "rule_number": number,
        "cidr": str(area.block),
        "port_range": [area.first, area.last],
        # The whole that has to pass, for a rule that allows it.
        "needed_cidrs": [str(peer) for peer in peers],
        "needed_port_range": list(packet.destination_ports),
        "allowed_port_ranges": sorted({(part.first, part.last) for part in ruling.allowed}),
        "used_rule_numbers": sorted(rule.number for rule in acl.rules if rule.egress == egress),
    }
