"""Network firewalls with their policies and rules, as the describe calls show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.parts import ALL_PORTS

if TYPE_CHECKING:
    from tests.lab.parts import Firewall, FirewallRule
    from tests.lab.reading import Network
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
OWNER = "123456789012"


def firewall_endpoints(scenario: Scenario) -> list[Entry]:
    """List the endpoints that routes to firewalls lead to."""
    return [
        {
            "VpcEndpointId": f"vpce-{firewall.name}",
            "VpcEndpointType": "GatewayLoadBalancer",
            "VpcId": f"vpc-{scenario.subnets[firewall.subnet].vpc}",
            "ServiceName": f"com.amazonaws.vpce.{scenario.region}.vpce-svc-{firewall.name}",
            "State": firewall.state,
            "SubnetIds": [f"subnet-{firewall.subnet}"],
            "NetworkInterfaceIds": [f"eni-firewall-{firewall.name}"],
        }
        for firewall in scenario.firewalls.values()
    ]


def firewalls(scenario: Scenario) -> Entry:
    """List network firewalls, one policy and the groups of stateful rules for each."""
    every = [f for f in scenario.firewalls.values() if f.type == "network-firewall"]
    return {
        "Firewalls": [_firewall(scenario, firewall) for firewall in every],
        "FirewallPolicies": [_policy(scenario, firewall) for firewall in every],
        "RuleGroups": [
            _rule_group(scenario, name, source)
            for firewall in every
            for name, source in _sources(firewall).items()
        ],
    }


def _arn(scenario: Scenario, kind: str, name: str) -> str:
    return f"arn:aws:network-firewall:{scenario.region}:{OWNER}:{kind}/{name}"


def _firewall(scenario: Scenario, firewall: Firewall) -> Entry:
    subnet = scenario.subnets[firewall.subnet]
    attachment = {"SubnetId": f"subnet-{subnet.name}", "EndpointId": f"vpce-{firewall.name}"}
    return {
        "Firewall": {
            "FirewallName": firewall.name,
            "FirewallArn": _arn(scenario, "firewall", firewall.name),
            "FirewallPolicyArn": _arn(scenario, "firewall-policy", firewall.name),
            "VpcId": f"vpc-{subnet.vpc}",
            "SubnetMappings": [{"SubnetId": f"subnet-{subnet.name}"}],
        },
        "FirewallStatus": {
            "Status": "READY",
            "SyncStates": {f"{scenario.region}{subnet.az}": {"Attachment": attachment}},
        },
    }


def _policy(scenario: Scenario, firewall: Firewall) -> Entry:
    """Show a policy that hands everything to the stateful rules, judged in strict order.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html
    """
    groups = [_arn(scenario, "stateful-rulegroup", name) for name in _sources(firewall)]
    return {
        "FirewallPolicyResponse": {
            "FirewallPolicyName": firewall.name,
            "FirewallPolicyArn": _arn(scenario, "firewall-policy", firewall.name),
        },
        "FirewallPolicy": {
            "StatelessDefaultActions": ["aws:forward_to_sfe"],
            "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"],
            "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER"},
            "StatefulRuleGroupReferences": [
                {"ResourceArn": group, "Priority": at} for at, group in enumerate(groups, 1)
            ],
            "StatefulDefaultActions": ["aws:drop_strict"] if firewall.otherwise == "drop" else [],
        },
    }


def _sources(firewall: Firewall) -> dict[str, Entry]:
    """Give the sources of its rule groups by their names: first domains, then flows."""
    found: dict[str, Entry] = {}
    if firewall.domains:
        found[f"domains-{firewall.name}"] = _domains("DENYLIST", firewall.domains)
    if firewall.only_domains:
        found[f"only-domains-{firewall.name}"] = _domains("ALLOWLIST", firewall.only_domains)
    rules = [_rule(rule, at) for at, rule in enumerate(firewall.rules, 1)]
    return {**found, firewall.name: {"StatefulRules": rules}}


def _domains(kind: str, domains: tuple[str, ...]) -> Entry:
    types = ["TLS_SNI", "HTTP_HOST"]
    listed = {"Targets": list(domains), "TargetTypes": types, "GeneratedRulesType": kind}
    return {"RulesSourceList": listed}


def _rule_group(scenario: Scenario, name: str, source: Entry) -> Entry:
    return {
        "RuleGroupResponse": {
            "RuleGroupName": name,
            "RuleGroupArn": _arn(scenario, "stateful-rulegroup", name),
            "Type": "STATEFUL",
        },
        "RuleGroup": {
            "RulesSource": source,
            "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
        },
    }


def _rule(rule: FirewallRule, at: int) -> Entry:
    low, high = rule.ports
    span = str(low) if low == high else f"{low}:{high}"
    return {
        "Action": rule.action.upper(),
        "Header": {
            "Protocol": "IP" if rule.protocol == "all" else rule.protocol.upper(),
            "Source": _range(rule.source),
            "SourcePort": "ANY",
            "Direction": "FORWARD",
            "Destination": _range(rule.destination),
            "DestinationPort": "ANY" if rule.ports == ALL_PORTS else span,
        },
        "RuleOptions": [{"Keyword": "sid", "Settings": [str(at)]}],
    }


def _range(network: Network) -> str:
    return str(network) if network.prefixlen else "ANY"
