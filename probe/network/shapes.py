"""The whole shape of a snapshot's lists: every entry read once, and what AWS would never say.

Long lists of large entries are left to the walk, which reads the few that it touches; a complaint
about one of those comes then.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from probe.network import (
    caches,
    databases,
    endpoints,
    gateways,
    instances,
    nacl,
    nat,
    peering,
    places,
    prefix_lists,
    routes,
    security_groups,
    vpn,
)
from probe.network.balancers import balancers
from probe.network.dns import dns_firewall, dns_settings, forwarding, zones
from probe.network.fields import Malformed
from probe.network.firewall import firewall_policies
from probe.network.transit import transit_attachments, transit_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.network.addresses import Block
    from probe.network.fields import Entry

READERS: dict[str, Callable[[Entry], Any]] = {
    "Vpcs": places.read_vpc,
    "VpcAttributes": dns_settings.read_settings,
    "Subnets": places.read_subnet,
    "RouteTables": routes.read_table,
    "SecurityGroups": security_groups.read_group,
    "NetworkAcls": nacl.read_acl,
    "InternetGateways": gateways.read_gateway,
    "EgressOnlyInternetGateways": gateways.read_egress_only,
    "NatGateways": nat.read_nat,
    "VpcEndpoints": endpoints.read_endpoint,
    "VpcEndpointServices": endpoints.read_service,
    "PrefixLists": prefix_lists.read_cidrs,
    "ManagedPrefixListEntries": prefix_lists.read_entries,
    "NetworkInterfaces": places.read_interface,
    "SubnetNetworkInterfaces": places.read_whole,
    "DhcpOptions": dns_settings.read_servers,
    "Instances": instances.read_state,
    "VpcPeeringConnections": peering.read_peering,
    "TransitGateways": transit_attachments.read_gateway,
    "TransitGatewayVpcAttachments": transit_attachments.read_attachment,
    "TransitGatewayAttachments": transit_attachments.read_association,
    "TransitGatewayRoutes": transit_routes.read_table,
    "TransitGatewayStaticRoutes": transit_routes.read_table,
    "TransitGatewayPropagations": transit_routes.read_propagations,
    "VpnGateways": vpn.read_vpn_gateway,
    "LoadBalancers": balancers.read_balancer,
    "LoadBalancerAttributes": balancers.read_crosses_zones,
    "Listeners": balancers.read_listener,
    "TargetGroups": balancers.read_target_group,
    "TargetHealthDescriptions": balancers.read_health,
    "DBInstances": databases.read_database,
    "DBClusters": databases.read_database,
    "DBProxies": databases.read_proxy,
    "CacheClusters": caches.read_cache,
    "ReplicationGroups": caches.read_cache,
    "HostedZones": zones.read_zone,
    "ResourceRecordSets": zones.read_records,
    "FirewallRuleGroupAssociations": dns_firewall.read_association,
    "FirewallRules": dns_firewall.read_rules,
    "FirewallDomains": dns_firewall.read_domains,
    "ResolverRuleAssociations": forwarding.read_association,
    "ResolverRules": forwarding.read_rule,
    "Firewalls": firewall_policies.read_firewall,
    "FirewallPolicies": firewall_policies.read_policy,
    "RuleGroups": firewall_policies.read_group,
}
# Longer lists than this are read entry by entry, as the walk touches them.
READ_AT_ONCE = 1000


def check(name: str, entries: tuple[Entry, ...]) -> None:
    """Complain about the first entry that is not of AWS's shape, with the way to the value."""
    read = READERS.get(name)
    if read is None or len(entries) > READ_AT_ONCE:
        return
    found = []
    for index, entry in enumerate(entries):
        try:
            found.append(read(entry))
        except Malformed as complaint:
            raise complaint.under(f"{name}[{index}]") from None
    if name == "Subnets":
        _no_overlap(found)


def _no_overlap(subnets: list[places.Subnet]) -> None:
    """Complain about subnets of one VPC that overlap: AWS never lets them.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    found: list[tuple[str, Block, int, str]] = []
    for index, subnet in enumerate(subnets):
        found.extend((subnet.vpc_id, block, index, subnet.id) for block in subnet.blocks)
    found.sort()
    for (vpc_id, block, _, own), (other_vpc, other, index, other_id) in pairwise(found):
        if vpc_id == other_vpc and own != other_id and block.overlaps(other):
            raise Malformed(
                f"Subnets[{index}].CidrBlock", f"{other} of {other_id} overlaps {block} of {own}"
            )
