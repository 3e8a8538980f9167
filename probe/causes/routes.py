"""Causes in route tables and at the edge of the VPC: where a packet is sent, and sent in vain.

Records only: the walk in `probe.network.walk.path` finds these. NAT has its own file, and so do the
ways to other networks.
"""

from __future__ import annotations

from probe.causes import losses
from probe.causes.cause import NO_NAME, SILENCE, Cause, Words, at
from probe.model import Failure, Stage

_TABLES = "ec2:DescribeRouteTables"
_READ_TABLE = (
    # By VPC: a subnet that no table names uses the main one, which no filter by subnet finds.
    "aws ec2 describe-route-tables --filters Name=vpc-id,Values={vpc_id}"
    " --query 'RouteTables[].[Associations[].[SubnetId,Main],Routes]'"
)
_GUIDE = "https://docs.aws.amazon.com/vpc/latest/userguide"
_NO_IPV6 = NO_NAME | SILENCE | at(Stage.CONNECT, Failure.UNREACHABLE)

CAUSES = (
    Cause(
        code="no-route-to-internet",
        ra_code="NO_ROUTE_TO_DESTINATION",
        layer="routes",
        title="The function's subnet has no route to the internet for IPv4",
        happens="Packets to public IPv4 addresses find no route in the subnet's table and are"
        " dropped without a word, so every such connection times out.",
        reason="A function in a VPC has only the ways out that its subnet's route table names; a"
        " table with nothing but the local route keeps traffic inside the VPC.",
        further=Words(
            title="The way out leads through {subnet}, and no route leads from there to the"
            " internet for IPv4",
            reason="What stands on the way, a firewall's endpoint or a transit gateway's"
            " attachment, hands packets on by the route table of its own subnet; one with nothing"
            " but the local route keeps them inside its VPC.",
        ),
        remedy="Add a route for 0.0.0.0/0 to a NAT gateway that stands in a public subnet, or, if"
        " only AWS services are needed, VPC endpoints for those services.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
        family="way-out-route",
        needs=(_TABLES,),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="public-subnet-no-public-ip",
        ra_code="IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        layer="routes",
        title="The function is in a public subnet, where it gets no public address",
        happens="Packets to public addresses go to the internet gateway, which drops them because"
        " the function's interface has only a private address. The route looks right.",
        reason="An internet gateway forwards only what has a public IPv4 address, and Lambda never"
        " gives a function's interface one, whatever the subnet's settings are.",
        further=Words(
            title="The way out leads through {subnet} straight to the internet gateway, which drops"
            " private addresses",
            reason="An internet gateway forwards only what has a public IPv4 address. What comes"
            " from a function has a private one still where a firewall's endpoint or a transit"
            " gateway's attachment hands it on, by the route table of its own subnet.",
        ),
        remedy="Move the function to a private subnet whose 0.0.0.0/0 route goes to a NAT gateway;"
        " the NAT gateway is what belongs into the public subnet.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
        family="way-out-gateway",
        needs=(_TABLES,),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="blackhole-route",
        ra_code="BAD_STATE_ROUTE",
        layer="routes",
        title="The route that applies leads to something that no longer exists",
        happens="The route is still in the table, in state blackhole; what it pointed at was"
        " deleted or detached. Packets that match it are dropped.",
        reason="Deleting a gateway or an interface does not delete the routes to it: AWS marks them"
        " blackhole, and they still win over every less specific route.",
        remedy="Point the route at something that exists, or delete it if another route should"
        " apply.",
        source=f"{_GUIDE}/VPC_Route_Tables.html",
        family=("way-out-route", "other-network"),
        needs=(_TABLES,),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="more-specific-route",
        ra_code="MORE_SPECIFIC_ROUTE",
        layer="routes",
        title="A more specific route takes the traffic somewhere else",
        happens="The route that was meant for this traffic is there, and another one with a longer"
        " prefix wins and leads where the target is not.",
        reason="Of all routes that match an address, the one with the longest prefix is used,"
        " whether its target works or not.",
        remedy="Remove the more specific route, or point it to where the target is.",
        source=f"{_GUIDE}/route-tables-priority.html",
        family=("way-out-route", "other-network"),
        needs=(_TABLES,),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="routing-loop",
        ra_code="CANNOT_ROUTE",
        layer="routes",
        title="The routes send the traffic in a circle",
        happens="What the route leads through hands the packets on by a route table that sends them"
        " back to it, until their time to live is used up.",
        reason="A firewall endpoint, a transit gateway and a NAT hand packets on by the route"
        " table of the subnet that they stand in, and that table must not lead back to them.",
        remedy="Put the endpoint, attachment or NAT into a subnet with a route table of its own,"
        " which leads on to the target.",
        source="https://docs.aws.amazon.com/network-firewall/latest/developerguide/route-tables.html",
        family="way-out-route",
        needs=(_TABLES,),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="internet-gateway-detached",
        ra_code="BAD_STATE_ATTACHMENT",
        layer="routes",
        title="The internet gateway in the route is not attached to the VPC",
        happens="The route names an internet gateway that is attached to no VPC, or to another one,"
        " so packets that are sent to it go nowhere.",
        reason="An internet gateway carries traffic of the one VPC that it is attached to.",
        remedy="Attach the internet gateway to the VPC.",
        source=f"{_GUIDE}/VPC_Internet_Gateway.html",
        family="way-out-gateway",
        needs=("ec2:DescribeInternetGateways",),
        confirm="aws ec2 describe-internet-gateways"
        " --filters Name=attachment.vpc-id,Values={vpc_id}",
    ),
    Cause(
        code="block-public-access",
        ra_code="VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
        layer="routes",
        title="VPC Block Public Access is on and cuts the VPC off from the internet",
        happens="Routes, groups and gateways look right, and a setting of the whole account and"
        " Region drops the traffic at the internet gateway, NAT gateways included.",
        reason="In mode block-bidirectional no traffic passes an internet gateway or egress-only"
        " gateway, except for the VPCs and subnets that are excluded.",
        remedy="Ask whoever owns the setting for an exclusion that allows egress for the subnet"
        " through which the traffic leaves.",
        source=f"{_GUIDE}/security-vpc-bpa.html",
        family=("way-out-gateway", "ipv6"),
        needs=("ec2:DescribeVpcBlockPublicAccessOptions",),
        confirm="aws ec2 describe-vpc-block-public-access-options",
    ),
    Cause(
        code="ipv6-not-allowed",
        layer="routes",
        title="The target was reached for over IPv6, which the function does not have",
        happens="The name has an IPv6 address, and the function has none to send from, so the"
        " connection fails at once or times out.",
        reason="A function gets IPv6 only when Ipv6AllowedForDualStack is on and every one of its"
        " subnets has an IPv6 range.",
        remedy="Turn on IPv6 for the function (all its subnets must be dual-stack), or use the"
        " target's IPv4 address.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
        symptoms=_NO_IPV6,
        family="ipv6",
        needs=("lambda:GetFunctionConfiguration", "ec2:DescribeSubnets"),
        confirm="aws lambda get-function-configuration --function-name {function}"
        " --query VpcConfig.Ipv6AllowedForDualStack",
    ),
    Cause(
        code="no-egress-only-gateway",
        ra_code="NO_ROUTE_TO_DESTINATION",
        layer="routes",
        title="The subnet has no way out for IPv6",
        happens="Packets to IPv6 addresses find no route, or one that cannot carry them, and are"
        " dropped; the same target over IPv4 may work.",
        reason="A NAT gateway's 0.0.0.0/0 route is for IPv4 only. IPv6 leaves through a ::/0 route"
        " to an egress-only internet gateway.",
        remedy="Create an egress-only internet gateway and add a route for ::/0 to it.",
        source=f"{_GUIDE}/egress-only-internet-gateway.html",
        symptoms=_NO_IPV6,
        family="ipv6",
        needs=(_TABLES, "ec2:DescribeEgressOnlyInternetGateways"),
        confirm=_READ_TABLE,
    ),
    Cause(
        code="middlebox-unavailable",
        ra_code="BAD_STATE",
        layer="routes",
        title="The firewall or appliance that the route leads through is not working",
        happens="The route table sends the traffic through a Gateway Load Balancer endpoint, a"
        " firewall endpoint or an appliance that is not available, and there it ends.",
        reason="Traffic that a route sends through an appliance has no other way: if the appliance"
        " is gone, so is the path.",
        remedy="Bring the endpoint or appliance back, or route around it.",
        source="https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
        family=("firewall", "way-out-route"),
        needs=("ec2:DescribeVpcEndpoints", "ec2:DescribeNetworkInterfaces"),
        confirm="aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc_id}"
        " --query 'VpcEndpoints[].[VpcEndpointId,VpcEndpointType,State]'",
    ),
    Cause(
        code="firewall-sees-one-direction",
        layer="routes",
        title="Requests and answers take different ways, and a firewall sees one of them only",
        happens="A firewall that keeps track of connections gets answers to requests that it never"
        " saw, or requests whose answers pass it by, and drops what belongs to no connection.",
        reason="Each endpoint of a firewall tracks the connections that it sees whole. Without"
        " appliance mode a transit gateway hands packets on in the zone that they come from, so"
        " that answers come to the endpoint of another zone.",
        remedy="Have both directions pass the same endpoint: turn on appliance mode for the"
        " attachment of the VPC that inspects (aws ec2 modify-transit-gateway-vpc-attachment"
        " --options ApplianceModeSupport=enable), or mend the route table that leads one direction"
        " past it.",
        source="https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-appliance-scenario.html",
        symptoms=SILENCE,
        family=("firewall", "other-network"),
        needs=("ec2:DescribeVpcEndpoints",),
        confirm="aws ec2 describe-transit-gateway-vpc-attachments --query"
        " 'TransitGatewayVpcAttachments[].[TransitGatewayAttachmentId,VpcId,Options]'",
        rule=losses.one_direction,
    ),
)
