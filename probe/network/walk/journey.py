"""One leg of a way: packets with fixed addresses, from whoever sends them to where they end.

It knows the borders of subnets and how a route table hands over to the thing a route names; what
that thing does with packets is the business of the component's own module, found in `handlers`.
A closed gate is noted and the way goes on behind it, so that every blocker on it is found; only an
unknown next hop ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probe.model import Direction, Verdict
from probe.network import nacl, places, routes, targets
from probe.network.addresses import is_private
from probe.network.flow import Crossing, Packet, blocks_text
from probe.network.routes import Choice, Route, RouteTable
from probe.network.vpc import Network, NotRead
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.places import Subnet
    from probe.network.transit.misled import Turn


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends the packets of a leg."""

    kind: str  # "function" | "nat-gateway" | "nat-instance"
    component: str
    vpc_id: str
    subnet: Subnet | None  # None: a regional NAT gateway stands in no subnet
    group_ids: tuple[str, ...] | None  # None: security groups do not apply to it
    addresses: tuple[Block, ...]
    public: tuple[Block, ...] = ()  # what the internet gateway translates its address to
    hidden: bool = False  # it has no public address: an internet gateway drops its IPv4 packets
    doubt: NotRead | None = None  # its addresses were not read: see `Packet.doubt`
    table: RouteTable | None = None  # a table of its own, instead of its subnet's
    # Whose default route leads to it, where it has the internet in view: a public NAT gateway.
    by: Station | None = None

    @property
    def role(self) -> str:
        """Whose side of the way it is, for the facts of a blocker."""
        return "source" if self.kind == "function" else "nat"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where packets ended up."""

    # "interface" | "nat" | "internet" | "service" | "network" (outside AWS)
    # | "lost" (for certain) | "unknown" (something on the way was not read)
    kind: str
    component: str
    vpc_id: str | None = None
    subnet: Subnet | None = None
    crossings: tuple[Crossing, ...] = ()
    sender: Origin | None = None  # kind "nat": who sends the translated packets on
    # Kind "unknown": the VPC that they came to has no subnet for them, of those that were read.
    missing: NotRead | None = None

    def after(self, crossing: Crossing) -> Arrival:
        """Return the same end, reached over one border more."""
        return replace(self, crossings=(crossing, *self.crossings))


LOST = Arrival("lost", "")
UNKNOWN = Arrival("unknown", "")
Handler = Callable[["Journey", "Station", Route, Packet], Arrival]


@dataclass(frozen=True, slots=True)
class Station:
    """Where a route table decides: a subnet, or a gateway that has a table of its own."""

    vpc_id: str
    table: RouteTable
    subnet: Subnet | None = None
    choice: Choice | None = None
    turn: Turn | None = None  # who led here, as in `Journey`

    @property
    def zone_id(self) -> str | None:
        """Availability Zone id of the subnet, or its name where the id was not told."""
        return None if self.subnet is None else self.subnet.zone_id or self.subnet.zone

    @property
    def where(self) -> dict[str, Any]:
        """The ids of the place, as a blocker's facts have them."""
        return {
            "route_table_id": self.table.id,
            "subnet_id": self.subnet.id if self.subnet else None,
            "vpc_id": self.vpc_id,
        }


@dataclass
class Journey:
    """The things every component needs while packets of one leg travel."""

    network: Network
    trace: Trace
    handlers: Mapping[str, Handler]
    origin: Origin
    host: str | None = None
    meant: str | None = None  # the VPC whose interface the packets are for, where that is known
    service: str | None = None  # AWS service the destination belongs to, "dynamodb"
    speaks: str | None = None  # as in `Destination`
    # Routes taken with these addresses, and who sent the packets on before they had them: whatever
    # comes there again comes there for ever.
    passed: set[tuple[str, str]] = field(default_factory=set)
    caller: tuple[str, ...] = ()  # groups of whoever opened the connection, before any NAT
    senders: tuple[str, ...] = ()
    # Firewalls passed so far, over all legs: an answer has to pass the same.
    middleboxes: list[tuple[Direction, str]] = field(default_factory=list)
    # Prefix lists that were not read and decide where the target's address leads, and whether they
    # are a gateway endpoint's; and the one that is supposed to hold it, "" for none of them.
    unread_lists: dict[str, bool] = field(default_factory=dict)
    supposed: str | None = None
    # Subnets whose table was not read and would decide about an address of their own VPC; and
    # whether its local route is supposed to.
    unread_tables: set[str] = field(default_factory=set)
    local: bool = False
    far_role: str = "target"  # or "endpoint": whose subnet the packets end in
    # What brought packets into this VPC; None for a function's own, and behind an appliance, which
    # routes them on by itself.
    turn: Turn | None = None

    @property
    def returning(self) -> bool:
        """Whether the answer is on its way back."""
        return self.trace.direction is Direction.RETURN

    def sent_by(self, component: str) -> bool:
        """Whether packets have been sent on by this NAT before, so that they go in a circle."""
        return component in (*self.senders, self.origin.component)

    def astray(self, packet: Packet) -> Station | None:
        """Return who sent packets for a private address to a NAT that is there for the internet.

        A NAT gateway leads to other networks where routes say so, its own and those to it:
        https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
        So where its own lead on to nothing private, and a default route led to it, what is missing
        is the route before it.
        """
        return None if self.returning or not is_private(packet.destination[0]) else self.origin.by

    def role_of(self, subnet: Subnet) -> str:
        """Say whose border a subnet is, for the facts of a blocker."""
        if self.origin.subnet is not None and subnet.id == self.origin.subnet.id:
            return self.origin.role
        return self.far_role

    def depart(self, packet: Packet) -> Arrival:
        """Send packets out from where their sender stands."""
        if self.origin.subnet is not None:
            return self.leave(self.origin.subnet, packet, self.origin.role)
        assert self.origin.table is not None
        return self.route(Station(self.origin.vpc_id, self.origin.table), packet)

    def leave(self, subnet: Subnet, packet: Packet, role: str | None = None) -> Arrival:
        """Send packets out of an interface in this subnet."""
        inside = all(subnet.holds(block) for block in packet.destination)
        if inside and self.meant in (None, subnet.vpc_id):
            # Traffic inside a subnet meets neither its ACL nor its route table.
            return Arrival("interface", subnet.id, subnet.vpc_id, subnet)
        if not inside:
            role = role or self.role_of(subnet)
            nacl.judge(self.trace, self.network, subnet, packet, egress=True, role=role)
        try:
            table = routes.of_subnet(self.network, subnet)
        except NotRead as missing:
            return self._without_table(missing, subnet, packet)
        return self.route(Station(subnet.vpc_id, table, subnet, turn=self.turn), packet)

    def _without_table(self, missing: NotRead, subnet: Subnet, packet: Packet) -> Arrival:
        """Stop at a table that was not read, or suppose that its local route decides.

        Every table has one for the VPC's own blocks:
        https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html
        """
        try:
            places.subnet_of(self.network, subnet.vpc_id, packet.destination[0])
        except NotRead:
            pass  # it is elsewhere, as far as is known
        else:
            if self.local:
                return self.deliver(subnet.vpc_id, packet)
            self.unread_tables.add(subnet.id)
        self.trace.unknown(missing, subnet.id, "route-table")
        return UNKNOWN

    def leave_by_any(self, doors: tuple[Subnet, ...], packet: Packet, role: str) -> Arrival:
        """Send packets out of one of several subnets, nobody knows which.

        They are lost where every door loses them; what only some doors have stops some.
        """
        traces = [Trace(direction=self.trace.direction) for _ in doors]
        arrivals = [
            replace(self, trace=trace, passed=set(self.passed)).leave(door, packet, role)
            for door, trace in zip(doors, traces, strict=True)
        ]
        lost = all(trace.verdict is Verdict.UNREACHABLE for trace in traces)
        for trace in traces:
            self.trace.absorb(trace if lost else trace.perhaps())
        return self._whichever(doors, arrivals)

    def _whichever(self, doors: tuple[Subnet, ...], arrivals: list[Arrival]) -> Arrival:
        """Return where packets end behind every door that loses none of them."""
        ends = [one for one in arrivals if one.kind not in ("lost", "unknown")]
        if any(one != ends[0] for one in ends):
            names = ", ".join(door.id for door in doors)
            reason = "it may be any, and they lead to different places"
            self.trace.unknown(NotRead(f"by which of {names} packets leave", reason))
            return UNKNOWN
        return ends[0] if ends else arrivals[0]

    def enter(self, subnet: Subnet, packet: Packet, role: str | None = None) -> None:
        """Let packets into a subnet."""
        nacl.judge(
            self.trace,
            self.network,
            subnet,
            packet,
            egress=False,
            role=role or self.role_of(subnet),
        )

    def route(self, station: Station, packet: Packet) -> Arrival:
        """Let a route table decide, for each part of the destination on its own."""
        supposed = None if self.returning else self.supposed
        try:
            choices = [
                choice
                for block in packet.destination
                for choice in routes.choose(self.network, station.table, block, supposed=supposed)
            ]
        except NotRead as missing:
            if isinstance(missing, routes.UnreadList) and not self.returning:
                self.unread_lists.update(missing.lists)
            self.trace.unknown(missing, station.table.id, "route-table")
            return UNKNOWN
        if len({choice.route for choice in choices}) == 1:
            return self.follow(replace(station, choice=choices[0]), packet)
        return self._follow_each(station, packet, choices)

    def _follow_each(self, station: Station, packet: Packet, choices: list[Choice]) -> Arrival:
        """Walk every part on its own; what stops one of them stops only some packets."""
        arrivals = []
        for choice in choices:
            before = len(self.trace.blockers)
            part = replace(packet, destination=(choice.block,))
            alone = replace(self, passed=set(self.passed))
            arrivals.append(alone.follow(replace(station, choice=choice), part))
            if packet.doubt is not None and self.trace.blockers[before:]:
                del self.trace.blockers[before:]
                self.trace.unknown(packet.doubt)
            self.trace.blockers[before:] = [
                replace(blocker, partial=True) for blocker in self.trace.blockers[before:]
            ]
        return next((one for one in arrivals if one.kind not in ("lost", "unknown")), arrivals[0])

    def follow(self, station: Station, packet: Packet) -> Arrival:
        """Hand packets to what the chosen route of a table names."""
        choice = station.choice
        assert choice is not None
        route = choice.route
        if route is None:
            return self.handlers["none"](self, station, NO_ROUTE, packet)
        key = (station.table.id, route.target)
        if key in self.passed:
            return self.handlers["circle"](self, station, route, packet)
        self.passed.add(key)
        self.trace.hop(
            station.table.id,
            "route-table",
            "route",
            f"{route} for {blocks_text(packet.destination)}",
        )
        if route.state == "filtered":
            reason = "its state is filtered, and AWS does not say what that does to traffic"
            self.trace.unknown(NotRead(f"route {route} of {station.table.id}", reason))
        if route.state == "blackhole":
            return self.handlers["blackhole"](self, station, route, packet)
        handler = self.handlers.get(route.kind, self.handlers["unknown"])
        try:
            return handler(self, station, route, packet)
        except NotRead as missing:
            self.trace.unknown(missing, route.target, route.kind)
            return UNKNOWN

    def deliver(self, vpc_id: str, packet: Packet) -> Arrival:
        """Let packets into the subnet of a VPC that holds their destination."""
        address = packet.destination[0]
        if not self.returning:
            self.far_role = targets.role_at(self.network, vpc_id, address)
        try:
            subnet = places.subnet_of(self.network, vpc_id, address)
        except places.NoSubnet as missing:
            if self.returning:
                raise
            return Arrival("unknown", vpc_id, vpc_id, missing=missing)
        self.enter(subnet, packet)
        return Arrival("interface", subnet.id, vpc_id, subnet)


NO_ROUTE = Route(None, None, "none", "no route", "active", propagated=False)
