"""What configuration does not show: hosts that are down, firewalls on them, loss.

A fault is a table of nftables of its own in the namespace of what it ails, so that it can be
taken away again. `stopped` and the answers of a resolver are for whoever runs the servers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.lab.kernel import netns
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.kernel.network import Network
    from tests.lab.parts import Fault

_EMPTY = "table inet faults {}\ndelete table inet faults\n"


def apply(network: Network, faults: tuple[Fault, ...]) -> None:
    """Put faults in place of those that were there before."""
    lines: dict[Path, list[str]] = {path: [] for path in network.ailing}
    for fault in faults:
        for path, condition in _places(network, fault.at):
            lines.setdefault(path, []).extend(_lines(fault, condition))
    network.ailing.clear()
    for path, rules in lines.items():
        table = _EMPTY + (_table(rules) if rules else "")
        inside(path, partial(netns.apply_filters, table))
        if rules:
            network.ailing.add(path)


def _places(network: Network, at: str) -> Iterator[tuple[Path, str]]:
    """Find where something stands, and what tells its packets from others' in that namespace."""
    if at == "resolver":
        for place in network.resolvers.values():
            yield place.netns, ""
        return
    places = [network.hosts[at]] if at in network.hosts else []
    places += network.load_balancers.get(at, ())
    places += [found.place for found in network.services if found.service == at]
    for place in places:
        if place.address:
            yield place.netns, f"ip daddr {place.address} "
        if place.ipv6:
            yield place.netns, f"ip6 daddr {place.ipv6} "


def _lines(fault: Fault, condition: str) -> list[str]:
    """Write what a fault does to packets that arrive."""
    if fault.kind in ("down", "firewall-drop") or (fault.at, fault.kind) == ("resolver", "silent"):
        return [f"{condition}drop"]
    if fault.kind == "firewall-reject":
        return [f"{condition}meta l4proto tcp reject with tcp reset", f"{condition}reject"]
    if fault.kind == "loss":
        share = f"numgen random mod 100 < {fault.value} " if fault.value < 100 else ""
        return [f"{condition}{share}drop"]
    if fault.kind == "drops-larger-than":
        return [f"{condition}meta length > {fault.value} drop"]
    if fault.kind == "first-syn-lost":
        flow = f"{'ip6' if 'ip6' in condition else 'ip'} saddr . tcp sport . tcp dport"
        known = "flows6" if "ip6" in condition else "flows"
        syn = f"{condition}tcp flags & (syn | ack) == syn"
        return [f"{syn} {flow} != @{known} add @{known} {{ {flow} }} drop"]
    return []


def _table(rules: list[str]) -> str:
    body = "\n".join(f"    {rule}" for rule in rules)
    return f"""
table inet faults {{
  set flows {{
    type ipv4_addr . inet_service . inet_service
    flags dynamic,timeout
    timeout 5m
  }}
  set flows6 {{
    type ipv6_addr . inet_service . inet_service
    flags dynamic,timeout
    timeout 5m
  }}
  chain arrive {{
    type filter hook input priority 20; policy accept;
    iifname "lo" accept
{body}
  }}
}}
"""
