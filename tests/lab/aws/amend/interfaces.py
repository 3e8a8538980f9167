"""Network interfaces as AWS finds them: by filters that moto does not know.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
"""

from __future__ import annotations

from moto.ec2.models.elastic_network_interfaces import NetworkInterface


def _public(interface: NetworkInterface) -> list[str]:
    return [interface.public_ip] if interface.public_ip else []


def _ipv6(interface: NetworkInterface) -> list[str]:
    return list(interface.ipv6_addresses)


def teach() -> None:
    """Add the filters; moto looks for those that it does not know among the attributes."""
    setattr(NetworkInterface, "addresses.association.public_ip", property(_public))
    setattr(NetworkInterface, "ipv6_addresses.ipv6_address", property(_ipv6))
