"""What holds for every network: unread is never absent, longest prefix, rules in order."""

from __future__ import annotations

import ipaddress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.model import Path, Verdict
from probe.network import addresses, nacl, routes
from probe.network.addresses import ALL_PORTS, Area, Block
from probe.network.flow import EPHEMERAL, Packet
from probe.network.snapshot import Snapshot
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.drawn import TARGETS, worlds
from tests.network.world import World, route

FEW = settings(max_examples=40, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=100)


Target = tuple[str, int, dict[str, Any]]
SOURCE = Source("subnet-app", ("sg-fn",))


def walked(snapshot: Snapshot, target: Target, *without: str) -> Path:
    """Walk from the function's subnet, with some lists unread."""
    to, port, more = target
    values = {name: value for name, value in snapshot.values.items() if name not in without}
    return walk(Network(Snapshot(values, "drawn")), SOURCE, Destination(to, port, **more))


@FEW
@given(worlds(), st.sampled_from(TARGETS))
def test_unread_moves_a_verdict_toward_undetermined_only(world: World, target: Target) -> None:
    """Leave out each list in turn: nothing opens, nothing closes, nothing else is blamed."""
    snapshot = world.snapshot()
    whole = walked(snapshot, target)
    known = {(one.code, one.component) for one in whole.blockers}

    for name in filter(world.lists.get, world.lists):
        path = walked(snapshot, target, name)
        assert path.verdict in (whole.verdict, Verdict.UNDETERMINED), (name, path, whole)
        assert {(one.code, one.component) for one in path.blockers} <= known, (name, path, whole)


@FEW
@given(worlds(), st.sampled_from(TARGETS))
def test_nothing_read_decides_nothing(world: World, target: Target) -> None:
    """With every list unread there is no blocker and no verdict."""
    snapshot = world.snapshot()
    path = walked(snapshot, target, *world.lists)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


@FEW
@given(worlds(), st.sampled_from(TARGETS))
def test_a_verdict_has_its_reasons(world: World, target: Target) -> None:
    """Open without blockers, closed with one, undetermined with something that is not known."""
    path = walked(world.snapshot(), target)

    whole = [one for one in path.blockers if not one.partial]
    if path.verdict is Verdict.REACHABLE:
        assert not path.blockers
        assert not path.undetermined
    elif path.verdict is Verdict.UNREACHABLE:
        assert whole or path.undetermined
    else:
        assert not whole
        assert path.blockers or path.undetermined


NETWORKS = st.builds(
    lambda number, length: str(ipaddress.ip_network((number, length), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
NEAR = st.builds(
    lambda number, length: str(ipaddress.ip_network((0x0A000000 + number, length), strict=False)),
    st.integers(0, 255),
    st.integers(20, 32),
)


@MANY
@given(st.lists(NEAR, unique=True, max_size=12), st.integers(0, 255))
def test_longest_prefix_wins(cidrs: list[str], number: int) -> None:
    """As `ipaddress` would have it."""
    world = World()
    world.vpc("192.168.0.0/16")
    world.table("rtb", "vpc-a", {})
    world.routes("rtb").extend(route(cidr, f"nat-{index}") for index, cidr in enumerate(cidrs))
    network = Network(world.snapshot())
    wanted = ipaddress.ip_address(0x0A000000 + number)

    found = routes.choose(network, routes.by_id(network, "rtb"), addresses.address(str(wanted)))

    matching = [cidr for cidr in cidrs if wanted in ipaddress.ip_network(cidr)]
    best = max(matching, key=lambda cidr: ipaddress.ip_network(cidr).prefixlen, default=None)
    assert len(found) == 1
    chosen = found[0].route
    assert (chosen.target if chosen else None) == (f"nat-{cidrs.index(best)}" if best else None)


@MANY
@given(st.lists(NEAR, unique=True, max_size=8), NEAR)
def test_every_address_of_a_block_takes_its_own_route(cidrs: list[str], wanted: str) -> None:
    """A block that several routes share is taken apart, and nothing of it is lost."""
    world = World()
    world.vpc("192.168.0.0/16")
    world.table("rtb", "vpc-a", {})
    world.routes("rtb").extend(route(cidr, f"nat-{index}") for index, cidr in enumerate(cidrs))
    network, block = Network(world.snapshot()), addresses.cidr(wanted)
    table = routes.by_id(network, "rtb")

    found = routes.choose(network, table, block)

    assert sum(choice.block.high - choice.block.low + 1 for choice in found) == (
        block.high - block.low + 1
    )
    for choice in found:
        alone = routes.choose(network, table, Block(4, choice.block.low, choice.block.low))
        assert alone[0].route == choice.route


RULES = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.booleans(),
        NEAR,
        st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted),
    ),
    max_size=6,
    unique_by=lambda rule: rule[0],
)


@MANY
@given(RULES, NEAR)
def test_acl_rules_decide_for_every_address_and_port_as_one_by_one(
    drawn: list[Any], peer: str
) -> None:
    """Sets of packets give the same answer as packets."""
    rules = tuple(
        nacl.Rule(
            number,
            egress=True,
            protocol="6",
            allow=allow,
            block=addresses.cidr(cidr),
            ports=(ports[0], ports[1]),
        )
        for number, allow, cidr, ports in sorted(drawn)
    )
    acl = nacl.Acl("acl", "vpc", default=False, rules=rules)
    block = addresses.cidr(peer)
    packet = Packet("tcp", (), EPHEMERAL, (block,), (0, 60))

    ruling = nacl.rule_on(acl, packet, egress=True)

    for address in {block.low, block.high, (block.low + block.high) // 2}:
        for port in range(0, 61, 7):
            decided = next(
                (
                    rule.allow
                    for rule in rules
                    if rule.block.low <= address <= rule.block.high
                    and rule.ports[0] <= port <= rule.ports[1]
                ),
                False,
            )
            assert _holds(ruling.allowed, address, port) is decided
            assert _holds([area for area, _ in ruling.denied], address, port) is not decided


def _holds(areas: Any, address: int, port: int) -> bool:
    return any(
        area.block.low <= address <= area.block.high and area.first <= port <= area.last
        for area in areas
    )


@MANY
@given(NETWORKS, NETWORKS)
def test_blocks_are_ipaddress_networks(one: str, other: str) -> None:
    """Containment, overlap, difference and text."""
    left, right = addresses.cidr(one), addresses.cidr(other)
    first, second = ipaddress.IPv4Network(one), ipaddress.IPv4Network(other)

    assert left.contains(right) == second.subnet_of(first)
    assert left.overlaps(right) == first.overlaps(second)
    assert left.prefix_length == first.prefixlen
    assert str(left) == (one.removesuffix("/32") if one.endswith("/32") else one)
    rest = addresses.minus(left, right)
    size = sum(block.high - block.low + 1 for block in rest)
    common = left.common(right)
    shared = common.high - common.low + 1 if common else 0
    assert size + shared == first.num_addresses


@MANY
@given(st.text(max_size=30))
def test_text_that_is_no_block_is_refused(text: str) -> None:
    """Exactly what `ipaddress` refuses, but for bits behind the prefix."""
    try:
        expected: Any = ipaddress.ip_network(text, strict=False)
    except ValueError:
        assert not _is_block(text)
        return
    if "/" in text and not text.partition("/")[2].isdecimal():
        return  # a netmask in the place of a length: ipaddress takes it, AWS does not
    assert str(addresses.cidr(text).low) == str(int(expected.network_address))


def _is_block(text: str) -> bool:
    try:
        addresses.cidr(text)
    except ValueError:
        return False
    return True


def test_an_area_is_carved_into_hit_and_rest() -> None:
    """The rest holds the sides of the hit, and nothing twice."""
    whole = Area(addresses.cidr("10.0.0.0/24"), *ALL_PORTS)

    hit, rest = addresses.carve(whole, Area(addresses.cidr("10.0.0.64/26"), 100, 200))

    assert hit == Area(addresses.cidr("10.0.0.64/26"), 100, 200)
    assert len(rest) == 4
