"""A large account: how long a walk and a diagnosis take in it, and how that grows.

1,000 subnets in 20 VPCs, 500 route tables, 2,500 security groups of 60 rules, 5,000 interfaces at
size 1. Only the first VPC's first subnets are what the function touches, whatever the size.
"""

from __future__ import annotations

import json
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from probe import conclusion
from probe.model import Attempt, Failure, Observation, Placement, Stage, Status, Step
from probe.network.snapshot import Snapshot, load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.bench.row import Row
from tests.network.world import World, permission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RULES = 60
GROWTH = (1, 4, 16)  # parts of sixteen: a sixteenth, a quarter, the whole


def account(scale: float = 1) -> World:
    """Build it. Nothing is shared between entries, as in a file that was read."""
    world = World()
    vpcs = max(1, round(20 * scale))
    for number in range(vpcs):
        _vpc(
            world, f"vpc-{number}", f"10.{number % 250}.0.0/16" if number < 250 else "10.250.0.0/16"
        )
    _function(world)
    return world


def _vpc(world: World, vpc: str, cidr: str) -> None:
    stem = vpc.removeprefix("vpc-")
    prefix = cidr.rsplit(".", 2)[0]
    world.vpc(cidr, vpc)
    world.igw(vpc, f"igw-{stem}")
    for index in range(50):
        world.subnet(
            f"subnet-{stem}-{index}", f"{prefix}.{index}.0/24", vpc=vpc, zone="abc"[index % 3]
        )
    for index in range(24):  # and the main table: 25 for each VPC
        pair = [f"subnet-{stem}-{2 * index}", f"subnet-{stem}-{2 * index + 1}"]
        routes = {"0.0.0.0/0": f"igw-{stem}"} if index == 23 else {}
        world.table(f"rtb-{stem}-{index}", vpc, routes, subnets=pair)
    for index in range(125):
        rules = [
            permission("tcp", 1000 + rule, cidr=f"{prefix}.{rule % 50}.0/24")
            for rule in range(_RULES - 1)
        ]
        world.group(
            f"sg-{stem}-{index}",
            vpc=vpc,
            ingress=rules,
            egress=[permission("-1", None, cidr="0.0.0.0/0")],
        )
    # Written out: World.interface looks through all subnets for each one.
    for index in range(250):
        subnet, host = f"subnet-{stem}-{index % 50}", 10 + index // 50
        address = f"{prefix}.{index % 50}.{host}"
        world.lists["NetworkInterfaces"].append(
            _interface(f"eni-{stem}-{index}", address, subnet, vpc, f"sg-{stem}-{index % 125}")
        )


def _interface(name: str, address: str, subnet: str, vpc: str, group: str) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": name,
        "InterfaceType": "interface",
        "SubnetId": subnet,
        "VpcId": vpc,
        "Groups": [{"GroupId": group, "GroupName": group}],
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}],
        "Ipv6Addresses": [],
        "SourceDestCheck": True,
        "Status": "in-use",
    }


SUBNETS, GROUPS = ("subnet-0-0", "subnet-0-2"), ("sg-0-0",)


def _function(world: World) -> None:
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "orders-api",
        "State": "Active",
        "VpcConfig": {
            "VpcId": "vpc-0",
            "SubnetIds": list(SUBNETS),
            "SecurityGroupIds": list(GROUPS),
        },
    }


def observations() -> tuple[Observation, ...]:
    """Give what the probe saw there: no way out, and a database that admits others."""
    far = (
        ("http", "https://api.example.com/", "api.example.com", "203.0.113.10", 443, None),
        (
            "dynamodb",
            "dynamodb",
            "dynamodb.eu-west-1.amazonaws.com",
            "198.51.100.20",
            443,
            "dynamodb",
        ),
        ("logs", "logs", "logs.eu-west-1.amazonaws.com", "198.51.100.30", 443, "logs"),
        ("rds", "10.0.7.10:5432", "10.0.7.10", "10.0.7.10", 5432, None),
    )
    return tuple(_timeout(one) for one in far)


def _timeout(told: tuple[str, str, str, str, int, str | None]) -> Observation:
    check, label, host, address, port, service = told
    steps = (Step(Stage.CONNECT, 3000.0),)
    attempt = Attempt(address, Status.FAIL, Stage.CONNECT, Failure.TIMEOUT, steps)
    detail = {"service": service} if service else {}
    return Observation(
        check,
        label,
        Status.FAIL,
        Stage.CONNECT,
        Failure.TIMEOUT,
        address,
        port,
        host,
        steps,
        (attempt,),
        detail,
    )


PLACEMENT = Placement(
    "orders-api",
    "eu-west-1",
    in_vpc=True,
    vpc_id="vpc-0",
    subnet_ids=SUBNETS,
    security_group_ids=GROUPS,
    az_id="euw1-az-a",
    subnet_id=SUBNETS[0],
)


def _ms(work: Callable[[], object]) -> float:
    """Take the processor's time: nothing here waits, and a busy machine is not what is measured."""
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def diagnosed(snapshot: Snapshot) -> float:
    """Diagnose the report once, with all that follows: walks, causes, and fixes walked again."""
    seen = observations()
    return _ms(lambda: conclusion.conclude(conclusion.Begun(), PLACEMENT, seen, snapshot=snapshot))


def rows(scale: float, rounds: int) -> Iterator[Row]:
    """Measure it."""
    world = account(scale)
    text = json.dumps(world.lists)
    counts = ", ".join(
        f"{len(world.lists[name]):,} {name}"
        for name in ("Subnets", "RouteTables", "SecurityGroups", "NetworkInterfaces")
    )
    source = Source(SUBNETS[0], GROUPS)
    first, further, whole = [], [], []
    for _ in range(rounds):
        begun = time.process_time()
        snapshot = load(text, name="large")
        network = Network(snapshot)
        walk(network, source, Destination("10.0.7.10", 5432))
        first.append(1000 * (time.process_time() - begun))
        further.append(_ms(partial(walk, network, source, Destination("10.0.9.10", 5432))))
        whole.append(diagnosed(snapshot))
    yield _row(
        "path-first",
        "loading the large snapshot and walking a first path",
        first,
        1000,
        f"{counts}, {len(text) / 1e6:.0f} MB of JSON",
    )
    yield _row("path-further", "a further path in it", further, 5, "")
    yield _growth(scale, rounds, whole)


def _row(name: str, what: str, times: list[float], most: float, note: str) -> Row:
    median = statistics.median(times)
    return Row(
        name, what, median, "ms", f"at most {most:g} ms", median <= most, note=note, part_of="large"
    )


def _growth(scale: float, rounds: int, whole: list[float]) -> Row:
    times = {}
    for part in GROWTH[:-1]:
        snapshot = load(account(scale * part / GROWTH[-1]).lists, name="smaller")
        times[part] = statistics.median(diagnosed(snapshot) for _ in range(rounds))
    times[GROWTH[-1]] = median = statistics.median(whole)
    told = ", ".join(f"{part}x: {ms:.1f} ms" for part, ms in times.items())
    linear = times[GROWTH[-1]] <= GROWTH[-1] * times[1]
    return Row(
        "diagnosis",
        "diagnosis of a report of four targets over the large snapshot, with fixes",
        median,
        "ms",
        "at most 50 ms, growth no worse than linear",
        median <= 50 and linear,
        note=f"growth, 16x being the large snapshot: {told}",
        part_of="large",
    )
