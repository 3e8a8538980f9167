"""The ways to an AWS service: a gateway endpoint's route, an interface endpoint, or the internet.

A gateway endpoint works for the route tables it is associated with and for no other; DNS shows
nothing of it. An interface endpoint is used only where its name is: by private DNS, which DynamoDB
does not offer. https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-interface-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network import endpoints
from probe.network.dns import dns_settings
from probe.network.endpoints import GATEWAY_SERVICES
from probe.network.vpc import NotRead
from probe.network.walk.journey import LOST, Arrival, Journey, Station

if TYPE_CHECKING:
    from probe.network.endpoints import Endpoint
    from probe.network.flow import Packet
    from probe.network.routes import Route
    from probe.network.vpc import Network


def endpoint(journey: Journey, station: Station, route: Route, packet: Packet) -> Arrival:
    """Hand packets to the VPC endpoint that a route names."""
    found = endpoints.by_id(journey.network, route.target)
    if found.kind == "gatewayloadbalancer":
        return journey.handlers["middlebox"](journey, station, route, packet)
    return _gateway(journey, station, route, found)


def _gateway(journey: Journey, station: Station, route: Route, endpoint: Endpoint) -> Arrival:
    judge_state(journey, endpoint, {"route_table_id": station.table.id})
    journey.trace.hop(endpoint.id, "vpc-endpoint", "allow", f"leads to {endpoint.service_name}")
    note_policy(journey, endpoint)
    return Arrival("service", route.target, station.vpc_id)


def judge_state(journey: Journey, endpoint: Endpoint, facts: dict[str, Any]) -> None:
    """Judge whether an endpoint works at all."""
    if endpoint.state == "available":
        return
    if endpoint.state in ("pending", "partial"):
        missing = NotRead(endpoint.id, f"its state is {endpoint.state}")
        journey.trace.unknown(missing, endpoint.id, "vpc-endpoint")
        return
    journey.trace.block(
        "endpoint-not-available",
        endpoint.id,
        "vpc-endpoint",
        f"its state is {endpoint.state}"
        + (f": {endpoint.last_error}" if endpoint.last_error else ""),
        ra_code="BAD_STATE",
        facts={
            **facts,
            "vpc_endpoint_id": endpoint.id,
            "service_name": endpoint.service_name,
            "state": endpoint.state,
        },
    )


def note_policy(journey: Journey, endpoint: Endpoint) -> None:
    """Note that an endpoint's policy may still refuse; that is no matter of packets."""
    if endpoint.open_policy is False:
        journey.trace.assume(allowing(endpoint.id))


def allowing(endpoint_id: str) -> str:
    """Word what is taken for granted of an endpoint's policy; a denial says that it is not so."""
    return f"the policy of {endpoint_id} allows the request"


def no_way(journey: Journey, station: Station, service: str, facts: dict[str, Any]) -> Arrival:
    """Say why a service cannot be reached from a subnet with no route to the internet."""
    try:
        _name_the_lack(journey, station, service, facts)
    except NotRead as missing:
        _lost(journey, station, service, missing)
    return LOST


def _lost(journey: Journey, station: Station, host: str, missing: NotRead) -> None:
    """Say that packets are lost, where what should have carried them is what is not known."""
    trace, table_id = journey.trace, station.table.id
    trace.closed = True
    why = f"{table_id} has no route to {host}; which endpoint should lead there was not read"
    trace.hop(table_id, "route-table", "deny", why)
    trace.unknown(missing)


def _name_the_lack(journey: Journey, station: Station, service: str, facts: dict[str, Any]) -> None:
    # Read first, also for another Region's host: an endpoint of this one tells what was meant.
    found = endpoints.of_vpc(journey.network, station.vpc_id)
    zone = station.subnet.zone if station.subnet else None
    if endpoints.is_of_another_region(journey.host, zone, service):
        _elsewhere(journey, station, facts)
        return
    mine = [endpoint for endpoint in found if endpoint.serves(service)]
    gateways = [endpoint for endpoint in mine if endpoint.kind == "gateway"]
    interfaces = [endpoint for endpoint in mine if endpoint.kind == "interface"]
    facts = {**facts, "service": service, "alternative": "no-route-to-internet"}
    if gateways:
        _not_associated(journey, station, gateways[0], facts)
    elif interfaces:
        _unused(journey, station, interfaces[0], service, facts)
    else:
        _none(journey, station, service, facts)


def _elsewhere(journey: Journey, station: Station, facts: dict[str, Any]) -> None:
    no_way_out(journey, station, facts, f", and no endpoint of this Region leads to {journey.host}")


def no_way_out(
    journey: Journey, station: Station, facts: dict[str, Any], besides: str = ""
) -> None:
    """Say that a route table has no way to the internet, and for whom it decides.

    Where an endpoint to somebody else's service of this name stands by, that is the way meant.
    """
    host = str(journey.host)
    try:
        other = endpoints.of_others_for(journey.network, station.vpc_id, journey.host)
    except NotRead as missing:
        _lost(journey, station, host, missing)
        return
    if other is not None and not other.private_dns:
        found = {**facts, "service": host, "alternative": "no-route-to-internet"}
        _unused(journey, station, other, host, found)
        return
    journey.trace.block(
        "no-route-to-internet",
        station.table.id,
        "route-table",
        f"{_on_the_way(journey, station)} has no route to the internet{besides}",
        ra_code="NO_ROUTE_TO_DESTINATION",
        facts=facts,
    )


def _on_the_way(journey: Journey, station: Station) -> str:
    """Name a route table, and by whom packets came to it where it is not the function's own."""
    subnet, table_id = station.subnet, station.table.id
    if subnet is None or subnet == journey.origin.subnet:
        return table_id
    passed = [identity for _, identity in journey.middleboxes]
    led = [station.turn.gateway_id] if station.turn else passed[-1:]
    behind = f" behind {led[0]}" if led else ""
    return f"{table_id}, the route table of {subnet.id}{behind},"


def _not_associated(
    journey: Journey, station: Station, endpoint: Endpoint, facts: dict[str, Any]
) -> None:
    journey.trace.block(
        "gateway-endpoint-not-associated",
        endpoint.id,
        "route-table",
        f"{endpoint.id} for {endpoint.service_name} is associated with "
        f"{', '.join(endpoint.route_table_ids) or 'no route table'}, not with {station.table.id}",
        ra_code="NO_ROUTE_TO_DESTINATION",
        facts={
            **facts,
            "vpc_endpoint_id": endpoint.id,
            "service_name": endpoint.service_name,
            "associated_route_table_ids": list(endpoint.route_table_ids),
        },
    )


def _none(journey: Journey, station: Station, service: str, facts: dict[str, Any]) -> None:
    if station.subnet != journey.origin.subnet:
        # There is a way out, which ends further on: an endpoint would only lead past that.
        no_way_out(journey, station, facts)
        return
    gateway = service in GATEWAY_SERVICES
    name = endpoints.ENDPOINT_NAMES.get(service, service)
    journey.trace.block(
        "gateway-endpoint-missing" if gateway else "interface-endpoint-missing",
        station.table.id,
        "route-table",
        f"{station.table.id} has no route to {service}, and {station.vpc_id} no endpoint for it",
        ra_code="NO_ROUTE_TO_DESTINATION",
        facts={**facts, "service_suffix": name},
    )


def _unused(
    journey: Journey, station: Station, endpoint: Endpoint, service: str, facts: dict[str, Any]
) -> None:
    """Say why an interface endpoint that exists did not give the name its address."""
    facts = {
        **facts,
        "vpc_endpoint_id": endpoint.id,
        "service_name": endpoint.service_name,
        "dns_names": list(endpoint.dns_names),
    }
    if endpoint.state not in ("available", "pending", "partial"):
        judge_state(journey, endpoint, facts)
        return
    code, component, why = _why_unused(journey.network, station.vpc_id, endpoint, service)
    journey.trace.block(
        code,
        component,
        "vpc-endpoint",
        f"{endpoint.id} leads to {service}, and the name led elsewhere: {why}",
        ra_code="VPCE_SERVICE_NOT_INSTALLED_IN_AZ" if code == "endpoint-not-in-zone" else None,
        facts=facts,
    )


def _why_unused(
    network: Network, vpc_id: str, endpoint: Endpoint, service: str
) -> tuple[str, str, str]:
    """Return code, component and reason. NotRead when the reason depends on what was not read."""
    if service == "dynamodb":
        why = "an endpoint for DynamoDB has no private DNS: only its own host names lead to it"
        return "interface-endpoint-unused", endpoint.id, why
    if not endpoint.interface_ids and not endpoint.subnet_ids:
        return "endpoint-not-in-zone", endpoint.id, "it has a network interface in no zone"
    if not endpoint.private_dns:
        return "endpoint-private-dns-off", endpoint.id, "its private DNS is off"
    settings = dns_settings.of_vpc(network, vpc_id)
    if not settings.support:
        return "vpc-dns-support-off", vpc_id, f"DNS support of {vpc_id} is off"
    if not settings.hostnames:
        return "vpc-dns-hostnames-off", vpc_id, f"DNS hostnames of {vpc_id} are off"
    if others := dns_settings.servers(network, vpc_id):
        why = f"{vpc_id} asks {', '.join(map(str, others))}, and private DNS is Amazon's alone"
        return "interface-endpoint-unused", endpoint.id, why
    why = "its private DNS is on, so another resolver was asked, or its own name was not used"
    return "interface-endpoint-unused", endpoint.id, why
