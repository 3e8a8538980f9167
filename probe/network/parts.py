"""The parts of a network that a picture of it shows, taken out of a snapshot.

Only what AWS itself says of each: names, ranges, routes, states. What was not read gives no part.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probe.model import Part
from probe.network.vpc import IN_VPC, Network, as_written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

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
    network, ways = Network(snapshot), tuple(ways)
    named = dict.fromkeys((*subnet_ids, *_named(ways)))
    placed = (row for name in _PLACED for row in _with_ids(network, name, named))
    vpc_ids = dict.fromkeys(str(row["VpcId"]) for row in placed if row.get("VpcId"))
    towards = {(way.destination or "").rpartition(":")[0].strip("[]") for way in ways}
    return (
        *map(_vpc, _with_ids(network, "Vpcs", vpc_ids)),
        *_subnets(network, vpc_ids),
        *map(_table, _inside(network, "RouteTables", vpc_ids)),
        *map(_group, _with_ids(network, "SecurityGroups", named)),
        *_gateways(network, vpc_ids, named),
        *_interfaces(network, vpc_ids, named, towards),
    )


_PLACED = ("Vpcs", "Subnets", "RouteTables", "NetworkAcls", "SecurityGroups")


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


def _rows(network: Network, name: str) -> tuple[Entry, ...]:
    return network.rows(name) if network.has(name) else ()


def _with_ids(network: Network, name: str, ids: Iterable[str]) -> Iterator[Entry]:
    """Give the entries of a list that have one of these ids."""
    rows = _rows(network, name)
    return (rows[at] for one in ids if rows for at in network.positions(name, one))


def _inside(network: Network, name: str, vpc_ids: Iterable[str]) -> Iterator[Entry]:
    """Give the entries of a list that say that they are of one of these VPCs."""
    if _rows(network, name):
        for vpc_id in vpc_ids:
            yield from network.where(name, IN_VPC.name, IN_VPC, vpc_id, as_written)


def _list(row: Entry, key: str) -> list[Entry]:
    return [one for one in row.get(key) or () if isinstance(one, dict)]


def _part(row: Entry, key: str, kind: str, inside: str | None, **facts: Any) -> Part:
    name = next((str(t.get("Value")) for t in _list(row, "Tags") if t.get("Key") == "Name"), None)
    kept = {word: fact for word, fact in facts.items() if fact not in (None, [], "")}
    return Part(str(row.get(key)), kind, name, inside, kept)


def _vpc(row: Entry) -> Part:
    blocks = [str(one.get("CidrBlock")) for one in _list(row, "CidrBlockAssociationSet")]
    return _part(row, "VpcId", "vpc", None, cidrs=blocks or [str(row.get("CidrBlock"))])


def _subnets(network: Network, vpc_ids: Iterable[str]) -> Iterator[Part]:
    tables = _by_subnet(_inside(network, "RouteTables", vpc_ids), "RouteTableId")
    acls = _by_subnet(_inside(network, "NetworkAcls", vpc_ids), "NetworkAclId")
    for row in _inside(network, "Subnets", vpc_ids):
        yield _part(
            row,
            "SubnetId",
            "subnet",
            str(row["VpcId"]),
            cidr=row.get("CidrBlock"),
            zone=row.get("AvailabilityZone") or row.get("AvailabilityZoneId"),
            route_table=tables.get(str(row.get("SubnetId"))) or tables.get(str(row["VpcId"])),
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


def _group(row: Entry) -> Part:
    return Part(str(row["GroupId"]), "security-group", row.get("GroupName"))


def _gateways(network: Network, vpc_ids: Collection[str], named: Collection[str]) -> Iterator[Part]:
    for name, (key, kind) in _GATEWAYS.items():
        for row in _rows(network, name):
            vpcs = _vpcs_of(row)
            if row.get(key) not in named and vpcs.isdisjoint(vpc_ids):
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
    network: Network, vpc_ids: Iterable[str], named: Collection[str], towards: set[str]
) -> Iterator[Part]:
    """Give the interfaces that are somebody's target, or that a way leads through."""
    for row in _inside(network, "NetworkInterfaces", vpc_ids):
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
