"""Causes at NAT: gateways and instances that have a route to them and lead nowhere.

Records, and the one rule that reads a gateway's metrics. `available` is not healthy: that state
speaks of the gateway, not of the way behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.causes.cause import SILENCE, Cause, Match, Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.seen import Seen

_GUIDE = "https://docs.aws.amazon.com/vpc/latest/userguide"
_TROUBLE = f"{_GUIDE}/nat-gateway-troubleshooting.html"
_INSTANCES = f"{_GUIDE}/work-with-nat-instances.html"
_GATEWAYS = "ec2:DescribeNatGateways"
_READ_GATEWAYS = (
    "aws ec2 describe-nat-gateways --filter Name=vpc-id,Values={vpc_id} --query"
    " 'NatGateways[].[NatGatewayId,State,FailureMessage,ConnectivityType,SubnetId]'"
)
_READ_INSTANCES = (
    "aws ec2 describe-network-interfaces --filters Name=vpc-id,Values={vpc_id}"
    " --query 'NetworkInterfaces[].[NetworkInterfaceId,SourceDestCheck,Status,Groups]'"
)


def ports_used_up(seen: Seen) -> Iterator[Match]:
    """Find gateways with ErrorPortAllocation above zero, and connections lost through them."""
    for gateway, failed in seen.port_allocation_errors().items():
        labels = [
            o.label
            for o in seen.failing
            if seen.symptom(o) in SILENCE
            and seen.passes_through(o, gateway)
            and not seen.fails_everywhere(o)
        ]
        if failed > 0 and labels:
            sentence = (
                f"{gateway} could not find a free port {failed:g} times"
                " (metric ErrorPortAllocation)."
            )
            yield Match(tuple(labels), Proof.CONFIGURATION, gateway, (sentence,))


CAUSES = (
    Cause(
        code="nat-subnet-no-internet-route",
        ra_code="NO_ROUTE_TO_DESTINATION",
        layer="routes",
        title="The NAT gateway or instance is in a subnet with no way to the internet itself",
        happens="The function's subnet sends its traffic to the NAT, as it should. The NAT's own"
        " subnet has no working route to an internet gateway, so there it ends.",
        reason="A zonal public NAT gateway, and a NAT instance, forward by the route table of their"
        " own subnet, which must send 0.0.0.0/0 to an internet gateway. The gateway is `available`"
        " and the instance `running` all the same.",
        remedy="Give the NAT's subnet a route for 0.0.0.0/0 to an attached internet gateway.",
        source=_TROUBLE,
        family="way-out-nat",
        needs=(_GATEWAYS, "ec2:DescribeRouteTables"),
        confirm=_READ_GATEWAYS,
    ),
    Cause(
        code="nat-gateway-failed",
        ra_code="BAD_STATE",
        layer="routes",
        title="The NAT gateway in the route failed to be created",
        happens="The route leads to a NAT gateway in state failed, which never carried a packet.",
        reason="A NAT gateway that could not be built stays visible for about an hour as failed,"
        " with the reason in FailureMessage; routes to it lead nowhere.",
        remedy="Remove what made it fail, create a new NAT gateway and point the route to it.",
        source=_TROUBLE,
        family="way-out-nat",
        needs=(_GATEWAYS,),
        confirm=_READ_GATEWAYS,
    ),
    Cause(
        code="nat-gateway-deleted",
        ra_code="BAD_STATE",
        layer="routes",
        title="The NAT gateway in the route has been deleted",
        happens="The route still names a NAT gateway that is deleted or being deleted, and packets"
        " to it are dropped.",
        reason="Deleting a NAT gateway leaves the routes to it in place; they become blackholes.",
        remedy="Create a new NAT gateway in a public subnet and point the route to it.",
        source=_TROUBLE,
        family="way-out-nat",
        needs=(_GATEWAYS,),
        confirm=_READ_GATEWAYS,
    ),
    Cause(
        code="nat-gateway-private",
        ra_code="IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        layer="routes",
        title="The NAT gateway in the route is a private one and cannot reach the internet",
        happens="The NAT gateway replaces the source address by a private one, and the internet"
        " gateway drops what comes from private addresses.",
        reason="A private NAT gateway has no Elastic IP. It is meant for other VPCs and networks"
        " behind a transit gateway, never for the internet.",
        remedy="Create a public NAT gateway in a public subnet and point the route to it.",
        source=f"{_GUIDE}/vpc-nat-gateway.html",
        family="way-out-nat",
        needs=(_GATEWAYS,),
        confirm=_READ_GATEWAYS,
    ),
    Cause(
        code="nat-subnet-nacl-blocks",
        ra_code="SUBNET_ACL_RESTRICTION",
        layer="filters",
        title="The network ACL of the NAT gateway's subnet drops the traffic",
        happens="Packets reach the NAT gateway's subnet and are dropped at its edge, on the way out"
        " or on the way back.",
        reason="Traffic through a NAT gateway crosses the network ACL of the gateway's subnet four"
        " times. It is stateless: the answers need ports 1024-65535 open as well.",
        remedy="Allow the traffic in both directions in the network ACL of the NAT gateway's"
        " subnet.",
        source=_TROUBLE,
        family=("way-out-nat", "nat-filter"),
        needs=(_GATEWAYS, "ec2:DescribeNetworkAcls"),
        confirm=_READ_GATEWAYS,
    ),
    Cause(
        code="nat-gateway-not-in-zone",
        ra_code="REGIONAL_NGW_ROUTE_AZ_RESTRICTION",
        layer="routes",
        title="The regional NAT gateway does not serve this Availability Zone",
        happens="The route leads to a regional NAT gateway that has no address in the zone of the"
        " function's subnet.",
        reason="A regional NAT gateway with manually chosen zones serves those zones only; one that"
        " extends by itself can take up to an hour to reach a new zone.",
        remedy="Add the zone, with an address of its own, to the regional NAT gateway.",
        source=f"{_GUIDE}/nat-gateways-regional.html",
        family="way-out-nat",
        needs=(_GATEWAYS,),
        confirm=_READ_GATEWAYS,
    ),
    Cause(
        code="nat-instance-stopped",
        ra_code="BAD_STATE",
        layer="routes",
        title="The instance that does NAT is not running",
        happens="The route leads to an EC2 instance that is stopped or terminated, so nobody"
        " forwards the packets.",
        reason="A NAT instance is an ordinary instance: nothing replaces it when it stops.",
        remedy="Start the instance, or replace it by a NAT gateway.",
        source=_INSTANCES,
        family="way-out-nat",
        needs=("ec2:DescribeInstances",),
        confirm=_READ_INSTANCES,
    ),
    Cause(
        code="nat-instance-source-dest-check",
        ra_code="ENI_SOURCE_DEST_CHECK_RESTRICTION",
        layer="routes",
        title="The instance that does NAT has its source/destination check on",
        happens="Packets arrive at the NAT instance's interface and are dropped there because they"
        " are not addressed to the instance.",
        reason="By default EC2 drops what an interface receives for another address; an instance"
        " that forwards needs that check turned off.",
        remedy="Turn off the source/destination check of the instance's interface.",
        source=_INSTANCES,
        family="way-out-nat",
        needs=("ec2:DescribeNetworkInterfaces",),
        confirm=_READ_INSTANCES,
    ),
    Cause(
        code="nat-instance-security-group-blocks",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="filters",
        title="The security group of the NAT instance does not let the traffic through",
        happens="Packets arrive at the NAT instance and its own security group drops them, inbound"
        " from the function's subnet or outbound to the target.",
        reason="Unlike a NAT gateway, a NAT instance has a security group, which must allow the"
        " function's traffic in and out again.",
        remedy="Allow the function's traffic in the security group of the NAT instance.",
        source=_INSTANCES,
        family=("way-out-nat", "nat-filter"),
        needs=("ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces"),
        confirm=_READ_INSTANCES,
    ),
    Cause(
        code="nat-port-exhaustion",
        layer="routes",
        title="The NAT gateway ran out of ports for this destination",
        happens="Some new connections through the NAT gateway are dropped while others work; it"
        " gets worse with load.",
        reason="One address of a NAT gateway carries at most 55,000 connections at a time to one"
        " destination address, port and protocol.",
        remedy="Give the NAT gateway more addresses (up to 8), reuse connections, or reach AWS"
        " services through endpoints instead.",
        source=_TROUBLE,
        family="nat-load",
        needs=("cloudwatch:GetMetricStatistics",),
        confirm="aws cloudwatch get-metric-statistics --namespace AWS/NATGateway"
        " --metric-name ErrorPortAllocation --statistics Sum --period 3600"
        " --start-time $(date -u -d '1 day ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
        " --dimensions Name=NatGatewayId,Value=NAT_GATEWAY_ID",
        rule=ports_used_up,
    ),
)
