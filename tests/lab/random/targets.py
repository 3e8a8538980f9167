"""What the machines of a drawn network can be asked to connect to, by address and by name.

A name is answered by the lab's own reading of AWS's DNS. Of public names only those are asked for
whose addresses no drawn route, rule or list singles out: the product does not look them up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.describe.names import endpoint_id, endpoint_names, host_names
from tests.lab.machines import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.kernel import Plan
    from tests.lab.scenario import Scenario

SERVICES = ("dynamodb", "logs", "secretsmanager")
SINGLED_OUT = ("203.0.113.", "2600:")


def targets(scenario: Scenario, chosen: Plan) -> Iterator[tuple[str, int]]:
    """List what can be connected to, each with the port on which something listens."""
    yield from _by_address(scenario, chosen)
    yield from _by_name(scenario, chosen)


def _by_address(scenario: Scenario, chosen: Plan) -> Iterator[tuple[str, int]]:
    yield from (("service dynamodb", 443), ("service logs", 443))
    for name in chosen.on_premises:
        yield f"premises {name}", scenario.hosts[name].port
    for name, (ipv4, ipv6) in chosen.internet.items():
        prefixes = [""] * bool(ipv4) + ["six "] * bool(ipv6)
        yield from ((f"{prefix}internet {name}", scenario.hosts[name].port) for prefix in prefixes)
    for eni in chosen.enis.values():
        if eni.kind == "endpoint":
            yield eni.key, 443
        if eni.kind == "load-balancer":
            yield eni.key, min(scenario.load_balancers[eni.name].listeners)
        if eni.kind == "host":
            prefixes = ["", *["six "] * bool(eni.ipv6), *["public "] * bool(eni.public)]
            yield from ((prefix + eni.key, scenario.hosts[eni.name].port) for prefix in prefixes)


def _by_name(scenario: Scenario, chosen: Plan) -> Iterator[tuple[str, int]]:
    known = host_names(scenario)
    for host in scenario.hosts.values():
        outside = chosen.internet.get(host.name)
        if outside and any(str(one).startswith(SINGLED_OUT) for one in outside if one):
            continue
        yield from ((f"name {name}", host.port) for name in (known[host.name], *host.names))
    for balancer in scenario.load_balancers.values():
        yield f"name {known[balancer.name]}", min(balancer.listeners)
    for service in SERVICES:
        yield f"name {names.service_host(service, scenario.region)}", 443
    for endpoint in scenario.endpoints.values():
        if endpoint.type == "interface":
            yield f"name {endpoint_names(scenario, endpoint.name)[0]}", 443
    yield "name nobody.lab.internal", 443


def addresses(scenario: Scenario, chosen: Plan, source: str, target: str) -> tuple[str, ...]:
    """Give the addresses of a target; KeyError when the network has no such thing."""
    kind, _, name = target.partition(" ")
    if kind != "name":
        return (_address(chosen, target),)
    eni = chosen.enis[source]
    vpc = scenario.subnets[eni.subnet].vpc
    if not scenario.vpcs[vpc].dns_support:
        return ()
    identifiers = {name: endpoint_id(name) for name in scenario.endpoints}
    known = names.view(scenario, chosen, host_names(scenario), identifiers, vpc)
    found = known.get(name, ())
    # Programs ask for addresses of the families that they have, and take IPv4 where there is any.
    six = speaks_ipv6(scenario, chosen, source)
    ipv4 = tuple(one for one in found if ":" not in one)
    return found if six or not ipv4 else ipv4


def speaks_ipv6(scenario: Scenario, chosen: Plan, source: str) -> bool:
    """Tell whether a machine has IPv6; the product takes every one for the function's."""
    return bool(chosen.enis[source].ipv6 and scenario.function.ipv6)


def _address(chosen: Plan, target: str) -> str:
    prefix, _, key = target.partition(" ")
    if prefix not in ("six", "public"):
        prefix, key = "", target
    kind, _, name = key.partition(" ")
    found: object
    if kind == "service":
        found = chosen.services[name]
    elif kind == "premises":
        found = chosen.on_premises[name]
    elif kind == "internet":
        found = chosen.internet[name][prefix == "six"]
    else:
        eni = chosen.enis[key]
        found = {"six": eni.ipv6, "public": eni.public}.get(prefix, eni.address)
    if found is None:
        raise KeyError(target)
    return str(found)
