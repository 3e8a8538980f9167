"""Which fix answers which cause. Explicit, so that a reader and the type checker see all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.remedy import (
    acls,
    association,
    balancers,
    blackholes,
    dns,
    endpoint_state,
    endpoints,
    firewalls,
    groups,
    instances,
    joins,
    membership,
    nat_instances,
    nat_subnet,
    placement,
    routes,
    sisters,
    through,
    transit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.remedy.proposal import Remedy

# What closes the way of a packet, wherever it goes.
_PACKETS: Mapping[str, Remedy] = {
    # placement
    "function-not-in-vpc": placement.attach,
    "ipv6-not-allowed": placement.allow_ipv6,
    # routes
    "no-route-to-internet": association.or_associate(routes.lead_to_nat),
    "public-subnet-no-public-ip": nat_instances.or_give_public_address(
        through.or_past(endpoints.or_endpoint(routes.move_out_of_public, first=True))
    ),
    "blackhole-route": sisters.or_like_others(blackholes.mend),
    "nat-gateway-failed": endpoints.or_endpoint(routes.replace_target, first=False),
    "nat-gateway-deleted": endpoints.or_endpoint(routes.replace_target, first=False),
    "nat-gateway-private": endpoints.or_endpoint(routes.past_private_nat, first=False),
    "nat-subnet-no-internet-route": endpoints.or_endpoint(nat_subnet.lead_out, first=False),
    "routing-loop": routes.lead_on,
    "nat-instance-stopped": nat_instances.start,
    "nat-instance-source-dest-check": nat_instances.forward,
    "internet-gateway-detached": routes.attach_gateway,
    "nat-gateway-not-in-zone": placement.open_zone,
    "block-public-access": placement.exclude,
    "no-egress-only-gateway": placement.egress_only_gateway,
    "no-route-to-target": sisters.or_like_others(joins.route_to_target),
    "no-return-route": joins.route_back,
    "more-specific-route": sisters.or_like_others(joins.unshadow, first=False),
    "peering-not-active": sisters.or_like_others(joins.accept_peering, first=False),
    "peering-not-transitive": sisters.or_like_others(joins.join_directly),
    "transit-gateway-not-in-zone": transit.enter_zone,
    "transit-gateway-attachment-not-available": transit.accept_attachment,
    "transit-gateway-no-association": transit.associate_attachment,
    "transit-gateway-no-route": transit.transit_route,
    "transit-gateway-blackhole": transit.mend_transit_blackhole,
    "virtual-private-gateway-detached": transit.attach_vpn,
    # the target
    "target-instance-stopped": instances.start,
    # filters
    "own-security-group-blocks": membership.or_join(groups.open_group),
    "target-security-group-blocks": membership.or_join(groups.open_group),
    "endpoint-security-group-blocks": membership.or_join(groups.open_group),
    "nat-instance-security-group-blocks": groups.open_group,
    "load-balancer-no-listener": balancers.add_listener,
    "load-balancer-security-group-blocks": balancers.admit_balancer,
    "load-balancer-target-security-group-blocks": balancers.admit_balancer,
    "load-balancer-not-active": balancers.wait,
    "security-group-reference-lost": groups.open_by_range,
    "egress-lacks-prefix-list": groups.to_prefix_list,
    "nacl-blocks-request": balancers.and_healthy(acls.allow),
    "nacl-blocks-return": balancers.and_healthy(acls.allow),
    "nacl-narrows-return-ports": balancers.and_healthy(acls.allow),
    "nat-subnet-nacl-blocks": acls.allow,
    "firewall-rule-blocks": firewalls.let_through,
    # endpoints
    "gateway-endpoint-missing": endpoints.create_gateway,
    "gateway-endpoint-not-associated": endpoints.associate_gateway,
    "interface-endpoint-missing": endpoints.create_interface,
    "interface-endpoint-unused": endpoints.use_endpoint,
    "endpoint-not-available": endpoint_state.make_anew,
    "endpoint-not-in-zone": endpoints.add_zone,
    "endpoint-private-dns-off": endpoints.use_private_names,
}

REMEDIES: Mapping[str, Remedy] = {
    **_PACKETS,
    "vpc-dns-support-off": dns.turn_on,
    "vpc-dns-hostnames-off": dns.turn_on,
    "custom-resolver-unreachable": dns.reach_resolver(_PACKETS),
    "dns-firewall-blocks": dns.let_through,
    "public-answer-for-private-target": joins.answer_privately,
    "peering-dns-resolution-off": dns.answer_over_peering,
}
