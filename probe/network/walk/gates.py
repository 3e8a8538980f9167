"""The two security group gates of a leg: out of the sender, into whoever has the address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.network import prefix_lists, routes, security_groups
from probe.network.addresses import is_private
from probe.network.flow import blocks_text
from probe.network.security_groups import Lost, Peer, Ruling
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.flow import Crossing, Packet
    from probe.network.targets import Target
    from probe.network.walk.journey import Arrival, Origin
    from probe.network.walk.trace import Trace


def peer_of(
    addresses: tuple[Block, ...],
    group_ids: tuple[str, ...] | NotRead,
    crossings: tuple[Crossing, ...],
    *,
    egress: bool,
) -> Peer:
    """Return the other end as rules see it behind these borders."""
    doubt: bool | NotRead = True
    for crossing in crossings:
        carried = crossing.carries(egress=egress)
        if carried is False:
            lost = Lost(crossing.why_not(egress=egress), crossing.ra_code)
            return Peer(addresses, group_ids, references=False, lost=lost)
        doubt = carried if isinstance(carried, NotRead) else doubt
    return Peer(addresses, group_ids, doubt)


def out(
    trace: Trace,
    origin: Origin,
    packet: Packet,
    *,
    network: Network,
    far_groups: tuple[str, ...] | NotRead,
    arrival: Arrival,
) -> None:
    """Judge the sender's own groups."""
    if origin.group_ids is None:
        return
    peer = peer_of(packet.destination, far_groups, arrival.crossings, egress=True)
    component = ", ".join(origin.group_ids) or origin.component
    with trace.reading(component, "security-group"):
        ruling = security_groups.rule_on(network, origin.group_ids, packet, peer, egress=True)
        if not ruling.denied:
            trace.hop(ruling.group_id, "security-group", "allow", f"egress rule: {ruling.by}")
            return
        what = f"{_what(packet)} to {blocks_text(ruling.denied)}"
        why = f"no egress rule of {component} allows {what}"
        if arrival.kind == "unknown" and ruling.has_rules and not is_private(packet.destination[0]):
            # Only the route tells whether a prefix list is what is missing.
            trace.closed = True
            trace.hop(ruling.group_id or component, "security-group", "deny", why)
            return
        facts = {
            **_facts(packet, origin.group_ids, "egress", ruling),
            "destination_cidrs": [str(block) for block in ruling.denied],
            # Naming a group is no help where the way does not carry the names of groups.
            "destination_group_ids": _nameable(far_groups, peer, ruling),
            "role": origin.role,
        }
        if ruling.lost:
            why += f"; a rule names a group of it, but {ruling.lost[0][1].why}"
        code, extra = _out_code(network, origin, packet, ruling, arrival)
        trace.block(
            code,
            ruling.group_id or component,
            "security-group",
            why,
            ra_code=_ra_code(ruling),
            partial=ruling.partial,
            facts={**facts, **extra},
        )


def _out_code(
    network: Network, origin: Origin, packet: Packet, ruling: Ruling, arrival: Arrival
) -> tuple[str, dict[str, Any]]:
    if origin.kind == "nat-instance":
        return "nat-instance-security-group-blocks", {"network_interface_id": origin.component}
    if arrival.kind == "service" and ruling.has_rules and origin.subnet is not None:
        # Rules there are, only none for the addresses that the gateway endpoint carries.
        table = routes.of_subnet(network, origin.subnet)
        choice = routes.choose(network, table, packet.destination[0])[0]
        if choice.route is not None and choice.route.prefix_list_id is not None:
            prefix_list_id = choice.route.prefix_list_id
            return "egress-lacks-prefix-list", {
                "prefix_list_id": prefix_list_id,
                "prefix_list_name": prefix_lists.name_of(network, prefix_list_id),
            }
    # Also where a rule names a group in vain: it is the sender's own that lets nothing out.
    return "own-security-group-blocks", {}


def _nameable(far_groups: tuple[str, ...] | NotRead, peer: Peer, ruling: Ruling) -> list[str]:
    """Return the groups of the other end that an outbound rule could name."""
    if isinstance(far_groups, NotRead) or peer.references is False or ruling.lost:
        return []
    return list(far_groups)


def into(
    trace: Trace,
    origin: Origin,
    packet: Packet,
    *,
    network: Network,
    target: Target,
    arrival: Arrival,
) -> None:
    """Judge the groups of whoever has the address."""
    with trace.reading(target.component, "security-group"):
        if isinstance(target.group_ids, NotRead):
            raise target.group_ids
        if not target.group_ids:
            trace.hop(target.component, target.kind, "allow", "security groups do not apply to it")
            return
        # A NAT gateway has no groups: rules that name some never match what comes from it.
        groups = origin.group_ids or ()
        peer = peer_of(packet.source, groups, arrival.crossings, egress=False)
        ruling = security_groups.rule_on(network, target.group_ids, packet, peer, egress=False)
        if not ruling.denied:
            trace.hop(ruling.group_id, "security-group", "allow", f"ingress rule: {ruling.by}")
            return
        if ruling.partial and packet.doubt is not None:
            raise packet.doubt
        if peer.references is False and not ruling.lost:
            origin = replace(origin, group_ids=())  # a rule that names them would not help
        _closed(trace, origin, packet, target=target, ruling=ruling)


def _closed(
    trace: Trace, origin: Origin, packet: Packet, *, target: Target, ruling: Ruling
) -> None:
    assert not isinstance(target.group_ids, NotRead)
    code = "target-security-group-blocks"
    if target.kind == "vpc-endpoint":
        code = "endpoint-security-group-blocks"
    elif target.kind == "nat-instance":
        code = "nat-instance-security-group-blocks"
    why = (
        f"no ingress rule of {', '.join(target.group_ids)} allows {_what(packet)} from "
        f"{blocks_text(ruling.denied)}"
    )
    if origin.group_ids:
        why += f" or from {', '.join(origin.group_ids)}"
    group_id = target.group_ids[0]
    if ruling.lost:
        group_id, lost = ruling.lost[0]
        code = "security-group-reference-lost"
        why += f"; a rule names that group, but {lost.why}"
    trace.block(
        code,
        group_id,
        "security-group",
        why,
        ra_code=_ra_code(ruling),
        partial=ruling.partial,
        facts={
            **_facts(packet, target.group_ids, "ingress", ruling),
            "group_id": group_id,
            "target": target.component,
            "vpc_endpoint_id": target.endpoint.id if target.endpoint else None,
            "source_group_ids": list(origin.group_ids or ()),
            "source_cidrs": [str(block) for block in ruling.denied],
            "source_kind": origin.kind,
        },
    )


def _ra_code(ruling: Ruling) -> str:
    if ruling.lost:
        return ruling.lost[0][1].ra_code
    return "ENI_SG_RULES_MISMATCH" if ruling.has_rules else "SG_HAS_NO_RULES"


def _facts(
    packet: Packet, group_ids: tuple[str, ...], direction: str, ruling: Ruling
) -> dict[str, Any]:
    return {
        "group_id": ruling.group_id,
        "group_ids": list(group_ids),
        "direction": direction,
        "protocol": packet.protocol,
        "port": packet.destination_ports[0],
    }


def _what(packet: Packet) -> str:
    return f"{packet.protocol} {packet.destination_ports[0]}"
