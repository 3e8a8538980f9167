"""The one thing that AWS leaves to chance: by which zone packets leave a transit gateway. Pure.

It keeps them in the zone that they come from; where the other attachment has no subnet there, the
zone is a random one of those it has. The kernel takes the attachment's first subnet, so a network
in which that matters is played once for every choice.
https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-az-overview
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.parts import TransitGateway
    from tests.lab.scenario import Scenario


def every_choice(scenario: Scenario) -> list[Scenario]:
    """Give the scenario as often as there are choices, the one that it makes itself first."""
    orders = {
        (gateway.name, name): some
        for gateway in scenario.transit_gateways.values()
        for name, some in _orders(scenario, gateway).items()
    }
    return [
        _taking(scenario, dict(zip(orders, chosen, strict=True)))
        for chosen in product(*orders.values())
    ]


def _orders(scenario: Scenario, gateway: TransitGateway) -> dict[str, list[tuple[str, ...]]]:
    """List the orders of each attachment's subnets that make a difference."""
    zones = {
        name: {scenario.subnets[subnet].az for subnet in attachment.subnets}
        for name, attachment in gateway.attachments.items()
    }
    found = {}
    for name, attachment in gateway.attachments.items():
        kept = all(other <= zones[name] for other in zones.values())
        firsts = attachment.subnets[:1] if kept else attachment.subnets
        found[name] = [
            (first, *(one for one in attachment.subnets if one != first)) for first in firsts
        ]
    return found


def _taking(scenario: Scenario, orders: dict[tuple[str, str], tuple[str, ...]]) -> Scenario:
    gateways = {
        gateway.name: replace(
            gateway,
            attachments={
                name: replace(attachment, subnets=orders[gateway.name, name])
                for name, attachment in gateway.attachments.items()
            },
        )
        for gateway in scenario.transit_gateways.values()
    }
    return replace(scenario, transit_gateways=gateways)
