"""The parts of a network that a picture of it shows, taken out of a snapshot.

Only what AWS itself says of each: names, ranges, routes, states. What was not read gives no part.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probe.model import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probe.model import Path
    from probe.network.values import Snapshot

    Entry = Mapping[str, Any]

_ID = re.compile(r"\b[a-z]{1,5}(?:-[a-z]+)?-[\w-]+")
# Lists whose entries lie in one VPC or in a subnet, and how each entry names itself.
_GATEWAYS = {
    "NatGateways": ("NatGatewayId", "nat-gateway"),
    "VpcEndpoints": ("VpcEndpointId", "vpc-endpoint"),
    "InternetGateways": ("InternetGatewayId", "internet-gateway"),
    "EgressOnlyInternetGateways": (
        "EgressOnlyInternetGatewayId",
        "egress-only-internet-gateway",
    ),
    "VpnGateways": ("VpnGatewayId", "vpn-gateway"),
    "VpcPeeringConnections": ("VpcPeeringConnectionId", "peering"),
    "TransitGateways": ("TransitGatewayId", "transit-gateway"),
}


def parts(snapshot: Snapshot, subnet_ids: Iterable[str], ways: Iterable[Path]) -> tuple[Part, ...]:
    """Give the VPCs that the subnets and the ways are in, with what stands in them."""
    ways = tuple(ways)
    named = {*subnet_ids, *_named(ways)}
    vpc_ids = {
        str(row["VpcId"])
        for name, key in _PLACED.items()
        for row in _rows(snapshot, name)
        if row.get(key) in named and row.get("VpcId")
    }
    towards = {(way.destination or "").rpartition(":")[0].strip("[]") for way in ways}
    return (
        *(_vpc(row) for row in _rows(snapshot, "Vpcs") if row.get("VpcId") in vpc_ids),
        *_subnets(snapshot, vpc_ids),
        *(_table(row) for row in _rows(snapshot, "RouteTables") if row.get("VpcId") in vpc_ids),
        *_groups(snapshot, named),
        *_gateways(snapshot, vpc_ids, named),
        *_interfaces(snapshot, vpc_ids, named, towards),
    )


_PLACED = {
    "Vpcs": "VpcId",
    "Subnets": "SubnetId",
    "RouteTables": "RouteTableId",
    "NetworkAcls": "NetworkAclId",
    "SecurityGroups": "GroupId",
}


def _named(ways: Iterable[Path]) -> Iterator[str]:
    """Name every component that a walk met or looked for."""
    for way in ways:
        if way.subnet_id:
            yield way.subnet_id
        for hop in way.hops:
            yield hop.component
            yield from _ID.findall(hop.why)
        for blocker in way.blockers:
            yield blocker.component
            yield from (fact for fact in blocker.facts.values() if isinstance(fact, str))


def _rows(snapshot: Snapshot, name: str) -> tuple[Entry, ...]:
    found = snapshot.get(name)
    return found if isinstance(found, tuple) else ()


def _list(row: Entry, key: str) -> list[Entry]:
    return [one for one in row.get(key) or () if isinstance(one, dict)]


def _part(row: Entry, key: str, kind: str, inside: str | None, **facts: Any) -> Part:
    name = next((str(t.get("Value")) for t in _list(row, "Tags") if t.get("Key") == "Name"), None)
    kept = {word: fact for word, fact in facts.items() if fact not in (None, [], "")}
    return Part(str(row.get(key)), kind, name, inside, kept)


def _vpc(row: Entry) -> Part:
    blocks = [str(one.get("CidrBlock")) for one in _list(row, "CidrBlockAssociationSet")]
    return _part(row, "VpcId", "vpc", None, cidrs=blocks or [str(row.get("CidrBlock"))])


def _subnets(snapshot: Snapshot, vpc_ids: set[str]) -> Iterator[Part]:
    tables = _by_subnet(_rows(snapshot, "RouteTables"), "RouteTableId")
    acls = _by_subnet(_rows(snapshot, "NetworkAcls"), "NetworkAclId")
    for row in _rows(snapshot, "Subnets"):
        if (vpc_id := row.get("VpcId")) in vpc_ids:
            yield _part(
                row,
                "SubnetId",
                "subnet",
                str(vpc_id),
                cidr=row.get("CidrBlock"),
                zone=row.get("AvailabilityZone") or row.get("AvailabilityZoneId"),
                route_table=tables.get(str(row.get("SubnetId"))) or tables.get(str(vpc_id)),
                network_acl=acls.get(str(row.get("SubnetId"))),
            )


def _by_subnet(rows: Iterable[Entry], key: str) -> dict[str, str]:
    """Find what each subnet is associated with; under a VPC's id stands its main one."""
    found: dict[str, str] = {}
    for row in rows:
        for one in _list(row, "Associations"):
            owner = row.get("VpcId") if one.get("Main") is True else one.get("SubnetId")
            found[str(owner)] = str(row.get(key))
    return found


def _table(row: Entry) -> Part:
    routes = [list(_route(one)) for one in _list(row, "Routes")]
    main = any(one.get("Main") is True for one in _list(row, "Associations"))
    return _part(
        row, "RouteTableId", "route-table", str(row.get("VpcId")), routes=routes, main=main
    )


def _route(row: Entry) -> Iterator[str]:
    """Give destination, target and state, as the console shows them."""
    yield str(next((row[key] for key in row if key.startswith("Destination")), "?"))
    known = ("State", "Origin", "InstanceOwnerId")
    targets = (k for k in row if k not in known and not k.startswith("Destination"))
    yield str(next((row[key] for key in targets if row[key]), "?"))
    yield str(row.get("State") or "active")


def _groups(snapshot: Snapshot, named: set[str]) -> Iterator[Part]:
    for row in _rows(snapshot, "SecurityGroups"):
        if row.get("GroupId") in named:
            yield Part(str(row["GroupId"]), "security-group", row.get("GroupName"))


def _gateways(snapshot: Snapshot, vpc_ids: set[str], named: set[str]) -> Iterator[Part]:
    for name, (key, kind) in _GATEWAYS.items():
        for row in _rows(snapshot, name):
            vpcs = _vpcs_of(row)
            if row.get(key) not in named and not vpcs & vpc_ids:
                continue
            subnets = [str(one) for one in row.get("SubnetIds") or ()]
            addresses = [one.get("PublicIp") for one in _list(row, "NatGatewayAddresses")]
            state = row.get("State") or row.get("Status")
            yield _part(
                row,
                key,
                kind,
                row.get("SubnetId") or next(iter(sorted(vpcs)), None),
                vpcs=sorted(vpcs),
                subnets=subnets,
                service=row.get("ServiceName"),
                type=row.get("VpcEndpointType") or row.get("ConnectivityType"),
                state=state.get("Code") if isinstance(state, dict) else state,
                addresses=[str(one) for one in addresses if one],
            )


def _vpcs_of(row: Entry) -> set[str]:
    """Find the VPCs that a gateway is attached to."""
    attached = (*_list(row, "Attachments"), *_list(row, "VpcAttachments"))
    peers = (row.get("RequesterVpcInfo") or {}, row.get("AccepterVpcInfo") or {})
    return {str(one["VpcId"]) for one in (row, *attached, *peers) if one.get("VpcId")}


def _interfaces(
    snapshot: Snapshot, vpc_ids: set[str], named: set[str], towards: set[str]
) -> Iterator[Part]:
    """Give the interfaces that are somebody's target, or that a way leads through."""
    for row in _rows(snapshot, "NetworkInterfaces"):
        if row.get("VpcId") not in vpc_ids:
            continue
        own = [str(one.get("PrivateIpAddress")) for one in _list(row, "PrivateIpAddresses")]
        own = own or [str(row.get("PrivateIpAddress"))]
        six = [str(one.get("Ipv6Address")) for one in _list(row, "Ipv6Addresses")]
        wanted = towards & {*own, *six}
        if wanted or row.get("NetworkInterfaceId") in named:
            yield _part(
                row,
                "NetworkInterfaceId",
                "network-interface",
                row.get("SubnetId"),
                addresses=[*own, *six],
                description=row.get("Description"),
            )
