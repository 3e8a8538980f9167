"""Load balancers as entries: listeners, target groups, targets and their health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from probe.network import fields
from probe.network.vpc import Field, Network, NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """One load balancer of the second generation."""

    arn: str
    name: str
    kind: str  # "application" | "network" | "gateway"
    internal: bool
    host: str
    state: str
    vpc_id: str | None
    zones: tuple[str, ...]  # names of the zones it has a subnet in
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]

    @property
    def path(self) -> str:
        """The part of its ARN that its interfaces carry: "app/name/0123abcd"."""
        return self.arn.partition(":loadbalancer/")[2]


@dataclass(frozen=True, slots=True)
class Listener:
    """One port it listens on, and the target groups it hands on to by default."""

    arn: str
    port: int | None
    protocol: str
    target_group_arns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Where a listener hands connections to."""

    arn: str
    name: str
    kind: str  # "instance" | "ip" | "lambda" | "alb"
    port: int | None
    protocol: str


@dataclass(frozen=True, slots=True)
class BalancerTarget:
    """One target of a group."""

    identity: str
    port: int | None
    zone: str | None
    state: str
    reason: str | None


def read_balancer(entry: Entry) -> LoadBalancer:
    """Read one entry of LoadBalancers."""
    zones = fields.items(entry, "AvailabilityZones")
    return LoadBalancer(
        arn=fields.text(entry, "LoadBalancerArn"),
        name=fields.maybe_text(entry, "LoadBalancerName") or "",
        kind=fields.maybe_text(entry, "Type") or "application",
        internal=fields.maybe_text(entry, "Scheme") == "internal",
        host=(fields.maybe_text(entry, "DNSName") or "").lower(),
        state=fields.maybe_text(fields.mapping(entry, "State"), "Code") or "active",
        vpc_id=fields.maybe_text(entry, "VpcId"),
        zones=tuple(fields.maybe_text(zone, "ZoneName") or "" for zone in zones),
        subnet_ids=tuple(fields.maybe_text(zone, "SubnetId") or "" for zone in zones),
        group_ids=fields.texts(entry, "SecurityGroups"),
    )


def read_listener(entry: Entry) -> Listener:
    """Read one entry of Listeners."""
    found: list[str] = []
    for action in fields.items(entry, "DefaultActions"):
        if (arn := fields.maybe_text(action, "TargetGroupArn")) is not None:
            found.append(arn)
        forward = fields.mapping(action, "ForwardConfig")
        groups = fields.items(forward, "TargetGroups")
        found += [fields.text(group, "TargetGroupArn") for group in groups]
    return Listener(
        arn=fields.text(entry, "ListenerArn"),
        port=fields.number(entry, "Port"),
        protocol=fields.maybe_text(entry, "Protocol") or "TCP",
        target_group_arns=tuple(dict.fromkeys(found)),
    )


def read_target_group(entry: Entry) -> TargetGroup:
    """Read one entry of TargetGroups."""
    return TargetGroup(
        arn=fields.text(entry, "TargetGroupArn"),
        name=fields.maybe_text(entry, "TargetGroupName") or "",
        kind=fields.maybe_text(entry, "TargetType") or "instance",
        port=fields.number(entry, "Port"),
        protocol=fields.maybe_text(entry, "Protocol") or "TCP",
    )


def read_health(entry: Entry) -> tuple[BalancerTarget, ...]:
    """Read one entry of TargetHealthDescriptions: every target of one group."""
    return fields.each(entry, "TargetHealthDescriptions", _read_target)


def _read_target(entry: Entry) -> BalancerTarget:
    target, health = fields.mapping(entry, "Target"), fields.mapping(entry, "TargetHealth")
    return BalancerTarget(
        identity=fields.text(target, "Id"),
        port=fields.number(target, "Port"),
        zone=fields.maybe_text(target, "AvailabilityZone"),
        state=fields.maybe_text(health, "State") or "unknown",
        reason=fields.maybe_text(health, "Reason"),
    )


def read_crosses_zones(entry: Entry) -> bool | None:
    """Read one entry of LoadBalancerAttributes: whether nodes serve targets of other zones."""
    for attribute in fields.items(entry, "Attributes"):
        if attribute.get("Key") == "load_balancing.cross_zone.enabled":
            return fields.maybe_text(attribute, "Value") == "true"
    return None


def crosses_zones(network: Network, balancer: LoadBalancer) -> bool:
    """Whether each node of a load balancer serves the targets of every zone.

    Always, for an Application Load Balancer; as its attribute says, for a network one.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html
    """
    if balancer.kind == "application":
        return True
    told = network.one("LoadBalancerAttributes", balancer.arn, _crossing)
    if told.value is None:
        raise NotRead(f"cross-zone load balancing of {balancer.name}", "its attributes do not say")
    return told.value


class _Told(NamedTuple):
    value: bool | None


def _crossing(entry: Entry) -> _Told:
    return _Told(read_crosses_zones(entry))


def by_host(network: Network, host: str) -> LoadBalancer | None:
    """Return the load balancer with this name in DNS."""
    found = network.where("LoadBalancers", "host", _hosts, host, read_balancer)
    return found[0] if found else None


def by_name(network: Network, name: str) -> LoadBalancer | None:
    """Return the load balancer with this name; None when none of those read has it."""
    found = network.where("LoadBalancers", "name", Field("LoadBalancerName"), name, read_balancer)
    return found[0] if found else None


def _hosts(entry: Entry) -> list[str]:
    host = fields.maybe_text(entry, "DNSName")
    return [] if host is None else [host.lower(), f"dualstack.{host.lower()}"]


def listeners(network: Network, arn: str) -> tuple[Listener, ...]:
    """Return what a load balancer listens on."""
    return network.where("Listeners", "balancer", Field("LoadBalancerArn"), arn, read_listener)
