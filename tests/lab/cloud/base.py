"""What every part of the cloud needs: clients, addresses, and which AWS id a name has got."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lab.aws.account import Account
    from tests.lab.aws.clients import Clients
    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.scenario import Scenario


@dataclass
class Cloud:
    """One scenario's resources, as far as they exist yet."""

    scenario: Scenario
    plan: Plan
    account: Account
    aws: Clients
    ids: dict[str, str] = field(default_factory=dict)  # "subnet app" -> "subnet-0123..."
    # Names by which DNS knows the machines: "orders-db" -> "orders-db.xyz.rds.amazonaws.com".
    host_names: dict[str, str] = field(default_factory=dict)

    @property
    def ec2(self) -> Any:
        """Give the EC2 client, which most parts need."""
        return self.aws("ec2")

    def id(self, kind: str, name: str) -> str:
        """Look up the AWS id of something that the scenario names."""
        return self.ids[f"{kind} {name}"]

    def names(self, component: str | None) -> set[str]:
        """Name a component of a finding as the scenario may: "nat", "nat-instance nat"."""
        found = set()
        for key, known in self.ids.items():
            if known == component:
                words = key.split(" ")[1:]
                found |= {" ".join(words[at:]) for at in range(len(words))}
        return found

    def of_kind(self, kind: str) -> set[str]:
        """List the AWS ids of a kind."""
        return {known for key, known in self.ids.items() if key.startswith(f"{kind} ")}

    def zone(self, subnet: str) -> str:
        """Give the Availability Zone of a subnet."""
        return f"{self.scenario.region}{self.scenario.subnets[subnet].az}"

    def interface(self, eni: Eni, description: str = "") -> str:
        """Create a network interface with the address that the plan gives it."""
        made = self.ec2.create_network_interface(
            SubnetId=self.id("subnet", eni.subnet),
            PrivateIpAddress=str(eni.address),
            Groups=[self.id("security-group", g) for g in eni.security_groups or ()],
            Description=description,
        )["NetworkInterface"]["NetworkInterfaceId"]
        model = self.account.ec2.enis[made]
        if eni.security_groups is None:
            model._group_set = []
        if eni.ipv6:
            model.ipv6_addresses = [str(eni.ipv6)]
        if eni.public:
            self.associate(made, str(eni.public))
        self.ids[f"network-interface {eni.key}"] = made
        return str(made)

    def elastic_ip(self, address: str) -> str:
        """Allocate an Elastic IP address, the very one that the kernel uses."""
        made = self.ec2.allocate_address(Domain="vpc", Address=address)
        return str(made["AllocationId"])

    def associate(self, interface: str, address: str) -> None:
        """Give an interface a public address."""
        self.ec2.associate_address(
            AllocationId=self.elastic_ip(address), NetworkInterfaceId=interface
        )

    def managed(self, interface: str, kind: str, requester: str) -> None:
        """Mark an interface as one that an AWS service made for itself."""
        model = self.account.ec2.enis[interface]
        model.interface_type = kind
        model.requester_managed = True
        model.requester_id = requester
        model.status = "in-use"
