"""Load balancers on the way: what listens on the port, and what stands behind it.

The packet ends at the load balancer; whether anything answers depends on a second connection, from
it to a target. https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network import balancers, places, security_groups
from probe.network.addresses import cidr
from probe.network.flow import EPHEMERAL, Packet
from probe.network.security_groups import Peer
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.balancers import BalancerTarget, LoadBalancer, TargetGroup
    from probe.network.journey import Journey
    from probe.network.places import Interface

ACTIVE = ("active", "active_impaired")
OVER_TCP = ("TCP", "TLS", "TCP_UDP", "HTTP", "HTTPS")
# Reasons that say that the health check got no answer at all, not merely a wrong one.
NO_ANSWER = ("Target.Timeout", "Target.FailedHealthChecks", "Elb.InternalError")
GONE = ("draining", "unused")


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
    for arn in listener.target_group_arns[:1]:
        if len(listener.target_group_arns) > 1:
            journey.trace.assume(f"the first target group of {balancer.name} stands for all")
        group = journey.network.one("TargetGroups", arn, balancers.read_target_group)
        targets = journey.network.one("TargetHealthDescriptions", arn, balancers.read_health)
        _judge_targets(journey, _Way(journey, balancer, group, address, packet), targets, facts)


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


class _Way:
    """From a load balancer to one of its targets."""

    def __init__(
        self,
        journey: Journey,
        balancer: LoadBalancer,
        group: TargetGroup,
        address: Block,
        packet: Packet,
    ) -> None:
        self.journey = journey
        self.balancer = balancer
        self.group = group
        self.address = address
        self.packet = packet

    def peer(self) -> Peer:
        """Return who connects to the target: the balancer, or the client in its own name.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
        """
        kept = self.balancer.kind == "network" and self.group.kind == "instance"
        addresses = self.packet.source if kept else (self.address,)
        return Peer(addresses, self.balancer.group_ids)

    def refusal(self, target: BalancerTarget) -> tuple[str, ...]:
        """Return the target's groups when they let nothing in; nothing when they do."""
        interface = self._interface(target)
        port = target.port or self.group.port or self.packet.destination_ports[0]
        peer = self.peer()
        request = Packet("tcp", peer.addresses, EPHEMERAL, interface.addresses[:1], (port, port))
        ruling = security_groups.rule_on(
            self.journey.network, interface.group_ids, request, peer, egress=False
        )
        return interface.group_ids if ruling.denied and not ruling.partial else ()

    def _interface(self, target: BalancerTarget) -> Interface:
        network = self.journey.network
        if self.group.kind == "instance":
            found = places.of_instance(network, target.identity)
        elif self.group.kind == "ip":
            found = places.interfaces_with(network, cidr(target.identity))
        else:
            raise NotRead(f"the way to {target.identity}", f"a target of kind {self.group.kind}")
        if not found:
            raise NotRead(f"network interface of {target.identity}", "is not in NetworkInterfaces")
        return found[0]


def _judge_targets(
    journey: Journey, way: _Way, targets: tuple[BalancerTarget, ...], facts: dict[str, Any]
) -> None:
    alive = [target for target in targets if target.state not in GONE]
    healthy = [target for target in alive if target.state in ("healthy", "unavailable")]
    facts = {**facts, "target_group_arn": way.group.arn}
    if alive and way.group.kind in ("instance", "ip"):
        # Where groups were not read, they may be why nothing is healthy: then no reason is named.
        refusals = [way.refusal(target) for target in alive]
        if all(refusals):
            _refused(journey, way, alive, refusals, facts)
            return
    if healthy:
        journey.trace.hop(way.group.name, "target-group", "allow", f"{len(healthy)} healthy")
        return
    if any(target.state == "initial" for target in alive):
        raise NotRead(f"health of {way.group.name}", "its first health checks are not done yet")
    reasons = sorted({f"{target.state} ({target.reason})" for target in targets})
    fail_open = bool(alive) and not any(target.reason in NO_ANSWER for target in alive)
    journey.trace.block(
        "load-balancer-no-healthy-target",
        way.balancer.name,
        "target-group",
        f"{way.group.name} has no healthy target: {', '.join(reasons) or 'none is registered'}",
        ra_code="NO_POSSIBLE_DESTINATION",
        # Where every target is unhealthy, a load balancer tries them all the same.
        partial=fail_open,
        facts={**facts, "targets": [target.identity for target in targets], "reasons": reasons},
    )


def _refused(
    journey: Journey,
    way: _Way,
    targets: list[BalancerTarget],
    refusals: list[tuple[str, ...]],
    facts: dict[str, Any],
) -> None:
    port = targets[0].port or way.group.port
    peer = way.peer()
    journey.trace.block(
        "load-balancer-target-security-group-blocks",
        refusals[0][0],
        "security-group",
        f"no ingress rule of {', '.join(refusals[0])} allows tcp {port} from {way.balancer.name}",
        ra_code="ENI_SG_RULES_MISMATCH",
        facts={
            **facts,
            "group_id": refusals[0][0],
            "group_ids": list(refusals[0]),
            "direction": "ingress",
            "protocol": "tcp",
            "port": port,
            "target": targets[0].identity,
            "source_group_ids": list(way.balancer.group_ids),
            "source_cidrs": [str(block) for block in peer.addresses],
        },
    )
