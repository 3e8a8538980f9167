"""Networks whose pictures are looked at: a large one, with one zone that has lost its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe import asking, planned
from tests.network.world import World, permission

if TYPE_CHECKING:
    from probe.model import Report

ROLES = ("public", "app", "data", *(f"team-{number}" for number in range(17)))


def sixty_subnets() -> Report:
    """Judge a function in three zones, among sixty subnets; zone c has lost its NAT gateway."""
    world = World()
    world.vpc()
    world.igw()
    number = 0
    for zone in "abc":
        for role in ROLES:
            world.subnet(f"subnet-{role}-{zone}", f"10.0.{number}.0/24", zone=zone)
            number += 1
    public = [f"subnet-public-{zone}" for zone in "abc"]
    world.table("rtb-public", "vpc-a", {"0.0.0.0/0": "igw-a"}, subnets=public)
    for zone in "abc":
        nat = world.nat(f"subnet-public-{zone}", name=f"nat-{zone}", VpcId="vpc-a")
        app = [f"subnet-{role}-{zone}" for role in ROLES[1:]]
        world.table(f"rtb-private-{zone}", "vpc-a", {"0.0.0.0/0": nat}, subnets=app)
    world.lists["NatGateways"][-1]["State"] = "deleted"
    world.lists["RouteTables"][-1]["Routes"][-1]["State"] = "blackhole"
    world.group("sg-fn")
    world.group("sg-db", ingress=[permission("tcp", 5432, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-data-a", ["sg-db"])
    stand = asking.Stand(tuple(f"subnet-app-{zone}" for zone in "abc"), ("sg-fn",))
    places = [asking.place("10.0.2.10:5432"), asking.place("203.0.113.10:443")]
    return planned.judge(world.snapshot(), stand, places, "orders")
