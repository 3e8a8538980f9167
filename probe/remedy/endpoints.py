"""Fixes that bring an AWS service into the VPC, each beside the other way: a NAT gateway.

A gateway endpoint (DynamoDB, S3) costs nothing and comes first; an interface endpoint is charged
per zone and reaches one service, a NAT gateway all of them and the internet as well.
https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import endpoints, fields, prefix_lists
from probe.network.vpc import NotRead
from probe.network.walk.path import end_of
from probe.remedy import association, dns, peers, routes, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import endpoints as steps
from probe.remedy.steps import filtering

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.remedy.proposal import Context, Remedy

ENDPOINT = "endpoint"  # the way of every proposal that makes or uses one
_FREE = (
    "A gateway endpoint costs nothing. It opens this one service to every subnet of the route "
    "table, and connections to it that are open at this moment are cut."
)
_PAID = (
    "An interface endpoint is charged per hour and zone and per GB. It opens this one service, to "
    "the function's security group only."
)


def create_gateway(context: Context) -> tuple[Proposal, ...]:
    """Create a gateway endpoint for the subnet's route table; or a NAT gateway."""
    return (_gateway(context), *association.with_nat(context), *_through_nat(context))


def _gateway(context: Context) -> Proposal:
    service, table_id = _suffix(context), context.fact("route_table_id")
    name = f"com.amazonaws.{_region(context)}.{service}"
    step = steps.create_gateway_endpoint(
        context.new("vpce"),
        context.fact("vpc_id"),
        name,
        [table_id],
        prefix_list_of(context, name),
    )
    text = (
        f"Create a gateway endpoint for {service} in {context.fact('vpc_id')} and associate it "
        f"with route table {table_id} of subnet {context.fact('subnet_id')}."
    )
    return Proposal(text, (step,), _FREE, ENDPOINT)


def associate_gateway(context: Context) -> tuple[Proposal, ...]:
    """Associate the gateway endpoint that exists with the subnet's route table."""
    endpoint_id, table_id = context.fact("vpc_endpoint_id"), context.fact("route_table_id")
    endpoint = survey.raw(context.network, "VpcEndpoints", endpoint_id)
    listed = prefix_list_of(context, str(endpoint["ServiceName"]))
    text = (
        f"Associate gateway endpoint {endpoint_id} with route table {table_id} of subnet "
        f"{context.fact('subnet_id')}; so far it serves other route tables only."
    )
    proposal = Proposal(text, (steps.add_table(endpoint, table_id, listed),), _FREE, ENDPOINT)
    return (proposal, *association.with_nat(context), *_through_nat(context))


def create_interface(context: Context) -> tuple[Proposal, ...]:
    """Take a table with a way out; create an interface endpoint; or lead to a NAT gateway."""
    return (*association.with_nat(context), _interface(context), *_through_nat(context))


def _interface(context: Context) -> Proposal:
    service, vpc_id = _suffix(context), context.fact("vpc_id")
    name = f"com.amazonaws.{_region(context)}.{service}"
    subnets = _one_for_each_zone(context, vpc_id)
    group_id = context.new("sg")
    groups = tuple((context.function.get("VpcConfig") or {}).get("SecurityGroupIds") or ())
    groups = groups or tuple(context.facts.get("security_group_ids") or ())
    if not groups:
        raise NotRead(
            "the function's security groups", "not told", "lambda:GetFunctionConfiguration"
        )
    create = steps.create_interface_endpoint(
        context.new("vpce"),
        name,
        (host_of(name),),
        group_id,
        [(subnet, survey.free_address(context.network, subnet["SubnetId"])) for subnet in subnets],
    )
    made = filtering.create_group(
        group_id,
        vpc_id,
        survey.free_group_name(context.network, vpc_id, f"{service}-endpoint"),
        f"Admits the function to the {service} endpoint",
    )
    _, port = end_of(context.path) or ("", 443)  # SES's endpoint takes mail at 587, say
    admitted = (*made, filtering.admit(group_id, port, groups[0]))
    shown = ", ".join(subnet["SubnetId"] for subnet in subnets)
    text = (
        f"Create an interface endpoint for {service} with private DNS in {shown}, and a security "
        f"group for it that lets {groups[0]} in on TCP port {port}."
    )
    return Proposal(text, (*dns.attributes(context, vpc_id), *admitted, create), _PAID, ENDPOINT)


def _one_for_each_zone(context: Context, vpc_id: str) -> list[Entry]:
    """Return the function's subnets of this VPC; an endpoint takes one subnet for each zone."""
    found: dict[object, Entry] = {}
    for subnet_id in (context.fact("subnet_id"), *context.subnet_ids):
        subnet = survey.raw(context.network, "Subnets", subnet_id)
        if subnet.get("VpcId") == vpc_id:
            found.setdefault(subnet.get("AvailabilityZone"), subnet)
    return list(found.values())


def or_endpoint(remedy: Remedy, *, first: bool) -> Remedy:
    """Return a remedy that knows the way past the internet too, where the target is a service.

    `first`: whether that is the better way.
    """

    def both(context: Context) -> tuple[Proposal, ...]:
        past = _past_the_internet(context)
        return (*past, *remedy(context)) if first else (*remedy(context), *past)

    return both


def _past_the_internet(context: Context) -> tuple[Proposal, ...]:
    """Return the endpoint that would make the broken way out needless for this target."""
    subnet_id, service = context.path.subnet_id, _service(context)
    if subnet_id is None or service is None:
        return ()
    table = survey.table_of(context.network, subnet_id)
    facts = {
        "subnet_id": subnet_id,
        "vpc_id": table.vpc_id,
        "route_table_id": table.id,
        "service": service,
    }
    here = context.at(context.path, replace(context.blocker, facts=facts))
    try:
        if service in endpoints.GATEWAY_SERVICES:
            return (_gateway(here),)
        return (_interface(here),)
    except NotRead:  # what the endpoint needs was not read; the other way stands alone
        return ()


def _service(context: Context) -> str | None:
    """Return the AWS service that the path leads to, by its host name or its address."""
    for word in (context.path.target or "").split():
        if (service := endpoints.service_of(word)) is not None:
            return service
    block = peers.target_of(context)
    listed = peers.list_with(context, block)
    name = prefix_lists.name_of(context.network, listed) if listed else None
    return name.rpartition(".")[2] if name else None


def _through_nat(context: Context) -> tuple[Proposal, ...]:
    try:
        return routes.lead_to_nat(context)
    except NotRead:  # what the other way needs was not read; this one stands alone
        return ()


def _suffix(context: Context) -> str:
    """Return the last part of the endpoint's service name: "logs", "monitoring"."""
    service = context.fact("service")
    return str(
        context.facts.get("service_suffix") or endpoints.ENDPOINT_NAMES.get(service, service)
    )


def host_of(service_name: str) -> str:
    """Return the usual host name of a service, which private DNS takes over."""
    _, _, region, service = service_name.split(".", 3)
    return f"{'.'.join(reversed(service.split('.')))}.{region}.amazonaws.com"


def _region(context: Context) -> str:
    return survey.region_of(context.network, context.fact("subnet_id"))


def prefix_list_of(context: Context, service_name: str) -> str:
    """Return the prefix list that a gateway endpoint's routes name."""
    for row in context.network.rows("PrefixLists"):
        if fields.maybe_text(row, "PrefixListName") == service_name:
            return str(row["PrefixListId"])
    raise NotRead(
        f"prefix list of {service_name}", "is not in PrefixLists", "ec2:DescribePrefixLists"
    )


def add_zone(context: Context) -> tuple[Proposal, ...]:
    """Give an interface endpoint a network interface in the function's subnet."""
    endpoint_id, subnet_id = context.fact("vpc_endpoint_id"), context.fact("subnet_id")
    subnet = survey.raw(context.network, "Subnets", subnet_id)
    endpoint = survey.raw(context.network, "VpcEndpoints", endpoint_id)
    address = survey.free_address(context.network, subnet_id)
    text = f"Add subnet {subnet_id} to endpoint {endpoint_id}, so that it stands in this zone too."
    cost = "An interface endpoint is charged per hour for each zone that it stands in."
    return (Proposal(text, (steps.add_subnet(endpoint, subnet, address),), cost),)


def use_private_names(context: Context) -> tuple[Proposal, ...]:
    """Turn on private DNS of an endpoint, and what that needs of the VPC."""
    endpoint_id = context.fact("vpc_endpoint_id")
    endpoint = survey.raw(context.network, "VpcEndpoints", endpoint_id)
    attributes = dns.attributes(context, str(endpoint["VpcId"]))
    text = (
        f"Turn on private DNS of endpoint {endpoint_id}: the service's usual name then leads to it "
        "everywhere in the VPC."
    )
    cost = (
        "It costs nothing, and sends the traffic of the whole VPC for this service to the endpoint."
    )
    return (Proposal(text, (*attributes, steps.turn_on_private_dns(endpoint_id)), cost),)


def use_endpoint(context: Context) -> tuple[Proposal, ...]:
    """Make traffic use an interface endpoint that its client goes past."""
    if context.fact("service") != "dynamodb":
        return ()
    name = next(iter(context.facts.get("dns_names") or ()), "the endpoint's own name")
    client = Proposal(
        f"Give the DynamoDB client the endpoint's own URL, https://{name}, for instance in the "
        "environment variable AWS_ENDPOINT_URL_DYNAMODB: private DNS does not exist for DynamoDB.",
        cost="It costs nothing more than the endpoint that is there.",
        way="client",
    )
    return (_gateway(context), client)
