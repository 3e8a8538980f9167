"""What must hold of machines: their groups, their addresses, what stands behind a load balancer."""

from __future__ import annotations

import ipaddress

from tests.lab.vocabulary.checks import Checks


class Machines(Checks):
    """The checks of machines."""

    def run(self) -> None:
        """Raise ScenarioError for the first thing that does not fit."""
        self.groups()
        self.balancers()
        self.addresses()
        self.public_addresses()
        self.faults()

    def groups(self) -> None:
        """Hold that groups belong to the VPC of who has them."""
        placed = [
            *((f"hosts.{h.name}", h.security_groups, h.subnet) for h in self.s.hosts.values()),
            *(
                (f"nat_instances.{n.name}", n.security_groups, n.subnet)
                for n in self.s.nat_instances.values()
            ),
            *(
                (f"load_balancers.{b.name}", b.security_groups, b.subnets[0])
                for b in self.s.load_balancers.values()
            ),
            *(
                (f"endpoints.{e.name}", e.security_groups, e.subnets[0])
                for e in self.s.endpoints.values()
                if e.subnets
            ),
            *(
                ("function", self.s.function.security_groups, subnet)
                for subnet in self.s.function.subnets
            ),
        ]
        for at, groups, subnet in placed:
            for group in groups:
                home = self.s.security_groups[group].vpc
                self.same_vpc(
                    f"{at}.security_groups", group, home, self.s.subnets[subnet or ""].vpc
                )

    def balancers(self) -> None:
        """Hold that a load balancer stands in one VPC, before machines that are in one."""
        for balancer in self.s.load_balancers.values():
            at = f"load_balancers.{balancer.name}"
            for subnet in balancer.subnets:
                home = self.s.subnets[balancer.subnets[0]].vpc
                self.same_vpc(f"{at}.subnets", subnet, self.s.subnets[subnet].vpc, home)
            for listener in balancer.listeners.values():
                for target in listener.targets:
                    if self.s.hosts[target].subnet is None:
                        raise self.bad(f"{at}.listeners", target, "a host that has a subnet")

    def addresses(self) -> None:
        """Hold that addresses are in their subnets, and nobody else's."""
        taken: dict[tuple[str, object], str] = {}
        placed = [(f"hosts.{h.name}", h.subnet, h.address) for h in self.s.hosts.values()]
        placed += [
            (f"nat_instances.{n.name}", n.subnet, n.address) for n in self.s.nat_instances.values()
        ]
        for at, name, address in placed:
            if not name or address is None:
                continue
            subnet = self.s.subnets[name]
            # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
            kept = [subnet.cidr[i] for i in (0, 1, 2, 3, -1)]
            if address not in subnet.cidr or address in kept:
                accepted = f"an address of {subnet.cidr} other than its first four and its last"
                raise self.bad(f"{at}.address", str(address), accepted)
            if (subnet.vpc, address) in taken:
                accepted = f"another address than {taken[subnet.vpc, address]} has"
                raise self.bad(f"{at}.address", str(address), accepted)
            taken[subnet.vpc, address] = at
        for host in self.s.hosts.values():
            if isinstance(host.ipv6, ipaddress.IPv6Address) or host.ipv6 is True:
                whole = self.s.subnets[host.subnet or ""].ipv6_cidr
                if whole is None or (host.ipv6 is not True and host.ipv6 not in whole):
                    accepted = f"an address of its subnet's ipv6_cidr ({whole or 'it has none'})"
                    raise self.bad(f"hosts.{host.name}.ipv6", str(host.ipv6), accepted)

    def public_addresses(self) -> None:
        """Hold that no two have the same address in the internet."""
        taken: dict[object, str] = {}
        placed: list[tuple[str, object]] = [
            *((f"hosts.{h.name}", h.public) for h in self.s.hosts.values()),
            *((f"hosts.{h.name}", h.public_ipv6) for h in self.s.hosts.values()),
            *((f"nat_gateways.{n.name}", n.public) for n in self.s.nat_gateways.values()),
            *((f"nat_instances.{n.name}", n.public) for n in self.s.nat_instances.values()),
        ]
        for at, address in placed:
            if address is None or isinstance(address, bool):
                continue
            if address in taken:
                accepted = f"another address than {taken[address]} has"
                raise self.bad(f"{at}.public", str(address), accepted)
            taken[address] = at

    def faults(self) -> None:
        """Hold that a fault is at something that can have it."""
        for fault in self.s.faults:
            at = f"faults.{fault.at}.{fault.kind}"
            host, nat = self.s.hosts.get(fault.at), self.s.nat_gateways.get(fault.at)
            if fault.kind == "delay" and not (host and host.subnet):
                raise self.bad(at, fault.value, "a delay at a host that has a subnet")
            if fault.kind == "ports" and not (nat and nat.subnet):
                raise self.bad(at, fault.value, "ports of a NAT gateway that has a subnet")
