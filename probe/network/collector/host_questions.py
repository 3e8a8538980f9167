"""Which calls tell what stands behind a host name: databases, caches, load balancers, zones.

AWS's names say what kind of thing they belong to, so nothing is asked that no name calls for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.collector import questions
from probe.network.collector.gathering import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probe.network.values import Entry


def of_hosts(hosts: Iterable[str]) -> Iterator[Question]:
    """Ask for the databases, caches and load balancers that these names may belong to."""
    names = sorted({host.rstrip(".").lower() for host in hosts})
    databases = _databases(names)
    instances = {labels[0] for labels in databases if not _second(labels, "cluster", "proxy")}
    clusters = {labels[0] for labels in databases if _second(labels, "cluster")}
    if instances:
        yield _rds("DBInstances", "DescribeDBInstances", "db-instance-id", instances)
    if clusters:
        yield _rds("DBInstances", "DescribeDBInstances", "db-cluster-id", clusters)
        yield _rds("DBClusters", "DescribeDBClusters", "db-cluster-id", clusters)
    if any(_second(labels, "proxy") for labels in databases):
        yield Question("DBProxies", "rds", "DescribeDBProxies")
    if any(_within(name, "cache.amazonaws.com") for name in names):
        yield Question(
            "CacheClusters", "elasticache", "DescribeCacheClusters", {"ShowCacheNodeInfo": True}
        )
        yield Question("ReplicationGroups", "elasticache", "DescribeReplicationGroups")
    if any(".elb." in name and _within(name, "amazonaws.com") for name in names):
        yield Question("LoadBalancers", "elbv2", "DescribeLoadBalancers")


def of_lost_hosts(hosts: Iterable[str]) -> Iterator[Question]:
    """Ask for the names of all databases, where one is wanted whose name none of those has.

    Their names alone: what is like a name that is gone is no target, and is followed no further.
    """
    databases = _databases(hosts)
    if any(not _second(labels, "cluster", "proxy") for labels in databases):
        yield _names("DBInstances", "DBInstanceIdentifier", "Endpoint")
    if any(_second(labels, "cluster") for labels in databases):
        yield _names("DBClusters", "DBClusterIdentifier", "Endpoint", "ReaderEndpoint")


def _names(name: str, *fields: str) -> Question:
    def entries(answer: Mapping[str, Any]) -> list[Entry]:
        return [{key: one[key] for key in fields if key in one} for one in answer[name]]

    return Question(name, "rds", f"Describe{name}", entries=entries)


def _databases(hosts: Iterable[str]) -> list[list[str]]:
    """Return the labels of the names that RDS gives."""
    return [host.split(".") for host in hosts if _within(host, "rds.amazonaws.com")]


def _within(name: str, domain: str) -> bool:
    return name.endswith((f".{domain}", f".{domain}.cn"))


def _second(labels: list[str], *kinds: str) -> bool:
    """Tell whether a name is "x.cluster-abc.eu-west-1.rds...", "x.cluster-ro-abc..." and so on."""
    return len(labels) > 1 and labels[1].startswith(tuple(f"{kind}-" for kind in kinds))


def _rds(name: str, operation: str, by: str, values: Iterable[str]) -> Question:
    return Question(name, "rds", operation, {"Filters": [{"Name": by, "Values": sorted(values)}]})


def load_balancers(names: Iterable[str]) -> Iterator[Question]:
    """Ask for load balancers by the names that their interfaces tell."""
    wanted = sorted(set(names))
    if wanted:
        yield Question("LoadBalancers", "elbv2", "DescribeLoadBalancers", {"Names": wanted})


def behind(load_balancer_arns: Iterable[str]) -> Iterator[Question]:
    """Ask for what a load balancer listens to and hands on to."""
    for arn in sorted(set(load_balancer_arns)):
        yield Question("Listeners", "elbv2", "DescribeListeners", {"LoadBalancerArn": arn})
        yield Question(
            "LoadBalancerAttributes",
            "elbv2",
            "DescribeLoadBalancerAttributes",
            {"LoadBalancerArn": arn},
            questions.with_id("LoadBalancerArn", arn, "Attributes"),
        )
        yield Question("TargetGroups", "elbv2", "DescribeTargetGroups", {"LoadBalancerArn": arn})


def health(target_group_arns: Iterable[str]) -> Iterator[Question]:
    """Ask for the targets of target groups and their health."""
    for arn in sorted(set(target_group_arns)):
        yield Question(
            "TargetHealthDescriptions",
            "elbv2",
            "DescribeTargetHealth",
            {"TargetGroupArn": arn},
            questions.with_id("TargetGroupArn", arn, "TargetHealthDescriptions"),
        )


def zones(vpc_ids: Iterable[str], region: str | None) -> Iterator[Question]:
    """Ask which private hosted zones a VPC's resolver answers from."""
    for vpc_id in sorted(set(vpc_ids)) if region else ():
        yield Question(
            "HostedZones",
            "route53",
            "ListHostedZonesByVPC",
            {"VPCId": vpc_id, "VPCRegion": region},
            lambda answer, vpc_id=vpc_id: [  # type: ignore[misc]
                {**zone, "VPCs": [{"VPCId": vpc_id}]}
                for zone in answer.get("HostedZoneSummaries", [])
            ],
        )


def records(zone_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for the records of private hosted zones."""
    for zone_id in sorted(set(zone_ids)):
        yield Question(
            "ResourceRecordSets",
            "route53",
            "ListResourceRecordSets",
            {"HostedZoneId": zone_id},
            questions.with_id("HostedZoneId", zone_id, "ResourceRecordSets"),
        )


def dns_firewalls(vpc_ids: Iterable[str]) -> Iterator[Question]:
    """Ask which DNS Firewall rule groups watch a VPC."""
    for vpc_id in sorted(set(vpc_ids)):
        yield Question(
            "FirewallRuleGroupAssociations",
            "route53resolver",
            "ListFirewallRuleGroupAssociations",
            {"VpcId": vpc_id},
        )


def dns_rules(rule_group_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for the rules of DNS Firewall rule groups."""
    for identity in sorted(set(rule_group_ids)):
        yield Question(
            "FirewallRules",
            "route53resolver",
            "ListFirewallRules",
            {"FirewallRuleGroupId": identity},
            questions.with_id("FirewallRuleGroupId", identity, "FirewallRules"),
        )


def dns_domains(list_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for the domains of DNS Firewall domain lists."""
    for identity in sorted(set(list_ids)):
        yield Question(
            "FirewallDomains",
            "route53resolver",
            "ListFirewallDomains",
            {"FirewallDomainListId": identity},
            questions.with_id("FirewallDomainListId", identity, "Domains"),
        )


def endpoint_services(names: Iterable[str]) -> Iterator[Question]:
    """Ask for endpoint services, with the names that endpoints to them may take over."""
    for name in sorted(set(names)):
        yield Question(
            "VpcEndpointServices",
            "ec2",
            "DescribeVpcEndpointServices",
            {"ServiceNames": [name]},
            lambda answer: answer.get("ServiceDetails", []),
        )


def resolver_rule_associations(vpc_ids: Iterable[str]) -> Iterator[Question]:
    """Ask which Resolver rules a VPC's resolver goes by."""
    for vpc_id in sorted(set(vpc_ids)):
        yield Question(
            "ResolverRuleAssociations",
            "route53resolver",
            "ListResolverRuleAssociations",
            {"Filters": [{"Name": "VPCId", "Values": [vpc_id]}]},
        )


def resolver_rules(rule_ids: Iterable[str]) -> Iterator[Question]:
    """Ask what Resolver rules say."""
    for identity in sorted(set(rule_ids)):
        yield Question(
            "ResolverRules",
            "route53resolver",
            "GetResolverRule",
            {"ResolverRuleId": identity},
            lambda answer: [answer["ResolverRule"]],
        )


def firewalls(arns: Iterable[str]) -> Iterator[Question]:
    """Ask for network firewalls."""
    for arn in sorted(set(arns)):
        yield Question(
            "Firewalls",
            "network-firewall",
            "DescribeFirewall",
            {"FirewallArn": arn},
            lambda answer: [answer],
        )


def firewall_policies(arns: Iterable[str]) -> Iterator[Question]:
    """Ask for the policies of network firewalls."""
    for arn in sorted(set(arns)):
        yield Question(
            "FirewallPolicies",
            "network-firewall",
            "DescribeFirewallPolicy",
            {"FirewallPolicyArn": arn},
            lambda answer: [answer],
        )


def rule_groups(arns: Iterable[str]) -> Iterator[Question]:
    """Ask for the rule groups of network firewalls."""
    for arn in sorted(set(arns)):
        yield Question(
            "RuleGroups",
            "network-firewall",
            "DescribeRuleGroup",
            {"RuleGroupArn": arn},
            lambda answer: [answer],
        )
