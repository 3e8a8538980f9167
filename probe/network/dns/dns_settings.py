"""A VPC's DNS settings: its two attributes, and the servers its DHCP options name.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields, places
from probe.network.addresses import Block, address, is_address
from probe.network.fields import Malformed
from probe.network.vpc import Missing, Network, NotRead

if TYPE_CHECKING:
    from probe.network.fields import Entry

AMAZON = "AmazonProvidedDNS"
# The Amazon resolver under its fixed addresses; VPC base + 2 is the third.
AMAZON_ADDRESSES = (address("169.254.169.253"), address("fd00:ec2::253"))


@dataclass(frozen=True, slots=True)
class Settings:
    """The two attributes of a VPC; each a value, or NotRead."""

    vpc_id: str
    _support: bool | None
    _hostnames: bool | None

    @property
    def support(self) -> bool:
        """Whether the Amazon resolver answers at all."""
        return self._known(self._support, "EnableDnsSupport")

    @property
    def hostnames(self) -> bool:
        """Whether private names (of endpoints, of private zones) are answered."""
        return self._known(self._hostnames, "EnableDnsHostnames")

    def _known(self, value: bool | None, name: str) -> bool:
        if value is None:
            raise NotRead(f"{name} of {self.vpc_id}", "not told", "ec2:DescribeVpcAttribute")
        return value


def read_settings(entry: Entry) -> Settings:
    """Read an entry of VpcAttributes, or of Vpcs where somebody put the flags there."""
    return Settings(
        vpc_id=fields.text(entry, "VpcId"),
        _support=_value(entry, "EnableDnsSupport"),
        _hostnames=_value(entry, "EnableDnsHostnames"),
    )


def _value(entry: Entry, key: str) -> bool | None:
    value = entry.get(key)
    if value is None:
        value = entry.get(key[0].lower() + key[1:])
    if isinstance(value, dict):
        value = value.get("Value")
    if value is not None and not isinstance(value, bool):
        raise Malformed(key, f"expected true or false, got {fields.shown(value)}")
    return value


def of_vpc(network: Network, vpc_id: str) -> Settings:
    """Return the DNS settings of a VPC."""
    try:
        return network.one("VpcAttributes", vpc_id, read_settings)
    except NotRead as missing:
        try:
            found = network.maybe("Vpcs", vpc_id, read_settings)
        except NotRead:
            found = None
        if found is None or (found._support is None and found._hostnames is None):  # noqa: SLF001
            raise missing from None
        return found


def servers(network: Network, vpc_id: str) -> tuple[Block, ...]:
    """Return the DNS servers that DHCP names, and no address when it is the Amazon resolver."""
    options_id = places.vpc(network, vpc_id).dhcp_options_id
    if options_id is None:
        raise NotRead(f"DHCP options of {vpc_id}", "Vpcs does not tell them", "ec2:DescribeVpcs")
    if options_id == "default":
        return ()  # no options at all: the Amazon resolver
    try:
        names = network.one("DhcpOptions", options_id, read_servers)
    except Missing:
        raise NotRead(options_id, "is not in DhcpOptions", "ec2:DescribeDhcpOptions") from None
    return tuple(address(name) for name in names if is_address(name))


def read_servers(entry: Entry) -> tuple[str, ...]:
    """Read the domain-name-servers of one entry of DhcpOptions."""
    found: list[str] = []
    for configuration in fields.items(entry, "DhcpConfigurations"):
        if configuration.get("Key") == "domain-name-servers":
            values = fields.items(configuration, "Values")
            found += [fields.maybe_text(value, "Value") or "" for value in values]
    return tuple(found)
