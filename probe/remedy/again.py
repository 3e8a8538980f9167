"""Walks a path once more through a changed snapshot, as the function would go there then.

Two things may differ besides the configuration: where the function stands, and the address that
the target's name has. An interface endpoint with private DNS takes over a service's usual name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.network import places
from probe.network.addresses import address, is_address
from probe.network.dns import names
from probe.network.dns.resolvers import DNS
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, end_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.model import Path
    from probe.network.values import Snapshot


def again(
    original: Snapshot, destinations: Mapping[str, Destination], group_ids: tuple[str, ...]
) -> Callable[[Snapshot, Path], Path]:
    """Return how to walk again. `destinations`: what each target's label stands for.

    `group_ids` are the function's groups, for a snapshot whose FunctionConfiguration has none.
    """
    before = Network(original)
    outside = not _vpc_config(original).get("SubnetIds")

    def walk_again(snapshot: Snapshot, path: Path) -> Path:
        network = Network(snapshot)
        source = Source(path.subnet_id, _groups(snapshot) or group_ids)
        destination = _destination(path, destinations.get(path.target or ""))
        if destination is None:
            found = names.resolve(network, path.destination or "", source).path(source)
        else:
            # Who was in no VPC asked public DNS, and asks the VPC's resolver now.
            asked = Source(None) if outside else source
            named = _as_named_now(before, asked, network, source, destination)
            found = walk(network, source, named)
        return replace(found, target=path.target)

    return walk_again


def _destination(path: Path, known: Destination | None) -> Destination | None:
    """Return where a path leads; None for the way of a name to its answer, which has no port."""
    end = end_of(path)
    if end is None:
        return None
    found = Destination(*end)
    if known is not None and known.port == found.port:
        return replace(known, address=found.address)
    # What leads to this port for a target of another one is a question to a DNS server.
    return replace(found, protocol="udp") if found.port == DNS else found


def _as_named_now(
    before: Network, asked: Source, after: Network, source: Source, destination: Destination
) -> Destination:
    """Return the destination with the address that its name has after the change."""
    if destination.host is None or is_address(destination.host):
        return destination
    old = names.resolve(before, destination.host, asked).addresses
    new = names.resolve(after, destination.host, source)
    if new.stand_in or not new.addresses or set(new.addresses) == set(old):
        return destination
    return replace(destination, address=_nearest(after, source, new.addresses))


def _nearest(network: Network, source: Source, addresses: tuple[str, ...]) -> str:
    """Return the address in the function's own subnet, where the name has one there."""
    if source.subnet_id is None:
        return addresses[0]
    own = places.subnet(network, source.subnet_id)
    return next((one for one in addresses if own.holds(address(one))), addresses[0])


def _groups(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(_vpc_config(snapshot).get("SecurityGroupIds") or ())


def _vpc_config(snapshot: Snapshot) -> Mapping[str, Any]:
    function = snapshot.get("FunctionConfiguration")
    return (function.get("VpcConfig") or {}) if isinstance(function, Mapping) else {}
