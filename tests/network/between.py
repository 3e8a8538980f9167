"""What lies between VPCs and on the way: peering, transit, firewalls, balancers, endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.network.entries import ACCOUNT, transit_route

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    "VpcEndpointServices",
    "ResolverRuleAssociations",
    "ResolverRules",
    "Firewalls",
    "FirewallPolicies",
    "RuleGroups",
]


class Between:
    """One account and Region, as far as it is not a VPC of its own."""

    def __init__(self) -> None:
        self.lists: dict[str, Any] = {name: [] for name in LISTS}
        self.lists["FunctionConfiguration"] = {"FunctionName": "fn", "VpcConfig": {}}

    def entry(self, name: str, identity: str) -> dict[str, Any]:
        """Return one entry, to change what the language does not say."""
        for entry in self.lists[name]:
            if identity in entry.values():
                found: dict[str, Any] = entry
                return found
        raise KeyError(identity)

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
