"""Which paths to walk: from every subnet of a placement, to every address that a target has.

The address is the one that packets were sent to. The walking itself is `probe.network.path`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.model import Path, Status, Undetermined, Unknown, Verdict
from probe.network.addresses import is_address
from probe.network.path import Destination, Source, walk
from probe.remedy.again import again as walk_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probe.model import Observation, Placement
    from probe.network.snapshot import Snapshot
    from probe.network.vpc import Network
    from probe.target import Target


@dataclass(frozen=True, slots=True)
class Aim:
    """One target as a walk needs it."""

    label: str
    host: str | None
    port: int | None  # None: only the name is asked for
    addresses: tuple[str, ...] = ()  # where packets went, the deciding one first
    service: str | None = None


def seen(one: Observation) -> Aim:
    """Take the target of an observation: where packets went, and where they were lost."""
    lost = (a.address for a in one.attempts if a.status is Status.FAIL)
    addresses = tuple(dict.fromkeys(a for a in (one.address, *lost) if a))
    return Aim(one.label, one.host, one.port, addresses, one.detail.get("service"))


def planned(target: Target) -> Aim:
    """Take a target that nobody has sent packets to."""
    host, port = target.dialled
    return Aim(f"{target.check} {target.label}", host, port, service=target.service)


def walk_all(network: Network, placement: Placement, aims: Iterable[Aim]) -> tuple[Path, ...]:
    """Walk from every subnet to every target."""
    sources = tuple(_sources(placement))
    if not sources and isinstance(placement.subnet_ids, Unknown):
        unread = placement.subnet_ids
        gap = Undetermined("subnets of the function", unread.reason, unread.needs)
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


def walk_to(network: Network, source: Source, aim: Aim) -> Iterator[Path]:
    """Walk from one subnet to every address of one target."""
    if aim.port is None:
        return
    for address in addresses(aim):
        if isinstance(address, Undetermined):
            gap = (address,)
            yield Path(Verdict.UNDETERMINED, (), (), gap, source.subnet_id, aim.label)
        else:
            destination = Destination(address, aim.port, host=aim.host, service=aim.service)
            yield replace(walk(network, source, destination), target=aim.label)


def addresses(aim: Aim) -> tuple[str | Undetermined, ...]:
    """Take the addresses that packets went to, or else those that the name has."""
    if aim.addresses:
        return aim.addresses
    if aim.host and is_address(aim.host):
        return (aim.host,)
    return (Undetermined(f"address of {aim.host}", "nobody has looked it up"),)


def again(
    snapshot: Snapshot, placement: Placement, aims: Iterable[Aim]
) -> Callable[[Snapshot, Path], Path]:
    """Return what walks a path once more in a changed snapshot, for `probe.remedy`."""
    groups = placement.security_group_ids
    destinations = {
        aim.label: Destination(aim.addresses[0], aim.port, host=aim.host, service=aim.service)
        for aim in aims
        if aim.port is not None and aim.addresses
    }
    return walk_again(snapshot, destinations, () if isinstance(groups, Unknown) else groups)
