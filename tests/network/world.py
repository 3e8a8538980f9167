"""A small language for snapshots in AWS's own shapes, so that a test shows only what matters.

Every method adds one thing and returns its id; `snapshot()` gives what `load` reads. Nothing is
implied but what AWS itself always makes: a main route table with the local route, a default ACL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.snapshot import Snapshot, load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.between import Between
from tests.network.entries import (
    ACCOUNT,
    ALLOW_ALL_ACL,
    ANYWHERE,
    INTERNET,
    AclRule,
    acl_entry,
    codes,
    permission,
    route,
    tcp,
    transit_route,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.model import Path

__all__ = ["ANYWHERE", "INTERNET", "World", "codes", "permission", "route", "tcp", "transit_route"]


class World(Between):
    """One account and Region."""

    # Reading what was built

    def snapshot(self, *, without: Iterable[str] = ()) -> Snapshot:
        """Return everything as a snapshot, with some lists left unread."""
        left_out = set(without)
        return load({k: v for k, v in self.lists.items() if k not in left_out}, name="world")

    def walk(
        self,
        subnet: str | None,
        groups: Iterable[str],
        to: str,
        port: int = 443,
        *,
        without: Iterable[str] = (),
        **more: Any,
    ) -> Path:
        """Walk one path through it."""
        network = Network(self.snapshot(without=without))
        ipv6 = more.pop("ipv6", None)
        source = Source(subnet, tuple(groups), ipv6)
        return walk(network, source, Destination(to, port, **more))

    # VPC and subnets

    def vpc(self, cidr: str = "10.0.0.0/16", name: str = "vpc-a", **more: Any) -> str:
        """Add a VPC with its main route table and its default ACL."""
        self.lists["Vpcs"].append(
            {
                "VpcId": name,
                "CidrBlock": cidr,
                "CidrBlockAssociationSet": [
                    {"CidrBlock": cidr, "CidrBlockState": {"State": "associated"}}
                ],
                "DhcpOptionsId": "dopt-amazon",
                "OwnerId": ACCOUNT,
                "State": "available",
                **more,
            }
        )
        self.lists["VpcAttributes"].append(
            {
                "VpcId": name,
                "EnableDnsSupport": {"Value": True},
                "EnableDnsHostnames": {"Value": True},
            }
        )
        if not self.lists["DhcpOptions"]:
            self.dhcp("dopt-amazon", ["AmazonProvidedDNS"])
        self.table(f"rtb-main-{name}", name, {}, main=True)
        self.acl(f"acl-default-{name}", name, ALLOW_ALL_ACL, default=True)
        return name

    def dhcp(self, name: str, servers: Iterable[str]) -> str:
        """Add DHCP options that name these DNS servers."""
        values = [{"Value": server} for server in servers]
        self.lists["DhcpOptions"].append(
            {
                "DhcpOptionsId": name,
                "DhcpConfigurations": [
                    {"Key": "domain-name", "Values": [{"Value": "ec2.internal"}]},
                    {"Key": "domain-name-servers", "Values": values},
                ],
            }
        )
        return name

    def subnet(
        self,
        name: str,
        cidr: str,
        *,
        vpc: str = "vpc-a",
        zone: str = "a",
        ipv6: str | None = None,
        **more: Any,
    ) -> str:
        """Add a subnet."""
        self.lists["Subnets"].append(
            {
                "SubnetId": name,
                "VpcId": vpc,
                "CidrBlock": cidr,
                "AvailabilityZone": f"eu-west-1{zone}",
                "AvailabilityZoneId": f"euw1-az-{zone}",
                "OwnerId": ACCOUNT,
                "MapPublicIpOnLaunch": False,
                "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
                "Ipv6CidrBlockAssociationSet": [
                    {"Ipv6CidrBlock": ipv6, "Ipv6CidrBlockState": {"State": "associated"}}
                ]
                if ipv6
                else [],
                **more,
            }
        )
        return name

    # Routes

    def table(
        self,
        name: str,
        vpc: str,
        routes: dict[str, str],
        *,
        subnets: Iterable[str] = (),
        gateways: Iterable[str] = (),
        main: bool = False,
    ) -> str:
        """Add a route table: the local route, and {destination: target}."""
        local = [
            {
                "DestinationCidrBlock": entry["CidrBlock"],
                "GatewayId": "local",
                "State": "active",
                "Origin": "CreateRouteTable",
            }
            for entry in self.lists["Vpcs"]
            if entry["VpcId"] == vpc
        ]
        associations: list[dict[str, Any]] = [
            {"RouteTableId": name, "SubnetId": subnet, "Main": False} for subnet in subnets
        ]
        associations += [
            {"RouteTableId": name, "GatewayId": gateway, "Main": False} for gateway in gateways
        ]
        if main:
            associations.append({"RouteTableId": name, "Main": True})
        for association in associations:
            association["AssociationState"] = {"State": "associated"}
        self.lists["RouteTables"].append(
            {
                "RouteTableId": name,
                "VpcId": vpc,
                "OwnerId": ACCOUNT,
                "PropagatingVgws": [],
                "Associations": associations,
                "Routes": local + [route(to, target) for to, target in routes.items()],
            }
        )
        return name

    def routes(self, table: str) -> list[dict[str, Any]]:
        """Return the routes of a table, to change them."""
        found: list[dict[str, Any]] = self.entry("RouteTables", table)["Routes"]
        return found

    # Filters

    def acl(
        self,
        name: str,
        vpc: str,
        rules: Iterable[AclRule],
        *,
        subnets: Iterable[str] = (),
        default: bool = False,
    ) -> str:
        """Add a network ACL of (number, in|out, protocol, action, cidr, ports)."""
        self.lists["NetworkAcls"].append(
            {
                "NetworkAclId": name,
                "VpcId": vpc,
                "IsDefault": default,
                "Associations": [{"NetworkAclId": name, "SubnetId": subnet} for subnet in subnets],
                "Entries": [acl_entry(rule) for rule in rules],
            }
        )
        return name

    def group(
        self,
        name: str,
        *,
        vpc: str = "vpc-a",
        ingress: Iterable[dict[str, Any]] = (),
        egress: Iterable[dict[str, Any]] | None = None,
    ) -> str:
        """Add a security group; without `egress` it lets everything out, as AWS makes it."""
        everything = [permission("-1", None, cidr=ANYWHERE), permission("-1", None, cidr6="::/0")]
        self.lists["SecurityGroups"].append(
            {
                "GroupId": name,
                "GroupName": name,
                "VpcId": vpc,
                "OwnerId": ACCOUNT,
                "IpPermissions": list(ingress),
                "IpPermissionsEgress": everything if egress is None else list(egress),
            }
        )
        return name

    # Things with addresses

    def interface(
        self,
        name: str,
        address: str,
        subnet: str,
        groups: Iterable[str] = (),
        *,
        kind: str = "interface",
        public: str | None = None,
        **more: Any,
    ) -> str:
        """Add a network interface with one private address."""
        vpc = self.entry("Subnets", subnet)["VpcId"]
        association = {"Association": {"PublicIp": public}} if public else {}
        v6 = ":" in address
        self.lists["NetworkInterfaces"].append(
            {
                "NetworkInterfaceId": name,
                "InterfaceType": kind,
                "SubnetId": subnet,
                "VpcId": vpc,
                "Groups": [{"GroupId": group, "GroupName": group} for group in groups],
                "PrivateIpAddress": None if v6 else address,
                "PrivateIpAddresses": []
                if v6
                else [{"PrivateIpAddress": address, "Primary": True, **association}],
                "Ipv6Addresses": [{"Ipv6Address": address}] if v6 else [],
                "SourceDestCheck": True,
                "Status": "in-use",
                **association,
                **more,
            }
        )
        return name

    # Gateways

    def igw(self, vpc: str = "vpc-a", name: str = "igw-a") -> str:
        """Add an attached internet gateway."""
        attachments = [{"VpcId": vpc, "State": "available"}]
        self.lists["InternetGateways"].append(
            {"InternetGatewayId": name, "Attachments": attachments, "OwnerId": ACCOUNT}
        )
        return name

    def eigw(self, vpc: str = "vpc-a", name: str = "eigw-a") -> str:
        """Add an attached egress-only internet gateway."""
        self.lists["EgressOnlyInternetGateways"].append(
            {
                "EgressOnlyInternetGatewayId": name,
                "Attachments": [{"VpcId": vpc, "State": "attached"}],
            }
        )
        return name

    def nat(
        self,
        subnet: str,
        *,
        name: str = "nat-a",
        address: str = "10.0.9.9",
        public: str | None = "198.51.100.7",
        **more: Any,
    ) -> str:
        """Add a zonal NAT gateway; private when it has no public address."""
        place = {"PrivateIp": address, **({"PublicIp": public} if public else {})}
        self.lists["NatGateways"].append(
            {
                "NatGatewayId": name,
                "SubnetId": subnet,
                "VpcId": self.entry("Subnets", subnet)["VpcId"],
                "State": "available",
                "ConnectivityType": "public" if public else "private",
                "NatGatewayAddresses": [place],
                **more,
            }
        )
        return name
