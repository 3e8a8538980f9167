"""Where on a picture a walked path passes: each hop of it, in the box that it stands in.

A path tells decisions; a picture needs places. The same ACL guards many subnets, and which of them
a hop is about follows from what stands before and after it on the way.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from probe.model import Direction, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probe.model import Blocker, Hop, Part, Path

FUNCTION = "function"
INTERNET, AWS, ELSEWHERE = "internet", "aws", "elsewhere"
# What stands on the border of a VPC, or between two.
BORDER = frozenset(
    {
        "internet-gateway",
        "egress-only-internet-gateway",
        "vpn-gateway",
        "peering",
        "transit-gateway",
    }
)
_STOPPED = ("deny", "unknown")
_LEADS_TO = re.compile(r"-> ([a-z]+-[\w-]+)")
_AWS_CHECKS = ("dynamodb", "logs", "aws")


@dataclass(frozen=True, slots=True)
class Stop:
    """One place on the way: a chip in a box, and the decision that fell there."""

    box: str
    chip: str
    kind: str
    hop: Hop | None = None
    closed: Blocker | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A path on the picture: there, and back."""

    path: Path
    forward: tuple[Stop, ...]
    back: tuple[Stop, ...]
    cut: bool  # the request is lost, so that no answer comes


class Atlas:
    """What is known of the parts, found by id, by address and by what a subnet is tied to."""

    def __init__(self, network: Iterable[Part]) -> None:
        self.parts = {part.id: part for part in network}
        self.subnets = [part for part in self.parts.values() if part.kind == "subnet"]

    def kind(self, component: str, otherwise: str) -> str:
        """Say what a component is; a walk may name the place where another one is missing."""
        part = self.parts.get(component)
        return part.kind if part else otherwise

    def subnet_at(self, address: str) -> str | None:
        """Find the subnet that an address lies in."""
        for part in self.subnets:
            if _holds(str(part.facts.get("cidr")), address):
                return part.id
        return None

    def home(self, component: str) -> str | None:
        """Find the subnet in which a component stands."""
        part = self.parts.get(component)
        if part is None:
            return None
        if part.inside in self.parts and self.parts[part.inside].kind == "subnet":
            return part.inside
        subnets = part.facts.get("subnets") or ()
        return str(subnets[0]) if subnets else None

    def tied(self, fact: str, component: str, likely: Sequence[str | None]) -> str | None:
        """Find the subnet that uses this table or ACL: of several the likeliest."""
        users = [part.id for part in self.subnets if part.facts.get(fact) == component]
        for subnet in likely:
            if subnet and (subnet in users or not users):
                return subnet
        return users[0] if users else None


def _holds(cidr: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)
    except ValueError:
        return False


def target_box(path: Path, atlas: Atlas) -> str:
    """Say where the target of a path stands: in a subnet, or outside what was read."""
    address = (path.destination or "").rpartition(":")[0].strip("[]")
    if subnet := atlas.subnet_at(address):
        return subnet
    if (path.target or "").partition(" ")[0] in _AWS_CHECKS:
        return AWS
    try:
        private = ipaddress.ip_address(address).is_private
    except ValueError:
        private = False
    documented = address.startswith(("203.0.113.", "198.51.100.", "192.0.2.", "2001:db8:"))
    return ELSEWHERE if private and not documented else INTERNET


def way(path: Path, atlas: Atlas) -> Way:
    """Place both directions of a path."""
    walker = _Walker(path, atlas)
    forward = walker.forward()
    cut = any(stop.closed and not stop.closed.partial for stop in forward)
    return Way(path, forward, walker.back(cut=cut), cut)


@dataclass(slots=True)
class _Walker:
    path: Path
    atlas: Atlas
    stops: list[Stop] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)  # subnets, in order
    border: list[Stop] = field(default_factory=list)  # gateways that the request went through
    ahead: list[str] | None = None  # on the way back: those still to cross
    here: str | None = None
    left: bool = False  # a table has sent the packet on

    def forward(self) -> tuple[Stop, ...]:
        self._enter(self.path.subnet_id or FUNCTION)
        self.stops.append(Stop(self.here or FUNCTION, FUNCTION, "function"))
        self._walk(Direction.FORWARD)
        if not any(stop.closed and not stop.closed.partial for stop in self.stops):
            box = target_box(self.path, self.atlas)
            self.stops.append(Stop(box, self.path.target or "", "target"))
        found, self.stops = tuple(self.stops), []
        self.border = [replace(s, hop=None, closed=None) for s in found if s.chip == s.box]
        return found

    def back(self, *, cut: bool) -> tuple[Stop, ...]:
        hops = [hop for hop in self.path.hops if hop.direction is Direction.RETURN]
        if not hops and (cut or self.path.verdict is not Verdict.REACHABLE):
            return ()
        start = target_box(self.path, self.atlas)
        self.ahead = [subnet for subnet in reversed(self.crossed) if subnet != start]
        self.here = start if start in self.crossed else None
        self.left = self.here is None
        self.stops.append(Stop(start, self.path.target or "", "target"))
        if self.here is None:
            self.stops.extend(self.border[-1:])
        self._walk(Direction.RETURN)
        if not any(stop.closed for stop in self.stops):
            own = self.path.subnet_id or FUNCTION
            self.stops.append(Stop(own, FUNCTION, "function"))
        return tuple(self.stops)

    def _walk(self, direction: Direction) -> None:
        hops = [hop for hop in self.path.hops if hop.direction is direction]
        closed = {b.component: b for b in self.path.blockers if b.direction is direction}
        for number, hop in enumerate(hops):
            if hop.kind in ("internet", "service"):
                continue  # the target stands there
            blocker = closed.pop(hop.component, None) if hop.action in _STOPPED else None
            if blocker and self.stops[-1].kind == hop.kind in BORDER:
                self.stops[-1] = replace(self.stops[-1], hop=hop, closed=blocker)
            else:
                self._place(hop, blocker, hops[number + 1 :])
        for blocker in closed.values():
            kind = self.atlas.kind(blocker.component, "missing")
            self.stops.append(
                Stop(self._box(blocker.component, kind), blocker.component, kind, closed=blocker)
            )

    def _place(self, hop: Hop, blocker: Blocker | None, rest: Sequence[Hop]) -> None:
        kind = self.atlas.kind(hop.component, hop.kind)
        if kind == "network-acl":
            likely = (self._next(rest), self.here) if self.left else (self.here, self._next(rest))
            box = (
                self.atlas.tied("network_acl", hop.component, likely) or self.here or hop.component
            )
            self._enter(box)
        elif kind == "security-group" and len(self.stops) == 1 and self.ahead is None:
            box = self.here or hop.component  # the function's own
        elif kind == "security-group":
            box = self._next(rest) or self.here or hop.component
            self._enter(box)
        else:
            box = self._box(hop.component, kind)
        self._stop(Stop(box, hop.component, kind, hop, blocker))
        if kind == "route-table":
            self.left = True
            self._lead(hop, rest)

    def _box(self, component: str, kind: str) -> str:
        """Find the box of anything that is neither a group nor an ACL."""
        if kind == "route-table":
            return self.atlas.tied("route_table", component, (self.here,)) or component
        if kind in BORDER or (kind == "vpc-endpoint" and not self.atlas.home(component)):
            return self._gateway(component)
        home = self.atlas.home(component)
        if home:
            self._enter(home)
        return home or self.here or component

    def _gateway(self, component: str) -> str:
        """Find a gateway's box; a table of a transit gateway stands in that gateway's."""
        if not component.startswith("tgw-rtb-"):
            return component
        led = (_LEADS_TO.search(stop.hop.why) for stop in reversed(self.stops) if stop.hop)
        return next((found[1] for found in led if found and found[1].startswith("tgw-")), component)

    def _lead(self, hop: Hop, rest: Sequence[Hop]) -> None:
        """Stop at the gateway that a route names."""
        found = _LEADS_TO.search(hop.why)
        if hop.action == "route" and found:
            kind = self.atlas.kind(found[1], "")
            # A transit gateway is entered through a subnet, whose ACL comes first.
            if kind == "transit-gateway" and any(one.kind == kind for one in rest):
                return
            if kind in BORDER or (kind == "vpc-endpoint" and not self.atlas.home(found[1])):
                self._stop(Stop(found[1], found[1], kind, hop))

    def _next(self, rest: Sequence[Hop]) -> str | None:
        """Guess the subnet that is entered next: of what comes, or else of the target."""
        if self.ahead is not None:
            return self.ahead[0] if self.ahead else None
        if self.stops and self.stops[-1].hop:
            led = _LEADS_TO.search(self.stops[-1].hop.why)
            if led and (home := self.atlas.home(led[1])):
                return home
        for hop in rest:
            if hop.kind != "route-table" and (home := self.atlas.home(hop.component)):
                return home
        box = target_box(self.path, self.atlas)
        return box if box in self.atlas.parts else None

    def _enter(self, subnet: str) -> None:
        self.here, self.left = subnet, False
        if self.ahead and subnet in self.ahead:
            del self.ahead[: self.ahead.index(subnet) + 1]
        if subnet not in self.crossed:
            self.crossed.append(subnet)

    def _stop(self, stop: Stop) -> None:
        same = [s for s in self.stops if (s.box, s.chip) == (stop.box, stop.chip)]
        if stop.closed and same and same[-1] is self.stops[-1]:
            self.stops[-1] = stop  # one thing decides twice: what closes is what matters
        else:
            self.stops.append(stop)
