"""A small language for snapshots in AWS's own shapes, so that a test shows only what matters.

Every method adds one thing and returns its id; `snapshot()` gives what `load` reads. Nothing is
implied but what AWS itself always makes: a main route table with the local route, a default ACL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.snapshot import Snapshot, load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.model import Path

ALLOW_ALL_ACL = (
    (100, "in", "-1", "allow", "0.0.0.0/0", None),
    (100, "out", "-1", "allow", "0.0.0.0/0", None),
    (101, "in", "-1", "allow", "::/0", None),
    (101, "out", "-1", "allow", "::/0", None),
)
ANYWHERE = "0.0.0.0/0"
INTERNET = "203.0.113.10"
ACCOUNT = "111122223333"
LISTS = [
    "Vpcs",
    "VpcAttributes",
    "Subnets",
    "RouteTables",
    "SecurityGroups",
    "NetworkAcls",
    "InternetGateways",
    "EgressOnlyInternetGateways",
    "NatGateways",
    "VpcEndpoints",
    "PrefixLists",
    "NetworkInterfaces",
    "Instances",
    "DhcpOptions",
    "VpcPeeringConnections",
    "TransitGateways",
    "TransitGatewayVpcAttachments",
    "TransitGatewayAttachments",
    "TransitGatewayRouteTables",
    "TransitGatewayRoutes",
    "VpnGateways",
    "LoadBalancers",
    "LoadBalancerAttributes",
    "Listeners",
    "TargetGroups",
    "TargetHealthDescriptions",
    "DBInstances",
    "DBClusters",
    "DBProxies",
    "DBSubnetGroups",
    "CacheClusters",
    "HostedZones",
    "ResourceRecordSets",
    "FirewallRuleGroupAssociations",
    "FirewallRules",
    "FirewallDomains",
    "Firewalls",
    "FirewallPolicies",
    "RuleGroups",
]


class World:
    """One account and Region."""

    def __init__(self) -> None:
        self.lists: dict[str, Any] = {name: [] for name in LISTS}
        self.lists["FunctionConfiguration"] = {"FunctionName": "fn", "VpcConfig": {}}

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

    def entry(self, name: str, identity: str) -> dict[str, Any]:
        """Return one entry, to change what the language does not say."""
        for entry in self.lists[name]:
            if identity in entry.values():
                found: dict[str, Any] = entry
                return found
        raise KeyError(identity)

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
                "Entries": [_acl_entry(rule) for rule in rules],
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

    def peering(self, name: str, requester: str, accepter: str, **more: Any) -> str:
        """Add an active peering connection between two VPCs."""

        def side(vpc: str) -> dict[str, Any]:
            cidr = self.entry("Vpcs", vpc)["CidrBlock"]
            return {
                "VpcId": vpc,
                "CidrBlock": cidr,
                "CidrBlockSet": [{"CidrBlock": cidr}],
                "OwnerId": ACCOUNT,
                "Region": "eu-west-1",
                "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": False},
            }

        self.lists["VpcPeeringConnections"].append(
            {
                "VpcPeeringConnectionId": name,
                "Status": {"Code": "active", "Message": "Active"},
                "RequesterVpcInfo": side(requester),
                "AccepterVpcInfo": side(accepter),
                **more,
            }
        )
        return name

    def transit(self, name: str, table: str, **vpcs: Iterable[str]) -> str:
        """Add a transit gateway with one table, into which every VPC's blocks are propagated.

        `vpcs` names the subnets of each VPC's attachment, with "_" for "-".
        """
        self.lists["TransitGateways"].append(
            {
                "TransitGatewayId": name,
                "State": "available",
                "Options": {"SecurityGroupReferencingSupport": "disable"},
            }
        )
        routes = []
        for key, subnets in vpcs.items():
            vpc = key.replace("_", "-")
            attachment = f"tgw-attach-{vpc}"
            self.lists["TransitGatewayVpcAttachments"].append(
                {
                    "TransitGatewayAttachmentId": attachment,
                    "TransitGatewayId": name,
                    "VpcId": vpc,
                    "State": "available",
                    "SubnetIds": list(subnets),
                    "Options": {"SecurityGroupReferencingSupport": "enable"},
                }
            )
            self.lists["TransitGatewayAttachments"].append(
                {
                    "TransitGatewayAttachmentId": attachment,
                    "TransitGatewayId": name,
                    "ResourceType": "vpc",
                    "ResourceId": vpc,
                    "Association": {"TransitGatewayRouteTableId": table, "State": "associated"},
                }
            )
            cidr = self.entry("Vpcs", vpc)["CidrBlock"]
            routes.append(transit_route(cidr, attachment, vpc))
        self.lists["TransitGatewayRoutes"].append(
            {
                "TransitGatewayRouteTableId": table,
                "Routes": routes,
                "AdditionalRoutesAvailable": False,
            }
        )
        return name

    def transit_routes(self, table: str) -> list[dict[str, Any]]:
        """Return the routes of a transit gateway's table, to change them."""
        found: list[dict[str, Any]] = self.entry("TransitGatewayRoutes", table)["Routes"]
        return found

    def instance(self, name: str, state: str = "running") -> str:
        """Add an EC2 instance."""
        self.lists["Instances"].append({"InstanceId": name, "State": {"Name": state}})
        return name

    def firewall(
        self, endpoint: str, *groups: dict[str, Any], strict: bool = False, **policy: Any
    ) -> str:
        """Put a network firewall with these rule groups behind an endpoint."""
        references: list[dict[str, Any]] = [
            {"ResourceArn": f"arn:group/{i}"} for i, _ in enumerate(groups)
        ]
        if strict:
            references = [{**one, "Priority": i} for i, one in enumerate(references, 1)]
        self.lists["Firewalls"].append(
            {
                "Firewall": {"FirewallArn": "arn:firewall", "FirewallPolicyArn": "arn:policy"},
                "FirewallStatus": {
                    "SyncStates": {"eu-west-1a": {"Attachment": {"EndpointId": endpoint}}}
                },
            }
        )
        self.lists["FirewallPolicies"].append(
            {
                "FirewallPolicyResponse": {"FirewallPolicyArn": "arn:policy"},
                "FirewallPolicy": {
                    "StatelessDefaultActions": ["aws:forward_to_sfe"],
                    "StatefulRuleGroupReferences": references,
                    "StatefulEngineOptions": {
                        "RuleOrder": "STRICT_ORDER" if strict else "DEFAULT_ACTION_ORDER"
                    },
                    **policy,
                },
            }
        )
        for index, source in enumerate(groups):
            self.lists["RuleGroups"].append(
                {
                    "RuleGroupResponse": {"RuleGroupArn": f"arn:group/{index}"},
                    "RuleGroup": {"RulesSource": source},
                }
            )
        return "arn:firewall"

    def balancer(self, name: str, *, port: int = 443, **more: Any) -> str:
        """Add an internal network load balancer with one listener and an empty target group."""
        arn = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/net/{name}/1"
        self.lists["LoadBalancers"].append(
            {
                "LoadBalancerArn": arn,
                "LoadBalancerName": name,
                "DNSName": f"{name}-1.elb.eu-west-1.amazonaws.com",
                "Type": "network",
                "Scheme": "internal",
                "State": {"Code": "active"},
                "VpcId": "vpc-a",
                "AvailabilityZones": [],
                "SecurityGroups": [],
                **more,
            }
        )
        self.lists["LoadBalancerAttributes"].append(
            {
                "LoadBalancerArn": arn,
                "Attributes": [{"Key": "load_balancing.cross_zone.enabled", "Value": "false"}],
            }
        )
        self.lists["Listeners"].append(
            {
                "ListenerArn": f"{arn}/listener",
                "LoadBalancerArn": arn,
                "Port": port,
                "Protocol": "TCP",
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": f"arn:tg/{name}"}],
            }
        )
        self.lists["TargetGroups"].append(
            {
                "TargetGroupArn": f"arn:tg/{name}",
                "TargetGroupName": f"tg-{name}",
                "TargetType": "ip",
                "Port": 8443,
                "Protocol": "TCP",
            }
        )
        self.lists["TargetHealthDescriptions"].append(
            {"TargetGroupArn": f"arn:tg/{name}", "TargetHealthDescriptions": []}
        )
        return arn

    def target(
        self, name: str, identity: str, state: str = "healthy", reason: str | None = None
    ) -> None:
        """Register a target with a load balancer."""
        self.entry("TargetHealthDescriptions", f"arn:tg/{name}")["TargetHealthDescriptions"].append(
            {
                "Target": {"Id": identity, "Port": 8443},
                "TargetHealth": {"State": state, **({"Reason": reason} if reason else {})},
            }
        )

    def endpoint(
        self,
        service: str,
        *,
        name: str = "vpce-a",
        kind: str = "Gateway",
        vpc: str = "vpc-a",
        **more: Any,
    ) -> str:
        """Add a VPC endpoint that lets everything."""
        self.lists["VpcEndpoints"].append(
            {
                "VpcEndpointId": name,
                "VpcEndpointType": kind,
                "VpcId": vpc,
                "ServiceName": f"com.amazonaws.eu-west-1.{service}",
                "State": "available",
                "PolicyDocument": '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*",'
                '"Resource":"*"}],"Version":"2008-10-17"}',
                "RouteTableIds": [],
                "SubnetIds": [],
                "Groups": [],
                "NetworkInterfaceIds": [],
                "DnsEntries": [],
                "PrivateDnsEnabled": False,
                **more,
            }
        )
        return name

    def prefix_list(self, name: str, service: str, cidrs: Iterable[str]) -> str:
        """Add AWS's prefix list of a service."""
        self.lists["PrefixLists"].append(
            {
                "PrefixListId": name,
                "PrefixListName": f"com.amazonaws.eu-west-1.{service}",
                "Cidrs": list(cidrs),
            }
        )
        return name


TARGET_FIELDS = {
    "igw": "GatewayId",
    "vgw": "GatewayId",
    "vpce": "GatewayId",
    "nat": "NatGatewayId",
    "tgw": "TransitGatewayId",
    "pcx": "VpcPeeringConnectionId",
    "eigw": "EgressOnlyInternetGatewayId",
    "eni": "NetworkInterfaceId",
    "i": "InstanceId",
    "lgw": "LocalGatewayId",
}


def route(to: str, target: str, **more: Any) -> dict[str, Any]:
    """One route in the shape of DescribeRouteTables."""
    key = "DestinationPrefixListId" if to.startswith("pl-") else "DestinationCidrBlock"
    if ":" in to:
        key = "DestinationIpv6CidrBlock"
    field = TARGET_FIELDS[target.partition("-")[0]]
    return {key: to, field: target, "State": "active", "Origin": "CreateRoute", **more}


def transit_route(
    cidr: str, attachment: str | None, vpc: str | None, **more: Any
) -> dict[str, Any]:
    """One route of a transit gateway in the shape of SearchTransitGatewayRoutes."""
    attached = {"TransitGatewayAttachmentId": attachment, "ResourceId": vpc, "ResourceType": "vpc"}
    return {
        "DestinationCidrBlock": cidr,
        "TransitGatewayAttachments": [attached] if attachment else [],
        "Type": "propagated",
        "State": "active",
        **more,
    }


def permission(
    protocol: str,
    port: int | tuple[int, int] | None,
    *,
    cidr: str | None = None,
    cidr6: str | None = None,
    prefix_list: str | None = None,
    group: str | None = None,
    **pair: Any,
) -> dict[str, Any]:
    """One permission of a security group in the shape of DescribeSecurityGroups."""
    ports = (port, port) if isinstance(port, int) else port
    found: dict[str, Any] = {
        "IpProtocol": protocol,
        "IpRanges": [{"CidrIp": cidr}] if cidr else [],
        "Ipv6Ranges": [{"CidrIpv6": cidr6}] if cidr6 else [],
        "PrefixListIds": [{"PrefixListId": prefix_list}] if prefix_list else [],
        "UserIdGroupPairs": [{"GroupId": group, "UserId": ACCOUNT, **pair}] if group else [],
    }
    if ports is not None:
        found |= {"FromPort": ports[0], "ToPort": ports[1]}
    return found


def tcp(port: int | tuple[int, int], **peer: Any) -> dict[str, Any]:
    """One TCP permission."""
    return permission("tcp", port, **peer)


AclRule = tuple[int, str, str, str, str, tuple[int, int] | None]


def _acl_entry(rule: AclRule) -> dict[str, Any]:
    number, way, protocol, action, cidr, ports = rule
    found: dict[str, Any] = {
        "RuleNumber": number,
        "Egress": way == "out",
        "Protocol": protocol,
        "RuleAction": action,
        "Ipv6CidrBlock" if ":" in cidr else "CidrBlock": cidr,
    }
    if ports is not None:
        found["PortRange"] = {"From": ports[0], "To": ports[1]}
    return found


def codes(path: Path) -> list[str]:
    """Return the codes of a path's blockers, in order."""
    return [blocker.code for blocker in path.blockers]
