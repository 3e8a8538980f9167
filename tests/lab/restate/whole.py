"""A whole scenario out of what the API says, and the addresses that it says."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, TypeVar

from tests.lab import kernel
from tests.lab.parts import BlockPublicAccess
from tests.lab.restate import machines, network, ways
from tests.lab.restate.base import Reading, network4

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.lab.cloud import Cloud
    from tests.lab.kernel import Plan
    from tests.lab.kernel.plan import Eni
    from tests.lab.restate.base import Entry
    from tests.lab.scenario import Scenario

T = TypeVar("T")


def restate(cloud: Cloud) -> tuple[Scenario, Plan]:
    """Read the account; give the network that it describes now, with its addresses."""
    read = Reading(cloud)
    known = machines.interfaces(read)
    old = cloud.scenario
    nacls = _named(network.nacls(read), old.nacls)
    scenario = replace(
        old,
        vpcs=_named(network.vpcs(read), old.vpcs),
        nacls=nacls,
        subnets=_named(network.subnets(read, nacls), old.subnets),
        route_tables=_named(network.route_tables(read), old.route_tables),
        prefix_lists=_prefix_lists(read),
        security_groups=_named(ways.security_groups(read), old.security_groups),
        nat_gateways=_named(ways.nat_gateways(read), old.nat_gateways),
        endpoints=_named(ways.endpoints(read), old.endpoints),
        peerings=_named(ways.peerings(read), old.peerings),
        transit_gateways=_named(ways.transit_gateways(read), old.transit_gateways),
        hosts=_named(machines.hosts(read, known), old.hosts),
        nat_instances=_named(machines.nat_instances(read, known), old.nat_instances),
        load_balancers=_named(machines.load_balancers(read), old.load_balancers),
        firewalls=_named(ways.firewalls(read), old.firewalls),
        block_public_access=_block_public_access(read),
        function=machines.function(read),
    )
    return scenario, _with_addresses(kernel.plan(scenario), read, known)


def _named(parts: Iterable[T], old: Iterable[str]) -> dict[str, T]:
    """Key parts by their names, in the order in which the scenario has them."""
    found: dict[str, T] = {part.name: part for part in parts}  # type: ignore[attr-defined]
    return {name: found[name] for name in (*(n for n in old if n in found), *found)}


def _prefix_lists(read: Reading) -> dict[str, tuple[IPv4Network, ...]]:
    """Read the customer's own lists."""
    found: dict[str, tuple[IPv4Network, ...]] = {}
    for entry in read.entries("describe_managed_prefix_lists", "PrefixLists"):
        if entry["OwnerId"] == "AWS":
            continue
        identifier = entry["PrefixListId"]
        listed = read.entries("get_managed_prefix_list_entries", "Entries", PrefixListId=identifier)
        cidrs = tuple(network4(one["Cidr"]) for one in listed)
        found[read.name("prefix-list", identifier)] = cidrs
    return found


def _block_public_access(read: Reading) -> BlockPublicAccess:
    options = read.cloud.ec2.describe_vpc_block_public_access_options()
    excluded = {}
    for entry in read.entries(
        "describe_vpc_block_public_access_exclusions", "VpcBlockPublicAccessExclusions"
    ):
        kind, _, identifier = entry["ResourceArn"].rpartition(":")[2].partition("/")
        excluded[read.name(kind, identifier)] = entry["InternetGatewayExclusionMode"]
    mode = options["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"]
    return BlockPublicAccess(mode, excluded)


def _with_addresses(plan: Plan, read: Reading, known: dict[str, Entry]) -> Plan:
    """Put the addresses that the API tells in place of those that the plan has chosen."""
    told = {key: entry["PrivateIpAddress"] for key, entry in known.items()}
    for nat in read.entries("describe_nat_gateways", "NatGateways"):
        name = read.name("nat-gateway", nat["NatGatewayId"])
        for address in nat["NatGatewayAddresses"]:
            told[f"nat-gateway {name}"] = address.get("PrivateIp", "")
    by_id = {str(entry["NetworkInterfaceId"]): entry for entry in known.values()}
    for endpoint in read.entries("describe_vpc_endpoints", "VpcEndpoints"):
        if endpoint["State"] == "deleted":
            continue  # AWS remembers it for an hour, and its interfaces are gone
        for identifier in endpoint["NetworkInterfaceIds"]:
            entry = by_id[identifier]
            name = read.name("endpoint", endpoint["VpcEndpointId"])
            subnet = read.name("subnet", str(entry["SubnetId"]))
            told[f"endpoint {name} {subnet}"] = str(entry["PrivateIpAddress"])
    return replace(plan, enis=_moved(plan.enis, {k: IPv4Address(v) for k, v in told.items() if v}))


def _moved(enis: Mapping[str, Eni], told: Mapping[str, IPv4Address]) -> dict[str, Eni]:
    """Move interfaces to where they are; of two at one address yields the one nobody told of."""
    taken = {(eni.subnet, told[key]) for key, eni in enis.items() if key in told}
    moved = {}
    for key, eni in enis.items():
        address = told.get(key, eni.address)
        while key not in told and (eni.subnet, address) in taken:
            address += 1
        taken.add((eni.subnet, address))
        moved[key] = replace(eni, address=address)
    return moved
