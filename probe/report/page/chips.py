"""Which boxes a picture has, and which chips stand in each: the ways' stops, and what is beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Unknown
from probe.report.page import words
from probe.report.page.layout import Band, Box, Chip, Frame
from probe.report.page.stops import (
    AWS,
    BORDER,
    ELSEWHERE,
    FUNCTION,
    INTERNET,
    Stop,
    target_box,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probe.model import Part, Report
    from probe.report.page.stops import Atlas, Way

OUTSIDE = {
    ELSEWHERE: ("Elsewhere", "in no network that was read"),
    AWS: ("AWS services", "public endpoints"),
    INTERNET: ("Internet", ""),
    "dns": ("Names", "name resolution"),
}
FEW = 4  # so many subnets that no way touches are still drawn in full
_ORDER = ("function", "target", "security-group", "network-acl", "route-table")
# Characters that a line has room for: an id, a name, a note in a chip, a note in a box's head.
_ID, _NAME, _NOTE, _HEAD = 25, 20, 26, 31


class Boxes:
    """The boxes of one picture, found by id."""

    def __init__(self, report: Report, atlas: Atlas, ways: Sequence[Way]) -> None:
        self.report, self.atlas, self.ways = report, atlas, ways
        self.found: dict[str, Box] = {}
        own = report.placement.subnet_ids
        self.sources = {way.path.subnet_id or FUNCTION for way in ways}
        self.sources |= set() if isinstance(own, Unknown) else set(own)
        for source in sorted(self.sources):
            self._add(source, self._function())
        for way in ways:
            end = Stop(target_box(way.path, atlas), way.path.target or "", "target")
            for stop in (*way.forward, *way.back, end):
                self._add(stop.box, self._chip(stop, way))
        self._complete()

    def frames(self) -> list[Frame]:
        """Give the VPCs that have a box, the function's own first."""
        subnets = [box for box in self.found.values() if box.kind == "subnet"]
        homes = list(dict.fromkeys(self._vpc(box.id) for box in subnets))
        homes.sort(key=lambda vpc: not any(self._vpc(source) == vpc for source in self.sources))
        return [self._frame(vpc, homes) for vpc in homes]

    def outside(self) -> list[Box]:
        """Give what stands in no VPC."""
        return [self.found[name] for name in OUTSIDE if name in self.found]

    def _function(self) -> Chip:
        name = self.report.placement.function
        title = name if isinstance(name, str) else "function"
        return Chip(FUNCTION, "function", words.fit(title, _NAME), "Lambda function", title)

    def _chip(self, stop: Stop, way: Way) -> Chip:
        if stop.kind == "function":
            return self._function()
        if stop.kind == "target":
            check, _, name = stop.chip.partition(" ")
            where = way.path.destination or ""
            name = name or check
            note = "" if where == name else where if name == check else f"{check} · {where}"
            note = words.fit(note, _NOTE)
            return Chip(
                stop.chip, "target", words.target(name, _NAME), note, f"{stop.chip}\n{where}"
            )
        part = self.atlas.parts.get(stop.chip)
        if part:
            return _of(part)
        kind = words.kind(stop.kind)
        note = kind if stop.kind in BORDER else ""
        return Chip(stop.chip, stop.kind, words.fit(stop.chip, _ID), note, f"{kind} {stop.chip}")

    def _add(self, where: str, chip: Chip) -> None:
        box = self.found.setdefault(where, self._box(where, chip.kind))
        if chip.id not in {one.id for one in box.chips}:
            box.chips.append(chip)

    def _box(self, where: str, kind: str) -> Box:
        if where in OUTSIDE:
            return Box(where, "outside", *OUTSIDE[where])
        if where == FUNCTION:
            return Box(where, "subnet", "Lambda's own network", "no VPC")
        part = self.atlas.parts.get(where)
        if part and part.kind == "subnet":
            return _subnet(part)
        if where in self.sources or where.startswith("subnet-"):
            return Box(where, "subnet", words.fit(where, _ID), "not read")
        return Box(where, "gateway" if kind in BORDER else kind)

    def _complete(self) -> None:
        """Add what no way touches and a reader still looks for, and put all in order."""
        for subnet in self._rest() if len(self._rest()) <= FEW else ():
            self.found[subnet.id] = _subnet(subnet)
        for box in [box for box in self.found.values() if box.kind == "subnet"]:
            self._furnish(box)
        vpcs = {self._vpc(box.id) for box in self.found.values() if box.kind == "subnet"}
        for part in self.atlas.parts.values():
            border = part.kind in BORDER or part.kind == "vpc-endpoint"
            stands = vpcs & {part.inside, *(part.facts.get("vpcs") or ())}
            if border and stands and not self.atlas.home(part.id) and part.id not in self.found:
                self.found[part.id] = Box(part.id, "gateway", chips=[_of(part, dim=True)])
        for box in self.found.values():
            box.chips.sort(key=lambda chip: _ORDER.index(_rank(chip)))
            box.column = 0 if box.id in self.sources else 1

    def _rest(self) -> list[Part]:
        """Find the subnets that no way touches, in the VPCs of those that one does."""
        vpcs = {self._vpc(name) for name in self.found}
        return [p for p in self.atlas.subnets if p.inside in vpcs and p.id not in self.found]

    def _furnish(self, box: Box) -> None:
        part = self.atlas.parts.get(box.id)
        tied = (part.facts.get(word) for word in ("network_acl", "route_table")) if part else ()
        inside = (p.id for p in self.atlas.parts.values() if self.atlas.home(p.id) == box.id)
        held = (i for i in inside if self.atlas.parts[i].kind != "network-interface")
        for one in (*held, *tied):
            if isinstance(one, str) and one not in {chip.id for chip in box.chips}:
                known = self.atlas.parts.get(one)
                plain = Chip(
                    one, "network-acl", words.fit(one, _ID), "", f"Network ACL {one}", dim=True
                )
                box.chips.append(_of(known, dim=True) if known else plain)

    def _nearness(self, box: Box) -> int:
        """Say how soon a box is met: what passes packets on stands before what they end at."""
        between = any(chip.kind in _BETWEEN and not chip.dim for chip in box.chips)
        return 0 if between else 1 if any(chip.kind == "target" for chip in box.chips) else 2

    def _vpc(self, subnet: str) -> str:
        part = self.atlas.parts.get(subnet)
        if part and part.inside:
            return part.inside
        own = self.report.placement.vpc_id
        return own if isinstance(own, str) and subnet != FUNCTION else ""

    def _frame(self, vpc: str, homes: Sequence[str]) -> Frame:
        part = self.atlas.parts.get(vpc)
        boxes = [b for b in self.found.values() if b.kind == "subnet" and self._vpc(b.id) == vpc]
        rest = [p for p in self.atlas.subnets if p.inside == vpc and p.id not in self.found]
        zones: dict[str, tuple[list[Box], list[str]]] = {}
        for box in sorted(boxes, key=self._nearness):
            zones.setdefault(self._zone(box.id), ([], []))[0].append(box)
        for one in rest:
            zones.setdefault(self._zone(one.id), ([], []))[1].append(words.about(one))
        # A zone in which something is broken comes first: that is what one looks for.
        order = sorted(zones, key=lambda zone: (not self._broken(zones[zone][0]), zone))
        bands = [_band(zone, *zones[zone]) for zone in order]
        cidrs = part.facts.get("cidrs") or () if part else ()
        title = (part.name if part and part.name else "VPC") if vpc else "Outside every VPC"
        note = " · ".join([vpc, *map(str, cidrs)]) if vpc else ""
        return Frame(vpc, title, note, bands, self._border(vpc, homes))

    def _broken(self, boxes: Iterable[Box]) -> bool:
        ids = {box.id for box in boxes}
        closed = {way.path.subnet_id for way in self.ways if way.path.blockers}
        return bool(ids & closed)

    def _zone(self, subnet: str) -> str:
        part = self.atlas.parts.get(subnet)
        return str(part.facts.get("zone") or "") if part else ""

    def _border(self, vpc: str, homes: Sequence[str]) -> list[Box]:
        """Give the gateways of a VPC; those between two stand at the function's."""
        found = []
        for box in self.found.values():
            if box.kind in ("subnet", "outside"):
                continue
            part = self.atlas.parts.get(box.id)
            own = part and part.kind not in _TWO_SIDED and part.inside in homes
            if vpc == (part.inside if part and own else homes[0]):
                found.append(box)
        return sorted(found, key=lambda box: box.chips[0].dim)


_TWO_SIDED = ("peering", "transit-gateway")
_BETWEEN = ("nat-gateway", "nat-instance", "firewall", "load-balancer", "vpc-endpoint")


def _rank(chip: Chip) -> str:
    return chip.kind if chip.kind in _ORDER else "target"


def _of(part: Part, *, dim: bool = False) -> Chip:
    named = bool(part.name)
    title = words.fit(part.name, _NAME) if part.name else words.fit(part.id, _ID)
    note = words.note(part)
    note = "" if note == part.id and not named else note
    return Chip(part.id, part.kind, title, words.fit(note, _NOTE), words.about(part), dim)


def _subnet(part: Part) -> Box:
    cidr = str(part.facts.get("cidr") or "")
    title = words.fit(part.name, _NAME) if part.name else words.fit(part.id, _ID)
    note = f"{part.id} · {cidr}" if part.name else cidr
    return Box(part.id, "subnet", title, words.fit(note, _HEAD), words.about(part))


def _band(zone: str, boxes: list[Box], others: Sequence[str]) -> Band:
    title = zone or "Zone not known"
    if others:
        title += f" · {len(others)} more subnet{'s' if len(others) > 1 else ''}"
    return Band(title, boxes, others)
