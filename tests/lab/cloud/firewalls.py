"""Firewall endpoints: of AWS Network Firewall with its rules, or of an appliance that nobody reads.

https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-high-level-steps.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.parts import ALL_PORTS

if TYPE_CHECKING:
    from tests.lab.cloud.base import Cloud
    from tests.lab.parts import Firewall, FirewallRule

ANY = "ANY"
_STRICT = {"RuleOrder": "STRICT_ORDER"}


def firewalls(cloud: Cloud) -> None:
    """Create the endpoints, and describe the firewalls behind them."""
    for firewall in cloud.scenario.firewalls.values():
        arn = _arn(cloud, "firewall", firewall.name)
        managed = firewall.type == "network-firewall"
        tags = [
            {"Key": "AWSNetworkFirewallManaged", "Value": "true"},
            {"Key": "Firewall", "Value": arn},
        ]
        made = cloud.ec2.create_vpc_endpoint(
            VpcEndpointType="GatewayLoadBalancer",
            VpcId=cloud.id("vpc", cloud.scenario.subnets[firewall.subnet].vpc),
            ServiceName=f"com.amazonaws.vpce.{cloud.scenario.region}.vpce-svc-0f1e2d3c4b5a69788",
            SubnetIds=[cloud.id("subnet", firewall.subnet)],
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags if managed else []}],
        )["VpcEndpoint"]["VpcEndpointId"]
        cloud.ids[f"firewall {firewall.name}"] = made
        eni = cloud.plan.eni("firewall", firewall.name)
        interface = cloud.interface(eni, f"VPC Endpoint Interface {made}")
        cloud.managed(interface, "gateway_load_balancer_endpoint", "amazon-aws")
        model = cloud.account.ec2.vpc_end_points[made]
        model.state = firewall.state
        model.network_interface_ids = [interface]
        if managed:
            _describe(cloud, firewall, arn, made)
            cloud.ids[f"network-firewall {firewall.name}"] = arn  # what a finding names


def dns_firewalls(cloud: Cloud) -> None:
    """Create the rules that watch over the resolvers.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-configuring.html
    """
    client = cloud.aws("route53resolver")
    for number, firewall in enumerate(cloud.scenario.dns_firewalls.values(), 101):
        group = client.create_firewall_rule_group(Name=firewall.name)["FirewallRuleGroup"]["Id"]
        cloud.ids[f"dns-firewall {firewall.name}"] = group
        for at, rule in enumerate(firewall.rules, 1):
            name = f"{firewall.name}-{at}"
            made = client.create_firewall_domain_list(Name=name)["FirewallDomainList"]["Id"]
            client.update_firewall_domains(
                FirewallDomainListId=made, Operation="ADD", Domains=list(rule.domains)
            )
            verdict = {"Action": "ALLOW"}
            if rule.answer:
                verdict = {"Action": "BLOCK", "BlockResponse": rule.answer.upper()}
            client.create_firewall_rule(
                FirewallRuleGroupId=group,
                FirewallDomainListId=made,
                Priority=100 * at,
                Name=name,
                **verdict,
            )
        client.associate_firewall_rule_group(
            FirewallRuleGroupId=group,
            VpcId=cloud.id("vpc", firewall.vpc),
            Priority=number,
            Name=firewall.name,
        )


def resolver_rules(cloud: Cloud) -> None:
    """Create the rules that have other servers asked, and those that take domains out of them."""
    client = cloud.aws("route53resolver")
    for rule in cloud.scenario.resolver_rules.values():
        made = client.create_resolver_rule(
            CreatorRequestId=rule.name,
            Name=rule.name,
            DomainName=rule.domain or ".",
            **(
                {
                    "RuleType": "FORWARD",
                    "TargetIps": [{"Ip": str(server), "Port": 53} for server in rule.servers],
                    "ResolverEndpointId": "rslvr-out-0a1b2c3d4e5f60718",
                }
                if rule.servers
                else {"RuleType": "SYSTEM"}
            ),
        )["ResolverRule"]["Id"]
        cloud.ids[f"resolver-rule {rule.name}"] = made  # what a finding names
        client.associate_resolver_rule(ResolverRuleId=made, VPCId=cloud.id("vpc", rule.vpc))


def _arn(cloud: Cloud, kind: str, name: str) -> str:
    region, account = cloud.scenario.region, cloud.account.id
    return f"arn:aws:network-firewall:{region}:{account}:{kind}/{name}"


def _describe(cloud: Cloud, firewall: Firewall, arn: str, endpoint: str) -> None:
    policy = _arn(cloud, "firewall-policy", firewall.name)
    ready = "READY" if firewall.state == "available" else "FAILED"
    subnet = cloud.id("subnet", firewall.subnet)
    attachment = {"SubnetId": subnet, "EndpointId": endpoint, "Status": ready}
    documents = cloud.account.documents
    documents[arn] = {
        "Firewall": {
            "FirewallName": firewall.name,
            "FirewallArn": arn,
            "FirewallId": "0f1e2d3c",
            "FirewallPolicyArn": policy,
            "VpcId": cloud.id("vpc", cloud.scenario.subnets[firewall.subnet].vpc),
            "SubnetMappings": [{"SubnetId": subnet}],
        },
        "FirewallStatus": {
            "Status": ready,
            "ConfigurationSyncStateSummary": "IN_SYNC",
            "SyncStates": {cloud.zone(firewall.subnet): {"Attachment": attachment}},
        },
    }
    groups = _rule_groups(cloud, firewall)
    documents |= groups
    for group in groups:  # "rule-group domains inspection": what a finding names
        name = group.rpartition("/")[2].removeprefix(f"{firewall.name}-")
        cloud.ids[f"rule-group {name} {firewall.name}"] = group
    documents[policy] = {
        "FirewallPolicyResponse": {
            "FirewallPolicyName": firewall.name,
            "FirewallPolicyArn": policy,
            "FirewallPolicyId": "0f1e2d3d",
        },
        "FirewallPolicy": {
            # Everything goes to the stateful engine, which judges flows and not packets.
            "StatelessDefaultActions": ["aws:forward_to_sfe"],
            "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"],
            "StatefulEngineOptions": _STRICT,
            "StatefulRuleGroupReferences": [
                {"ResourceArn": group, "Priority": at} for at, group in enumerate(groups, 1)
            ],
            "StatefulDefaultActions": ["aws:drop_strict"] if firewall.otherwise == "drop" else [],
            **_inspection(cloud, firewall),
        },
    }


def _inspection(cloud: Cloud, firewall: Firewall) -> dict[str, str]:
    if not firewall.inspects:
        return {}
    return {"TLSInspectionConfigurationArn": _arn(cloud, "tls-configuration", firewall.name)}


def _rule_groups(cloud: Cloud, firewall: Firewall) -> dict[str, dict[str, Any]]:
    """Describe the rules: first the domains, then the flows.

    https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_RulesSource.html
    """
    sources: dict[str, dict[str, Any]] = {}
    if firewall.domains:
        sources["domains"] = _domains("DENYLIST", firewall.domains)
    if firewall.only_domains:
        sources["only-domains"] = _domains("ALLOWLIST", firewall.only_domains)
    rules = [_rule(rule, at) for at, rule in enumerate(firewall.rules, 1)]
    if firewall.otherwise == "reject":
        header = dict.fromkeys(("Source", "SourcePort", "Destination", "DestinationPort"), ANY)
        rules.append(_stateful("REJECT", {**header, "Protocol": "IP"}, len(rules) + 1))
    if rules:
        sources["flows"] = {"StatefulRules": rules}
    return {
        _arn(cloud, "stateful-rulegroup", f"{firewall.name}-{name}"): {
            "UpdateToken": "lab",
            "RuleGroup": {"RulesSource": source, "StatefulRuleOptions": _STRICT},
            "RuleGroupResponse": {
                "RuleGroupName": f"{firewall.name}-{name}",
                "RuleGroupArn": _arn(cloud, "stateful-rulegroup", f"{firewall.name}-{name}"),
                "RuleGroupId": "0f1e2d3e",
                "Type": "STATEFUL",
            },
        }
        for name, source in sources.items()
    }


def _domains(kind: str, domains: tuple[str, ...]) -> dict[str, Any]:
    return {
        "RulesSourceList": {
            "Targets": list(domains),
            "TargetTypes": ["TLS_SNI", "HTTP_HOST"],
            "GeneratedRulesType": kind,
        }
    }


def _rule(rule: FirewallRule, at: int) -> dict[str, Any]:
    low, high = rule.ports
    span = str(low) if low == high else f"{low}:{high}"
    header = {
        "Protocol": "IP" if rule.protocol == "all" else rule.protocol.upper(),
        "Source": _range(rule.source),
        "SourcePort": ANY,
        "Destination": _range(rule.destination),
        "DestinationPort": ANY if rule.ports == ALL_PORTS else span,
    }
    return _stateful(rule.action.upper(), header, at)


def _range(network: Any) -> str:
    return str(network) if network.prefixlen else ANY


def _stateful(action: str, header: dict[str, str], at: int) -> dict[str, Any]:
    return {
        "Action": action,
        "Header": {**header, "Direction": "FORWARD"},
        "RuleOptions": [{"Keyword": "sid", "Settings": [str(at)]}],
    }
