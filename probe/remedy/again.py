"""Walks a path once more through a changed snapshot, as the function would go there then.

Two things may differ besides the configuration: where the function stands, and the address that
the target's name has. An interface endpoint with private DNS takes over a service's usual name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import dns_settings, endpoints, places
from probe.network.path import Destination, Source, walk
from probe.network.vpc import Network, NotRead

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

    def walk_again(snapshot: Snapshot, path: Path) -> Path:
        network = Network(snapshot)
        destination = _destination(path, destinations.get(path.target or ""))
        destination = _as_named_now(before, network, path.subnet_id, destination)
        source = Source(path.subnet_id, _groups(snapshot) or group_ids)
        return replace(walk(network, source, destination), target=path.target)

    return walk_again


def _destination(path: Path, known: Destination | None) -> Destination:
    """Return where a path leads; a path to a DNS server on behalf of a target is its own."""
    address, _, port = (path.destination or "").rpartition(":")
    found = Destination(address.strip("[]"), int(port))
    if known is None or known.port != found.port:
        return found
    return replace(known, address=found.address)


def _as_named_now(
    before: Network, after: Network, subnet_id: str | None, destination: Destination
) -> Destination:
    """Return the destination with the address that its name has after the change."""
    if destination.service is None or subnet_id is None:
        return destination
    old = _endpoint_address(before, subnet_id, destination.service)
    new = _endpoint_address(after, subnet_id, destination.service)
    if new is None or new == old:
        return destination
    return replace(destination, address=new)


def _endpoint_address(network: Network, subnet_id: str, service: str) -> str | None:
    """Return the address of the endpoint that has taken over a service's name; None for none."""
    try:
        subnet = places.subnet(network, subnet_id)
        settings = dns_settings.of_vpc(network, subnet.vpc_id)
        if not (settings.support and settings.hostnames):
            return None
        found = [
            places.interface(network, interface_id)
            for endpoint in endpoints.of_vpc(network, subnet.vpc_id)
            if endpoint.kind == "interface" and endpoint.private_dns and endpoint.serves(service)
            for interface_id in endpoint.interface_ids
        ]
    except NotRead:
        return None
    # The endpoint's name has an address for each zone; the walk takes the one nearby.
    found.sort(key=lambda interface: interface.subnet_id != subnet_id)
    return str(found[0].addresses[0]) if found and found[0].addresses else None


def _groups(snapshot: Snapshot) -> tuple[str, ...]:
    function = snapshot.get("FunctionConfiguration")
    if not isinstance(function, Mapping):
        return ()
    return tuple((function.get("VpcConfig") or {}).get("SecurityGroupIds") or ())
