"""How long a large snapshot takes: `python -m tests.network.scale`.

1,000 subnets, 500 route tables, 2,500 security groups of 60 rules and 5,000 interfaces, as JSON
text. Prints JSON, in processor time: seconds to load and walk a first path, milliseconds of a
further path, and the same for a snapshot a tenth as large, since the cost of a path must not depend
on what it does not touch.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from probe.model import Verdict
from probe.network.snapshot import load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.world import ANYWHERE, World, route, tcp

SUBNETS, TABLES, GROUPS, RULES, INTERFACES = 1000, 500, 2500, 60, 5000
FURTHER = 200


def build(part: int = 1) -> World:
    """Build a network of one part of the full size."""
    world = World()
    world.vpc("10.0.0.0/8")
    subnets = SUBNETS // part
    for index in range(subnets):
        world.subnet(f"subnet-{index}", f"10.{index // 250}.{index % 250}.0/24")
    for index in range(TABLES // part):
        world.table(f"rtb-{index}", "vpc-a", {}, subnets=[f"subnet-{index * 2}"])
        routes = world.routes(f"rtb-{index}")
        routes += [route(f"172.16.{one}.0/24", f"pcx-{one}") for one in range(20)]
        routes.append(route(ANYWHERE, "nat-1"))
    for index in range(GROUPS // part):
        rules = [tcp(5432, group=f"sg-{index - 1}")]
        rules += [tcp(1000 + one, cidr=f"10.{index % 250}.{one}.0/24") for one in range(RULES - 1)]
        world.group(f"sg-{index}", ingress=rules)
    for index in range(INTERFACES // part):
        subnet = index % subnets
        address = f"10.{subnet // 250}.{subnet % 250}.{10 + index // subnets}"
        group = f"sg-{index % (GROUPS // part)}"
        world.interface(f"eni-{index}", address, f"subnet-{subnet}", [group])
    return world


def ways(part: int) -> list[tuple[Source, Destination]]:
    """Return paths that each touch other subnets, tables, groups and interfaces."""
    subnets, groups = SUBNETS // part, GROUPS // part
    found = []
    for index in range(1, min(FURTHER, subnets - 1)):
        address = f"10.{index // 250}.{index % 250}.10"
        source = Source(f"subnet-{subnets - index}", (f"sg-{(index - 1) % groups}",))
        found.append((source, Destination(address, 5432)))
    return found


def measure(part: int) -> dict[str, Any]:
    """Load one snapshot from its text, and walk."""
    text = json.dumps(build(part).lists)
    asked = ways(part)
    start = time.process_time()
    network = Network(load(text, name="large"))
    first = walk(network, *asked[0])
    loaded = time.process_time() - start
    assert first.verdict is Verdict.REACHABLE, first
    further = []
    for source, destination in asked[1:]:
        start = time.process_time()
        path = walk(network, source, destination)
        further.append((time.process_time() - start) * 1000)
        assert path.verdict is Verdict.REACHABLE, path
    return {
        "megabytes": round(len(text) / 1e6, 1),
        "first_s": round(loaded, 3),
        "further_ms": round(statistics.median(further), 3),
        "further_worst_ms": round(max(further), 3),
    }


def main() -> None:
    """Measure the full size and a tenth of it."""
    json.dump({"full": measure(1), "tenth": measure(10)}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
