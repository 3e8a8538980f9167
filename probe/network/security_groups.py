"""Security groups: rules that only allow, together over all groups of an interface.

Stateful: what was let out is let back in, so only the request is judged.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from probe.network import fields, prefix_lists
from probe.network.addresses import ALL_PORTS, Block, without
from probe.network.flow import ports_text
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.flow import Packet, Ports

NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
WITH_PORTS = ("tcp", "udp")


@dataclass(frozen=True, slots=True)
class Rule:
    """One peer of one permission: a block, a prefix list or another group."""

    protocol: str  # "tcp", "udp", ... or "-1" for all
    ports: Ports
    block: Block | None = None
    prefix_list_id: str | None = None
    group_id: str | None = None
    stale: str | None = None  # status of the peering it names a group over, when not active

    def speaks_of(self, protocol: str, port: int) -> bool:
        """Whether the rule is about this protocol and port."""
        first, last = self.ports
        return self.protocol == "-1" or (self.protocol == protocol and first <= port <= last)

    def __str__(self) -> str:
        peer = self.block or self.prefix_list_id or self.group_id
        if self.protocol == "-1":
            return f"all traffic, {peer}"
        return f"{self.protocol} {ports_text(self.ports)}, {peer}"


@dataclass(frozen=True, slots=True)
class Group:
    """One security group."""

    id: str
    vpc_id: str | None
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


def read_group(entry: Entry) -> Group:
    """Read one entry of SecurityGroups."""
    return Group(
        id=fields.text(entry, "GroupId"),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        ingress=_flat(fields.each(entry, "IpPermissions", read_permission)),
        egress=_flat(fields.each(entry, "IpPermissionsEgress", read_permission)),
    )


def _flat(permissions: tuple[tuple[Rule, ...], ...]) -> tuple[Rule, ...]:
    return tuple(rule for rules in permissions for rule in rules)


def read_permission(entry: Entry) -> tuple[Rule, ...]:
    """Read one permission: the same protocol and ports for every peer in it."""
    protocol = entry.get("IpProtocol", "-1")
    name = str(protocol) if isinstance(protocol, int) else fields.text(entry, "IpProtocol").lower()
    name = NAMES.get(name, name)
    ports = ALL_PORTS
    if name in WITH_PORTS:
        first, last = fields.number(entry, "FromPort"), fields.number(entry, "ToPort")
        # -1 stands for all, as a missing port does.
        if first is not None and last is not None and first >= 0:
            ports = (first, last)
    blocks = fields.each(entry, "IpRanges", lambda item: fields.block(item, "CidrIp"))
    blocks += fields.each(entry, "Ipv6Ranges", lambda item: fields.block(item, "CidrIpv6"))
    lists = fields.each(entry, "PrefixListIds", lambda item: fields.text(item, "PrefixListId"))
    pairs = fields.each(entry, "UserIdGroupPairs", _pair)
    return (
        *(Rule(name, ports, block=block) for block in blocks),
        *(Rule(name, ports, prefix_list_id=identity) for identity in lists),
        *(Rule(name, ports, group_id=identity, stale=stale) for identity, stale in pairs),
    )


def _pair(entry: Entry) -> tuple[str | None, str | None]:
    # A group that is gone leaves a pair behind: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
    status = fields.maybe_text(entry, "PeeringStatus")
    return fields.maybe_text(entry, "GroupId"), None if status == "active" else status


class Lost(NamedTuple):
    """Why a rule that names a group does not match it."""

    why: str
    ra_code: str


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of the packets, as the rules of a group see it."""

    addresses: tuple[Block, ...]
    # Its groups, or NotRead when they are not known.
    group_ids: tuple[str, ...] | NotRead
    # Whether rules that name its groups match, and if not, why not.
    references: bool | NotRead = True
    lost: Lost | None = None  # why not, when they do not


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the groups together do with packets of a peer."""

    denied: tuple[Block, ...]  # addresses of the peer that no rule allows
    partial: bool
    by: str  # the group and rule that allows, for the hop
    group_id: str
    # Groups that hold a rule which names the peer's group in vain, and why that is so.
    lost: tuple[tuple[str, Lost], ...] = ()
    has_rules: bool = True  # any rule of this direction at all


def rule_on(
    network: Network, group_ids: tuple[str, ...], packet: Packet, peer: Peer, *, egress: bool
) -> Ruling:
    """Ask all groups together. NotRead when what is unread could still allow what is left."""
    port = packet.destination_ports[0]
    rest, by, pending = peer.addresses, ("", ""), []
    lost: list[tuple[str, Lost]] = []
    rules, unread = _rules(network, group_ids, egress=egress)
    pending += unread
    for group_id, rule in rules:
        if not rule.speaks_of(packet.protocol, port):
            continue
        try:
            left = _without(network, rule, rest, peer)
        except NotRead as missing:
            pending.append(missing)
            continue
        if isinstance(left, Lost):
            lost.append((group_id, left))
            continue
        if left != rest:
            rest, by = left, (group_id, str(rule))
        if not rest:
            break
    if rest and pending:
        raise pending[0]
    return Ruling(
        denied=rest,
        partial=bool(rest) and rest != peer.addresses,
        by=by[1],
        group_id=by[0] or (group_ids[0] if group_ids else ""),
        lost=tuple(dict.fromkeys(lost)),
        has_rules=bool(rules),
    )


def _rules(
    network: Network, group_ids: tuple[str, ...], *, egress: bool
) -> tuple[list[tuple[str, Rule]], list[NotRead]]:
    """Return the rules of all groups, those by block first: they need nothing else to be read."""
    rules: list[tuple[str, Rule]] = []
    unread: list[NotRead] = []
    for group_id in group_ids:
        try:
            group = network.one("SecurityGroups", group_id, read_group)
        except NotRead as missing:
            unread.append(missing)
            continue
        rules.extend((group_id, rule) for rule in (group.egress if egress else group.ingress))
    rules.sort(key=lambda pair: (pair[1].block is None, pair[1].prefix_list_id is not None))
    return rules, unread


def _without(
    network: Network, rule: Rule, rest: tuple[Block, ...], peer: Peer
) -> tuple[Block, ...] | Lost:
    """Return what a rule leaves of the peer's addresses, or why it names a group in vain."""
    if rule.block is not None:
        return without(rest, (rule.block,))
    if rule.prefix_list_id is not None:
        return without(rest, prefix_lists.blocks_of(network, rule.prefix_list_id))
    if isinstance(peer.group_ids, NotRead):
        raise peer.group_ids
    if rule.group_id not in peer.group_ids:
        return rest
    if peer.references is False:
        return peer.lost or Lost("", "SG_REFERENCES_NOT_PRESERVED")
    if rule.stale is not None:
        return Lost(f"its peering connection is {rule.stale}", "UNKNOWN_PEERED_SGS")
    if isinstance(peer.references, NotRead):
        raise peer.references
    return ()
