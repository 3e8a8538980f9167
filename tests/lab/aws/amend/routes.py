"""Routes as AWS describes them: propagated ones, and which of them lead nowhere.

https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.aws import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response

    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


def propagate(account: Account, call: Call) -> Response:
    """Let a route table learn from a virtual private gateway, which moto cannot."""
    account.propagating[call.parameters["RouteTableId"]] = call.parameters["GatewayId"]
    return wire.write(call, {})


def describe(account: Account, _: Call, result: dict[str, Any]) -> None:
    """Add the routes that are learned, and the state of every route: moto's are all active."""
    for table in result["RouteTables"]:
        gateway = account.propagating.get(table["RouteTableId"])
        if gateway:
            table["PropagatingVgws"] = [{"GatewayId": gateway}]
            table["Routes"] += [
                {
                    "DestinationCidrBlock": cidr,
                    "GatewayId": gateway,
                    "Origin": "EnableVgwRoutePropagation",
                }
                for cidr in account.learned.get(gateway, ())
            ]
        for route in table["Routes"]:
            dead = leads_nowhere(account, route, table["VpcId"])
            route["State"] = "blackhole" if dead else "active"


def leads_nowhere(account: Account, route: Mapping[str, Any], vpc: str) -> bool:
    """Tell whether a route's target is gone, detached, stopped or no longer agreed to.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
    """
    if gateway := route.get("GatewayId"):
        return _gateway_gone(account, gateway, vpc)
    if nat := route.get("NatGatewayId"):
        known = account.ec2.nat_gateways.get(nat)
        return known is None or known.state == "deleted"
    if outward := route.get("EgressOnlyInternetGatewayId"):
        return outward not in account.ec2.egress_only_internet_gateways
    if interface := route.get("NetworkInterfaceId"):
        known = account.ec2.enis.get(interface)
        stopped = known and known.instance and known.instance.state != "running"
        return known is None or bool(stopped)
    if peering := route.get("VpcPeeringConnectionId"):
        known = account.ec2.vpc_pcxs.get(peering)
        return known is None or known._status.code != "active"
    if transit := route.get("TransitGatewayId"):
        return not any(
            a.transit_gateway_id == transit and a.resource_id == vpc and a.state == "available"
            for a in account.ec2.transit_gateway_attachments.values()
        )
    return False


def _gateway_gone(account: Account, gateway: str, vpc: str) -> bool:
    if gateway.startswith("igw-"):
        known = account.ec2.internet_gateways.get(gateway)
        return known is None or known.vpc is None or known.vpc.id != vpc
    if gateway.startswith("vgw-"):
        known = account.ec2.vpn_gateways.get(gateway)
        return known is None or vpc not in known.attachments
    if gateway.startswith("vpce-"):
        known = account.ec2.vpc_end_points.get(gateway)
        return known is None or known.state == "deleted"
    return False
