"""What the answers read so far name and nobody has asked about yet: the collector's next questions.

Follows only what a path of this placement can touch: the targets of its route tables, the groups
of its targets, the far VPC of a connection that leads to a target.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.network import security_groups
from probe.network.addresses import address, is_private
from probe.network.collector import (
    beside_questions,
    dns_questions,
    far_questions,
    questions,
    tables,
    target_questions,
)
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.addresses import Block
    from probe.network.collector.gathering import Gathering, Question
    from probe.network.routes import RouteTable

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
OFF = "off"
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked about: a placement, and what it wants to reach."""

    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    services: tuple[str, ...]
    # Whom names are asked of, where it is not the Amazon resolver: hosts that are to be reached.
    dns_servers: tuple[str, ...] = ()

    @property
    def public(self) -> tuple[str, ...]:
        """The IPv4 addresses that belong to whoever has an interface for them, of ours or not."""
        found = ((text, address(text)) for text in self.addresses)
        return tuple(text for text, one in found if one.version == 4 and not is_private(one))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every address that is to be reached, to compare with blocks."""
        return tuple(map(address, (*self.addresses, *self.dns_servers)))


def placement(found: Gathering) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return subnets and groups of the function that was read."""
    configuration = found.object("FunctionConfiguration").get("VpcConfig") or {}
    return (
        tuple(configuration.get("SubnetIds") or ()),
        tuple(configuration.get("SecurityGroupIds") or ()),
    )


def vpcs(found: Gathering, wanted: Wanted) -> tuple[str, ...]:
    """Return the VPCs of the placement: one, unless somebody asks about subnets of several."""
    own = (
        str(entry["VpcId"])
        for entry in found.entries("Subnets")
        if entry["SubnetId"] in wanted.subnet_ids
    )
    return tuple(dict.fromkeys(own))


def region(found: Gathering) -> str | None:
    """Return the Region, as a zone's name tells it."""
    for entry in found.entries("Subnets"):
        if (match := _REGION.match(str(entry.get("AvailabilityZone") or ""))) is not None:
            return match[0]
    return None


def followed(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask about everything that is named by now; the caller leaves out what was asked before."""
    network = Network(found.snapshot("what was read"))
    own = vpcs(found, wanted)
    wanted = replace(wanted, dns_servers=tuple(dns_questions.servers(found, own)))
    met = tables.on_the_way(network, wanted.subnet_ids, wanted.blocks)
    yield from _route_targets(network, met)
    yield from _groups(found, wanted)
    yield from _prefix_lists(network, met)
    yield from _exclusions(found)
    yield from beside_questions.followed(found, met)
    yield from dns_questions.followed(network, found, wanted)
    yield from dns_questions.zones_of_targets(found, wanted, region(found))
    yield from far_questions.peers(network, found, wanted, own)
    yield from far_questions.transit(network, found, wanted, own)
    yield from far_questions.load_balancers(found, wanted)
    yield from far_questions.firewalls(found)
    yield from target_questions.followed(network, found, wanted, own)
    yield from questions.dhcp(
        entry["DhcpOptionsId"] for entry in found.entries("Vpcs") if entry.get("DhcpOptionsId")
    )


def _route_targets(network: Network, met: list[RouteTable]) -> Iterator[Question]:
    """Ask for what routes name and no question about the VPC has told."""
    targets = {route.target for table in met for route in table.routes}
    known = {
        str(entry.get(key))
        for name, key in (("InternetGateways", "InternetGatewayId"),)
        if network.has(name)
        for entry in network.rows(name)
    }
    yield from questions.by_ids(sorted(targets - known))
    interfaces = network.rows("NetworkInterfaces") if network.has("NetworkInterfaces") else ()
    instances = {target for target in targets if target.startswith("i-")}
    instances |= {
        str(entry["Attachment"]["InstanceId"])
        for entry in interfaces
        if entry["NetworkInterfaceId"] in targets
        and (entry.get("Attachment") or {}).get("InstanceId")
    }
    instances |= {
        str(entry["Attachment"]["InstanceId"])
        for entry in interfaces
        if entry.get("SourceDestCheck") is False
        and (entry.get("Attachment") or {}).get("InstanceId")
    }
    yield from questions.instances(instances)
    yield from questions.interfaces(
        attachment__instance_id=[target for target in targets if target.startswith("i-")]
    )
    yield from _forwarders(met)


def _forwarders(met: list[RouteTable]) -> Iterator[Question]:
    """Ask what could stand for the lost target of a default route: what may forward packets."""
    vpc_ids = {
        table.vpc_id
        for table in met
        for route in table.routes
        if route.destination == ANYWHERE and route.state == "blackhole" and table.vpc_id
    }
    yield from questions.interfaces(vpc_id=vpc_ids, source_dest_check=["false"])


def _groups(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask for the groups of the placement, of its targets, and of whatever routes lead through."""
    groups = set(wanted.group_ids)
    for entry in (*found.entries("NetworkInterfaces"), *target_questions.holders(found, wanted)):
        groups |= {group["GroupId"] for group in entry.get("Groups") or () if group.get("GroupId")}
    for entry in found.entries("DBInstances"):
        members = entry.get("VpcSecurityGroups") or ()
        groups |= {member["VpcSecurityGroupId"] for member in members}
    for entry in found.entries("DBProxies"):
        groups |= set(entry.get("VpcSecurityGroupIds") or ())
    yield from questions.groups(groups)


def _prefix_lists(network: Network, met: list[RouteTable]) -> Iterator[Question]:
    """Ask for the entries of customers' lists; those of AWS's were read with their names."""
    named = {
        route.prefix_list_id
        for table in met
        for route in table.routes
        if route.prefix_list_id is not None
    }
    with suppress(NotRead):
        for group in network.all("SecurityGroups", security_groups.read_group):
            rules = (*group.ingress, *group.egress)
            named |= {rule.prefix_list_id for rule in rules if rule.prefix_list_id is not None}
    known = {
        str(entry["PrefixListId"])
        for entry in (network.rows("PrefixLists") if network.has("PrefixLists") else ())
        if entry.get("Cidrs")
    }
    yield from questions.prefix_list_entries(named - known)


def _exclusions(found: Gathering) -> Iterator[Question]:
    """Ask for exclusions only where Block Public Access is on and subnets do not tell its mode."""
    mode = found.object("VpcBlockPublicAccessOptions").get("InternetGatewayBlockMode", OFF)
    if mode != OFF:
        yield questions.ec2("VpcBlockPublicAccessExclusions")
