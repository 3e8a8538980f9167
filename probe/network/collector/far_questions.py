"""The collector's questions about what lies across: peers, transit gateways, load balancers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from probe.network import peering, places
from probe.network.addresses import address, cidr, is_address, is_private
from probe.network.collector import host_questions, questions
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.addresses import Block
    from probe.network.collector.gathering import Gathering, Question
    from probe.network.collector.references import Wanted
    from probe.network.values import Entry
    from probe.network.vpc import Network


def _outside(network: Network, wanted: Wanted, own: tuple[str, ...]) -> tuple[Block, ...]:
    """Return the addresses that are in no VPC of the placement's."""
    inside = _inside(network, own)
    return tuple(one for one in wanted.blocks if not any(block.contains(one) for block in inside))


def _inside(network: Network, own: tuple[str, ...]) -> tuple[Block, ...]:
    """Return the ranges of the placement's VPCs, as far as they are read."""
    found: list[Block] = []
    for vpc_id in own:
        with suppress(NotRead):
            found += places.vpc(network, vpc_id).blocks
    return tuple(found)


def peers(
    network: Network, found: Gathering, wanted: Wanted, own: tuple[str, ...]
) -> Iterator[Question]:
    """Ask for the VPCs across a peering connection that holds a wanted address."""
    outside = [block for block in _outside(network, wanted, own) if is_private(block)]
    if outside and own:
        yield from questions.peerings(own)
    for entry in found.entries("VpcPeeringConnections"):
        connection = peering.read_peering(entry)
        far = [
            side.vpc_id
            for side in (connection.requester, connection.accepter)
            if side.vpc_id is not None and any(side.holds((block,)) for block in outside)
        ]
        yield from questions.of_vpcs([vpc_id for vpc_id in far if vpc_id not in own])


def transit(
    network: Network, found: Gathering, wanted: Wanted, own: tuple[str, ...]
) -> Iterator[Question]:
    """Ask for the tables of transit gateways, and for the VPCs that their routes lead to.

    With a wanted address, or with an answer to it: one may come into another VPC than it is for.
    """
    tables = {
        str(association["TransitGatewayRouteTableId"])
        for entry in found.entries("TransitGatewayAttachments")
        if (association := entry.get("Association") or {}).get("TransitGatewayRouteTableId")
    }
    yield from questions.transit_routes(tables)
    outside = _outside(network, wanted, own)
    carried = (*outside, *_inside(network, own)) if outside else ()
    far = {
        str(attachment["ResourceId"])
        for entry in found.entries("TransitGatewayRoutes")
        for route in entry.get("Routes") or ()
        for attachment in route.get("TransitGatewayAttachments") or ()
        if attachment.get("ResourceType") == "vpc" and _leads(route, carried)
    }
    yield from questions.of_vpcs(far.difference(own))


def _leads(route: Entry, carried: tuple[Block, ...]) -> bool:
    """Whether a route of a transit gateway is for any of these addresses."""
    try:
        block = cidr(str(route.get("DestinationCidrBlock")))
    except ValueError:
        return True  # by a prefix list: its entries are not worth a round of their own
    return any(block.overlaps(one) for one in carried)


def load_balancers(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask for the balancers of interfaces that say so, and for what stands behind them."""
    addresses = {str(address(text)) for text in wanted.addresses}
    names = {
        words[1].split("/")[1]
        for entry in found.entries("NetworkInterfaces")
        if not addresses.isdisjoint(places.addresses_in(entry))
        and (words := str(entry.get("Description") or "").split())[:1] == ["ELB"]
        and words[1].count("/") > 1
    }
    yield from host_questions.load_balancers(names)
    hosts = {host.rstrip(".").lower() for host in wanted.hosts}
    arns = {
        str(entry["LoadBalancerArn"])
        for entry in found.entries("LoadBalancers")
        if entry.get("LoadBalancerName") in names
        or str(entry.get("DNSName") or "").lower() in hosts
    }
    yield from host_questions.behind(arns)
    groups = [str(entry["TargetGroupArn"]) for entry in found.entries("TargetGroups")]
    yield from host_questions.health(groups)
    targets = [
        str(target["Target"]["Id"])
        for entry in found.entries("TargetHealthDescriptions")
        for target in entry.get("TargetHealthDescriptions") or ()
        if (target.get("Target") or {}).get("Id")
    ]
    instances = [target for target in targets if target.startswith("i-")]
    yield from questions.interfaces(attachment__instance_id=instances)
    yield from questions.holders(filter(is_address, targets))


def firewalls(found: Gathering) -> Iterator[Question]:
    """Ask for the network firewalls behind endpoints that belong to one, down to their rules."""
    arns = {
        str(tag["Value"])
        for entry in found.entries("VpcEndpoints")
        if entry.get("VpcEndpointType") == "GatewayLoadBalancer"
        for tag in entry.get("Tags") or ()
        if tag.get("Key") == "Firewall"
    }
    yield from host_questions.firewalls(arns)
    policies = {
        str(policy)
        for entry in found.entries("Firewalls")
        if (policy := (entry.get("Firewall") or {}).get("FirewallPolicyArn"))
    }
    yield from host_questions.firewall_policies(policies)
    references = [
        reference
        for entry in found.entries("FirewallPolicies")
        for key in ("StatelessRuleGroupReferences", "StatefulRuleGroupReferences")
        for reference in (entry.get("FirewallPolicy") or {}).get(key) or ()
    ]
    yield from host_questions.rule_groups(
        str(reference["ResourceArn"]) for reference in references if reference.get("ResourceArn")
    )
