"""Stateless rules of Network Firewall: by priority, the first match decides, each packet alone.

https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateless-rule-groups-5-tuple.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.addresses import ALL_PORTS, Block, without
from probe.network.firewall import firewall_policies
from probe.network.nacl import PROTOCOLS
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.firewall.firewall_policies import Policy
    from probe.network.flow import Packet, Ports

PASS, DROP, FORWARD = "aws:pass", "aws:drop", "aws:forward_to_sfe"
ALL, SOME, NONE = "all", "some", "none"


def action(network: Network, policy: Policy, packet: Packet) -> tuple[str, str]:
    """Return what becomes of the packets, and which rule says so."""
    for reference in policy.stateless:
        group = firewall_policies.group(network, reference.arn)
        rules = fields.items(
            fields.mapping(group.source, "StatelessRulesAndCustomActions"), "StatelessRules"
        )
        for rule in sorted(rules, key=lambda one: fields.number(one, "Priority") or 0):
            definition = fields.mapping(rule, "RuleDefinition")
            name = f"stateless rule {rule.get('Priority')} of {reference.arn}"
            matches = _matches(fields.mapping(definition, "MatchAttributes"), packet)
            if matches == SOME:
                raise NotRead(name, "it matches only some of the packets")
            if matches == ALL:
                return _standard(fields.texts(definition, "Actions"), name), name
    default = f"the stateless default of {policy.arn}"
    return _standard(policy.stateless_default, default), default


def _standard(actions: tuple[str, ...], name: str) -> str:
    """Return the action that decides; custom ones only publish metrics."""
    for one in actions:
        if one in (PASS, DROP, FORWARD):
            return one
    raise NotRead(name, "it names no standard action")


def _matches(match: Entry, packet: Packet) -> str:
    if fields.sequence(match, "TCPFlags") and packet.protocol == "tcp":
        return SOME  # a connection's packets carry different flags
    protocols = [str(number) for number in fields.sequence(match, "Protocols")]
    if protocols and PROTOCOLS.get(packet.protocol) not in protocols:
        return NONE
    found = {
        _addresses(match, "Sources", packet.source),
        _addresses(match, "Destinations", packet.destination),
        _ports(match, "SourcePorts", packet.source_ports),
        _ports(match, "DestinationPorts", packet.destination_ports),
    }
    if NONE in found:
        return NONE
    return SOME if SOME in found else ALL


def _addresses(match: Entry, key: str, wanted: tuple[Block, ...]) -> str:
    blocks = fields.each(match, key, lambda item: fields.block(item, "AddressDefinition"))
    if not blocks:
        return ALL
    rest = without(wanted, blocks)
    return ALL if not rest else NONE if rest == wanted else SOME


def _ports(match: Entry, key: str, wanted: Ports) -> str:
    ranges = fields.each(
        match, key, lambda item: (fields.number(item, "FromPort"), fields.number(item, "ToPort"))
    )
    if not ranges:
        return ALL
    first, last = wanted
    for low, high in ranges:
        low_port, high_port = low if low is not None else ALL_PORTS[0], high or ALL_PORTS[1]
        if low_port <= first and last <= high_port:
            return ALL
        if low_port <= last and first <= high_port:
            return SOME
    return NONE
