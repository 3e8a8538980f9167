"""What configuration does not show: hosts that are down, firewalls on them, loss.

A fault is a table of nftables of its own in the namespace of what it ails, so that it can be
taken away again. `stopped` and the answers of a resolver are for whoever runs the servers;
`ports` and `delay` are built into the network itself.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    found: dict[Path, list[_Rules]] = {path: [] for path in network.ailing}
    for fault in faults:
        for path, here in _places(network, fault.at):
            found.setdefault(path, []).append(_rules(network, fault, here))
    network.ailing.clear()
    for path, rules in found.items():
        table = _EMPTY + (_table(rules) if rules else "")
        inside(path, partial(netns.apply_filters, table))
        if rules:
            network.ailing.add(path)


@dataclass(frozen=True, slots=True)
class _Here:
    """What tells the packets of a machine from others' in its namespace."""

    family: str = ""  # ip | ip6; nothing: every packet there is the machine's
    address: str = ""

    def packets(self, side: str) -> str:
        return f"{self.family} {side} {self.address} " if self.family else ""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a fault does to packets that arrive, and to those that leave."""

    arrive: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


def _places(network: Network, at: str) -> Iterator[tuple[Path, _Here]]:
    """Find where something stands; the resolver outside every VPC is the control's and is well."""
    if at == "resolver":
        for vpc, place in network.resolvers.items():
            if vpc:
                yield place.netns, _Here()
        return
    places = [network.hosts[at]] if at in network.hosts else []
    places += network.load_balancers.get(at, ())
    places += [found.place for found in network.services if found.service == at]
    for place in places:
        if place.address:
            yield place.netns, _Here("ip", str(place.address))
        if place.ipv6:
            yield place.netns, _Here("ip6", str(place.ipv6))


def _rules(network: Network, fault: Fault, here: _Here) -> _Rules:
    to = here.packets("daddr")
    if fault.kind in ("down", "firewall-drop") or (fault.at, fault.kind) == ("resolver", "silent"):
        return _Rules((f"{to}drop",))
    if fault.kind == "firewall-reject":
        return _Rules((f"{to}meta l4proto tcp reject with tcp reset", f"{to}reject"))
    if fault.kind == "firewall-prohibit":
        return _Rules((f"{to}reject with icmpx admin-prohibited",))
    if fault.kind == "loss":
        share = f"numgen random mod 100 < {fault.value} " if fault.value < 100 else ""
        return _Rules((f"{to}{share}drop",))
    if fault.kind == "quota":
        # Each network interface has a quota of its own, and one address that it asks from.
        # https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#vpc-dns-limits
        rate = f"limit rate over {fault.value}/second burst {fault.value} packets"
        return _Rules((f"add @asked {{ ip saddr {rate} }} drop",))
    if fault.kind == "drops-larger-than":
        # In silence and both ways: a link with a small MTU whose ICMP messages nobody lets pass.
        larger = f"meta length > {fault.value} drop"
        return _Rules((f"{to}{larger}",), (f"{here.packets('saddr')}{larger}",))
    if fault.kind == "admits":
        listed = [n for n in _admitted(network, fault) if (":" in n) == (here.family == "ip6")]
        others = f"{here.family} saddr != {{ {', '.join(listed)} }} " if listed else ""
        return _Rules((f"{to}{others}drop",))
    if fault.kind == "first-syn-lost":
        family = here.family or "ip"
        flow = f"{family} saddr . tcp sport . tcp dport"
        known = "flows6" if family == "ip6" else "flows"
        syn = f"{to}tcp flags & (syn | ack) == syn"
        return _Rules((f"{syn} {flow} != @{known} add @{known} {{ {flow} }} drop",))
    return _Rules()


def _admitted(network: Network, fault: Fault) -> Iterator[str]:
    """List the addresses of an allow-list; a NAT gateway is there by its public address."""
    for name in fault.names:
        if name in network.scenario.nat_gateways:
            eni = network.plan.enis.get(f"nat-gateway {name}")
            yield str(eni.public if eni else network.plan.regional[name])
        else:
            yield str(network.control.address) if name == "control" else name


def _table(rules: list[_Rules]) -> str:
    arrive = "\n".join(f"    {line}" for each in rules for line in each.arrive)
    leave = "\n".join(f"    {line}" for each in rules for line in each.leave)
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
  set asked {{
    type ipv4_addr
    flags dynamic,timeout
    timeout 5m
  }}
  chain arrive {{
    type filter hook input priority 20; policy accept;
    iifname "lo" accept
{arrive}
  }}
  chain leave {{
    type filter hook output priority 20; policy accept;
    oifname "lo" accept
{leave}
  }}
}}
"""
