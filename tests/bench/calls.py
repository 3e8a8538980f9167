"""How many calls of AWS's APIs reading one placement takes, beside reading everything.

Over the large account, answered in process. Everything: each list that a path can depend on, from
its beginning to its end, in AWS's largest pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import keys
from probe.network.collector.collect import collect
from tests.bench import large
from tests.bench.row import Row
from tests.network.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.network.world import World

# The most that MaxResults may say; where AWS pages otherwise, the more favourable number.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html
_PAGE = {"RouteTables": 100}
_USUAL_PAGE = 1000
# Calls for each entry: one attribute at a time; what the whole list of interfaces tells takes none.
_PER_OWNER = {"VpcAttributes": 2, "SubnetNetworkInterfaces": 0}


def rows(scale: float) -> Iterator[Row]:
    """Count both."""
    world = large.account(scale)
    read = Aws(world)
    seen = large.observations()
    collect(
        read,
        function="orders-api",
        addresses=[one.address for one in seen if one.address],
        hosts=[one.host for one in seen if one.host and one.host != one.address],
        services=["dynamodb", "logs"],
    )
    mine, everything = len(read.asked), naive(world)
    yield Row(
        "aws-calls",
        "AWS API calls for one placement and four targets",
        mine,
        "calls",
        "told, with the ratio",
        None,
        everything,
        "every list of the same account, in the largest pages",
        f"{len(world.lists['Vpcs'])} VPCs; {len(set(read.asked))} different operations",
        "aws-calls",
    )


def naive(world: World) -> int:
    """Count the calls that read every list whole."""
    total = len(keys.OBJECTS)
    for name in keys.LISTS:
        entries = len(world.lists.get(name, ()))
        page = _PAGE.get(name, _USUAL_PAGE)
        total += _PER_OWNER[name] * entries if name in _PER_OWNER else max(1, -(-entries // page))
    return total
