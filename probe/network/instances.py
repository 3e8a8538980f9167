"""EC2 instances: whether they run.

One that is stopped keeps its interfaces and their private addresses, and takes no packets.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry
    from probe.network.targets import Target
    from probe.network.walk.journey import Journey

RUNNING = "running"


def read_state(entry: Entry) -> str:
    """Read the state of one entry of Instances."""
    return fields.maybe_text(fields.mapping(entry, "State"), "Name") or RUNNING


def judge(journey: Journey, target: Target) -> None:
    """Judge whether the instance that has the target's address runs.

    Where that was not read the way is open all the same: it is no part of the network.
    """
    instance_id, trace = target.instance_id, journey.trace
    if instance_id is None:
        return
    try:
        state = journey.network.one("Instances", instance_id, read_state)
    except NotRead:
        trace.hop(instance_id, "instance", "unknown", "whether it runs was not read")
        return
    if state == RUNNING:
        trace.hop(instance_id, "instance", "allow", "it runs")
        return
    trace.block(
        "target-instance-stopped",
        instance_id,
        "instance",
        f"{instance_id}, which has the target's address, is {state}",
        ra_code="BAD_STATE",
        facts={
            "instance_id": instance_id,
            "network_interface_id": target.component,
            "state": state,
        },
    )
