"""Which paths to walk: from every subnet of a placement, to every address that a target has.

The address is the one that packets were sent to; without packets, what the configuration answers
for the name. The walking itself is `probe.network.walk.path`'s and `probe.network.dns.names`'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe import configured
from probe.connection import resolve
from probe.model import Path, Stage, Status, Undetermined, Unknown, Verdict
from probe.network.dns import names
from probe.network.dns.resolvers import DNS
from probe.network.firewall.domain_lists import HTTP, NOTHING, TLS
from probe.network.vpc import Network
from probe.network.walk import origins
from probe.network.walk.path import Destination, Source, walk
from probe.remedy.again import again as walk_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probe.model import Observation, Placement
    from probe.network.snapshot import Snapshot
    from probe.target import Target


@dataclass(frozen=True, slots=True)
class Aim:
    """One target as a walk needs it."""

    label: str
    host: str | None
    port: int | None  # None: only the name is asked for
    addresses: tuple[str, ...] = ()  # where packets went, the deciding one first
    public: tuple[str, ...] = ()  # what its name is to the rest of the world
    service: str | None = None
    unresolved: bool = False  # packets never came to be sent: the name got no answer
    speaks: str | None = None  # what is said first over a connection, as in `Destination`

    @property
    def literals(self) -> tuple[str, ...]:
        """Every address that is known of it."""
        own = (self.host,) if self.host and not self.named else ()
        return (*own, *self.addresses, *self.public)

    @property
    def named(self) -> bool:
        """Whether the host is a name, which somebody has to answer for."""
        return bool(self.host) and resolve.literal(self.host or "") is None


def seen(one: Observation) -> Aim:
    """Take the target of an observation: where packets went, and where they were lost."""
    lost = (a.address for a in one.attempts if a.status is Status.FAIL)
    addresses = tuple(dict.fromkeys(a for a in (one.address, *lost) if a))
    return Aim(
        one.label,
        one.host,
        one.port,
        addresses,
        service=one.detail.get("service"),
        unresolved=one.stage is Stage.RESOLVE and one.failure is not None,
        speaks=_spoke(one),
    )


def planned(target: Target) -> Aim:
    """Take a target that nobody has sent packets to."""
    host, port = target.dialled
    return Aim(
        f"{target.check} {target.label}",
        host,
        port,
        service=target.service,
        speaks=_speaks(target),
    )


def _spoke(one: Observation) -> str | None:
    """Tell what was said first, or would have been, as far as an observation shows it."""
    if one.detail.get("proxy"):
        return None
    if one.stage is Stage.TLS or any(step.stage is Stage.TLS for step in one.steps):
        return TLS
    if one.check == "http":
        return TLS if one.target.startswith("https:") else HTTP
    if one.detail.get("service"):
        return TLS
    return NOTHING if one.check == "tcp" else None


def _speaks(target: Target) -> str | None:
    """Tell what a check says first. A database comes to TLS, if at all, in words of its own."""
    if target.proxy:
        return None
    if target.tls:
        return TLS
    return {"http": HTTP, "tcp": NOTHING}.get(target.check)


def walk_all(network: Network, placement: Placement, aims: Iterable[Aim]) -> tuple[Path, ...]:
    """Walk from every subnet to every target."""
    sources = tuple(_sources(placement))
    if not sources and isinstance(placement.subnet_ids, Unknown):
        unread = placement.subnet_ids
        reason = f"{unread.reason}; it ran in one, and whatever others it has were not tried"
        gap = Undetermined("subnets of the function", reason, unread.needs)
        return tuple(Path(Verdict.UNDETERMINED, undetermined=(gap,), target=a.label) for a in aims)
    return tuple(
        path for aim in aims for source in sources for path in walk_to(network, source, aim)
    )


def _sources(placement: Placement) -> Iterator[Source]:
    groups = placement.security_group_ids
    if placement.in_vpc is False:
        yield Source(None)
    elif not isinstance(placement.subnet_ids, Unknown) and not isinstance(groups, Unknown):
        yield from (Source(subnet_id, groups) for subnet_id in placement.subnet_ids)


def walk_to(network: Network, source: Source, aim: Aim) -> tuple[Path, ...]:
    """Walk from one subnet to the name of a target where that matters, and to its addresses."""
    dns, packets = ways(network, source, aim)
    return (*dns, *packets)


def ways(network: Network, source: Source, aim: Aim) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Walk the DNS way and the packets' way of one target from one subnet."""
    if aim.host is None or not aim.named:
        return (), tuple(_to_addresses(network, source, aim, None))
    answer = names.resolve(network, aim.host, source)
    named = replace(answer.path(source), target=aim.label)
    packets = tuple(_to_addresses(network, source, aim, answer))
    # Where packets had an address and nothing is in the way of the name, it was no obstacle. Where
    # the name failed, its way is the one to judge, also when it is open.
    open_way = aim.addresses or named.verdict is Verdict.REACHABLE
    matters = aim.unresolved or answer.blockers or not open_way
    if not matters and packets:
        return (), packets
    return (named, *_to_resolvers(network, source, named)), packets


def _to_addresses(
    network: Network, source: Source, aim: Aim, answer: names.Answer | None
) -> Iterator[Path]:
    for address in _addresses(network, source, aim, answer) if aim.port else ():
        destination = _destination(aim, address)
        path = replace(walk(network, source, destination), target=aim.label)
        taken = answer.path(source).assumptions if answer and not aim.addresses else ()
        yield replace(path, assumptions=(*taken, *path.assumptions))


def _destination(aim: Aim, address: str) -> Destination:
    return Destination(
        address, aim.port or 0, host=aim.host, service=aim.service, speaks=aim.speaks
    )


def _addresses(
    network: Network, source: Source, aim: Aim, answer: names.Answer | None
) -> tuple[str, ...]:
    """Take the addresses that packets went to, or else those that the name has.

    A program that has no IPv6 takes the IPv4 addresses, where the name has any.
    """
    if aim.addresses or answer is None:
        return aim.addresses or ((aim.host,) if aim.host else ())
    if aim.unresolved and names.STAND_IN in answer.addresses and not aim.service:
        # That the name is public at all is known only where somebody resolved it.
        return aim.public
    found = aim.public if answer.stand_in and aim.public else answer.addresses
    ipv4 = tuple(one for one in found if ":" not in one)
    return found if not ipv4 or origins.speaks_ipv6(network, source) else ipv4


def _to_resolvers(network: Network, source: Source, named: Path) -> Iterator[Path]:
    """Walk to the DNS servers that cannot be reached, as to any other target."""
    for blocker in named.blockers:
        for server in blocker.facts.get("servers", ()):
            yield replace(
                walk(network, source, Destination(server, DNS, "udp")), target=named.target
            )


def again(
    snapshot: Snapshot, placement: Placement, aims: Iterable[Aim]
) -> Callable[[Snapshot, Path], Path]:
    """Return what walks a path once more in a changed snapshot, for `probe.remedy`."""
    groups = (
        () if isinstance(placement.security_group_ids, Unknown) else placement.security_group_ids
    )
    by_label = {aim.label: aim for aim in aims}
    destinations = {
        aim.label: _destination(aim, address)
        for aim in by_label.values()
        for address in (aim.addresses or aim.public)[:1]
        if aim.port is not None
    }
    to_address = walk_again(snapshot, destinations, groups)

    def repeat(changed: Snapshot, path: Path) -> Path:
        aim = by_label.get(path.target or "")
        if aim is not None and aim.host and aim.named and path.destination == aim.host:
            source = Source(path.subnet_id, configured.groups(changed) or groups)
            found = names.resolve(Network(changed), aim.host, source).path(source)
            return replace(found, target=path.target)
        return to_address(changed, path)

    return repeat
