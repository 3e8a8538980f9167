"""Causes of paths that are neither open nor closed: lossy, slow, or open from some places only.

Records only; their rules stand in `losses`.
"""

from __future__ import annotations

from probe.causes import losses
from probe.causes.cause import CUT_OFF, REFUSAL, SILENCE, Cause

_LAMBDA_NETWORK = "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html"

CAUSES = (
    Cause(
        code="one-address-dead",
        layer="target",
        title="One of the addresses behind the name fails every time",
        happens="The name has several addresses, and the same one fails every time, so clients that"
        " happen to pick it fail.",
        reason="Each address is a host or a load balancer node of its own, with its own subnet,"
        " rules and health.",
        remedy="Look at the host or node at that address, its subnet and its groups, or take it out"
        " of the name. A load balancer's name is AWS's own: look at the node's subnet and at its"
        " targets; until then only a zonal shift leads callers away from it.",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html",
        symptoms=SILENCE | REFUSAL | CUT_OFF,
        confirm="aws ec2 describe-network-interfaces"
        " --filters Name=addresses.private-ip-address,Values={address}",
        rule=losses.one_address_dead,
        restates=True,
    ),
    Cause(
        code="first-packet-lost",
        layer="target",
        title="The first packet of every connection is lost",
        happens="Every connection opens only when its first packet is sent again, a second later:"
        " it works, and is slow.",
        reason="A device that learns of a connection by its first packet and drops it, such as a"
        " firewall on a path that differs between the two directions, does this.",
        remedy="Look for a firewall or transit gateway appliance between; turn on appliance mode"
        " where traffic crosses zones.",
        source="https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html",
        rule=losses.first_packet_lost,
        restates=True,
    ),
    Cause(
        code="path-lossy",
        layer="target",
        title="Some connections are lost on the way and others are not",
        happens="The same check passes in one attempt and times out in another.",
        reason="Configuration is the same for every packet; what comes and goes is load, a broken"
        " device, or a rule that only some source ports fit.",
        remedy="Repeat the check more often, and compare when and for which addresses it fails.",
        source=_LAMBDA_NETWORK,
        rule=losses.lossy,
        restates=True,
    ),
    Cause(
        code="path-slow",
        layer="target",
        title="The target is reached, and it takes long",
        happens="Looking up the name, or opening the connection, took more than half a second,"
        " although no packet had to be sent again.",
        reason="A connection takes one round trip to open, and a name a question to a resolver,"
        " which may ask others: it is the distance, or something on that way that waits.",
        remedy="Look at what was slow: move function and target closer, or mend the resolver and"
        " what it forwards to; until then give the function a longer timeout.",
        source=_LAMBDA_NETWORK,
        rule=losses.slow,
        restates=True,
    ),
    Cause(
        code="fragments-lost",
        layer="target",
        title="Connections open, and large answers do not get through",
        happens="The small packets that open a connection pass; then nothing comes back, because"
        " the first large packet or fragment is lost.",
        reason="Lambda takes no fragmented packets and NAT gateways pass no fragmented TCP, so a"
        " host or VPN that sends fragments, or packets too large, is not heard.",
        remedy="Lower the MTU or the TCP segment size at the target or VPN, and let ICMP"
        " 'fragmentation needed' pass.",
        source=_LAMBDA_NETWORK,
        symptoms=CUT_OFF,
        rule=losses.large_lost,
        restates=True,
    ),
    Cause(
        code="one-subnet-broken",
        layer="target",
        title="Perhaps only one of the function's subnets is cut off",
        happens="The function has several subnets, each invocation runs in one of them, and only"
        " those in the broken one fail.",
        reason="Each subnet has its own route table and network ACL.",
        remedy="Compare the route tables and network ACLs of the function's subnets.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
        family="one-subnet",
        needs=("ec2:DescribeRouteTables",),
        confirm="aws ec2 describe-route-tables --filters Name=vpc-id,Values={vpc_id}"
        " --query 'RouteTables[].[Associations[].[SubnetId,Main],Routes]'",
    ),
)
