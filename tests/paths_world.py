"""A small network for tests of commands: one subnet with a way out, one without, and a database."""

from __future__ import annotations

from tests.network.world import World, permission


def small() -> World:
    """Build it: subnet-open has a NAT gateway, subnet-shut nothing; the database admits sg-fn."""
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-public", "10.0.0.0/24")
    world.subnet("subnet-open", "10.0.1.0/24", zone="a")
    world.subnet("subnet-shut", "10.0.2.0/24", zone="b")
    world.subnet("subnet-data", "10.0.3.0/24")
    world.table("rtb-public", "vpc-a", {"0.0.0.0/0": "igw-a"}, subnets=["subnet-public"])
    world.nat("subnet-public")
    world.table("rtb-open", "vpc-a", {"0.0.0.0/0": "nat-a"}, subnets=["subnet-open"])
    world.group("sg-fn")
    world.group("sg-other")
    world.group("sg-db", ingress=[permission("tcp", 5432, group="sg-fn")])
    world.interface("eni-db", "10.0.3.10", "subnet-data", ["sg-db"])
    return world
