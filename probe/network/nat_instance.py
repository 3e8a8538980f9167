"""Routes to an instance or its interface: a NAT instance, or an appliance nobody can look into.

An instance forwards only with its source/destination check off, while it runs, and as far as its
own groups let it. https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network import places
from probe.network.addresses import is_private
from probe.network.instances import RUNNING, read_state
from probe.network.targets import Target
from probe.network.vpc import Missing, Network, NotRead
from probe.network.walk import gates
from probe.network.walk.journey import Arrival, Journey, Origin, Station

if TYPE_CHECKING:
    from probe.network.flow import Packet
    from probe.network.places import Interface
    from probe.network.routes import Route


def gateway(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Hand packets to the instance or interface that a route names."""
    interface = _interface(journey.network, route)
    subnet = places.subnet(journey.network, interface.subnet_id or "")
    facts = {
        "network_interface_id": interface.id,
        "instance_id": interface.instance_id,
        **station.where,
        "vpc_id": subnet.vpc_id,
        "destination_cidr": route.destination,
        "nat_subnet_id": subnet.id,
    }
    if journey.sent_by(interface.id):
        return journey.handlers["circle"](journey, station, route, packet)
    if station.subnet is None or station.subnet.id != subnet.id:
        journey.enter(subnet, packet, role="nat")
    _judge_instance(journey, route, interface, facts)
    target = Target(interface.id, "nat-instance", interface.group_ids)
    arrival = Arrival("nat", interface.id, subnet.vpc_id, subnet)
    if is_private(packet.destination[0]) or journey.returning:
        raise NotRead(
            f"what {interface.instance_id or interface.id} does with packets for "
            f"{packet.destination[0]}",
            "an appliance's own forwarding is not AWS's to tell",
        )
    gates.into(
        journey.trace,
        journey.origin,
        packet,
        network=journey.network,
        target=target,
        arrival=arrival,
    )
    journey.trace.assume(f"{interface.instance_id or interface.id} forwards packets and does NAT")
    own = tuple(block for block in interface.addresses if block.version == packet.version)
    sender = Origin(
        "nat-instance",
        interface.id,
        subnet.vpc_id,
        subnet,
        interface.group_ids,
        own,
        interface.public,
        hidden=not interface.public,
    )
    shown = ", ".join(map(str, interface.public or own))
    journey.trace.hop(interface.id, "nat-instance", "translate", f"source becomes {shown}")
    return Arrival("nat", interface.id, subnet.vpc_id, subnet, sender=sender)


def _interface(network: Network, route: Route) -> Interface:
    """Return the interface; that of an instance is the one that is attached to it first."""
    if route.kind == "network-interface":
        return places.interface(network, route.target)
    found = places.of_instance(network, route.target)
    if not found:
        raise Missing(
            f"network interface of {route.target}",
            "is not in NetworkInterfaces",
            "ec2:DescribeNetworkInterfaces",
        )
    return found[0]


def _judge_instance(
    journey: Journey, route: Route, interface: Interface, facts: dict[str, Any]
) -> None:
    with journey.trace.reading(interface.id, "nat-instance"):
        if interface.source_dest_check is None:
            raise NotRead(
                f"SourceDestCheck of {interface.id}", "NetworkInterfaces does not tell it"
            )
        if interface.source_dest_check:
            journey.trace.block(
                "nat-instance-source-dest-check",
                interface.id,
                "nat-instance",
                "its source/destination check is on: it drops what is not addressed to it",
                ra_code="ENI_SOURCE_DEST_CHECK_RESTRICTION",
                facts=facts,
            )
    with journey.trace.reading(interface.id, "nat-instance"):
        if interface.instance_id is None:
            raise NotRead(
                f"what {interface.id} is attached to", "NetworkInterfaces does not tell it"
            )
        state = journey.network.one("Instances", interface.instance_id, read_state)
        if state != RUNNING:
            journey.trace.block(
                "nat-instance-stopped",
                route.target,
                "nat-instance",
                f"{interface.instance_id} is {state}",
                ra_code="BAD_STATE",
                facts={**facts, "state": state},
            )
