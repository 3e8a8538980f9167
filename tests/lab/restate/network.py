"""VPCs, subnets, route tables and network ACLs, read back."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tests.lab.parts import ALL_PORTS, Nacl, NaclEntry, Route, RouteTable, Subnet, Target, Vpc
from tests.lab.restate.base import network4, network6

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.lab.reading import Network
    from tests.lab.restate.base import Entry, Reading

AMAZON_DNS = "AmazonProvidedDNS"
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "-1": "all"}
LAST_RULE = 32767  # of every network ACL: what no other rule matched


def vpcs(read: Reading) -> Iterator[Vpc]:
    """Read the VPCs with their gateways."""
    gateways = _attached(read, "describe_internet_gateways", "InternetGateways")
    inner = _attached(read, "describe_vpn_gateways", "VpnGateways", "VpcAttachments")
    outward = _attached(
        read, "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"
    )
    for entry in read.vpcs():
        identifier = entry["VpcId"]
        name = read.name("vpc", identifier)
        old = read.old.vpcs.get(name)
        first, *others = (block["CidrBlock"] for block in entry["CidrBlockAssociationSet"])
        blocks6 = entry.get("Ipv6CidrBlockAssociationSet") or [{}]
        had_internet = "detached" if old and old.internet_gateway else None
        had_private = "detached" if old and old.virtual_private_gateway else None
        yield Vpc(
            name=name,
            cidr=network4(first),
            secondary_cidrs=tuple(map(network4, others)),
            ipv6_cidr=network6(blocks6[0].get("Ipv6CidrBlock")),
            dns_support=_attribute(read, identifier, "enableDnsSupport"),
            dns_hostnames=_attribute(read, identifier, "enableDnsHostnames"),
            dns_servers=_dns_servers(read, entry["DhcpOptionsId"]),
            internet_gateway="attached" if identifier in gateways else had_internet,
            egress_only_internet_gateway=identifier in outward,
            virtual_private_gateway="attached" if identifier in inner else had_private,
            on_premises=old.on_premises if old else (),
        )


def _attached(read: Reading, operation: str, key: str, within: str = "Attachments") -> set[str]:
    """List the VPCs that have a gateway of a kind."""
    return {
        attachment["VpcId"]
        for gateway in read.entries(operation, key)
        for attachment in gateway.get(within) or ()
        if attachment["State"] in ("available", "attached")
    }


def _attribute(read: Reading, vpc: str, name: str) -> bool:
    answer = read.cloud.ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def _dns_servers(read: Reading, options: str) -> tuple[str, ...]:
    for entry in read.entries("describe_dhcp_options", "DhcpOptions", DhcpOptionsIds=[options]):
        for configuration in entry["DhcpConfigurations"]:
            if configuration["Key"] == "domain-name-servers":
                servers = tuple(value["Value"] for value in configuration["Values"])
                return () if servers == (AMAZON_DNS,) else servers
    return ()


def subnets(read: Reading, nacls: Mapping[str, Nacl]) -> Iterator[Subnet]:
    """Read the subnets, each with the table and the ACL in effect."""
    tables = read.of_vpcs("describe_route_tables", "RouteTables")
    explicit = {a["SubnetId"]: t for t in tables for a in t["Associations"] if a.get("SubnetId")}
    main = {t["VpcId"]: t for t in tables for a in t["Associations"] if a["Main"]}
    acls = {
        association["SubnetId"]: read.name("nacl", acl["NetworkAclId"])
        for acl in read.of_vpcs("describe_network_acls", "NetworkAcls")
        for association in acl["Associations"]
    }
    for entry in read.of_vpcs("describe_subnets", "Subnets"):
        identifier = entry["SubnetId"]
        table = explicit.get(identifier, main[entry["VpcId"]])
        blocks6 = entry.get("Ipv6CidrBlockAssociationSet") or [{}]
        acl = acls.get(identifier)
        yield Subnet(
            name=read.name("subnet", identifier),
            vpc=read.name("vpc", entry["VpcId"]),
            cidr=network4(entry["CidrBlock"]),
            ipv6_cidr=network6(blocks6[0].get("Ipv6CidrBlock")),
            az=entry["AvailabilityZone"].removeprefix(read.old.region),
            route_table=read.name("route-table", table["RouteTableId"]),
            explicit_table=identifier in explicit,
            nacl=acl if acl in nacls else None,
        )


def route_tables(read: Reading) -> Iterator[RouteTable]:
    """Read the route tables; those of regional NAT gateways belong to the gateways."""
    for entry in read.of_vpcs("describe_route_tables", "RouteTables"):
        gateways = [a["GatewayId"] for a in entry["Associations"] if a.get("GatewayId")]
        if any(gateway.startswith("nat-") for gateway in gateways):
            continue
        yield RouteTable(
            name=read.name("route-table", entry["RouteTableId"]),
            vpc=read.name("vpc", entry["VpcId"]),
            routes=routes(read, entry),
            main=any(association["Main"] for association in entry["Associations"]),
            gateway="internet-gateway" if gateways else None,
            propagated=bool(entry.get("PropagatingVgws")),
        )


def routes(read: Reading, table: Entry) -> tuple[Route, ...]:
    """Read the routes that somebody wrote; the others come from what they belong to."""
    found = []
    for route in table["Routes"]:
        written = route["Origin"] == "CreateRoute" and route.get("GatewayId") != "local"
        if written and not _of_endpoint(read, route):
            found.append(Route(_destination(read, route), _target(read, route)))
    return tuple(found)


def _of_endpoint(read: Reading, route: Entry) -> bool:
    """Tell a gateway endpoint's own route from one that leads to a firewall's endpoint."""
    gateway = route.get("GatewayId", "")
    return gateway.startswith("vpce-") and gateway not in read.cloud.of_kind("firewall")


def _destination(read: Reading, route: Entry) -> Network | str:
    if listed := route.get("DestinationPrefixListId"):
        return read.name("prefix-list", listed)
    if cidr := route.get("DestinationIpv6CidrBlock"):
        return ipaddress.IPv6Network(cidr)
    return network4(route["DestinationCidrBlock"])


# Key of a route -> kind of target.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
_NAMED = {
    "NatGatewayId": "nat-gateway",
    "VpcPeeringConnectionId": "peering",
    "TransitGatewayId": "transit-gateway",
}
_GATEWAYS = {"igw": "internet-gateway", "vgw": "virtual-private-gateway"}


def _target(read: Reading, route: Entry) -> Target:
    if route["State"] == "blackhole":
        return Target("blackhole")
    for key, kind in _NAMED.items():
        if route.get(key):
            return Target(kind, read.name(kind, route[key]))
    if route.get("EgressOnlyInternetGatewayId"):
        return Target("egress-only-internet-gateway")
    if interface := route.get("NetworkInterfaceId"):
        kind, _, name = read.name("network-interface", interface).partition(" ")
        return Target(kind, name)
    gateway = route["GatewayId"]
    if gateway.startswith("vpce-"):
        return Target("firewall", read.name("firewall", gateway))
    return Target(_GATEWAYS[gateway.partition("-")[0]])


def nacls(read: Reading) -> Iterator[Nacl]:
    """Read the network ACLs, but for the default ones that let everything pass."""
    for entry in read.of_vpcs("describe_network_acls", "NetworkAcls"):
        sides: dict[bool, list[NaclEntry]] = {False: [], True: []}
        for rule in sorted(entry["Entries"], key=lambda rule: int(rule["RuleNumber"])):
            if rule["RuleNumber"] < LAST_RULE:
                sides[rule["Egress"]].append(_entry(rule))
        if entry["IsDefault"] and all(_open(rules) for rules in sides.values()):
            continue
        yield Nacl(
            name=read.name("nacl", entry["NetworkAclId"]),
            vpc=read.name("vpc", entry["VpcId"]),
            inbound=tuple(sides[False]),
            outbound=tuple(sides[True]),
        )


def _open(rules: list[NaclEntry]) -> bool:
    return bool(rules) and rules[0].allow and rules[0].protocol == "all"


def _entry(rule: Entry) -> NaclEntry:
    span = rule.get("PortRange")
    return NaclEntry(
        number=rule["RuleNumber"],
        allow=rule["RuleAction"] == "allow",
        protocol=PROTOCOLS[rule["Protocol"]],
        ports=(span["From"], span["To"]) if span else ALL_PORTS,
        cidr=ipaddress.ip_network(rule.get("CidrBlock") or rule["Ipv6CidrBlock"]),
    )
