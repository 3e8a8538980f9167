"""Two networks with one range: which of them packets are for, and what a route to it takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.remedy.proposal import Context


def meant(context: Context) -> str | None:
    """Return the VPC that packets are for, where the walk found them led into another."""
    found = context.facts.get("meant_vpc_id")
    return None if found is None else str(found)


def may_leave(context: Context, vpc_id: str, wanted: Block) -> None:
    """Stop at an address of the VPC's own ranges, from which no route leads to another network.

    Beside the local route there may be narrower ones to appliances in the VPC, and to nothing else:
    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    """
    if meant(context) and places.vpc(context.network, vpc_id).holds(wanted):
        raise NotRead(f"a way out of {vpc_id} to {wanted}", "its own range holds that address")


def cost(context: Context, price: str) -> str:
    """Add to a route's price whom it cuts off."""
    if meant(context) is None:
        return price
    return (
        f"{price} Another network has the same range: what has the same addresses there can no "
        "longer be reached from where the route is."
    )
