"""The far end of a leg: who has the address, what lets packets in, how answers set out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.network import gateways, instances, places, routes, services, targets
from probe.network.addresses import is_private
from probe.network.balancers import balanced
from probe.network.flow import Crossing, blocks_text
from probe.network.vpc import NotRead
from probe.network.walk import gates, nobody
from probe.network.walk.journey import Arrival, Journey, Origin, Station

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.flow import Packet
    from probe.network.places import Interface
    from probe.network.targets import Target
    from probe.network.walk.trace import Trace

# Names of AWS resources that may have a public address which is one of ours.
OWN_NAMES = (".rds.amazonaws.com", ".elb.amazonaws.com", ".compute.amazonaws.com")


@dataclass(frozen=True, slots=True)
class End:
    """Where packets end, and who is there; NotRead when that is not known."""

    arrival: Arrival
    target: Target | NotRead | None  # None: nobody of ours (the internet, a service)

    @property
    def group_ids(self) -> tuple[str, ...] | NotRead:
        """Groups of whoever is there, for rules that name groups."""
        if self.target is None:
            return ()
        return self.target if isinstance(self.target, NotRead) else self.target.group_ids


def find(journey: Journey, arrival: Arrival, packet: Packet) -> End:
    """Find out who has the packets now."""
    destination = packet.destination[0]
    if arrival.kind in ("lost", "unknown"):
        return End(arrival, _who_would(journey, arrival, packet))
    if arrival.kind != "interface" or arrival.vpc_id is None:
        return End(arrival, None)
    try:
        found = targets.identify(journey.network, arrival.vpc_id, destination, journey.host)
        return End(arrival, found)
    except NotRead as missing:
        return End(arrival, missing)


def _who_would(journey: Journey, arrival: Arrival, packet: Packet) -> Target | NotRead | None:
    """Return who packets are meant for that did not arrive, for rules that name groups."""
    if not is_private(packet.destination[0]):
        return None
    end = meant(journey, packet) if arrival.kind == "lost" else None
    if end is not None:
        return end.target
    return NotRead(f"who has {packet.destination[0]}", "the way there is not known")


def meant(journey: Journey, packet: Packet) -> End | None:
    """Return the one place in the snapshot that has this private address, if there is just one.

    In the VPC that the packets are for, where that is known.
    """
    network, destination = journey.network, packet.destination[0]
    if not is_private(destination):
        return None
    try:
        found = [
            one
            for one in places.interfaces_with(network, destination)
            if journey.meant in (None, one.vpc_id)
        ]
        if len(found) != 1 or found[0].subnet_id is None:
            return None
        subnet = places.subnet(network, found[0].subnet_id)
        arrival = Arrival("interface", subnet.id, subnet.vpc_id, subnet)
        return End(arrival, targets.identify(network, subnet.vpc_id, destination, journey.host))
    except NotRead:
        return None


def judge(trace: Trace, journey: Journey, packet: Packet, end: End) -> None:
    """Judge what lets packets in at the far end, where they got there."""
    journey, arrival = replace(journey, trace=trace), end.arrival
    if arrival.kind == "internet":
        _on_the_internet(journey, packet)
    elif arrival.kind == "network" and not is_private(packet.destination[0]):
        nobody.public_in_private(journey, packet, arrival)
    elif arrival.missing is not None:
        nobody.outside_subnets(journey, packet, arrival)
    elif arrival.kind == "service":
        trace.hop(str(packet.destination[0]), "service", "allow", "AWS takes over from here")
    elif arrival.kind == "interface" and isinstance(end.target, targets.Unused):
        nobody.unused(journey, packet, arrival)
    elif arrival.kind == "interface" and isinstance(end.target, NotRead):
        trace.unknown(end.target, arrival.component, "security-group")
    elif arrival.kind == "interface" and end.target is not None:
        assert not isinstance(end.target, NotRead)
        gates.into(
            trace,
            journey.origin,
            packet,
            network=journey.network,
            target=end.target,
            arrival=arrival,
        )
        _behind(journey, packet, end)


def _behind(journey: Journey, packet: Packet, end: End) -> None:
    """Judge what only some targets have behind their address."""
    assert end.target is not None
    assert not isinstance(end.target, NotRead)
    if end.target.endpoint is not None:
        services.judge_state(journey, end.target.endpoint, {"vpc_id": end.arrival.vpc_id})
        services.note_policy(journey, end.target.endpoint)
    elif end.target.endpoint_unread is not None:
        journey.trace.unknown(end.target.endpoint_unread, end.target.component, "vpc-endpoint")
    if packet.protocol == "tcp":  # DNS servers are compared with each other
        instances.judge(journey, end.target)
    if end.target.load_balancer is not None:
        with journey.trace.reading(end.target.load_balancer, "load-balancer"):
            balanced.judge(journey, end.target.load_balancer, packet.destination[0], packet)


def _on_the_internet(journey: Journey, packet: Packet) -> None:
    """Judge a public address: somebody's out there, or one of our own seen from outside."""
    destination, host = packet.destination[0], (journey.host or "").rstrip(".").lower()
    if is_private(destination):
        return  # no way for it: the gateway has said so
    own: tuple[Interface, ...] = ()
    try:
        own = places.with_public(journey.network, destination)
        if destination.version == 6:  # an address in a VPC is its address in the internet, too
            own = places.interfaces_with(journey.network, destination)
    except NotRead as missing:
        if host.endswith(OWN_NAMES):
            journey.trace.unknown(missing, str(destination), "network-interface")
            return
    if own:
        with journey.trace.reading(own[0].id, "network-interface"):
            _own_from_outside(journey, packet, own[0])
        return
    journey.trace.hop(str(destination), "internet", "allow", "out of our hands from here")


def _own_from_outside(journey: Journey, packet: Packet, interface: Interface) -> None:
    """Judge an interface of ours that is reached over its public address.

    It sees the sender's public address, and no group: a rule that names one matches by the private
    addresses of those who carry it, as
    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html says.
    """
    source, origin = packet.source, journey.origin
    if packet.version == 4:
        source = origin.public
        if not source:
            raise NotRead(f"public address of {origin.component}", "not told")
    subnet = places.subnet(journey.network, interface.subnet_id or "")
    if gateways.of_vpc(journey.network, subnet.vpc_id) is None:
        _closed_to_the_internet(journey, packet, subnet.vpc_id)
        return
    own = [block for block in interface.addresses if block.version == packet.version]
    inward = replace(packet, source=source, destination=tuple(own[:1]))
    guest = replace(origin, group_ids=journey.caller)
    why = "what comes over the internet is known by its address only"
    border = Crossing("gateway", interface.id, references=False, why=why)
    journey.enter(subnet, inward, role="target")
    target = targets.identify(journey.network, subnet.vpc_id, own[0], journey.host)
    arrival = Arrival("interface", subnet.id, subnet.vpc_id, subnet, crossings=(border,))
    gates.into(
        journey.trace,
        guest,
        inward,
        network=journey.network,
        target=target,
        arrival=arrival,
    )
    instances.judge(journey, target)
    with journey.trace.returning():
        _answer_outside(journey, inward, interface, subnet.id)


def _closed_to_the_internet(journey: Journey, packet: Packet, vpc_id: str) -> None:
    """Say that packets went out to the internet, which does not lead into that VPC.

    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
    """
    hops = (hop for hop in reversed(journey.trace.hops) if hop.kind == "route-table")
    table_id = next((hop.component for hop in hops), journey.origin.component)
    wanted = blocks_text(packet.destination)
    journey.trace.block(
        "no-route-to-target",
        table_id,
        "route-table",
        f"{table_id} has no route of its own for {wanted}: it leads to the internet, and {vpc_id}, "
        "which has the address, has no internet gateway",
        ra_code="NO_ROUTE_TO_DESTINATION",
        facts={"route_table_id": table_id, "vpc_id": vpc_id, "destination_cidr": wanted},
    )


def _answer_outside(journey: Journey, inward: Packet, interface: Interface, subnet_id: str) -> None:
    subnet = places.subnet(journey.network, subnet_id)
    there = Origin(
        "public",
        interface.id,
        subnet.vpc_id,
        subnet,
        interface.group_ids,
        interface.addresses,
        interface.public,
    )
    away = replace(journey, origin=there, passed=set(), meant=None)
    back = away.leave(subnet, inward.reply(), "target")
    if inward.version == 6 and back.kind == "interface":
        # Nothing rewrites IPv6, so what comes back by a private way bears the right addresses.
        # Of VPC peering AWS says that each side needs a route, and nothing of this one.
        what = f"whether answers reach {blocks_text(inward.source)} by {back.component}"
        missing = NotRead(what, "their requests come over the internet")
        journey.trace.unknown(missing, subnet_id, "route-table")
    elif back.kind not in ("internet", "lost"):
        _no_way_back(journey, subnet_id, back.component, inward.source)


def _no_way_back(
    journey: Journey, subnet_id: str, component: str, wanted: tuple[Block, ...]
) -> None:
    journey.trace.block(
        "no-return-route",
        subnet_id,
        "route-table",
        f"answers to {wanted[0]} go to {component}, not back to the internet",
        ra_code="CANNOT_ROUTE",
        facts={"subnet_id": subnet_id},
    )


def from_internet(journey: Journey, gateway_id: str, packet: Packet) -> Arrival | None:
    """Let an answer in from the internet; None when it is at home.

    A table that is associated with the gateway may send it through a firewall first:
    https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html
    """
    home = journey.origin.subnet
    if home is None:
        return None  # a regional NAT gateway stands in no subnet
    try:
        table = routes.of_gateway(journey.network, gateway_id)
    except NotRead as missing:
        journey.trace.unknown(missing, gateway_id, "route-table")
        table = None
    if table is None:
        journey.enter(home, packet)
        return None
    return journey.route(Station(home.vpc_id, table), packet)
