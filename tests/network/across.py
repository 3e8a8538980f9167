"""Two VPCs with nothing between them yet: a function in the one, a database in the other."""

from __future__ import annotations

from typing import Any

from tests.network.world import World, tcp


def two_vpcs() -> World:
    """Build them; their route tables are empty."""
    world = World()
    world.vpc()
    world.vpc("10.8.0.0/16", "vpc-b")
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-db", "10.8.1.0/24", vpc="vpc-b")
    world.group("sg-fn")
    world.group("sg-db", vpc="vpc-b", ingress=[tcp(5432, cidr="10.0.0.0/16")])
    world.interface("eni-db", "10.8.1.10", "subnet-db", ["sg-db"])
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    world.table("rtb-db", "vpc-b", {}, subnets=["subnet-db"])
    return world


def join(world: World) -> None:
    """Attach both to a transit gateway; no route leads to it yet."""
    world.subnet("subnet-tgw-a", "10.0.7.0/28")
    world.subnet("subnet-tgw-b", "10.8.7.0/28", vpc="vpc-b")
    world.transit("tgw-1", "tgw-rtb-1", vpc_a=["subnet-tgw-a"], vpc_b=["subnet-tgw-b"])


def to_database(world: World, **more: Any) -> Any:
    """Walk to the database across."""
    return world.walk("subnet-app", ["sg-fn"], more.pop("to", "10.8.1.10"), 5432, **more)


def by_group(world: World) -> None:
    """Let the database admit the function by its group."""
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
