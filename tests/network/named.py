"""A VPC whose names are asked for: a database, and a private zone."""

from __future__ import annotations

from typing import Any

from probe.network.dns.names import Answer, resolve
from probe.network.vpc import Network
from probe.network.walk.path import Source
from tests.network.entries import database
from tests.network.world import World, tcp

DATABASE = "orders.abc123.eu-west-1.rds.amazonaws.com"


def zone_and_database() -> World:
    """Build a VPC with a function's subnet, a database and a private zone."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24")
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"], RequesterId="amazon-rds")
    world.lists["DBInstances"].append(
        database(DATABASE, "sg-db", vpc="vpc-a", subnet="subnet-data", PubliclyAccessible=False)
    )
    world.lists["HostedZones"].append(
        {"HostedZoneId": "Z1", "Name": "example.internal.", "VPCs": [{"VPCId": "vpc-a"}]}
    )
    world.lists["ResourceRecordSets"].append(
        {
            "HostedZoneId": "Z1",
            "ResourceRecordSets": [
                {
                    "Name": "cache.example.internal.",
                    "Type": "A",
                    "ResourceRecords": [{"Value": "10.0.2.20"}],
                },
                {
                    "Name": "db.example.internal.",
                    "Type": "CNAME",
                    "ResourceRecords": [{"Value": f"{DATABASE}."}],
                },
                {
                    "Name": "\\052.apps.example.internal.",
                    "Type": "A",
                    "ResourceRecords": [{"Value": "10.0.2.30"}],
                },
            ],
        }
    )
    return world


def answer(world: World, host: str, **more: Any) -> Answer:
    """Ask for a name from the function's subnet."""
    network = Network(world.snapshot(without=more.get("without", ())))
    return resolve(network, host, Source("subnet-app", ("sg-fn",)))
