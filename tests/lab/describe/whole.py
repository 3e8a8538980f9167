"""A scenario in AWS's own words: what the describe calls would answer, without any API between.

For the random networks, where a thousand resources through an API would take minutes. Pure. Ids
are made of the scenario's names, so that whoever reads a disagreement finds the part at once.
Names no verdict: what AWS shows is written down here, not what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.describe.between import peerings, transit_gateways
from tests.lab.describe.filters import network_acls, prefix_lists, security_groups
from tests.lab.describe.firewalls import firewalls
from tests.lab.describe.machines import load_balancers, machines
from tests.lab.describe.names import databases, endpoint_services, hosted_zones, resolver_rules
from tests.lab.describe.routes import route_tables
from tests.lab.describe.ways_out import gateways, public_access, zone

if TYPE_CHECKING:
    from ipaddress import IPv6Network

    from tests.lab.describe.machines import Health
    from tests.lab.kernel.plan import Plan
    from tests.lab.parts import Subnet, Vpc
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
OWNER = "123456789012"


def describe(scenario: Scenario, plan: Plan, health: Health | None = None) -> dict[str, Any]:
    """Return the snapshot of a scenario's network: every list, also the empty ones.

    `health`: what the load balancers' health checks see, where somebody looked.
    """
    vpcs = scenario.vpcs.values()
    return {
        "Vpcs": [_vpc(vpc) for vpc in vpcs],
        "VpcAttributes": [_attributes(vpc) for vpc in vpcs],
        "Subnets": [_subnet(scenario, subnet) for subnet in scenario.subnets.values()],
        "RouteTables": route_tables(scenario),
        "SecurityGroups": security_groups(scenario),
        "NetworkAcls": network_acls(scenario),
        "PrefixLists": [
            {"PrefixListId": i, "PrefixListName": n} for i, n, _ in prefix_lists(scenario)
        ],
        "ManagedPrefixListEntries": [
            {"PrefixListId": i, "Entries": [{"Cidr": c} for c in cidrs]}
            for i, _, cidrs in prefix_lists(scenario)
        ],
        "DhcpOptions": [_dhcp(v) for v in vpcs],
        **gateways(scenario, plan),
        **peerings(scenario),
        **transit_gateways(scenario),
        **public_access(scenario),
        **machines(scenario, plan),
        **load_balancers(scenario, plan, health or {}),
        **firewalls(scenario),
        **hosted_zones(scenario, plan),
        **resolver_rules(scenario),
        "VpcEndpointServices": endpoint_services(scenario),
        "DBInstances": databases(scenario, plan),
        "FunctionConfiguration": _function(scenario),
    }


def _function(scenario: Scenario) -> Entry:
    function = scenario.function
    return {
        "FunctionName": "function",
        "State": "Active",
        "VpcConfig": {
            "SubnetIds": [f"subnet-{name}" for name in function.subnets],
            "SecurityGroupIds": [f"sg-{name}" for name in function.security_groups],
            "VpcId": next((f"vpc-{scenario.subnets[s].vpc}" for s in function.subnets), ""),
            "Ipv6AllowedForDualStack": function.ipv6,
        },
    }


def _vpc(vpc: Vpc) -> Entry:
    return {
        "VpcId": f"vpc-{vpc.name}",
        "CidrBlock": str(vpc.cidr),
        "CidrBlockAssociationSet": [
            {"CidrBlock": str(cidr), "CidrBlockState": {"State": "associated"}}
            for cidr in vpc.cidrs
        ],
        "Ipv6CidrBlockAssociationSet": _ipv6(vpc.ipv6_cidr),
        "DhcpOptionsId": f"dopt-{vpc.name}",
        "OwnerId": OWNER,
        "State": "available",
    }


def _ipv6(cidr: IPv6Network | None) -> list[Entry]:
    associated = {"Ipv6CidrBlock": str(cidr), "Ipv6CidrBlockState": {"State": "associated"}}
    return [associated] if cidr else []


def _attributes(vpc: Vpc) -> Entry:
    return {
        "VpcId": f"vpc-{vpc.name}",
        "EnableDnsSupport": {"Value": vpc.dns_support},
        "EnableDnsHostnames": {"Value": vpc.dns_hostnames},
    }


def _dhcp(vpc: Vpc) -> Entry:
    servers = [{"Value": server} for server in vpc.dns_servers or ("AmazonProvidedDNS",)]
    return {
        "DhcpOptionsId": f"dopt-{vpc.name}",
        "DhcpConfigurations": [{"Key": "domain-name-servers", "Values": servers}],
    }


def _subnet(scenario: Scenario, subnet: Subnet) -> Entry:
    return {
        "SubnetId": f"subnet-{subnet.name}",
        "VpcId": f"vpc-{subnet.vpc}",
        "CidrBlock": str(subnet.cidr),
        "Ipv6CidrBlockAssociationSet": _ipv6(subnet.ipv6_cidr),
        "OwnerId": OWNER,
        "State": "available",
        "AvailableIpAddressCount": 200,
        **zone(scenario, subnet.az),
    }
