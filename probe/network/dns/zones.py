"""Private hosted zones: names that a VPC's own resolver answers, and hides from the public ones.

The zone with the longest matching name answers, also with "no such name".
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.fields import Entry


@dataclass(frozen=True, slots=True)
class Zone:
    """One private hosted zone."""

    id: str
    name: str  # without the dot at its end


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a zone."""

    name: str
    type: str  # "A" | "AAAA" | "CNAME" | ...
    values: tuple[str, ...]
    alias: str | None  # another name whose addresses are meant


def read_zone(entry: Entry) -> Zone:
    """Read one entry of HostedZones."""
    return Zone(fields.text(entry, "HostedZoneId"), plain(fields.text(entry, "Name")))


def read_records(entry: Entry) -> tuple[Record, ...]:
    """Read one entry of ResourceRecordSets: every record of one zone."""
    return fields.each(entry, "ResourceRecordSets", _read_record)


def _read_record(entry: Entry) -> Record:
    values = fields.each(entry, "ResourceRecords", lambda item: fields.text(item, "Value"))
    alias = fields.maybe_text(fields.mapping(entry, "AliasTarget"), "DNSName")
    return Record(
        # Route 53 writes the star of a wildcard as an escape.
        name=plain(fields.text(entry, "Name")).replace("\\052", "*"),
        type=fields.maybe_text(entry, "Type") or "",
        values=values,
        alias=None if alias is None else plain(alias),
    )


def plain(name: str) -> str:
    """Return a name in lower case, without the dot of the root."""
    return name.rstrip(".").lower()


def zone_for(network: Network, vpc_id: str, host: str) -> Zone | None:
    """Return the private zone of a VPC that answers for a name; None when none does."""
    found = network.where("HostedZones", "vpc", _vpc_ids, vpc_id, read_zone)
    matching = [zone for zone in found if _covers(zone, host)]
    return max(matching, key=lambda zone: len(zone.name), default=None)


def that_holds(network: Network, host: str) -> Zone | None:
    """Return a private zone of any VPC that has a record for a name; None when none that was read.

    Only the VPCs that it is associated with can ask it.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-private.html
    """
    with suppress(NotRead):
        for zone in network.all("HostedZones", read_zone):
            with suppress(NotRead):
                if _covers(zone, host) and records_for(network, zone, host):
                    return zone
    return None


def _covers(zone: Zone, host: str) -> bool:
    return host == zone.name or host.endswith(f".{zone.name}")


def _vpc_ids(entry: Entry) -> Iterator[str | None]:
    for vpc in fields.items(entry, "VPCs"):
        yield fields.maybe_text(vpc, "VPCId")


def records_for(network: Network, zone: Zone, host: str) -> tuple[Record, ...]:
    """Return the records of a zone for a name, those of a wildcard where no others are."""
    records = network.one("ResourceRecordSets", zone.id, read_records)
    exact = tuple(record for record in records if record.name == host)
    if exact:
        return exact
    parent = host
    while "." in parent and parent != zone.name:
        parent = parent.partition(".")[2]
        found = tuple(record for record in records if record.name == f"*.{parent}")
        if found:
            return found
    return ()


def not_told(zone: Zone, host: str) -> NotRead:
    """Return the answer for a record that is there and does not say an address."""
    return NotRead(f"address of {host}", f"a record of {zone.id} answers with another kind of data")
