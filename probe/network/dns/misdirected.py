"""Names that led to a public address though a private way exists: why they did.

Asked only where the way to the public address is closed; else the answer did no harm.
https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-dns.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import peering
from probe.network.addresses import is_private
from probe.network.dns import owners
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.vpc import Network
    from probe.network.walk.journey import Origin
    from probe.network.walk.trace import Trace


def judge(
    trace: Trace, network: Network, origin: Origin, destination: Block, host: str | None
) -> None:
    """Name the reason for a public answer about a database that has a private address."""
    name = (host or "").rstrip(".").lower()
    if not name or is_private(destination):
        return
    owner = owners.find(network, name)
    if owner is None or owner.kind != "database" or owner.vpc_id is None:
        return
    facts = {
        "host": name,
        "address": str(destination),
        "vpc_id": origin.vpc_id,
        "target_vpc_id": owner.vpc_id,
        "private_addresses": []
        if isinstance(owner.private, NotRead)
        else [str(block) for block in owner.private],
    }
    code, component, why = (
        "public-answer-for-private-target",
        owner.component,
        f"{name} has a private address in {owner.vpc_id}, and led to {destination}",
    )
    with trace.reading(owner.component, "dns"):
        if owner.vpc_id != origin.vpc_id:
            connection = peering.between(network, origin.vpc_id, owner.vpc_id)
            if connection is not None and not connection.other(origin.vpc_id)[1].answers_other:
                code, component = "peering-dns-resolution-off", connection.id
                why += f": DNS resolution over {connection.id} is off on its side"
                facts["vpc_peering_connection_id"] = connection.id
        trace.block(code, component, "dns", why, facts=facts)
