"""The far end of a leg: who has the address, what lets packets in, how answers set out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import gates, places, services, targets
from probe.network.addresses import is_private
from probe.network.journey import Arrival, Journey
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.flow import Packet
    from probe.network.targets import Target
    from probe.network.trace import Trace


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


def find(network: Network, arrival: Arrival, packet: Packet, host: str | None) -> End:
    """Find out who the packets are for. Where they were lost, who they would have been for."""
    destination = packet.destination[0]
    if arrival.kind == "lost":
        arrival = _meant(network, arrival, packet)
    if arrival.kind == "nat":
        return End(arrival, None)
    if arrival.kind != "interface" or arrival.vpc_id is None:
        return End(arrival, None)
    try:
        return End(arrival, targets.identify(network, arrival.vpc_id, destination, host))
    except NotRead as missing:
        return End(arrival, missing)


def _meant(network: Network, arrival: Arrival, packet: Packet) -> Arrival:
    """Return the one place in the snapshot that has this private address, if there is just one."""
    destination = packet.destination[0]
    if not is_private(destination):
        return arrival
    try:
        found = places.interfaces_with(network, destination)
        if len(found) != 1 or found[0].subnet_id is None:
            return arrival
        subnet = places.subnet(network, found[0].subnet_id)
    except NotRead:
        return arrival
    return Arrival("interface", subnet.id, subnet.vpc_id, subnet, arrival.crossings)


def judge(trace: Trace, journey: Journey, packet: Packet, arrival: Arrival, end: End) -> None:
    """Judge what lets packets in at the far end."""
    if end.target is None:
        if arrival.kind in ("internet", "service"):
            trace.hop(
                str(packet.destination[0]), arrival.kind, "allow", "out of our hands from here"
            )
        return
    if isinstance(end.target, NotRead):
        trace.unknown(end.target, end.arrival.component, "security-group")
        return
    if arrival.kind == "lost" and end.arrival.subnet is not None:
        journey.trace = trace
        journey.enter(end.arrival.subnet, packet)
    gates.into(
        trace,
        journey.origin,
        packet,
        network=journey.network,
        target=end.target,
        arrival=end.arrival,
    )
    if end.target.endpoint is not None:
        journey.trace = trace
        services.judge_state(journey, end.target.endpoint, {"vpc_id": end.arrival.vpc_id})
        services.note_policy(journey, end.target.endpoint)


def from_internet(journey: Journey, arrival: Arrival, packet: Packet) -> None:
    """Let an answer in from the internet."""
    del arrival
    home = journey.origin.subnet
    if home is not None:
        journey.enter(home, packet)
