"""The lists a snapshot may hold: AWS's own list names, and the permission that reads each.

A name missing from a snapshot, or standing there as {"unread": "reason"}, was not read. Lists that
AWS answers per owner (the entries of one prefix list, the routes of one transit gateway table) are
kept as a list of those answers, each with the id that was asked for beside it:

  VpcAttributes             {"VpcId", "EnableDnsSupport": {"Value"}, "EnableDnsHostnames": ...}
  SubnetNetworkInterfaces   all of one subnet: {"SubnetId", "NetworkInterfaces": [...]}
  ManagedPrefixListEntries  {"PrefixListId", "Entries": [{"Cidr"}]}
  TransitGatewayRoutes      {"TransitGatewayRouteTableId", "Routes": [...]}
  LoadBalancerAttributes    {"LoadBalancerArn", "Attributes": [{"Key", "Value"}]}
  TargetHealthDescriptions  {"TargetGroupArn", "TargetHealthDescriptions": [...]}
  ResourceRecordSets        {"HostedZoneId", "ResourceRecordSets": [...]}
  HostedZones               list-hosted-zones-by-vpc: {"HostedZoneId", "Name", "VPCs": [{"VPCId"}]}
  FirewallRules             {"FirewallRuleGroupId", "FirewallRules": [...]}
  FirewallDomains           {"FirewallDomainListId", "Domains": [...]}
  RolePolicies              the function's role: {"PolicyName", "PolicyArn"?, "PolicyDocument"}
  NatGatewayMetrics         last hours: {"NatGatewayId", "ErrorPortAllocation": 0.0}
  Firewalls                 describe-firewall: {"Firewall": {...}, "FirewallStatus": {...}}
  FirewallPolicies          describe-firewall-policy: {"FirewallPolicyResponse", "FirewallPolicy"}
  RuleGroups                describe-rule-group: {"RuleGroupResponse", "RuleGroup"}
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One list: the field that names an entry, and the permission that reads it.

    Without a permission it is a list that other tools save, and that we never ask AWS for.
    """

    id: str | None
    needs: str | None = None


LISTS: dict[str, Key] = {
    "Vpcs": Key("VpcId", "ec2:DescribeVpcs"),
    "VpcAttributes": Key("VpcId", "ec2:DescribeVpcAttribute"),
    "Subnets": Key("SubnetId", "ec2:DescribeSubnets"),
    "RouteTables": Key("RouteTableId", "ec2:DescribeRouteTables"),
    "SecurityGroups": Key("GroupId", "ec2:DescribeSecurityGroups"),
    "NetworkAcls": Key("NetworkAclId", "ec2:DescribeNetworkAcls"),
    "InternetGateways": Key("InternetGatewayId", "ec2:DescribeInternetGateways"),
    "EgressOnlyInternetGateways": Key(
        "EgressOnlyInternetGatewayId", "ec2:DescribeEgressOnlyInternetGateways"
    ),
    "NatGateways": Key("NatGatewayId", "ec2:DescribeNatGateways"),
    "VpcEndpoints": Key("VpcEndpointId", "ec2:DescribeVpcEndpoints"),
    "VpcEndpointServices": Key("ServiceName", "ec2:DescribeVpcEndpointServices"),
    "PrefixLists": Key("PrefixListId", "ec2:DescribePrefixLists"),
    "ManagedPrefixListEntries": Key("PrefixListId", "ec2:GetManagedPrefixListEntries"),
    "NetworkInterfaces": Key("NetworkInterfaceId", "ec2:DescribeNetworkInterfaces"),
    "SubnetNetworkInterfaces": Key("SubnetId", "ec2:DescribeNetworkInterfaces"),
    "Instances": Key("InstanceId", "ec2:DescribeInstances"),
    "DhcpOptions": Key("DhcpOptionsId", "ec2:DescribeDhcpOptions"),
    "VpcPeeringConnections": Key("VpcPeeringConnectionId", "ec2:DescribeVpcPeeringConnections"),
    "TransitGateways": Key("TransitGatewayId", "ec2:DescribeTransitGateways"),
    "TransitGatewayVpcAttachments": Key(
        "TransitGatewayAttachmentId", "ec2:DescribeTransitGatewayVpcAttachments"
    ),
    "TransitGatewayAttachments": Key(
        "TransitGatewayAttachmentId", "ec2:DescribeTransitGatewayAttachments"
    ),
    "TransitGatewayRouteTables": Key("TransitGatewayRouteTableId"),
    "TransitGatewayRoutes": Key("TransitGatewayRouteTableId", "ec2:SearchTransitGatewayRoutes"),
    "TransitGatewayStaticRoutes": Key("TransitGatewayRouteTableId"),
    "TransitGatewayPropagations": Key("TransitGatewayRouteTableId"),
    "VpnGateways": Key("VpnGatewayId", "ec2:DescribeVpnGateways"),
    "VpcBlockPublicAccessExclusions": Key(
        "ExclusionId", "ec2:DescribeVpcBlockPublicAccessExclusions"
    ),
    "LoadBalancers": Key("LoadBalancerArn", "elasticloadbalancing:DescribeLoadBalancers"),
    "Listeners": Key("ListenerArn", "elasticloadbalancing:DescribeListeners"),
    "TargetGroups": Key("TargetGroupArn", "elasticloadbalancing:DescribeTargetGroups"),
    "LoadBalancerAttributes": Key(
        "LoadBalancerArn", "elasticloadbalancing:DescribeLoadBalancerAttributes"
    ),
    "TargetHealthDescriptions": Key("TargetGroupArn", "elasticloadbalancing:DescribeTargetHealth"),
    "DBInstances": Key("DBInstanceIdentifier", "rds:DescribeDBInstances"),
    "DBClusters": Key("DBClusterIdentifier", "rds:DescribeDBClusters"),
    "DBSubnetGroups": Key("DBSubnetGroupName"),
    "DBProxies": Key("DBProxyName", "rds:DescribeDBProxies"),
    "CacheClusters": Key("CacheClusterId", "elasticache:DescribeCacheClusters"),
    "ReplicationGroups": Key("ReplicationGroupId", "elasticache:DescribeReplicationGroups"),
    "ServerlessCaches": Key("ServerlessCacheName"),
    "HostedZones": Key("HostedZoneId", "route53:ListHostedZonesByVPC"),
    "ResourceRecordSets": Key("HostedZoneId", "route53:ListResourceRecordSets"),
    "FirewallRuleGroupAssociations": Key("Id", "route53resolver:ListFirewallRuleGroupAssociations"),
    "FirewallRules": Key("FirewallRuleGroupId", "route53resolver:ListFirewallRules"),
    "FirewallDomains": Key("FirewallDomainListId", "route53resolver:ListFirewallDomains"),
    "FirewallConfigs": Key("ResourceId"),
    "ResolverRuleAssociations": Key("Id", "route53resolver:ListResolverRuleAssociations"),
    "ResolverRules": Key("Id", "route53resolver:GetResolverRule"),
    "RolePolicies": Key("PolicyName", "iam:GetRolePolicy"),
    "NatGatewayMetrics": Key("NatGatewayId", "cloudwatch:GetMetricStatistics"),
    "Firewalls": Key(None, "network-firewall:DescribeFirewall"),
    "FirewallPolicies": Key(None, "network-firewall:DescribeFirewallPolicy"),
    "RuleGroups": Key(None, "network-firewall:DescribeRuleGroup"),
}

OBJECTS: dict[str, str] = {
    "FunctionConfiguration": "lambda:GetFunctionConfiguration",
    "VpcBlockPublicAccessOptions": "ec2:DescribeVpcBlockPublicAccessOptions",
}

# Other tools save these lists under names of their own; the entries are the same.
ALIASES = {
    "LoadBalancerTargetHealth": "TargetHealthDescriptions",
    "ManagedPrefixLists": "PrefixLists",
    "Configuration": "FunctionConfiguration",
}


# Lists whose entries each hold a part of another list.
NESTED = {
    "Reservations": "Instances",  # DescribeInstances
    "LoadBalancerListeners": "Listeners",  # other tools keep them by load balancer
}


def needs(name: str) -> str | None:
    """Return the permission that reads this list, e.g. "ec2:DescribeSubnets"."""
    if name in LISTS:
        return LISTS[name].needs
    return OBJECTS.get(name)
