"""Stateful rules of Network Firewall, as far as they are about addresses, ports, protocols, names.

In the default order every pass rule comes first, then drop, then reject; in strict order groups by
priority and rules as they stand. What is left over passes, unless the policy's default says else.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.addresses import Block, cidr
from probe.network.firewall import domain_lists, firewall_policies
from probe.network.firewall.domain_lists import NOTHING, Words
from probe.network.firewall.verdicts import ALERT, DROP, PASS, Verdict, by_action, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.fields import Entry
    from probe.network.firewall.firewall_policies import Firewall, Policy, RuleGroup
    from probe.network.flow import Packet, Ports
    from probe.network.vpc import Network

# It drops what is said over a connection, and lets it open; there are kinds of it.
_LATE_DEFAULT = "aws:drop_established"


def action(
    network: Network, firewall: Firewall, policy: Policy, packet: Packet, words: Words
) -> Verdict:
    """Return what decides on a connection, and on what is said over it."""
    if policy.inspects_tls and words.speaks == domain_lists.TLS:
        words = replace(words, speaks=None)  # what it finds inside is judged as well
    home = firewall_policies.home_net(network, firewall, policy, packet)
    found = (
        verdict
        for reference in policy.stateful
        for verdict in _group(firewall_policies.group(network, reference.arn), packet, words, home)
        if verdict.action != ALERT
    )
    default = _default(policy, packet, words)
    return in_order(found, default) if policy.strict else by_action(found, default)


def _default(policy: Policy, packet: Packet, words: Words) -> Verdict:
    for default in policy.stateful_default if policy.strict else ():
        name = f"the stateful default {default} of {policy.arn}"
        if default.startswith(_LATE_DEFAULT) and packet.protocol == "tcp":
            if words.speaks != NOTHING:
                why = f"{name} drops what is said over a connection that no rule passes"
                return Verdict(DROP, name, late=True, why=why)
        elif default.startswith("aws:drop_"):
            return Verdict(DROP, name)
    return Verdict(PASS, f"no stateful rule of {policy.arn} matches, so it")


def _group(
    group: RuleGroup, packet: Packet, words: Words, home: tuple[str, ...]
) -> Iterator[Verdict]:
    if group.source.get("RulesSourceList") is not None and packet.protocol == "tcp":
        covered = _goes_out(group, packet, home)
        listed = domain_lists.verdict(group, words, covered=covered)
        if listed is not None:
            yield listed
    if group.source.get("RulesString") is not None:
        yield Verdict(None, f"Suricata rules {group.arn}")
    if not group.source:  # of a managed group AWS may keep the rules to itself
        yield Verdict(None, f"rules of {group.arn}")
    for index, rule in enumerate(fields.items(group.source, "StatefulRules"), 1):
        name = f"stateful rule {index} of {group.arn}"
        matches = _matches(group, fields.mapping(rule, "Header"), packet)
        if matches is None or (matches and _looks_inside(rule)):
            yield Verdict(None, name)
        elif matches:
            yield Verdict(fields.maybe_text(rule, "Action"), name)


def _goes_out(group: RuleGroup, packet: Packet, home: tuple[str, ...]) -> bool | None:
    """Whether packets go from HOME_NET to EXTERNAL_NET, as a group that has its own sees them.

    What it does not say itself the policy says; EXTERNAL_NET is what HOME_NET is not.
    https://docs.aws.amazon.com/network-firewall/latest/developerguide/troubleshooting-rules.html
    """
    usual = {"HOME_NET": {"Definition": list(home)}}
    nets = replace(group, addresses={**usual, **group.addresses})
    source = _address(nets, "$HOME_NET", packet.source)
    if "EXTERNAL_NET" in group.addresses:
        answers = {_address(group, "$EXTERNAL_NET", packet.destination)}
    else:  # whose HOME_NET it is the opposite of, where the group has one of its own, is not told
        answers = {
            _address(one, "!$HOME_NET", packet.destination)
            for one in (nets, replace(group, addresses=usual))
        }
    both = {source, *answers}
    if source is False or answers == {False}:
        return False
    return True if both == {True} else None


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
