"""What is found when the configuration says one thing and the packets say another.

Records only; `probe.diagnosis` finds these, since they are about every other cause.
"""

from __future__ import annotations

from probe.causes.cause import SILENCE, Cause

OPEN_BUT_LOST = "configuration-open-packets-lost"
CLOSED_BUT_ARRIVES = "configuration-closed-packets-arrive"

# Where the control passes.
RUNS = (
    "The target runs and answers others, so look at whom it admits: whether its list, or its host's"
    " firewall, has the address that these calls come from. Then at what the walk cannot see."
)
# Where the way leaves AWS.
OUTSIDE = (
    "AWS lets the packets through to the network outside, of which it tells nothing. Look there:"
    " whether the host runs, whether the firewalls on the way admit the ranges of the function's"
    " subnets, and whether that network knows the way back to them."
)

_LAMBDA_NETWORK = "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html"

CAUSES = (
    Cause(
        code=OPEN_BUT_LOST,
        layer="target",
        title="The configuration lets the packets through, and they are lost all the same",
        happens="Every route, group, network ACL and gateway that was read lets the connection"
        " pass, in both directions, and no answer came.",
        reason="What the walk cannot see: the target's own host and whom it admits, rules of a"
        " firewall about domain names, changes made in the last minutes.",
        remedy="Look at the target's host first: whether it runs, listens, and lets this port in.",
        source=_LAMBDA_NETWORK,
        symptoms=SILENCE,
        family=("host", "outside"),
        needs=("ec2:DescribeNetworkInterfaces",),
        confirm="aws ec2 describe-network-interfaces"
        " --filters Name=addresses.private-ip-address,Values={address}"
        " --query 'NetworkInterfaces[].[VpcId,SubnetId,Status,Attachment.InstanceId]'",
    ),
    Cause(
        code=CLOSED_BUT_ARRIVES,
        layer="target",
        title="The configuration that was read closes the path, and the packets arrive",
        happens="A rule or route that was read should stop the connection, and an answer came.",
        reason="Either the configuration changed after it was read, or there is a way that was not"
        " seen.",
        remedy="Read the configuration again, and look for another way to the target.",
        source=_LAMBDA_NETWORK,
        symptoms=frozenset(),
    ),
)
