"""A built network: where everything is, and what can be done to it while it runs."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tests.lab.kernel import faults as faulty
from tests.lab.kernel import netns
from tests.lab.kernel.gateways import INTERNET
from tests.lab.kernel.plan import CONTROL, OUTSIDE, Plan, plan
from tests.lab.kernel.subnets import relay_of
from tests.lab.kernel.topology import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from ipaddress import IPv4Address, IPv6Address
    from pathlib import Path

    from tests.lab.parts import Fault
    from tests.lab.scenario import Scenario

_count = itertools.count()


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace and the addresses that something has in it."""

    netns: Path
    address: IPv4Address | None = None
    ipv6: IPv6Address | None = None


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """One place where an AWS service can be reached, and the endpoint that leads there, if any."""

    service: str
    place: Place
    endpoint: str | None = None
    subnet: str | None = None  # of an interface endpoint


@dataclass(frozen=True)
class Network:
    """Everything that stands, by its name in the scenario."""

    scenario: Scenario
    plan: Plan
    spaces: Mapping[str, Path]  # every namespace
    functions: Mapping[str, Place]  # by subnet; empty when the function is not in a VPC
    hosts: Mapping[str, Place]
    load_balancers: Mapping[str, tuple[Place, ...]]
    services: tuple[ServicePlace, ...]
    resolvers: Mapping[str, Place]  # by VPC; "" is the one outside
    relays: Mapping[str, Path]  # by key of an interface: the middle of its cable, see relay
    firewalls: Mapping[str, Place]
    control: Place  # outside every VPC: where a diagnosis runs
    outside: Place  # where a function runs that is not in a VPC
    ailing: set[Path] = field(default_factory=set)  # namespaces that have a fault now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let it all go."""
        netns.remove(self.spaces.values())

    def apply(self, faults: Iterable[Fault]) -> None:
        """Make hosts, services and resolvers ail, instead of whatever ailed them before."""
        faulty.apply(self, tuple(faults))

    def resolver_addresses(self, vpc: str) -> tuple[str, ...]:
        """Give what belongs into resolv.conf of a function in a VPC, "" for outside."""
        if not vpc or not self.scenario.vpcs[vpc].dns_servers:
            return ("169.254.169.253",)
        return tuple(
            str(self.hosts[word].address) if word in self.hosts else word
            for word in self.scenario.vpcs[vpc].dns_servers
        )


def build(
    scenario: Scenario,
    addresses: Plan | None = None,
    *,
    resolvers: bool = True,
    keep_ports: bool = False,
) -> Network:
    """Build a scenario's network in the kernel. Call it inside the sandbox only.

    `keep_ports`: NAT keeps a sender's source port where it is free, so that a test can choose it.
    """
    chosen = addresses or plan(scenario)
    wired = wire(scenario, chosen, resolvers=resolvers, keep_ports=keep_ports)
    paths = netns.make(wired.topology, f"n{next(_count)}-")

    def at(key: str) -> Place:
        eni = chosen.enis[key]
        return Place(paths[wired.enis[key].name], eni.address, eni.ipv6)

    hosts = {name: at(f"host {name}") for name, host in scenario.hosts.items() if host.subnet}
    for name, (ipv4, ipv6) in chosen.internet.items():
        hosts[name] = Place(paths[INTERNET], ipv4, ipv6)
    for name, address in chosen.on_premises.items():
        hosts[name] = Place(_premises(scenario, paths, address), address)
    network = Network(
        scenario=scenario,
        plan=chosen,
        spaces=paths,
        functions={subnet: at(f"function {subnet}") for subnet in scenario.function.subnets},
        hosts=hosts,
        load_balancers={
            name: tuple(at(f"load-balancer {name} {subnet}") for subnet in balancer.subnets)
            for name, balancer in scenario.load_balancers.items()
        },
        services=tuple(_services(scenario, chosen, paths, at)),
        resolvers={vpc: Place(paths[space.name]) for vpc, space in wired.resolvers.items()},
        relays={
            key: paths[relay_of(eni)] for key, eni in chosen.enis.items() if relay_of(eni) in paths
        },
        firewalls={name: at(f"firewall {name}") for name in scenario.firewalls},
        control=Place(paths["control"], CONTROL),
        outside=Place(paths["outside"], OUTSIDE),
    )
    network.apply(scenario.faults)
    return network


def _premises(scenario: Scenario, paths: Mapping[str, Path], address: IPv4Address) -> Path:
    """Find the namespace of the premises that an address belongs to; a lone host has the core's."""
    for vpc in scenario.vpcs.values():
        behind = any(address in cidr for cidr in vpc.on_premises)
        if behind and vpc.virtual_private_gateway == "attached":
            return paths[f"private-gateway-{vpc.name}"]
    return paths["nowhere"]


def _services(
    scenario: Scenario, chosen: Plan, paths: Mapping[str, Path], at: Callable[[str], Place]
) -> Iterable[ServicePlace]:
    for name, address in chosen.services.items():
        yield ServicePlace(name, Place(paths[INTERNET], address))
    for endpoint in scenario.endpoints.values():
        if endpoint.type == "interface":
            for subnet in endpoint.subnets:
                place = at(f"endpoint {endpoint.name} {subnet}")
                yield ServicePlace(endpoint.service, place, endpoint.name, subnet)
        elif endpoint.state == "available":
            address = chosen.services[endpoint.service]
            place = Place(paths[f"endpoint-{endpoint.name}"], address)
            yield ServicePlace(endpoint.service, place, endpoint.name)
