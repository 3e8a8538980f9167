"""Components as plain values that can be compared: of a snapshot, or of a report's own network.

A value is a word, a table (routes by destination, ACL entries by number) or a set (the rules of a
security group). What changes by itself, such as free addresses and times, is no part of a record.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe.network import keys
from probe.network.values import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from probe.model import Report
    from probe.network.values import Snapshot

    Entry = Mapping[str, Any]

Value = str | dict[str, str] | frozenset[str]
Record = dict[str, Value]
Records = dict[str, Record]

# Fields that differ from one reading to the next, and say nothing about a path.
_RESTLESS = frozenset(
    {
        "AvailableIpAddressCount",
        "CreateTime",
        "CreationTimestamp",
        "DeleteTime",
        "LastModified",
        "LastUpdateTimestamp",
        "OwnerId",
        "ResponseMetadata",
        "RevisionId",
        "StateTransitionReason",
        "Tags",
    }
)
# Lists that are no components, or name again those of another list.
_WORLD = ("RolePolicies", "NatGatewayMetrics", "Datapoints", "SubnetNetworkInterfaces")


def of_snapshot(snapshot: Snapshot) -> Records:
    """Read every component of a configuration; what was not read has no record."""
    found: Records = {}
    for name, rows in snapshot.values.items():
        key = keys.LISTS.get(name)
        if isinstance(rows, Unread):
            continue
        if isinstance(rows, tuple) and key and key.id and name not in _WORLD:
            for row in rows:
                found.setdefault(str(row.get(key.id)), {}).update(_record(row, key.id))
        elif not isinstance(rows, tuple):
            found[name] = _record(rows, "")
    return found


def unread(snapshot: Snapshot) -> frozenset[str]:
    """Name the lists that one cannot compare."""
    return frozenset(name for name in keys.LISTS if isinstance(snapshot.get(name), Unread))


def of_report(report: Report) -> Records:
    """Read the components that a report keeps of its network."""
    found: Records = {}
    for part in report.network:
        routes = {str(row[0]): _led(row) for row in part.facts.get("routes") or ()}
        rest = {k: _plain(v) for k, v in part.facts.items() if k != "routes"}
        found[part.id] = {**rest, **({"route": routes} if routes else {})}
    return found


def _led(row: list[Any]) -> str:
    target, state = str(row[1]), str(row[2])
    return target if state == "active" else f"{state} ({target})"


def _record(row: Entry, key: str) -> Record:
    record: Record = {}
    for field, value in row.items():
        if field in _TABLES:
            word, read = _TABLES[field]
            record[word] = read(value or ())
        elif field != key and field not in _RESTLESS and value not in (None, [], {}, ""):
            record[field] = _plain(value)
    return record


def _plain(value: Any) -> str:  # noqa: ANN401 - any value of AWS's
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _routes(rows: Iterable[Entry]) -> dict[str, str]:
    return dict(map(_route, rows))


def _route(row: Entry) -> tuple[str, str]:
    to = next((str(row[key]) for key in row if key.startswith("Destination")), "?")
    known = ("State", "Origin", "InstanceOwnerId")
    by = (row[k] for k in row if k not in known and not k.startswith("Destination"))
    return to, _led([to, next((one for one in by if one), "nothing"), row.get("State") or "active"])


def _rules(rows: Iterable[Entry]) -> frozenset[str]:
    return frozenset(rule for row in rows for rule in _each(row))


def _each(row: Entry) -> Iterator[str]:
    what = _ports(row.get("IpProtocol"), row.get("FromPort"), row.get("ToPort"))
    sides = (
        ("IpRanges", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6"),
        ("UserIdGroupPairs", "GroupId"),
        ("PrefixListIds", "PrefixListId"),
    )
    for field, key in sides:
        for one in row.get(field) or ():
            yield f"{what} {one.get(key)}"


def _ports(protocol: object, first: object, last: object) -> str:
    names = {"-1": "all traffic", "6": "tcp", "17": "udp"}
    word = names.get(str(protocol), str(protocol))
    if first is None or word == "all traffic":
        return word
    return f"{word} {first}" if first == last else f"{word} {first}-{last}"


def _entries(rows: Iterable[Entry]) -> dict[str, str]:
    return dict(map(_entry, rows))


def _entry(row: Entry) -> tuple[str, str]:
    ports = row.get("PortRange") or {}
    what = _ports(row.get("Protocol"), ports.get("From"), ports.get("To"))
    where = row.get("CidrBlock") or row.get("Ipv6CidrBlock")
    way = "outbound" if row.get("Egress") else "inbound"
    return f"{way} {row.get('RuleNumber')}", f"{row.get('RuleAction')} {what} {where}"


def _associations(rows: Iterable[Entry]) -> frozenset[str]:
    return frozenset(
        "the VPC's main table"
        if row.get("Main") is True
        else str(row.get("SubnetId") or row.get("GatewayId"))
        for row in rows
    )


# Fields that hold many things: what one of them is called, and how they are read.
_TABLES: dict[str, tuple[str, Callable[[Iterable[Entry]], Value]]] = {
    "Routes": ("route", _routes),
    "IpPermissions": ("inbound rule", _rules),
    "IpPermissionsEgress": ("outbound rule", _rules),
    "Entries": ("rule", _entries),
    "Associations": ("association", _associations),
}
