"""Addresses for everything that a scenario leaves to the lab. Pure; the same every time.

The plan holds one `Eni` for everything that stands in a subnet with an address of its own, which
is also what a description of the network in AWS's words has to list.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from tests.lab.reading import ScenarioError
from tests.lab.vocabulary.faults import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.lab.parts import Check, Host, NatInstance, Subnet
    from tests.lab.scenario import Scenario

# Addresses that look like AWS's own: programs rightly treat the documentation ranges as special.
_ELASTIC = IPv4Address("54.80.0.10")
_SERVICES = IPv4Address("34.200.0.10")
_REGIONAL = IPv4Address("240.0.0.1")  # a range that no VPC and no public address can have
CONTROL = IPv4Address("18.204.0.10")
OUTSIDE = IPv4Address("18.204.0.11")
# The prefix lists that AWS keeps, with the ranges moto gives them in every Region.
# https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
PREFIX_LISTS = {
    "dynamodb": ("3.218.182.0/24", "3.218.180.0/23", "52.94.0.0/22", "52.119.224.0/20"),
    "s3": ("52.216.0.0/15", "3.5.0.0/19", "54.231.0.0/16"),
}
_IN_PREFIX_LISTS = {"dynamodb": IPv4Address("3.218.182.10"), "s3": IPv4Address("52.216.0.10")}
AMAZON_DNS = IPv4Address("169.254.169.253")


@dataclass(frozen=True, slots=True)
class Eni:
    """One network interface in a subnet."""

    key: str  # "host NAME", "function SUBNET", "nat-gateway NAME", "endpoint NAME SUBNET", ...
    kind: str  # the first word of the key
    name: str  # of the host, the gateway, the endpoint; of the subnet for the function
    subnet: str
    address: IPv4Address
    ipv6: IPv6Address | None = None
    security_groups: tuple[str, ...] | None = None  # None: not filtered by any
    public: IPv4Address | None = None
    source_dest_check: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """Every address of the network."""

    enis: Mapping[str, Eni]
    internet: Mapping[str, tuple[IPv4Address | None, IPv6Address | None]]  # hosts outside
    on_premises: Mapping[str, IPv4Address]
    services: Mapping[str, IPv4Address]  # AWS services in the internet
    regional: Mapping[str, IPv4Address]  # public addresses of regional NAT gateways
    inner: Mapping[str, IPv4Address]  # what these translate to before the internet gateway does

    def eni(self, *words: str) -> Eni:
        """Look up an interface by the words of its key."""
        return self.enis[" ".join(words)]


def plan(scenario: Scenario) -> Plan:
    """Choose every address, those that the file names first."""
    pools = _Pools(scenario)
    enis = {eni.key: eni for eni in _enis(scenario, pools)}
    hosts = scenario.hosts.values()
    regional = [name for name, nat in scenario.nat_gateways.items() if nat.mode == "regional"]
    return Plan(
        enis=enis,
        internet={
            host.name: (
                host.public if isinstance(host.public, IPv4Address) else None,
                host.public_ipv6,
            )
            for host in hosts
            if host.subnet is None and not host.on_premises
        },
        on_premises={
            host.name: host.address for host in hosts if host.on_premises and host.address
        },
        services=dict(_services(scenario)),
        regional={name: scenario.nat_gateways[name].public or pools.elastic() for name in regional},
        inner={name: _REGIONAL + at for at, name in enumerate(regional)},
    )


def _enis(scenario: Scenario, pools: _Pools) -> Iterator[Eni]:
    """List interfaces; hosts and function first, so that adding a gateway moves neither."""
    for host in scenario.hosts.values():
        if host.subnet:
            yield Eni(
                f"host {host.name}",
                "host",
                host.name,
                host.subnet,
                host.address or pools.next(host.subnet),
                host.ipv6
                if isinstance(host.ipv6, IPv6Address)
                else pools.next6(host.subnet, host.ipv6),
                host.security_groups,
                pools.elastic() if host.public is True else host.public or None,
            )
    function = scenario.function
    for subnet in function.subnets:
        yield Eni(
            f"function {subnet}", "function", subnet, subnet, pools.next(subnet),
            pools.next6(subnet, function.ipv6), function.security_groups,
        )  # fmt: skip
    for instance in scenario.nat_instances.values():
        yield Eni(
            f"nat-instance {instance.name}",
            "nat-instance",
            instance.name,
            instance.subnet,
            instance.address or pools.next(instance.subnet),
            None,
            instance.security_groups,
            pools.elastic() if instance.public is True else instance.public or None,
            instance.source_dest_check,
        )
    yield from _gateway_enis(scenario, pools)


def _gateway_enis(scenario: Scenario, pools: _Pools) -> Iterator[Eni]:
    for balancer in scenario.load_balancers.values():
        for subnet in balancer.subnets:
            yield Eni(
                f"load-balancer {balancer.name} {subnet}", "load-balancer", balancer.name, subnet,
                pools.next(subnet), None, balancer.security_groups or None,
            )  # fmt: skip
    for endpoint in scenario.endpoints.values():
        for subnet in endpoint.subnets:
            yield Eni(
                f"endpoint {endpoint.name} {subnet}", "endpoint", endpoint.name, subnet,
                pools.next(subnet), None, endpoint.security_groups,
            )  # fmt: skip
    for nat in scenario.nat_gateways.values():
        if nat.subnet:
            public = (nat.public or pools.elastic()) if nat.connectivity == "public" else None
            yield Eni(
                f"nat-gateway {nat.name}", "nat-gateway", nat.name, nat.subnet,
                pools.next(nat.subnet), public=public, source_dest_check=False,
            )  # fmt: skip
    yield from _passage_enis(scenario, pools)


def _passage_enis(scenario: Scenario, pools: _Pools) -> Iterator[Eni]:
    for firewall in scenario.firewalls.values():
        yield Eni(
            f"firewall {firewall.name}", "firewall", firewall.name, firewall.subnet,
            pools.next(firewall.subnet), source_dest_check=False,
        )  # fmt: skip
    for gateway in scenario.transit_gateways.values():
        for attachment in gateway.attachments.values():
            for subnet in attachment.subnets:
                yield Eni(
                    f"transit-gateway {gateway.name} {attachment.name} {subnet}",
                    "transit-gateway", gateway.name, subnet, pools.next(subnet),
                    pools.next6(subnet, scenario.subnets[subnet].ipv6_cidr is not None),
                    source_dest_check=False,
                )  # fmt: skip


class _Pools:
    """What is free in every subnet, and among the public addresses."""

    def __init__(self, scenario: Scenario) -> None:
        machines: list[Host | NatInstance] = [
            *scenario.hosts.values(),
            *scenario.nat_instances.values(),
        ]
        taken = {(m.subnet, m.address) for m in machines if m.address}
        self._file = scenario.name
        self._subnets = scenario.subnets
        self._free = {
            name: (a for a in _usable(subnet) if (name, a) not in taken)
            for name, subnet in scenario.subnets.items()
        }
        self._next6 = dict.fromkeys(scenario.subnets, 0x10)
        publics: list[object] = [m.public for m in machines]
        publics += [nat.public for nat in scenario.nat_gateways.values()]
        self._elastic = (_ELASTIC + i for i in range(4096) if _ELASTIC + i not in publics)

    def next(self, subnet: str) -> IPv4Address:
        try:
            return next(self._free[subnet])
        except StopIteration:
            cidr = self._subnets[subnet].cidr
            raise ScenarioError(
                f"{self._file}: subnets.{subnet}.cidr: '{cidr}' has too few addresses"
                " for what stands in it; give a wider range"
            ) from None

    def next6(self, subnet: str, wanted: object) -> IPv6Address | None:
        whole = self._subnets[subnet].ipv6_cidr
        if wanted is not True or whole is None:
            return None
        self._next6[subnet] += 1
        return whole[self._next6[subnet]]

    def elastic(self) -> IPv4Address:
        return next(self._elastic)


def _usable(subnet: Subnet) -> Iterator[IPv4Address]:
    """Give all but the first four and the last, which AWS keeps; from .10 on where there is room.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    size = subnet.cidr.num_addresses
    first = 10 if size > 16 else 4
    return (subnet.cidr[i] for i in range(first, size - 1))


def _asked(scenario: Scenario, check: Check) -> str | None:
    """Name the service that a target is about; one in another Region is "sts@eu-west-1"."""
    name = check.words.get("service") or (check.check if check.check in SERVICES else None)
    region = check.words.get("region", scenario.region)
    return str(name) if name and region == scenario.region else name and f"{name}@{region}"


def _services(scenario: Scenario) -> Iterator[tuple[str, IPv4Address]]:
    """Give an address to every AWS service that the scenario can be about."""
    asked = [_asked(scenario, check) for check in scenario.targets]
    others = [e.service for e in scenario.endpoints.values() if e.provider is None]
    names = [*SERVICES, *scenario.services, *others, *(str(name) for name in asked if name)]
    for at, name in enumerate(dict.fromkeys(names)):
        yield name, _IN_PREFIX_LISTS.get(name, _SERVICES + at)
