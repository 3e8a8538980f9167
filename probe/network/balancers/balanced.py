"""Load balancers on the way: what listens on the port, and what stands behind it.

The packet ends at the load balancer; whether anything answers depends on a second connection, from
it to a target. https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.balancers import balanced_targets, balancers
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.balancers.balancers import LoadBalancer
    from probe.network.flow import Packet
    from probe.network.walk.journey import Journey

ACTIVE = ("active", "active_impaired")
OVER_TCP = ("TCP", "TLS", "TCP_UDP", "HTTP", "HTTPS")


def judge(journey: Journey, name: str, address: Block, packet: Packet) -> None:
    """Judge a load balancer that packets have reached, by the name that its interface tells."""
    balancer = balancers.by_name(journey.network, name)
    if balancer is None:
        raise NotRead(
            f"load balancer {name}",
            "is not in LoadBalancers",
            "elasticloadbalancing:DescribeLoadBalancers",
        )
    facts = {"load_balancer_arn": balancer.arn, "port": packet.destination_ports[0]}
    if balancer.state not in ACTIVE:
        journey.trace.block(
            "load-balancer-not-active",
            balancer.name,
            "load-balancer",
            f"its state is {balancer.state}",
            ra_code="BAD_STATE",
            facts={**facts, "state": balancer.state},
        )
    listener = _listener(journey, balancer, packet, facts)
    if listener is None:
        return
    if len(listener.target_group_arns) > 1:
        journey.trace.assume(f"the first target group of {balancer.name} stands for all")
    for arn in listener.target_group_arns[:1]:
        group = journey.network.one("TargetGroups", arn, balancers.read_target_group)
        targets = journey.network.one("TargetHealthDescriptions", arn, balancers.read_health)
        way = balanced_targets.Way(journey, balancer, listener, group, address, packet)
        balanced_targets.judge(way, targets, facts)


def _listener(
    journey: Journey, balancer: LoadBalancer, packet: Packet, facts: dict[str, Any]
) -> balancers.Listener | None:
    port = packet.destination_ports[0]
    found = balancers.listeners(journey.network, balancer.arn)
    for listener in found:
        if listener.port == port and listener.protocol in OVER_TCP:
            journey.trace.hop(
                balancer.name, "load-balancer", "allow", f"listens on {listener.protocol} {port}"
            )
            return listener
    shown = ", ".join(f"{one.protocol} {one.port}" for one in found) or "nothing"
    journey.trace.block(
        "load-balancer-no-listener",
        balancer.name,
        "load-balancer",
        f"it has no listener on {port}; it listens on {shown}",
        ra_code="ELBV2_LISTENERS_MISMATCH",
        facts={**facts, "listener_ports": [one.port for one in found]},
    )
    return None
