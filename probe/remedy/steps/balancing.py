"""Steps about load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.remedy import edit
from probe.remedy.command import call
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from probe.remedy.edit import Entry


def create_listener(balancer_arn: str, port: int, protocol: str, group_arn: str) -> Step:
    """Let a load balancer listen on one more port."""
    parameters = {
        "LoadBalancerArn": balancer_arn,
        "Protocol": protocol,
        "Port": port,
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": group_arn}],
    }
    return Step(
        call("elbv2", "create-listener", parameters),
        edit.added("Listeners", {"ListenerArn": f"{balancer_arn}/{port}", **parameters}),
        Resource("Listener", "AWS::ElasticLoadBalancingV2::Listener", parameters),
    )


# How AWS calls it when a health check gets no answer: an application and a network load balancer.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/check-target-health.html
_UNANSWERED = ("Target.Timeout", "Target.FailedHealthChecks")


def become_healthy(group_arn: str) -> Step:
    """Wait for health checks that got no answer, and get one now."""

    def health(entry: Entry) -> Entry:
        if (entry.get("TargetHealth") or {}).get("Reason") not in _UNANSWERED:
            return entry
        return {**entry, "TargetHealth": {"State": "healthy"}}

    def change(entry: Entry) -> Entry:
        found = entry.get("TargetHealthDescriptions") or ()
        return {**entry, "TargetHealthDescriptions": [health(one) for one in found]}

    return Step(
        call("elbv2", "wait target-in-service", {"TargetGroupArn": group_arn}),
        edit.amended("TargetHealthDescriptions", group_arn, change),
    )


def wait_until_active(balancer_arn: str) -> Step:
    """Wait until a load balancer takes connections."""
    return Step(call("elbv2", "wait load-balancer-available", {"LoadBalancerArns": [balancer_arn]}))
