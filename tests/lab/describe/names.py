"""Names: what AWS shows of those that lead to machines, in Route 53, RDS and the endpoints.

Machines of a VPC that no AWS service names are in private hosted zones that all VPCs share.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tests.lab.machines.names import (
    balancer_host,
    is_inside,
    own_names,
    private_names,
    service_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.kernel.plan import Plan
    from tests.lab.parts import Host
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
INTERNAL = "lab.internal"


def host_names(scenario: Scenario) -> dict[str, str]:
    """Name every host and load balancer as AWS, or whoever runs it, does."""
    found = {host.name: _host_name(scenario, host) for host in scenario.hosts.values()}
    for balancer in scenario.load_balancers.values():
        found[balancer.name] = balancer_host(balancer, scenario.region)
    for name, endpoint in scenario.endpoints.items():
        found.setdefault(name, own_names(scenario, endpoint, endpoint_id(name))[0])
    return found


def _host_name(scenario: Scenario, host: Host) -> str:
    if host.kind == "rds" and host.subnet:
        return f"{host.name}.cabc123defgh.{scenario.region}.rds.amazonaws.com"
    return host.name if "." in host.name else f"{host.name}.{INTERNAL}"


def endpoint_id(name: str) -> str:
    """Make an endpoint's id of its name."""
    return f"vpce-{name}"


def endpoint_names(scenario: Scenario, name: str) -> list[str]:
    """List the names of an interface endpoint, its own and the one that it takes over."""
    endpoint = scenario.endpoints[name]
    own = own_names(scenario, endpoint, endpoint_id(name))
    return [*own, *(private_names(scenario, endpoint) if endpoint.private_dns else ())]


def endpoint_services(scenario: Scenario) -> list[Entry]:
    """Tell how other people's services are called, to which there are endpoints."""
    return [
        {
            "ServiceName": service_name(scenario.region, endpoint),
            "PrivateDnsNames": [
                {"PrivateDnsName": name} for name in private_names(scenario, endpoint)
            ],
        }
        for endpoint in scenario.endpoints.values()
        if endpoint.provider
    ]


def hosted_zones(scenario: Scenario, plan: Plan) -> Entry:
    """List the private hosted zones, and what they hold."""
    vpcs = [{"VPCId": f"vpc-{name}", "VPCRegion": scenario.region} for name in scenario.vpcs]
    records = sorted(_records(scenario, plan), key=lambda record: _zone_of(record["Name"]))
    zones = {name: list(some) for name, some in groupby(records, lambda r: _zone_of(r["Name"]))}
    return {
        "HostedZones": [
            {"HostedZoneId": f"Z-{name}", "Name": f"{name}.", "VPCs": vpcs} for name in zones
        ],
        "ResourceRecordSets": [
            {"HostedZoneId": f"Z-{name}", "ResourceRecordSets": some}
            for name, some in zones.items()
        ],
    }


def resolver_rules(scenario: Scenario) -> Entry:
    """List the rules that have other servers asked, and the VPCs that go by them."""
    rules = scenario.resolver_rules.values()
    return {
        "ResolverRuleAssociations": [
            {
                "Id": f"rslvr-rrassoc-{rule.name}",
                "ResolverRuleId": f"rslvr-rr-{rule.name}",
                "VPCId": f"vpc-{rule.vpc}",
                "Status": "COMPLETE",
            }
            for rule in rules
        ],
        "ResolverRules": [
            {
                "Id": f"rslvr-rr-{rule.name}",
                "DomainName": f"{rule.domain}.",
                "RuleType": "FORWARD" if rule.servers else "SYSTEM",
                "TargetIps": [{"Ip": str(server), "Port": 53} for server in rule.servers],
            }
            for rule in rules
        ],
    }


def _zone_of(record: str) -> str:
    """Give a name beside the usual ones a zone to itself, which hides nothing else."""
    name = record.rstrip(".")
    return INTERNAL if name.endswith(f".{INTERNAL}") else name


def _records(scenario: Scenario, plan: Plan) -> Iterator[Entry]:
    names = host_names(scenario)
    for host in scenario.hosts.values():
        if host.name in plan.internet or (host.subnet and host.kind in ("rds", "elasticache")):
            continue
        eni = plan.eni("host", host.name) if host.subnet else None
        ipv4 = eni.address if eni else plan.on_premises[host.name]
        for name in (names[host.name], *host.names):
            yield _record(name, "A", str(ipv4))
            if eni and eni.ipv6:
                yield _record(name, "AAAA", str(eni.ipv6))
    for name, addresses in scenario.records.items():
        for address in addresses:
            if is_inside(scenario, address):
                yield _record(name, "A" if address.version == 4 else "AAAA", str(address))


def _record(name: str, kind: str, address: str) -> Entry:
    return {"Name": f"{name}.", "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": address}]}


def databases(scenario: Scenario, plan: Plan) -> list[Entry]:
    """List databases as RDS does, which tells no address."""
    names = host_names(scenario)
    found = []
    for host in scenario.hosts.values():
        if host.kind != "rds" or not host.subnet:
            continue
        subnet = scenario.subnets[plan.eni("host", host.name).subnet]
        found.append(
            {
                "DBInstanceIdentifier": host.name,
                "DBInstanceStatus": "available" if host.state == "running" else "stopped",
                "Engine": "postgres",
                "Endpoint": {"Address": names[host.name], "Port": host.port},
                "AvailabilityZone": f"{scenario.region}{subnet.az}",
                "PubliclyAccessible": host.publicly_accessible,
                "VpcSecurityGroups": [
                    {"VpcSecurityGroupId": f"sg-{group}", "Status": "active"}
                    for group in host.security_groups
                ],
                "DBSubnetGroup": {
                    "DBSubnetGroupName": host.name,
                    "VpcId": f"vpc-{subnet.vpc}",
                    "Subnets": [{"SubnetIdentifier": f"subnet-{subnet.name}"}],
                },
            }
        )
    return found
