"""Which calls tell what: the questions about a VPC, about things by their ids, about hosts.

Every question covers as many things as one call can, and asks by filter rather than by id where
AWS offers it: one id that is gone would make the whole call fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.addresses import address
from probe.network.collector.gathering import Question, filters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from probe.network.values import Entry


def ec2(name: str, operation: str | None = None, **parameters: Any) -> Question:
    """Ask EC2; the operation is named after the list where nothing else is said."""
    return Question(name, "ec2", operation or f"Describe{name}", parameters)


def function(name: str) -> Question:
    """Ask for a function's configuration, without the values of its environment."""
    return Question(
        "FunctionConfiguration",
        "lambda",
        "GetFunctionConfiguration",
        {"FunctionName": name},
        lambda answer: [{key: part for key, part in answer.items() if key != "Environment"}],
    )


def subnets(subnet_ids: Iterable[str]) -> Question:
    """Ask for subnets by their ids."""
    return ec2("Subnets", **filters(subnet_id=subnet_ids))


def of_vpcs(vpc_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for all that has a part in how packets move inside these VPCs and out of them."""
    wanted = sorted(set(vpc_ids))
    if not wanted:
        return
    by_vpc = filters(vpc_id=wanted)
    for name in ("Vpcs", "Subnets", "RouteTables", "NetworkAcls", "VpcEndpoints"):
        yield ec2(name, **by_vpc)
    yield ec2("NatGateways", Filter=by_vpc["Filters"])
    yield ec2("InternetGateways", **filters(attachment__vpc_id=wanted))
    for vpc_id in wanted:
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            asked = {"VpcId": vpc_id, "Attribute": attribute}
            yield Question(
                "VpcAttributes", "ec2", "DescribeVpcAttribute", asked, lambda answer: [answer]
            )


def account() -> Iterator[Question]:
    """Ask for what is the same for every VPC of the Region."""
    yield ec2("PrefixLists")
    yield Question(
        "VpcBlockPublicAccessOptions",
        "ec2",
        "DescribeVpcBlockPublicAccessOptions",
        entries=lambda answer: [answer["VpcBlockPublicAccessOptions"]],
    )


def groups(group_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for security groups by their ids."""
    wanted = sorted(set(group_ids))
    if wanted:
        yield ec2("SecurityGroups", **filters(group_id=wanted))


def interfaces(**wanted: Iterable[str]) -> Iterator[Question]:
    """Ask for network interfaces by filters that all have to match; by none, ask nothing."""
    asked = {name: sorted(set(values)) for name, values in wanted.items()}
    if asked and all(asked.values()):
        yield ec2("NetworkInterfaces", **filters(**asked))


def holders(addresses: Iterable[str]) -> Iterator[Question]:
    """Ask for the interfaces that have these addresses of their own.

    Each version of IP has a filter of its own, and the other's finds nothing:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
    """
    blocks = set(map(address, addresses))
    yield from interfaces(addresses__private_ip_address=(str(a) for a in blocks if a.version == 4))
    yield from interfaces(ipv6_addresses__ipv6_address=(str(a) for a in blocks if a.version == 6))


def all_interfaces(subnet_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for every interface of subnets: only where all were read can it be said that none is."""
    for subnet_id in sorted(set(subnet_ids)):
        yield Question(
            "SubnetNetworkInterfaces",
            "ec2",
            "DescribeNetworkInterfaces",
            filters(subnet_id=[subnet_id]),
            with_id("SubnetId", subnet_id, "NetworkInterfaces"),
        )


def peerings(vpc_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for peering connections that a VPC asked for, and for those it was asked for."""
    for side in ("requester", "accepter"):
        yield ec2("VpcPeeringConnections", **filters(**{f"{side}_vpc_info__vpc_id": vpc_ids}))


def transit(gateway_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for transit gateways and what is attached to them."""
    wanted = sorted(set(gateway_ids))
    if wanted:
        yield ec2("TransitGateways", TransitGatewayIds=wanted)
        by_gateway = filters(transit_gateway_id=wanted)
        yield ec2("TransitGatewayVpcAttachments", **by_gateway)
        yield ec2("TransitGatewayAttachments", **by_gateway)


def attached(vpc_ids: Iterable[str]) -> Iterator[Question]:
    """Ask which transit gateways VPCs are attached to, whether or not a route names one."""
    yield ec2("TransitGatewayVpcAttachments", **filters(vpc_id=vpc_ids))


def transit_routes(table_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for the routes of transit gateway route tables, one call for each."""
    for table_id in sorted(set(table_ids)):
        yield Question(
            "TransitGatewayRoutes",
            "ec2",
            "SearchTransitGatewayRoutes",
            {
                "TransitGatewayRouteTableId": table_id,
                **filters(state=["active", "blackhole"]),
            },
            with_id("TransitGatewayRouteTableId", table_id, "Routes"),
        )


def prefix_list_entries(prefix_list_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for the entries of customers' prefix lists, one call for each."""
    for identity in sorted(set(prefix_list_ids)):
        yield Question(
            "ManagedPrefixListEntries",
            "ec2",
            "GetManagedPrefixListEntries",
            {"PrefixListId": identity},
            with_id("PrefixListId", identity, "Entries"),
        )


def with_id(field: str, identity: str, key: str) -> Callable[[Mapping[str, Any]], Iterable[Entry]]:
    """Put the id that was asked for beside the answer, since the answer does not repeat it."""

    def entries(answer: Mapping[str, Any]) -> Iterable[Entry]:
        return [{field: identity, key: answer.get(key, [])}]

    return entries


def by_ids(ids: Iterable[str]) -> Iterator[Question]:
    """Ask for things that routes name, by the prefix of their ids."""
    found: dict[str, set[str]] = {}
    for identity in ids:
        found.setdefault(identity.partition("-")[0], set()).add(identity)
    if "igw" in found:
        yield ec2("InternetGateways", **filters(internet_gateway_id=found["igw"]))
    if "eigw" in found:
        # It knows no filter by id; there are few.
        yield ec2("EgressOnlyInternetGateways")
    if "vgw" in found:
        yield ec2("VpnGateways", **filters(vpn_gateway_id=found["vgw"]))
    if "pcx" in found:
        yield ec2("VpcPeeringConnections", **filters(vpc_peering_connection_id=found["pcx"]))
    if "eni" in found:
        yield ec2("NetworkInterfaces", **filters(network_interface_id=found["eni"]))
    yield from transit(found.get("tgw", ()))


def instances(instance_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for instances by their ids."""
    wanted = sorted(set(instance_ids))
    if wanted:
        yield Question(
            "Instances",
            "ec2",
            "DescribeInstances",
            filters(instance_id=wanted),
            lambda answer: [
                instance
                for reservation in answer.get("Reservations", [])
                for instance in reservation.get("Instances", [])
            ],
        )


def dhcp(options_ids: Iterable[str]) -> Iterator[Question]:
    """Ask for DHCP options; "default" means that a VPC has none."""
    wanted = sorted(set(options_ids) - {"default"})
    if wanted:
        yield ec2("DhcpOptions", **filters(dhcp_options_id=wanted))
