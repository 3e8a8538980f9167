"""Causes at load balancers between the function and its target.

Records only: the walk finds these. A load balancer that works answers in its own name: 502, 503 and
504 come from it, as a rule, and speak of what stands behind it.
"""

from __future__ import annotations

from probe.causes.cause import CUT_OFF, REFUSAL, SILENCE, Cause, at
from probe.model import Failure, Stage

_ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest"
_FAMILY = "balancer"
_HEALTH = "elasticloadbalancing:DescribeTargetHealth"
_BALANCERS = "elasticloadbalancing:DescribeLoadBalancers"
# An HTTP answer proves that the balancer is active and listens: what it says is of its targets.
_BEHIND = SILENCE | REFUSAL | CUT_OFF | at(Stage.EXCHANGE, Failure.HTTP_STATUS)
_READ = "aws elbv2 describe-load-balancers --query 'LoadBalancers[?DNSName==`{host}`]'"
_ARN = (
    "$(aws elbv2 describe-load-balancers --query"
    " 'LoadBalancers[?DNSName==`{host}`].LoadBalancerArn' --output text)"
)
_READ_LISTENERS = (
    f"aws elbv2 describe-listeners --load-balancer-arn {_ARN} --query 'Listeners[].[Protocol,Port]'"
)
READ_HEALTH = (
    "aws elbv2 describe-target-health --target-group-arn $(aws elbv2 describe-target-groups"
    f" --load-balancer-arn {_ARN} --query 'TargetGroups[0].TargetGroupArn' --output text)"
    " --query 'TargetHealthDescriptions[].[Target,TargetHealth]'"
)

CAUSES = (
    Cause(
        code="load-balancer-no-listener",
        ra_code="ELBV2_LISTENERS_MISMATCH",
        layer="load balancers",
        title="The load balancer has no listener on this port",
        happens="The load balancer is reached and has nothing that takes connections on this port.",
        reason="A load balancer takes connections on the ports of its listeners only.",
        remedy="Use a port that has a listener, or add a listener for this one.",
        source=f"{_ELB}/application/load-balancer-listeners.html",
        symptoms=SILENCE | REFUSAL,
        family=_FAMILY,
        needs=("elasticloadbalancing:DescribeListeners",),
        confirm=_READ_LISTENERS,
    ),
    Cause(
        code="load-balancer-no-healthy-target",
        layer="load balancers",
        title="The load balancer has no healthy target to pass connections to",
        happens="The load balancer is reached, and nothing behind it can take the traffic. An"
        " Application Load Balancer then answers 503 (no target registered), 502 (the target"
        " refuses or hangs up) or 504 (it is silent); a Network Load Balancer passes on the"
        " target's own refusal or silence.",
        reason="A load balancer passes traffic to registered targets that its health check finds"
        " healthy, and to all of them where none is.",
        remedy="Look at the reason in the target health, and mend or register the targets.",
        source=f"{_ELB}/application/load-balancer-troubleshooting.html",
        symptoms=_BEHIND,
        family=_FAMILY,
        needs=(_HEALTH,),
        confirm=READ_HEALTH,
    ),
    Cause(
        code="load-balancer-not-in-zone",
        ra_code="ELBV2_NO_TARGETS_IN_AZ",
        layer="load balancers",
        title="The load balancer has no target in the zone of the address that was used",
        happens="One of the load balancer's addresses stands in a zone without targets, and"
        " cross-zone load balancing is off, so connections to that address fail.",
        reason="Without cross-zone load balancing each node serves the targets of its own zone"
        " only.",
        remedy="Turn on cross-zone load balancing, or register targets in that zone.",
        source=f"{_ELB}/network/network-load-balancers.html",
        symptoms=SILENCE | REFUSAL | CUT_OFF,
        family=_FAMILY,
        needs=(_BALANCERS, _HEALTH),
        confirm=READ_HEALTH,
    ),
    Cause(
        code="load-balancer-target-security-group-blocks",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="load balancers",
        title="The group of what stands behind the load balancer does not admit the traffic",
        happens="The load balancer is reached, and its connection to the target is dropped by the"
        " target's security group.",
        reason="Behind a load balancer the target sees either the balancer's group and address or"
        " the client's; its group must admit the one that it sees.",
        remedy="Add an inbound rule on the target's port to the target's security group, with the"
        " load balancer's security group as source.",
        source=f"{_ELB}/network/target-group-register-targets.html",
        symptoms=_BEHIND,
        family=_FAMILY,
        needs=("ec2:DescribeSecurityGroups", _HEALTH),
        confirm=READ_HEALTH,
    ),
    Cause(
        code="load-balancer-security-group-blocks",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="load balancers",
        title="The load balancer's own group does not let it out to its targets",
        happens="The load balancer is reached, and its connections and health checks to the target"
        " are dropped by its own security group.",
        reason="A load balancer opens connections of its own, and a security group lets out only"
        " what an outbound rule allows.",
        remedy="Add an outbound rule on the target's port to the load balancer's security group,"
        " with the target's security group as destination; and one for the port of its health"
        " check, where that is another.",
        source=f"{_ELB}/application/load-balancer-update-security-groups.html",
        symptoms=_BEHIND,
        family=_FAMILY,
        needs=("ec2:DescribeSecurityGroups", _HEALTH),
        confirm=READ_HEALTH,
    ),
    Cause(
        code="load-balancer-not-active",
        ra_code="BAD_STATE",
        layer="load balancers",
        title="The load balancer is not active",
        happens="The load balancer is still being made or failed to be made, and takes no"
        " connections.",
        reason="A load balancer routes traffic in the states active and active_impaired only.",
        remedy="Wait for it, or look at the reason in its state and create it anew.",
        source=f"{_ELB}/application/application-load-balancers.html",
        symptoms=SILENCE | REFUSAL,
        family=_FAMILY,
        needs=(_BALANCERS,),
        confirm=_READ,
    ),
)
