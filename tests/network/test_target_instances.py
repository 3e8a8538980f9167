"""Targets that are EC2 instances, and whether those run."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Path, Verdict
from probe.network.collector.collect import collect
from probe.network.snapshot import Snapshot, dump
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.aws import Aws
from tests.network.world import World, codes, tcp

ADDRESS = "10.0.2.90"


@pytest.fixture
def world() -> World:
    """Build a function's subnet, and one with an instance and what is none."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-svc", "10.0.2.0/24")
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    world.group("sg-fn")
    world.group("sg-svc", ingress=[tcp(8080, group="sg-fn")])
    attached = {"InstanceId": "i-svc"}
    world.interface("eni-svc", ADDRESS, "subnet-svc", ["sg-svc"], Attachment=attached)
    world.instance("i-svc")
    world.interface("eni-task", "10.0.2.91", "subnet-svc", ["sg-svc"])
    world.interface(
        "eni-other", "10.0.2.92", "subnet-svc", ["sg-svc"], Attachment={"InstanceId": "i-other"}
    )
    world.instance("i-other", "stopped")
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "fn",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return world


def read(world: World, to: str = ADDRESS, **more: Any) -> Snapshot:
    """Read it as AWS tells it."""
    return collect(Aws(world, **more), function="fn", addresses=[to])


def to(snapshot: Snapshot, address: str = ADDRESS) -> Path:
    """Walk to an address in it."""
    source, destination = Source("subnet-app", ("sg-fn",)), Destination(address, 8080)
    return walk(Network(snapshot), source, destination)


@pytest.mark.parametrize("state", ["stopped", "stopping", "shutting-down", "terminated"])
def test_an_instance_that_does_not_run_takes_no_packets(world: World, state: str) -> None:
    """Its interface is there with its address and its groups, which let them in."""
    world.entry("Instances", "i-svc")["State"] = {"Name": state}

    path = to(read(world))

    assert codes(path) == ["target-instance-stopped"]
    assert path.verdict is Verdict.UNREACHABLE
    assert path.blockers[0].component == "i-svc"
    assert state in path.blockers[0].why


def test_an_instance_that_runs_is_reached(world: World) -> None:
    """The near miss; and of others nobody asks whether they run."""
    snapshot = read(world)

    assert to(snapshot).verdict is Verdict.REACHABLE
    assert [one["InstanceId"] for one in dump(snapshot)["Instances"]] == ["i-svc"]


def test_what_is_no_instance_is_not_asked_for(world: World) -> None:
    """Such as a task or a database: the call is left out."""
    snapshot = read(world, "10.0.2.91")

    assert to(snapshot, "10.0.2.91").verdict is Verdict.REACHABLE
    assert "Instances" not in dump(snapshot)


def test_a_state_that_was_not_read_closes_nothing(world: World) -> None:
    """The network is open either way; the walk says what it does not know."""
    path = to(read(world, denied=["DescribeInstances"]))

    assert path.verdict is Verdict.REACHABLE
    (hop,) = [one for one in path.hops if one.kind == "instance"]
    assert (hop.component, hop.action) == ("i-svc", "unknown")
