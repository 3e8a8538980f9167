"""The function as a sender: any address its interfaces have or could have, in both families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places
from probe.network.vpc import Network, NotRead
from probe.network.walk.journey import Origin

if TYPE_CHECKING:
    from probe.network.walk.path import Source
    from probe.network.walk.trace import Trace


def of_function(
    network: Network, subnet_id: str, group_ids: tuple[str, ...], version: int
) -> Origin:
    """Return the function as a sender: any address its interfaces have, or could have."""
    subnet = places.subnet(network, subnet_id)
    doubt: NotRead | None = None
    try:
        found = places.lambda_interfaces(network, subnet_id, group_ids)
    except NotRead as missing:
        found, doubt = (), missing  # then any address of the subnet may be the function's
    own = [block for one in found for block in one.addresses if block.version == version]
    public = tuple(block for one in found for block in one.public)
    return Origin(
        "function",
        subnet_id,
        subnet.vpc_id,
        subnet,
        group_ids,
        tuple(own) or subnet.addresses(version),
        public,
        hidden=not public,
        doubt=doubt,
    )


def may_speak_ipv6(trace: Trace, network: Network, origin: Origin, asked: bool | None) -> bool:
    """Judge IPv6: it leaves a function only when it is allowed and every subnet has both families.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-ipv6
    """
    facts = {"subnet_id": origin.component, "vpc_id": origin.vpc_id}
    if not origin.addresses:
        why = f"{origin.component} has no IPv6 block"
        trace.block("ipv6-not-allowed", origin.component, "subnet", why, facts=facts)
        return False
    with trace.reading("function", "placement"):
        allowed = asked if asked is not None else _dual_stack(network)
        if not allowed:
            why = "Ipv6AllowedForDualStack of the function is off"
            trace.block("ipv6-not-allowed", origin.component, "placement", why, facts=facts)
    return True


def speaks_ipv6(network: Network, source: Source) -> bool:
    """Whether a function has IPv6 at all; true where that was not read."""
    try:
        if source.subnet_id is None:
            return False
        if not places.subnet(network, source.subnet_id).addresses(6):
            return False
        return _dual_stack(network) if source.ipv6 is None else source.ipv6
    except NotRead:
        return True


def _dual_stack(network: Network) -> bool:
    configuration = network.thing("FunctionConfiguration").get("VpcConfig")
    found = (
        configuration.get("Ipv6AllowedForDualStack") if isinstance(configuration, dict) else None
    )
    return found is True
