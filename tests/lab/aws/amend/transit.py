"""Transit gateway routes and associations as AWS describes them.

https://docs.aws.amazon.com/vpc/latest/tgw/tgw-route-tables.html
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


# Moto leaves the option out. Off at the gateway, by default, it is off altogether.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachmentRequestOptions.html
REFERENCING = {"TransitGateways": "disable", "TransitGatewayVpcAttachments": "enable"}


def tell_referencing(kind: str, account: Account, call: Call, result: dict[str, Any]) -> None:
    """Say whether rules may name groups of other VPCs, as it is by default."""
    _ = account, call
    for item in result[kind]:
        options = item.setdefault("Options", {})
        options.setdefault("SecurityGroupReferencingSupport", REFERENCING[kind])


def accept_attachment(account: Account, call: Call) -> Response:
    """Accept a VPC's wish to be attached.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AcceptTransitGatewayVpcAttachment.html
    """
    model = account.ec2.transit_gateway_attachments[call.parameters["TransitGatewayAttachmentId"]]
    model.state = "available"
    told = {"TransitGatewayAttachmentId": model.id, "State": "pending"}
    return wire.write(call, {"TransitGatewayVpcAttachment": told})


def replace_route(account: Account, call: Call) -> Response:
    """Lead a range of a table elsewhere.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceTransitGatewayRoute.html
    """
    asked = call.parameters
    table_id, block = asked["TransitGatewayRouteTableId"], asked["DestinationCidrBlock"]
    if block not in account.ec2.transit_gateways_route_tables[table_id].routes:
        message = f"There is no route for {block} in {table_id}"
        return wire.write_error(call, "InvalidRoute.NotFound", message, 400)
    made = account.ec2.create_transit_gateway_route(
        table_id, block, asked.get("TransitGatewayAttachmentId"), bool(asked.get("Blackhole"))
    )
    told = {"DestinationCidrBlock": block, "State": made["state"], "Type": made["type"]}
    return wire.write(call, {"Route": told})


def describe_gateways(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Name default tables only of gateways that have them; moto makes one for each gateway.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayOptions.html
    """
    _ = account, call
    for gateway in result["TransitGateways"]:
        for what in ("Association", "Propagation"):
            if gateway["Options"][f"DefaultRouteTable{what}"] == "disable":
                gateway["Options"].pop(f"{what}DefaultRouteTableId", None)


def describe_tables(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Leave out the tables that AWS would not have made."""
    _ = call
    key = "TransitGatewayRouteTables"
    result[key] = [
        table
        for table in result[key]
        if not _superfluous(account, table["TransitGatewayRouteTableId"])
    ]


def _superfluous(account: Account, table: str) -> bool:
    model = account.ec2.transit_gateways_route_tables[table]
    options = account.ec2.transit_gateways[model.transit_gateway_id].options
    wanted = "enable" in (
        options["DefaultRouteTableAssociation"],
        options["DefaultRouteTablePropagation"],
    )
    return bool(model.default_association_route_table) and not wanted


def describe_attachments(account: Account, call: Call, result: dict[str, Any]) -> None:
    """Name the table that an attachment is really associated with, if there is one."""
    _ = call
    for attachment in result["TransitGatewayAttachments"]:
        identifier = attachment["TransitGatewayAttachmentId"]
        attachment.pop("Association", None)
        for table in account.ec2.transit_gateways_route_tables.values():
            if identifier in table.route_table_associations and not _superfluous(account, table.id):
                attachment["Association"] = {
                    "TransitGatewayRouteTableId": table.id,
                    "State": "associated",
                }


def search_routes(account: Account, call: Call) -> Response:
    """Find routes, also those that attachments propagate; moto knows the static ones only.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SearchTransitGatewayRoutes.html
    """
    table = account.ec2.transit_gateways_route_tables[call.parameters["TransitGatewayRouteTableId"]]
    routes = {route["DestinationCidrBlock"]: route for route in _propagated(account, table)}
    # For one and the same range a static route comes before a propagated one.
    routes |= {route["DestinationCidrBlock"]: route for route in _static(account, table)}
    filters = {f["Name"]: f["Values"] for f in call.parameters.get("Filters") or ()}
    found = [route for route in routes.values() if _matches(route, filters)]
    return wire.write(call, {"Routes": found, "AdditionalRoutesAvailable": False})


def _static(account: Account, table: Any) -> Iterator[dict[str, Any]]:
    for cidr, route in table.routes.items():
        attached = route.get("transitGatewayAttachments")
        if attached is None:
            yield {"DestinationCidrBlock": cidr, "Type": "static", "State": "blackhole"}
        else:
            yield _route(account, cidr, "static", attached["transitGatewayAttachmentId"])


def _propagated(account: Account, table: Any) -> Iterator[dict[str, Any]]:
    for propagation in table.route_table_propagation:
        attachment = propagation.transitGatewayAttachmentId
        if account.ec2.transit_gateway_attachments[attachment].state != "available":
            continue  # it has nothing to tell before it is accepted, and nothing after its end
        vpc = account.ec2.get_vpc(propagation.resourceId)
        for block in vpc.cidr_block_association_set:
            yield _route(account, block["cidr_block"], "propagated", attachment)


def _route(account: Account, cidr: str, kind: str, identifier: str) -> dict[str, Any]:
    attachment = account.ec2.transit_gateway_attachments[identifier]
    return {
        "DestinationCidrBlock": cidr,
        "Type": kind,
        "State": "active" if attachment.state == "available" else "blackhole",
        "TransitGatewayAttachments": [
            {
                "ResourceId": attachment.resource_id,
                "ResourceType": "vpc",
                "TransitGatewayAttachmentId": identifier,
            }
        ],
    }


def _matches(route: Mapping[str, Any], filters: Mapping[str, Sequence[str]]) -> bool:
    own: Any = ipaddress.ip_network(route["DestinationCidrBlock"])
    attachments = {
        a["TransitGatewayAttachmentId"] for a in route.get("TransitGatewayAttachments", ())
    }
    for name, values in filters.items():
        found: list[Any] = []
        if name.startswith("route-search"):
            found = [ipaddress.ip_network(value) for value in values]
        ranges = [one for one in found if one.version == own.version]
        fits = {
            "type": route["Type"] in values,
            "state": route["State"] in values,
            "attachment.transit-gateway-attachment-id": bool(attachments & set(values)),
            "route-search.exact-match": own in ranges,
            "route-search.longest-prefix-match": any(r.subnet_of(own) for r in ranges),
            "route-search.subnet-of-match": any(own.subnet_of(r) for r in ranges),
            "route-search.supernet-of-match": any(own.supernet_of(r) for r in ranges),
        }
        if not fits[name]:
            return False
    return True
