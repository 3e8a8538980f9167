"""Stateful rules of Network Firewall, as far as they are about addresses, ports and protocols.

In the default order every pass rule comes first, then drop, then reject; in strict order groups by
priority and rules as they stand. What is left over passes, unless the policy's default says else.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.addresses import Block, cidr
from probe.network.firewall import firewall_policies
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.fields import Entry
    from probe.network.firewall.firewall_policies import Policy, RuleGroup
    from probe.network.flow import Packet, Ports

PASS, DROP, REJECT, ALERT = "PASS", "DROP", "REJECT", "ALERT"
CLOSED = (DROP, REJECT)
DROPPING_DEFAULTS = ("aws:drop_strict", "aws:drop_established")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule that matches, or could."""

    action: str | None  # None: nobody can say without looking into what packets carry
    name: str


def action(network: Network, policy: Policy, packet: Packet) -> tuple[str, str]:
    """Return what becomes of a connection, and which rule says so."""
    found = [
        verdict
        for reference in policy.stateful
        for verdict in _group(firewall_policies.group(network, reference.arn), packet)
        if verdict.action != ALERT
    ]
    if policy.strict:
        return _strict(found, policy)
    for wanted in (PASS, DROP, REJECT):
        for verdict in found:
            if verdict.action == wanted:
                # A pass rule among those nobody can judge would come before a drop.
                _all_known(found if wanted != PASS else [])
                return wanted, verdict.name
    _all_known(found)
    return PASS, f"no stateful rule of {policy.arn} matches, so it"


def _strict(found: list[Verdict], policy: Policy) -> tuple[str, str]:
    for verdict in found:
        _all_known([verdict])
        assert verdict.action is not None
        return verdict.action, verdict.name
    for default in policy.stateful_default:
        if default in DROPPING_DEFAULTS:
            return DROP, f"the stateful default {default} of {policy.arn}"
    return PASS, f"no stateful rule of {policy.arn} matches, so it"


def _all_known(found: list[Verdict]) -> None:
    for verdict in found:
        if verdict.action is None:
            raise NotRead(verdict.name, "it looks into what packets carry")


def _group(group: RuleGroup, packet: Packet) -> Iterator[Verdict]:
    if group.source.get("RulesSourceList") is not None:
        yield Verdict(None, f"domain list {group.arn}")
    if group.source.get("RulesString") is not None:
        yield Verdict(None, f"Suricata rules {group.arn}")
    for index, rule in enumerate(fields.items(group.source, "StatefulRules"), 1):
        name = f"stateful rule {index} of {group.arn}"
        matches = _matches(group, fields.mapping(rule, "Header"), packet)
        if matches is None or (matches and _looks_inside(rule)):
            yield Verdict(None, name)
        elif matches:
            yield Verdict(fields.maybe_text(rule, "Action"), name)


def _looks_inside(rule: Entry) -> bool:
    """Whether a rule has options beyond those that only name it."""
    keywords = {option.get("Keyword") for option in fields.items(rule, "RuleOptions")}
    return bool(keywords - {"sid", "msg", "rev", "classtype", "priority"})


def _matches(group: RuleGroup, header: Entry, packet: Packet) -> bool | None:
    """Whether a rule is about these packets; None when only some of them, or nobody can say."""
    protocol = (fields.maybe_text(header, "Protocol") or "IP").lower()
    source = _address(group, fields.maybe_text(header, "Source"), packet.source)
    destination = _address(group, fields.maybe_text(header, "Destination"), packet.destination)
    from_port = _port(group, fields.maybe_text(header, "SourcePort"), packet.source_ports)
    to_port = _port(group, fields.maybe_text(header, "DestinationPort"), packet.destination_ports)
    parts = [source, destination, from_port, to_port]
    if header.get("Direction") == "ANY" and False in parts:
        turned = [
            _address(group, fields.maybe_text(header, "Source"), packet.destination),
            _address(group, fields.maybe_text(header, "Destination"), packet.source),
            _port(group, fields.maybe_text(header, "SourcePort"), packet.destination_ports),
            _port(group, fields.maybe_text(header, "DestinationPort"), packet.source_ports),
        ]
        parts = turned
    if protocol not in ("ip", packet.protocol):
        # "http", "tls" and the like are found out from what packets carry, and only over TCP.
        carried = protocol not in ("tcp", "udp", "icmp")
        parts.append(None if carried else False)
    if False in parts:
        return False
    return None if None in parts else True


def _address(group: RuleGroup, text: str | None, wanted: tuple[Block, ...]) -> bool | None:
    if text is None or text.upper() == "ANY":
        return True
    if text.startswith("!"):
        inner = _address(group, text[1:], wanted)
        return None if inner is None else not inner
    if text.startswith("$"):
        definition = fields.mapping(group.addresses, text[1:])
        names = fields.texts(definition, "Definition")
        return _any(_address(group, name, wanted) for name in names) if names else None
    if text.startswith("["):
        return _any(_address(group, part.strip(), wanted) for part in text.strip("[]").split(","))
    try:
        block = cidr(text)
    except ValueError:
        return None
    if all(block.contains(one) for one in wanted):
        return True
    return None if any(block.overlaps(one) for one in wanted) else False


def _any(found: Iterator[bool | None]) -> bool | None:
    answers = list(found)
    if True in answers:
        return True
    return None if None in answers else False


def _port(group: RuleGroup, text: str | None, wanted: Ports) -> bool | None:
    if text is None or text.upper() == "ANY":
        return True
    if text.startswith("!"):
        inner = _port(group, text[1:], wanted)
        return None if inner is None else not inner
    if text.startswith("$"):
        definition = fields.mapping(group.ports, text[1:])
        names = fields.texts(definition, "Definition")
        return _any(_port(group, name, wanted) for name in names) if names else None
    if text.startswith("["):
        return _any(_port(group, part.strip(), wanted) for part in text.strip("[]").split(","))
    low, _, high = text.partition(":")
    if not (low.isdecimal() and (high.isdecimal() or not high)):
        return None
    first, last = int(low), int(high or (65535 if ":" in text else low))
    if first <= wanted[0] and wanted[1] <= last:
        return True
    return None if first <= wanted[1] and wanted[0] <= last else False
