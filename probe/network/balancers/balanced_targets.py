"""From a load balancer to its targets: which are healthy, which its node may use, who lets it in.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from probe.model import Undetermined, Verdict
from probe.network import nacl, places, security_groups
from probe.network.addresses import Block, cidr
from probe.network.balancers import balancers
from probe.network.flow import EPHEMERAL, Packet
from probe.network.security_groups import Peer
from probe.network.vpc import NotRead
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.model import Blocker
    from probe.network.balancers.balancers import (
        BalancerTarget,
        Listener,
        LoadBalancer,
        TargetGroup,
    )
    from probe.network.places import Interface
    from probe.network.walk.journey import Journey

# Reasons that say that the health check got no answer at all, not merely a wrong one.
NO_ANSWER = ("Target.Timeout", "Target.FailedHealthChecks", "Elb.InternalError")
GONE = ("draining", "unused")
HEALTHY = ("healthy", "unavailable")  # unavailable: nobody checks
WITH_ADDRESS = ("instance", "ip")
_OVER_HTTP = ("HTTP", "HTTPS")
# What an Application Load Balancer answers by itself, where a target does not.
_IN_ITS_NAME = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Way:
    """From one node of a load balancer to a target group."""

    journey: Journey
    balancer: LoadBalancer
    listener: Listener
    group: TargetGroup
    node: Block  # the address that packets came to
    packet: Packet

    @property
    def peer(self) -> Peer:
        """Who connects to the target: the balancer, or the client in its own name.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
        """
        kept = self.balancer.kind == "network" and self.group.kind == "instance"
        return Peer(self.packet.source if kept else (self.node,), self.balancer.group_ids)

    @property
    def facts(self) -> dict[str, Any]:
        """Say which targets this leads to, and what a client sees of it where it is closed.

        A connection over HTTP opens to the load balancer itself, and what is said over it waits for
        a target. One over TCP passes through to the target; one over TLS is between the two.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
        """
        facts = {"target_group_arn": self.group.arn, "listener": self.listener.protocol}
        if self.listener.protocol not in _OVER_HTTP:
            return facts
        return {**facts, "opens": True, "speaks": "http", "statuses": _IN_ITS_NAME}

    def request(self, target: BalancerTarget) -> Packet:
        """Return the packets with which a connection to a target begins."""
        port = target.port or self.group.port or self.packet.destination_ports[0]
        to = self.interface(target).addresses[:1]
        return Packet("tcp", self.peer.addresses, EPHEMERAL, to, (port, port))

    def refusal(self, target: BalancerTarget) -> tuple[str, ...]:
        """Return the target's groups when they let nothing in; nothing when they do."""
        groups = self.interface(target).group_ids
        ruling = security_groups.rule_on(
            self.journey.network, groups, self.request(target), self.peer, egress=False
        )
        return groups if ruling.denied and not ruling.partial else ()

    def confines(self, target: BalancerTarget) -> bool:
        """Tell whether the balancer's own groups do not let it out to a target.

        Traffic and health checks both pass its outbound rules; one without groups has none.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
        """
        own, far = self.balancer.group_ids, self.interface(target)
        peer = Peer(far.addresses[:1], far.group_ids)
        request, network = self.request(target), self.journey.network
        ruling = security_groups.rule_on(network, own, request, peer, egress=True)
        return bool(own) and bool(ruling.denied)

    def borders(self, target: BalancerTarget) -> Trace:
        """Send requests and answers over the borders between the node's subnet and the target's.

        Where clients keep their addresses, only the target's own border is known to see them:
        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html
        """
        trace, network, request = Trace(), self.journey.network, self.request(target)
        far = places.subnet(network, self.interface(target).subnet_id or "")
        if far.holds(self.node):
            return trace
        own = self.peer.addresses == (self.node,)
        near = places.subnet_of(network, self.balancer.vpc_id or "", self.node) if own else None
        judge_acl = partial(nacl.judge, trace, network, role="target")
        if near:
            judge_acl(near, request, egress=True)
        judge_acl(far, request, egress=False)
        with trace.returning():
            judge_acl(far, request.reply(), egress=True)
            if near:
                judge_acl(near, request.reply(), egress=False)
        trace.blockers = [replace(one, facts={**one.facts, **self.facts}) for one in trace.blockers]
        return trace

    def interface(self, target: BalancerTarget) -> Interface:
        """Return the network interface of a target."""
        network = self.journey.network
        if self.group.kind == "instance":
            found = places.of_instance(network, target.identity)
        else:
            found = places.interfaces_with(network, cidr(target.identity))
        if not found:
            raise NotRead(
                f"network interface of {target.identity}",
                "is not in NetworkInterfaces",
                "ec2:DescribeNetworkInterfaces",
            )
        return found[0]

    def usable(self, targets: Sequence[BalancerTarget]) -> list[BalancerTarget]:
        """Return the targets that this node may use: those of its zone, or all."""
        network, vpc_id = self.journey.network, self.balancer.vpc_id
        if vpc_id is None:
            raise NotRead(f"VPC of {self.balancer.name}", "LoadBalancers does not tell it")
        zone = places.subnet_of(network, vpc_id, self.node).zone
        near = [target for target in targets if self._zone(target) == zone]
        if len(near) == len(targets) or balancers.crosses_zones(network, self.balancer):
            return list(targets)
        return near

    def _zone(self, target: BalancerTarget) -> str | None:
        subnet_id = self.interface(target).subnet_id
        return places.subnet(self.journey.network, subnet_id or "").zone


def judge(way: Way, targets: tuple[BalancerTarget, ...], facts: dict[str, Any]) -> None:
    """Judge whether anything stands behind the node."""
    facts, gaps = {**facts, **way.facts}, list[Undetermined]()
    alive = [target for target in targets if target.state not in GONE]
    if alive and way.group.kind in WITH_ADDRESS:
        usable = way.usable(alive)
        if not usable:
            _none_in_zone(way, facts)
            return
        # Where groups were not read, they may be why nothing is healthy: then no reason is named.
        refusals = [way.refusal(target) for target in usable]
        if all(refusals):
            _refused(way, usable[0], refusals[0], facts)
        if confined := all(map(way.confines, usable)):
            _confined(way, usable[0], facts)
        borders = [way.borders(target) for target in usable]
        if shut := all(trace.verdict is Verdict.UNREACHABLE for trace in borders):
            way.journey.trace.absorb(_for_all(borders))
        if all(refusals) or confined or shut:
            return
        alive = usable
        # An ACL that was not read is no gap where targets are healthy; else it may be why not.
        gaps = [gap for trace in borders for gap in trace.undetermined]
    _judge_health(way, alive, targets, facts, gaps)


def _for_all(borders: Sequence[Trace]) -> Trace:
    """Return what the first target meets; a rule that opens a place there opens it for all."""
    first = borders[0]
    every = [one for trace in borders for one in trace.blockers]
    blockers = []
    for own in first.blockers:
        alike = (one.facts["needed_cidrs"] for one in every if _rules(one) == _rules(own))
        needed = list(dict.fromkeys(text for listed in alike for text in listed))
        blockers.append(replace(own, facts={**own.facts, "needed_cidrs": needed}))
    return replace(first, blockers=blockers)


def _rules(blocker: Blocker) -> tuple[object, ...]:
    facts = blocker.facts
    asked = (facts["rule_number"], facts["egress"], facts["needed_port_range"])
    return blocker.code, blocker.component, blocker.direction, *asked


def _judge_health(
    way: Way,
    alive: list[BalancerTarget],
    targets: tuple[BalancerTarget, ...],
    facts: dict[str, Any],
    gaps: Sequence[Undetermined],
) -> None:
    healthy = [target for target in alive if target.state in HEALTHY]
    if healthy:
        words = f"{len(healthy)} healthy"
        way.journey.trace.hop(way.group.name, "target-group", "allow", words)
        return
    if any(target.state == "initial" for target in alive):
        raise NotRead(f"health of {way.group.name}", "its first health checks are not done yet")
    if gaps:
        raise NotRead(gaps[0].what, gaps[0].reason, gaps[0].needs)
    reasons = sorted({f"{target.state} ({target.reason})" for target in targets})
    fail_open = bool(alive) and not any(target.reason in NO_ANSWER for target in alive)
    way.journey.trace.block(
        "load-balancer-no-healthy-target",
        way.balancer.name,
        "target-group",
        f"{way.group.name} has no healthy target: {', '.join(reasons) or 'none is registered'}",
        ra_code="NO_POSSIBLE_DESTINATION",
        # Where every target is unhealthy, a load balancer tries them all the same.
        partial=fail_open,
        facts={**facts, "targets": [target.identity for target in targets], "reasons": reasons},
    )


def _none_in_zone(way: Way, facts: dict[str, Any]) -> None:
    way.journey.trace.block(
        "load-balancer-not-in-zone",
        way.balancer.name,
        "load-balancer",
        f"{way.group.name} has no target in the zone of {way.node}, and cross-zone load balancing "
        f"of {way.balancer.name} is off",
        ra_code="ELBV2_NO_TARGETS_IN_AZ",
        facts={**facts, "address": str(way.node)},
    )


def _refused(
    way: Way, target: BalancerTarget, groups: tuple[str, ...], facts: dict[str, Any]
) -> None:
    (port, _), own = way.request(target).destination_ports, ", ".join(way.balancer.group_ids)
    balancer = f"load balancer {way.balancer.name}" + (f" ({own})" if own else "")
    way.journey.trace.block(
        "load-balancer-target-security-group-blocks",
        groups[0],
        "security-group",
        f"no ingress rule of {', '.join(groups)} allows tcp {port} from {balancer}",
        ra_code="ENI_SG_RULES_MISMATCH",
        facts={
            **_rule(way, target, groups, facts),
            "direction": "ingress",
            "source_group_ids": list(way.balancer.group_ids),
            "source_cidrs": [str(block) for block in way.peer.addresses],
        },
    )


def _confined(way: Way, target: BalancerTarget, facts: dict[str, Any]) -> None:
    request, groups = way.request(target), way.balancer.group_ids
    way.journey.trace.block(
        "load-balancer-security-group-blocks",
        groups[0],
        "security-group",
        f"no egress rule of {', '.join(groups)} allows tcp {request.destination_ports[0]} from "
        f"load balancer {way.balancer.name} to {target.identity}",
        ra_code="ENI_SG_RULES_MISMATCH",
        facts={
            **_rule(way, target, groups, facts),
            "direction": "egress",
            "destination_group_ids": list(way.interface(target).group_ids),
            "destination_cidrs": [str(block) for block in request.destination],
        },
    )


def _rule(
    way: Way, target: BalancerTarget, groups: tuple[str, ...], facts: dict[str, Any]
) -> dict[str, Any]:
    """Tell which rule is missing of which group, but for its direction and its other end."""
    return {
        **facts,
        "group_id": groups[0],
        "group_ids": list(groups),
        "protocol": "tcp",
        "port": way.request(target).destination_ports[0],
        "target": target.identity,
    }
