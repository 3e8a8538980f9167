"""The walk: from a subnet and its groups to one address and port, and the answer back.

Pure: it reads a network, sends nothing. Every gate on the way is judged, also behind a closed one,
so that two causes at once are both found. What was not read makes what depends on it undetermined,
never absent. `unreachable` without a blocker means: closed for certain, and what would name the
reason was not read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.model import Direction, Verdict
from probe.network import (
    dead_ends,
    far_side,
    gates,
    gateways,
    middlebox,
    misdirected,
    nat,
    nat_instance,
    peering,
    places,
    services,
    transit,
    vpn,
)
from probe.network.addresses import Block, address, is_private
from probe.network.flow import EPHEMERAL, Packet
from probe.network.journey import LOST, Arrival, Handler, Journey, Origin, Station
from probe.network.trace import Trace
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.model import Path
    from probe.network.places import Subnet

HANDLERS: dict[str, Handler] = {
    "none": dead_ends.no_route,
    "blackhole": dead_ends.blackhole,
    "unknown": dead_ends.unknown,
    "local": dead_ends.local,
    "internet-gateway": gateways.internet,
    "egress-only-internet-gateway": gateways.egress_only,
    "nat-gateway": nat.gateway,
    "vpc-endpoint": services.endpoint,
    "peering": peering.across,
    "transit-gateway": transit.gateway,
    "vpn-gateway": vpn.gateway,
    "middlebox": middlebox.detour,
    "network-interface": nat_instance.gateway,
    "instance": nat_instance.gateway,
}
MAX_LEGS = 4  # function, NAT, and what a private NAT may hand on to


@dataclass(frozen=True, slots=True)
class Source:
    """Where the packets come from: a subnet with security groups, or no VPC at all."""

    subnet_id: str | None
    security_group_ids: tuple[str, ...] = ()
    # Ipv6AllowedForDualStack; None: as FunctionConfiguration says.
    ipv6: bool | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where they go. `host` and `service` say what the address was looked up for, if anything."""

    address: str
    port: int
    protocol: str = "tcp"
    host: str | None = None
    service: str | None = None  # AWS service as SDKs name it: "dynamodb", "logs"

    @property
    def label(self) -> str:
        """The destination as people write it: "10.0.2.10:5432"."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Leg:
    """Packets with fixed addresses: who sent them, and where they ended."""

    journey: Journey
    packet: Packet
    arrival: Arrival


def walk(network: Network, source: Source, destination: Destination) -> Path:
    """Walk there and back again."""
    trace = Trace()
    target = address(destination.address)
    if source.subnet_id is None:
        _outside(trace, target)
    else:
        try:
            origin = _origin(network, source, source.subnet_id, target.version)
        except NotRead as missing:
            trace.unknown(missing, source.subnet_id, "subnet")
        else:
            _inside(trace, network, source, destination, origin)
    return trace.path(subnet_id=source.subnet_id, destination=destination.label)


def _outside(trace: Trace, target: Block) -> None:
    """Judge a function that is in no VPC: it has the internet and nothing else.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if is_private(target):
        trace.block(
            "function-not-in-vpc",
            "function",
            "placement",
            f"the function is in no VPC, and {target} is an address inside one",
            facts={"address": str(target)},
        )
    elif target.version == 6:
        missing = NotRead("IPv6 outside a VPC", "AWS does not say whether Lambda offers it")
        trace.unknown(missing, "function", "placement")
    else:
        trace.hop("internet", "internet", "allow", "Lambda's own network leads to the internet")


def _origin(network: Network, source: Source, subnet_id: str, version: int) -> Origin:
    """Return the function as a sender: any address its interfaces have, or could have."""
    subnet = places.subnet(network, subnet_id)
    try:
        found = places.lambda_interfaces(network, subnet_id, source.security_group_ids)
    except NotRead:
        found = ()  # then any address of the subnet may be the function's
    own = [block for one in found for block in one.addresses if block.version == version]
    public = tuple(block for one in found for block in one.public)
    return Origin(
        "function",
        subnet_id,
        subnet.vpc_id,
        subnet,
        source.security_group_ids,
        tuple(own) or subnet.addresses(version),
        public,
        hidden=not public,
    )


def _inside(
    trace: Trace, network: Network, source: Source, destination: Destination, origin: Origin
) -> None:
    target = address(destination.address)
    if target.version == 6 and not _may_speak_ipv6(trace, network, source, origin):
        return
    packet = Packet(
        destination.protocol,
        origin.addresses,
        EPHEMERAL,
        (target,),
        (destination.port, destination.port),
    )
    legs = _forth(trace, network, destination, origin, packet)
    if trace.verdict is Verdict.UNREACHABLE:
        misdirected.judge(trace, network, origin, target, destination.host)
    with trace.returning():
        for leg in reversed(legs):
            _back(trace, leg)
    if legs and legs[-1].arrival.kind != "lost":
        _same_firewalls(trace, legs[0].journey.middleboxes)


def _may_speak_ipv6(trace: Trace, network: Network, source: Source, origin: Origin) -> bool:
    """IPv6 leaves a function only when it is allowed and every subnet has both families.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-ipv6
    """
    facts = {"subnet_id": origin.component, "vpc_id": origin.vpc_id}
    if not origin.addresses:
        why = f"{origin.component} has no IPv6 block"
        trace.block("ipv6-not-allowed", origin.component, "subnet", why, facts=facts)
        return False
    with trace.reading("function", "placement"):
        allowed = source.ipv6 if source.ipv6 is not None else _dual_stack(network)
        if not allowed:
            why = "Ipv6AllowedForDualStack of the function is off"
            trace.block("ipv6-not-allowed", origin.component, "placement", why, facts=facts)
    return True


def _dual_stack(network: Network) -> bool:
    configuration = network.thing("FunctionConfiguration").get("VpcConfig")
    found = (
        configuration.get("Ipv6AllowedForDualStack") if isinstance(configuration, dict) else None
    )
    return found is True


def _told(trace: Trace) -> bool:
    """Whether the way back has been called missing already."""
    return any(blocker.code == "no-return-route" for blocker in trace.blockers)


def _same_firewalls(trace: Trace, passed: list[tuple[Direction, str]]) -> None:
    """Note when an answer does not pass a firewall that its request passed.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/route-tables.html
    """
    forth = {identity for direction, identity in passed if direction is Direction.FORWARD}
    back = {identity for direction, identity in passed if direction is Direction.RETURN}
    for identity in sorted(forth ^ back):
        trace.unknown(
            NotRead(
                f"whether {identity} lets a connection live of which it sees one direction",
                "requests and answers take different ways",
            ),
            identity,
            "firewall",
        )


def _forth(
    trace: Trace, network: Network, destination: Destination, origin: Origin, packet: Packet
) -> list[Leg]:
    """Send the packets on, leg by leg, until somebody has them or nobody knows where they are."""
    legs: list[Leg] = []
    sender: Origin | None = origin
    while sender is not None and len(legs) < MAX_LEGS:
        way = Trace()
        journey = Journey(
            network, way, HANDLERS, sender, host=destination.host, service=destination.service
        )
        if legs:
            journey.middleboxes = legs[0].journey.middleboxes
        arrival = _depart(journey, packet)
        end = far_side.find(network, arrival, packet, destination.host)
        gates.out(trace, sender, packet, network=network, far_groups=end.group_ids, arrival=arrival)
        trace.absorb(way)
        far_side.judge(trace, journey, packet, arrival, end)
        legs.append(Leg(journey, packet, end.arrival))
        sender = arrival.sender
        if sender is not None:
            packet = packet.from_address(sender.addresses)
    return legs


def _depart(journey: Journey, packet: Packet) -> Arrival:
    origin = journey.origin
    if origin.subnet is not None:
        return journey.leave(origin.subnet, packet, origin.role)
    assert origin.table is not None
    return journey.route(Station(origin.vpc_id, origin.table), packet)


def _back(trace: Trace, leg: Leg) -> None:
    """Send the answer of one leg back to who sent the request."""
    journey = replace(leg.journey, trace=trace, passed=set())
    home, packet, arrival = leg.journey.origin.subnet, leg.packet.reply(), leg.arrival
    back: Arrival | None = LOST
    if arrival.kind in ("internet", "network"):
        back = far_side.from_internet(journey, arrival.component, packet)
    elif arrival.subnet is not None:
        if _same(arrival.subnet, home):
            return
        back = journey.leave(arrival.subnet, packet, "nat" if arrival.sender else None)
    elif arrival.sender is not None and arrival.sender.table is not None:
        back = journey.route(Station(arrival.sender.vpc_id, arrival.sender.table), packet)
    elif arrival.kind == "service" and home is not None:
        journey.enter(home, packet)
        return
    if back is not None:
        _home(trace, journey, back, packet, home)


def _same(one: Subnet, other: Subnet | None) -> bool:
    return other is not None and one.id == other.id


def _home(
    trace: Trace, journey: Journey, back: Arrival, packet: Packet, home: Subnet | None
) -> None:
    """Check that an answer ended where the request came from."""
    if home is None:
        return
    if back.kind == "lost":
        # Wherever it comes from once it is routed, it has to pass the sender's own border.
        if not all(home.holds(block) for block in packet.source):
            journey.enter(home, packet)
    elif (back.kind != "interface" or not _same(home, back.subnet)) and not _told(trace):
        trace.block(
            "no-return-route",
            back.component,
            "route-table",
            f"answers end at {back.component}, not in {home.id}",
            ra_code="CANNOT_ROUTE",
            facts={"subnet_id": home.id, "vpc_id": home.vpc_id},
        )
