"""Security groups, NAT gateways, endpoints, and the ways between VPCs, read back."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.lab.cloud.ways import DENY
from tests.lab.parts import (
    ALL_PORTS,
    Attachment,
    Endpoint,
    Firewall,
    Group,
    NatGateway,
    Peering,
    PrefixList,
    Rule,
    SecurityGroup,
    TransitGateway,
    TransitTable,
)
from tests.lab.restate.base import network4
from tests.lab.restate.network import routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.lab.reading import Network
    from tests.lab.restate.base import Entry, Reading


def security_groups(read: Reading) -> Iterator[SecurityGroup]:
    """Read the security groups."""
    for entry in read.of_vpcs("describe_security_groups", "SecurityGroups"):
        yield SecurityGroup(
            name=read.name("security-group", entry["GroupId"]),
            vpc=read.name("vpc", entry["VpcId"]),
            ingress=tuple(_rules(read, entry["IpPermissions"])),
            egress=tuple(_rules(read, entry["IpPermissionsEgress"])),
            default=entry["GroupName"] == "default",
        )


def _rules(read: Reading, permissions: list[Entry]) -> Iterator[Rule]:
    for permission in permissions:
        number = permission["IpProtocol"]
        protocol = "all" if number == "-1" else str(number)
        ports = ALL_PORTS
        if protocol in ("tcp", "udp"):
            ports = (permission["FromPort"], permission["ToPort"])
        for peer in _peers(read, permission):
            yield Rule(protocol, ports, peer)


def _peers(read: Reading, permission: Entry) -> Iterator[Network | Group | PrefixList]:
    for entry in permission.get("IpRanges") or ():
        yield network4(entry["CidrIp"])
    for entry in permission.get("Ipv6Ranges") or ():
        yield ipaddress.IPv6Network(entry["CidrIpv6"])
    for entry in permission.get("UserIdGroupPairs") or ():
        yield Group(read.name("security-group", entry["GroupId"]))
    for entry in permission.get("PrefixListIds") or ():
        yield PrefixList(read.name("prefix-list", entry["PrefixListId"]))


def firewalls(read: Reading) -> Iterator[Firewall]:
    """Read the domains of the firewalls; nobody changes the rest of them."""
    for name, old in read.old.firewalls.items():
        yield replace(
            old,
            domains=_listed(read, f"rule-group domains {name}"),
            only_domains=_listed(read, f"rule-group only-domains {name}"),
        )


def _listed(read: Reading, key: str) -> tuple[str, ...]:
    arn = read.cloud.ids.get(key)
    if arn is None:
        return ()
    group = read.entries("describe_rule_group", "RuleGroup", "network-firewall", RuleGroupArn=arn)
    return tuple(group["RulesSource"]["RulesSourceList"]["Targets"])  # type: ignore[call-overload]


def nat_gateways(read: Reading) -> Iterator[NatGateway]:
    """Read the NAT gateways, also those that AWS still remembers."""
    tables = {t["RouteTableId"]: t for t in read.of_vpcs("describe_route_tables", "RouteTables")}
    for entry in read.of_vpcs("describe_nat_gateways", "NatGateways"):
        name = read.name("nat-gateway", entry["NatGatewayId"])
        old = read.old.nat_gateways.get(name)
        address = entry["NatGatewayAddresses"][0].get("PublicIp")
        own = tables.get(entry.get("RouteTableId", ""))
        yield NatGateway(
            name=name,
            vpc=read.name("vpc", entry["VpcId"]),
            subnet=read.name("subnet", entry["SubnetId"]) if entry.get("SubnetId") else None,
            state=entry["State"],
            connectivity=entry["ConnectivityType"],
            mode=entry["AvailabilityMode"],
            public=ipaddress.IPv4Address(address) if address else None,
            routes=routes(read, own) if own else None,
            zones=_zones(entry) or (old.zones if old else None),
        )


def _zones(entry: Entry) -> tuple[str, ...]:
    """Read the zones that a regional gateway serves: those it has an address in."""
    found = (address.get("AvailabilityZone") for address in entry["NatGatewayAddresses"])
    return tuple(dict.fromkeys(zone[-1] for zone in found if zone))


def endpoints(read: Reading) -> Iterator[Endpoint]:
    """Read the VPC endpoints; who provides a service that is not AWS's, the API does not tell."""
    providers = [(e.service, e.provider) for e in read.old.endpoints.values()]
    for entry in read.of_vpcs("describe_vpc_endpoints", "VpcEndpoints"):
        kind = entry["VpcEndpointType"].lower()
        if kind not in ("gateway", "interface") or entry["State"] == "deleted":
            continue
        groups = [group["GroupId"] for group in entry["Groups"]]
        service = entry["ServiceName"].partition(f".{read.old.region}.")[2]
        yield Endpoint(
            name=read.name("endpoint", entry["VpcEndpointId"]),
            vpc=read.name("vpc", entry["VpcId"]),
            service=service,
            type=kind,
            route_tables=read.names("route-table", entry["RouteTableIds"]),
            subnets=read.names("subnet", entry["SubnetIds"]) if kind == "interface" else (),
            security_groups=read.names("security-group", groups),
            private_dns=entry["PrivateDnsEnabled"],
            policy=_policy(entry),
            state=entry["State"],
            provider=next((p for s, p in providers if s == service), None),
        )


def _policy(entry: Entry) -> str | Mapping[str, Any]:
    policy: dict[str, Any] = json.loads(entry["PolicyDocument"])
    if policy == DENY:
        return "deny"
    everything = [s for s in policy["Statement"] if s.get("Action") == "*" == s.get("Resource")]
    return "allow" if everything and everything[0]["Effect"] == "Allow" else policy


def peerings(read: Reading) -> Iterator[Peering]:
    """Read the peering connections."""
    for entry in read.entries("describe_vpc_peering_connections", "VpcPeeringConnections"):
        sides = (entry["RequesterVpcInfo"], entry["AccepterVpcInfo"])
        options = [side.get("PeeringOptions") or {} for side in sides]
        yield Peering(
            name=read.name("peering", entry["VpcPeeringConnectionId"]),
            between=(read.name("vpc", sides[0]["VpcId"]), read.name("vpc", sides[1]["VpcId"])),
            state=entry["Status"]["Code"],
            dns_resolution=all(o.get("AllowDnsResolutionFromRemoteVpc") for o in options),
        )


def transit_gateways(read: Reading) -> Iterator[TransitGateway]:
    """Read the transit gateways, their attachments and their tables."""
    attached = read.entries(
        "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments"
    )
    listed = read.entries("describe_transit_gateway_route_tables", "TransitGatewayRouteTables")
    for gateway in read.entries("describe_transit_gateways", "TransitGateways"):
        identifier = gateway["TransitGatewayId"]
        own = [
            table
            for table in listed
            if table["TransitGatewayId"] == identifier and not table["DefaultAssociationRouteTable"]
        ]
        facts = [_Table(read, table["TransitGatewayRouteTableId"]) for table in own]
        attachments = [
            _attachment(read, entry, facts)
            for entry in attached
            if entry["TransitGatewayId"] == identifier
        ]
        yield TransitGateway(
            name=read.name("transit-gateway", identifier),
            attachments={attachment.name: attachment for attachment in attachments},
            tables={table.name: TransitTable(table.name, table.routes()) for table in facts},
            references=gateway["Options"]["SecurityGroupReferencingSupport"] == "enable",
        )


class _Table:
    """One transit gateway table, with what is associated and what propagates."""

    def __init__(self, read: Reading, identifier: str) -> None:
        self._read = read
        self._asked = {"TransitGatewayRouteTableId": identifier}
        self.name = read.name("transit-table", identifier).rpartition(" ")[2]
        self.associated = self._attachments("associations", "Associations")
        self.learning = self._attachments("propagations", "TransitGatewayRouteTablePropagations")

    def _attachments(self, what: str, key: str) -> set[str]:
        operation = f"get_transit_gateway_route_table_{what}"
        found = self._read.entries(operation, key, **self._asked)
        return {entry["TransitGatewayAttachmentId"] for entry in found}

    def routes(self) -> dict[Network, str | None]:
        """Read the static routes."""
        found = self._read.entries(
            "search_transit_gateway_routes",
            "Routes",
            Filters=[{"Name": "type", "Values": ["static"]}],
            **self._asked,
        )
        return {
            ipaddress.ip_network(route["DestinationCidrBlock"]): self._leads(route)
            for route in found
        }

    def _leads(self, route: Entry) -> str | None:
        for attachment in route.get("TransitGatewayAttachments") or ():
            identifier = attachment["TransitGatewayAttachmentId"]
            return self._read.name("attachment", identifier).rpartition(" ")[2]
        return None


def _attachment(read: Reading, entry: Entry, tables: list[_Table]) -> Attachment:
    identifier = entry["TransitGatewayAttachmentId"]
    return Attachment(
        name=read.name("attachment", identifier).rpartition(" ")[2],
        vpc=read.name("vpc", entry["VpcId"]),
        subnets=read.names("subnet", entry["SubnetIds"]),
        state=entry["State"],
        table=next((t.name for t in tables if identifier in t.associated), None),
        propagates=tuple(t.name for t in tables if identifier in t.learning),
    )
