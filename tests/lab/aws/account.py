"""One AWS account of the lab: moto's own model of it, and what moto has no place for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models import ec2_backends

from tests.lab.aws.amend.dns import DnsFirewall
from tests.lab.aws.amend.forwarding import ResolverRules


@dataclass
class Account:
    """An account in one Region. Every scenario has one to itself."""

    id: str
    region: str
    # Id -> keys of the API's answers that are otherwise than moto has them.
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Endpoint service -> the names that private DNS takes over, where they are not the usual one.
    private_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # Virtual private gateway -> what lies behind it; route table -> the gateway it learns from.
    learned: dict[str, tuple[str, ...]] = field(default_factory=dict)
    propagating: dict[str, str] = field(default_factory=dict)
    # ARN -> what describing it answers, for resources of which moto knows nothing.
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    dns_firewall: DnsFirewall = field(default_factory=DnsFirewall)
    resolver_rules: ResolverRules = field(default_factory=ResolverRules)
    # VPC Block Public Access: the mode, and the exclusions as the API lists them.
    public_access: str = "off"
    exclusions: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def ec2(self) -> Any:
        """Give moto's model of the account's EC2."""
        return ec2_backends[self.id][self.region]

    def settle(self, interface: Any, address: str | None, description: str, kind: str) -> None:
        """Make an interface that moto created what AWS would have created for itself."""
        if interface.description != description:
            chosen = address or self._free_address(interface)
            interface.private_ip_address = chosen
            interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": chosen}]
        interface.description = description
        interface.interface_type = kind
        interface.requester_managed = True
        interface.status = "in-use"

    def _free_address(self, interface: Any) -> str:
        """Take the highest free one: the first four belong to AWS, and hosts count from below.

        https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
        """
        others = (other for other in self.ec2.enis.values() if other is not interface)
        taken = {address["PrivateIpAddress"] for o in others for address in o.private_ip_addresses}
        network = ipaddress.ip_network(interface.subnet.cidr_block)
        candidates = (str(network[-i]) for i in range(2, network.num_addresses - 4))
        return next(address for address in candidates if address not in taken)
