"""Fixes for VPC endpoints that exist and do not work: the same one, made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network.vpc import NotRead
from probe.remedy import endpoints, survey
from probe.remedy.proposal import Proposal
from probe.remedy.steps import endpoints as steps

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.remedy.proposal import Context, Step

_WAITING = ("pendingacceptance", "pending", "partial")
_GONE = ("deleting", "deleted")
# https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
_THEIRS = (
    "Endpoint {id} for {name} is {state}. The service is somebody else's: ask its provider why, and"
    " to accept this endpoint. One that is made anew has to be accepted as well, and has another id"
    " and other names: who calls the old ones needs the new."
)


def make_anew(context: Context) -> tuple[Proposal, ...]:
    """Delete an endpoint that failed, and create it again for the same subnets or route tables.

    One that waits for acceptance is its service's owner's to accept, not ours.
    """
    endpoint_id, state = context.fact("vpc_endpoint_id"), context.fact("state")
    endpoint = survey.raw(context.network, "VpcEndpoints", endpoint_id)
    name = str(endpoint.get("ServiceName"))
    if state in _WAITING or not name.startswith("com.amazonaws."):
        return ()
    if ".vpce-svc-" in name:
        return (Proposal(_THEIRS.format(id=endpoint_id, name=name, state=state)),)
    gone = () if state in _GONE else (steps.delete_endpoint(endpoint),)
    create = _create(context, endpoint, name)
    text = (
        f"Endpoint {endpoint_id} for {name} is {state} and stays so: "
        f"{'create' if state in _GONE else 'delete it and create'} it again with the same settings."
    )
    cost = "The new endpoint costs what the old one would have cost."
    return (Proposal(text, (*gone, create), cost, endpoints.ENDPOINT),)


def _create(context: Context, endpoint: Entry, name: str) -> Step:
    new, vpc_id = context.new("vpce"), str(endpoint["VpcId"])
    if endpoint.get("VpcEndpointType", "Gateway") == "Gateway":
        tables = tuple(endpoint.get("RouteTableIds") or ())
        listed = endpoints.prefix_list_of(context, name)
        return steps.create_gateway_endpoint(new, vpc_id, name, tables, listed)
    groups = [group["GroupId"] for group in endpoint.get("Groups") or ()]
    subnet_ids = tuple(endpoint.get("SubnetIds") or ())
    if not groups or not subnet_ids:
        raise NotRead(f"subnets and groups of {endpoint['VpcEndpointId']}", "not told")
    places = [
        (
            survey.raw(context.network, "Subnets", subnet_id),
            survey.free_address(context.network, subnet_id),
        )
        for subnet_id in subnet_ids
    ]
    hosts = (endpoints.host_of(name),)
    return steps.create_interface_endpoint(new, name, hosts, groups[0], places)
