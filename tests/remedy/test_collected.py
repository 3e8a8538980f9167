"""What the collector reads of an account gives the same fixes as the whole account would."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.network.collector.collect import collect
from probe.network.dns.names import resolve
from probe.network.vpc import Network
from probe.network.walk.path import Source, walk
from probe.remedy import again, mend
from tests.network.aws import Aws
from tests.remedy.case import findings
from tests.remedy.cases import CASES

if TYPE_CHECKING:
    from probe.model import Fix, Path
    from probe.network.values import Snapshot
    from tests.remedy.case import Case


def read(case: Case) -> Snapshot:
    """Read a case as a live account would be read."""
    targets = case.targets.values()
    return collect(
        Aws(case, garbage=answers(case)),
        function="orders",
        addresses=[target.address for target in targets],
        hosts=[*(target.host for target in targets if target.host), *case.names.values()],
        services=[target.service for target in targets if target.service],
    )


def answers(case: Case) -> dict[str, Any]:
    """Answer what Route 53, its Resolver and Network Firewall are asked."""
    rules = case.lists.get("FirewallRules") or [{"FirewallRules": []}]
    domains = case.lists.get("FirewallDomains") or [{"Domains": []}]
    name = "FirewallRuleGroupAssociations"
    walls, policies = case.lists.get("Firewalls"), case.lists.get("FirewallPolicies")
    groups = case.lists.get("RuleGroups")
    return {
        "DescribeFirewall": walls[0] if walls else {},
        "DescribeFirewallPolicy": policies[0] if policies else {},
        "DescribeRuleGroup": groups[0] if groups else {},
        "ListHostedZonesByVPC": {"HostedZoneSummaries": []},
        "ListResolverRuleAssociations": {"ResolverRuleAssociations": []},
        f"List{name}": {name: case.lists.get(name, [])},
        "ListFirewallRules": {"FirewallRules": rules[0]["FirewallRules"]},
        "ListFirewallDomains": {"Domains": domains[0]["Domains"]},
    }


def fix_from(case: Case, snapshot: Snapshot, code: str) -> Fix | None:
    """Walk and mend with this snapshot."""
    config = case.lists["FunctionConfiguration"]["VpcConfig"]
    groups = tuple(config["SecurityGroupIds"])
    network = Network(snapshot)
    paths: list[Path] = []
    for subnet in config["SubnetIds"] or (None,):
        source = Source(subnet, groups)
        for label, target in case.targets.items():
            paths.append(replace(walk(network, source, target), target=label))
        for label, host in case.names.items():
            paths.append(replace(resolve(network, host, source).path(source), target=label))
    walk_again = again(snapshot, case.targets, groups)
    found = mend(findings(paths), paths, snapshot, walk_again)
    return next((one.fix for one in found if one.code == code), None)


@pytest.mark.parametrize("name", CASES)
def test_fix_needs_no_more_than_the_collector_reads(name: str) -> None:
    """The same commands come of it, and they are checked."""
    code, build = CASES[name]
    case = build()

    fix = fix_from(case, read(case), code)

    assert fix is not None
    assert fix.checked
    assert fix.cli == case.fix(code).cli
