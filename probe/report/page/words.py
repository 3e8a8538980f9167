"""What is written on a picture: the names of kinds, and each component in a line or two."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.model import Hop, Part

KINDS = {
    "function": "Lambda function",
    "target": "Target",
    "security-group": "Security group",
    "network-acl": "Network ACL",
    "route-table": "Route table",
    "nat-gateway": "NAT gateway",
    "nat-instance": "NAT instance",
    "internet-gateway": "Internet gateway",
    "egress-only-internet-gateway": "Egress-only gateway",
    "vpn-gateway": "Virtual private gateway",
    "vpc-endpoint": "VPC endpoint",
    "peering": "Peering connection",
    "transit-gateway": "Transit gateway",
    "network-interface": "Network interface",
    "load-balancer": "Load balancer",
    "firewall": "Firewall endpoint",
    "dns": "Name resolution",
    "dns-server": "DNS server",
    "dns-firewall": "DNS Firewall",
    "subnet": "Subnet",
    "vpc": "VPC",
}
_FINE = ("available", "active", "attached")


def kind(word: str) -> str:
    """Name a kind as the console does."""
    return KINDS.get(word, word.replace("-", " ").capitalize())


def fit(text: str, room: int) -> str:
    """Take out the middle of what is too long: both ends of a name matter."""
    if len(text) <= room:
        return text
    keep = room - 1
    return f"{text[: keep - keep // 2]}…{text[len(text) - keep // 2 :]}"


def target(name: str, room: int) -> str:
    """Shorten a target: the beginning of its host tells it, and its port."""
    name = name.partition("://")[2] or name
    if len(name) <= room:
        return name
    port = re.search(r":\d+$", name)
    end = f"…{port[0] if port else ''}"
    return name[: room - len(end)] + end


def note(part: Part) -> str:
    """Give a component's second line."""
    facts = part.facts
    state = str(facts.get("state") or "")
    said = {
        "security-group": part.id,
        "route-table": part.id if part.name else "",
        "vpc-endpoint": f"{_service(part)} endpoint",
    }.get(part.kind, kind(part.kind))
    addresses = facts.get("addresses") or ()
    more = [str(one) for one in addresses[:1]] if part.kind == "nat-gateway" else []
    if state and state.lower() not in _FINE:
        more.append(state)
    return " · ".join([said, *more]) if said else ""


def _service(part: Part) -> str:
    return str(part.facts.get("service") or "").rpartition(".")[2]


def about(part: Part) -> str:
    """Tell everything that is known of a component."""
    facts = part.facts
    named = f" “{part.name}”" if part.name else ""
    lines = [f"{kind(part.kind)} {part.id}{named}"]
    lines += [
        f"{word}: {_plain(facts[word])}"
        for word in (
            "cidr",
            "cidrs",
            "zone",
            "service",
            "type",
            "state",
            "addresses",
            "description",
        )
        if facts.get(word)
    ]
    lines += [
        f"{to} → {by}{'' if state == 'active' else f' ({state})'}" for to, by, state in routes(part)
    ]
    return "\n".join(lines)


def _plain(fact: object) -> str:
    return ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else str(fact)


def routes(part: Part) -> list[tuple[str, str, str]]:
    """Give the routes of a table: destination, target, state."""
    rows = part.facts.get("routes") or ()
    return [(str(row[0]), str(row[1]), str(row[2])) for row in rows if len(row) == 3]


def decision(hop: Hop, direction: str) -> str:
    """Tell what a hop decided, and by which rule."""
    return f"{direction}: {hop.action}. {hop.why}"
