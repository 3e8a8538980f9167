"""Walks on behind what was not read, as if it said one thing or the other.

Behind prefix lists, as if one of them, or none, held the target; behind route tables, as if their
local routes decided. Which route applies is not known then, and what stands behind each of them is:
whatever closes one of these ways may be what stops the packets. Nothing that is found so is
certain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe.network import endpoints
from probe.network.walk import legs
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.flow import Packet
    from probe.network.walk.journey import Journey


def walks(trace: Trace, start: Journey, packet: Packet) -> None:
    """Note what each of these ways would meet."""
    if start.unread_tables:
        _locally(trace, start, packet)
    unread = ", ".join(start.unread_lists)
    for name in _holders(start):
        other = Trace()
        journey = replace(
            start, trace=other, supposed=name, unread_lists={}, passed=set(), middleboxes=[]
        )
        legs.back(other, legs.forth(other, journey, packet))
        if name:
            condition = f"{name}, which was not read, holds {packet.destination[0]}"
        else:
            condition = f"{unread}, which was not read, does not hold {packet.destination[0]}"
        trace.suppose(other, condition, drawn=not name)


def _locally(trace: Trace, start: Journey, packet: Packet) -> None:
    """Note what the way inside the VPC would meet.

    A table may lead to a part of the VPC otherwise: through a firewall, or to nothing any more.
    https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
    """
    other = Trace()
    journey = replace(start, trace=other, local=True, passed=set(), middleboxes=[])
    legs.back(other, legs.forth(other, journey, packet))
    # The same words from every subnet: it is one condition, and not one for each of them.
    condition = (
        "no route of the tables that were not read is more specific than the VPC's local one"
    )
    other.assume(condition)
    trace.suppose(other, condition, drawn=True)


def _holders(start: Journey) -> Iterator[str]:
    """Name the lists that may hold the target; "" for none of them.

    Gateway endpoints route by the lists of S3 and DynamoDB, which hold all addresses of those.
    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    service = start.service or endpoints.service_of(start.host)
    carried = service in endpoints.GATEWAY_SERVICES
    if start.unread_lists and not (carried and any(start.unread_lists.values())):
        yield ""
    yield from (
        one for one, of_endpoint in start.unread_lists.items() if carried or not of_endpoint
    )
