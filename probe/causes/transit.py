"""Causes on the ways to other networks: peering, transit gateways, virtual private gateways.

Records only: the walk finds these. A path to another network needs a route on both sides, and the
missing one on the far side looks exactly like the missing one on the near side.
"""

from __future__ import annotations

from probe.causes.cause import Cause

_PEERING = "https://docs.aws.amazon.com/vpc/latest/peering"
_TRANSIT = "https://docs.aws.amazon.com/vpc/latest/tgw"
_FAMILY = "other-network"
_WAY_OUT = "way-out-transit"  # a default route that leads to another network
_TABLES = "ec2:DescribeRouteTables"
_PEERINGS = "ec2:DescribeVpcPeeringConnections"
_ATTACHMENTS = "ec2:DescribeTransitGatewayVpcAttachments"
_TRANSIT_ROUTES = "ec2:SearchTransitGatewayRoutes"
_READ_TABLE = (
    # By VPC: a subnet that no table names uses the main one, which no filter by subnet finds.
    "aws ec2 describe-route-tables --filters Name=vpc-id,Values={vpc_id}"
    " --query 'RouteTables[].[Associations[].[SubnetId,Main],Routes]'"
)
_READ_PEERINGS = (
    "aws ec2 describe-vpc-peering-connections"
    " --filters Name=requester-vpc-info.vpc-id,Values={vpc_id}"
)
_READ_ATTACHMENTS = (
    "aws ec2 describe-transit-gateway-vpc-attachments --filters Name=vpc-id,Values={vpc_id}"
)
_READ_TRANSIT = (
    "aws ec2 describe-transit-gateway-attachments --filters Name=resource-id,Values={vpc_id}"
    " --query 'TransitGatewayAttachments[].Association'"
)

CAUSES = (
    Cause(
        code="no-route-to-target",
        ra_code="NO_ROUTE_TO_DESTINATION",
        layer="routes",
        title="A route table on the way has no route to the network of the target",
        happens="The target has a private address outside the VPC, and no route in the table of the"
        " function's subnet, or of one that the way leads through, is for it. The packets are"
        " dropped, or follow the default route to the internet, where private addresses end.",
        reason="The local route covers the VPC's own ranges only; every other network, peered VPCs"
        " included, needs a route of its own in each subnet's table.",
        remedy="Add a route for the target's range to the peering connection, transit gateway or"
        " VPN gateway that leads there.",
        source="https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
        family=_FAMILY,
        needs=(_TABLES,),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="no-return-route",
        ra_code="NO_ROUTE_TO_DESTINATION",
        layer="routes",
        title="The target's network has no route back to the function",
        happens="The request arrives, and the answer finds no route back to the function's VPC, so"
        " the connection times out as if nothing had arrived.",
        reason="Routes are one-way: the route table of the target's subnet needs a route for the"
        " function's range just as the function's table needs one for the target's.",
        remedy="Add a route for the function's VPC range to the route table of the target's"
        " subnet.",
        source=f"{_PEERING}/vpc-peering-routing.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_TABLES,),
        confirm="aws ec2 describe-route-tables --query 'RouteTables[].[VpcId,Routes]'",
    ),
    Cause(
        code="peering-not-active",
        ra_code="BAD_STATE",
        layer="routes",
        title="The peering connection in the route is not active",
        happens="The route leads to a peering connection that was never accepted, was rejected,"
        " expired or was deleted, and carries nothing.",
        reason="A peering connection carries traffic only in the state active, after the other"
        " side's owner has accepted it.",
        remedy="Have the owner of the other VPC accept the peering connection, or create a new"
        " one.",
        source=f"{_PEERING}/vpc-peering-basics.html",
        family=_FAMILY,
        needs=(_PEERINGS,),
        confirm=_READ_PEERINGS,
    ),
    Cause(
        code="peering-not-transitive",
        ra_code="PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
        layer="routes",
        title="The target lies beyond the peered VPC, and peering does not pass traffic on",
        happens="The route sends the packets into a peered VPC, but the target is not in that VPC,"
        " and they are dropped at the peering connection.",
        reason="A peering connection joins exactly two VPCs. It does not reach a third one, nor the"
        " other side's NAT gateway, internet gateway, endpoints or VPN.",
        remedy="Peer the two VPCs directly, or join all of them with a transit gateway.",
        source=f"{_PEERING}/vpc-peering-basics.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_PEERINGS, _TABLES),
        confirm=_READ_PEERINGS,
    ),
    Cause(
        code="transit-gateway-not-in-zone",
        ra_code="TGW_ATTACH_VPC_AZ_RESTRICTION",
        layer="routes",
        title="The transit gateway attachment has no subnet in this Availability Zone",
        happens="Functions in the zones of the attachment reach the target; those in this zone do"
        " not, because the transit gateway has no foot there.",
        reason="Resources reach a transit gateway only from zones in which the VPC attachment has a"
        " subnet.",
        remedy="Add a subnet of this zone to the transit gateway attachment.",
        source=f"{_TRANSIT}/tgw-vpc-attachments.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_ATTACHMENTS,),
        confirm=_READ_ATTACHMENTS,
    ),
    Cause(
        code="transit-gateway-attachment-not-available",
        ra_code="BAD_STATE_ATTACHMENT",
        layer="routes",
        title="The VPC's attachment to the transit gateway is missing or not available",
        happens="The route sends the packets to a transit gateway to which the VPC has no working"
        " attachment.",
        reason="A transit gateway carries traffic of a VPC only through an attachment in state"
        " available.",
        remedy="Create the attachment, or have it accepted.",
        source=f"{_TRANSIT}/tgw-vpc-attachments.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_ATTACHMENTS,),
        confirm=_READ_ATTACHMENTS,
    ),
    Cause(
        code="transit-gateway-no-association",
        ra_code="TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION",
        layer="routes",
        title="The attachment is associated with no transit gateway route table",
        happens="Packets reach the transit gateway, which has no table to look up for them and"
        " drops them.",
        reason="A transit gateway routes what comes from an attachment by the one route table that"
        " the attachment is associated with.",
        remedy="Associate the attachment with a transit gateway route table.",
        source=f"{_TRANSIT}/tgw-route-tables.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_ATTACHMENTS, "ec2:DescribeTransitGatewayAttachments"),
        confirm=_READ_TRANSIT,
    ),
    Cause(
        code="transit-gateway-no-route",
        ra_code="TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
        layer="routes",
        title="The transit gateway has no route to the destination",
        happens="Packets reach the transit gateway, and the route table that it uses for them has"
        " no entry for where they go, forward or back; or only a broader one, such as a default"
        " route, which takes them to a VPC where they end.",
        reason="Each attachment's traffic is routed by the table that it is associated with; the"
        " other network's range must be in that table by propagation or as a static route.",
        remedy="Propagate the other attachment into that transit gateway route table, or add a"
        " static route.",
        source=f"{_TRANSIT}/tgw-route-tables.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_TRANSIT_ROUTES,),
        confirm=_READ_TRANSIT,
    ),
    Cause(
        code="transit-gateway-blackhole",
        ra_code="TGW_RTB_BAD_STATE_ROUTE",
        layer="routes",
        title="The transit gateway's route for this traffic is a blackhole",
        happens="The route that applies in the transit gateway's table is in state blackhole, on"
        " purpose or because its attachment is gone, and drops what matches.",
        reason="A static blackhole route drops by intention; a route whose attachment was deleted"
        " becomes a blackhole by itself.",
        remedy="Replace the blackhole route by one to the right attachment.",
        source=f"{_TRANSIT}/tgw-route-tables.html",
        family=(_FAMILY, _WAY_OUT),
        needs=(_TRANSIT_ROUTES,),
        confirm=_READ_TRANSIT,
    ),
    Cause(
        code="virtual-private-gateway-detached",
        ra_code="BAD_STATE_ATTACHMENT",
        layer="routes",
        title="The virtual private gateway in the route is not attached to the VPC",
        happens="The route leads to a VPN gateway that is attached to no VPC or to another one, so"
        " packets for the network behind it are dropped.",
        reason="A virtual private gateway carries traffic of the one VPC that it is attached to.",
        remedy="Attach the virtual private gateway to the VPC.",
        source="https://docs.aws.amazon.com/vpn/latest/s2svpn/how_it_works.html",
        family=(_FAMILY, _WAY_OUT),
        needs=("ec2:DescribeVpnGateways",),
        confirm="aws ec2 describe-vpn-gateways --filters Name=attachment.vpc-id,Values={vpc_id}",
    ),
)
