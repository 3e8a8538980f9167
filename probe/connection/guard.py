"""Which addresses may be dialled: the probe must not be a springboard into its own environment.

An address is judged as it was resolved, right before it is dialled, and that very address is
dialled: a name that answers differently the second time gains nothing, and a literal in decimal,
octal or hexadecimal form is judged by what it resolves to. Opens no connection itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from probe.reading import SettingsError

_Network = IPv4Network | IPv6Network

_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

# Never a target, whatever the allow-list says, with the word that tells why.
_FORBIDDEN: tuple[tuple[_Network, str], ...] = (
    (_LOOPBACK[0], "loopback"),  # the Runtime API, extensions, credentials of SnapStart
    (_LOOPBACK[1], "loopback"),
    # The metadata endpoints of Lambda, EC2 and ECS, the Amazon resolver and clock.
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv6Network("fe80::/10"), "link-local"),
    (IPv6Network("fd00:ec2::/32"), "the instance's own services"),
    (IPv4Network("0.0.0.0/8"), "unspecified"),
    (IPv6Network("::/128"), "unspecified"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv6Network("ff00::/8"), "multicast"),
    (IPv4Network("255.255.255.255/32"), "broadcast"),
)

# Where an IPv6 address carries an IPv4 one, and by how many bits from the right.
_EMBEDDED: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::/96"), 0),  # IPv4-compatible
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 7915
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (IPv6Network("64:ff9b:1::/48"), 0),  # NAT64 of one's own, RFC 8215, as a /96
    (IPv6Network("2002::/16"), 80),  # 6to4
)
_TEREDO = IPv6Network("2001::/32")
# NAT64 of one's own in prefixes shorter than /96 parts the IPv4 address around the bits 64 to 71.
# https://www.rfc-editor.org/rfc/rfc6052#section-2.2
_OWN_NAT64 = IPv6Network("64:ff9b:1::/48")
_PREFIXES = (48, 56, 64)
# ISATAP, RFC 5214: the last 32 bits, behind an interface identifier that says so.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be dialled. Without an allow-list: everything that is not forbidden to all."""

    allow_loopback: bool = False  # on the user's own machine only
    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()  # ".example.internal"
    networks: tuple[_Network, ...] = ()

    def refuses_name(self, host: str, *, resolvable: bool) -> str | None:
        """Say why a name may not even be looked up; None when it may.

        A name is a message to whoever serves its zone, so one that no address could admit is
        not asked for. Behind a proxy nobody here sees an address: the name has to do.
        """
        if not resolvable and host.lower().rstrip(".").endswith("localhost"):
            return "behind a proxy, localhost is no target"  # it would be the proxy's own
        if not self._limited or self._admits_name(host) or (resolvable and self.networks):
            return None
        return "the name is not in the allow-list"

    def refuses(self, host: str, address: str) -> str | None:
        """Say why this address of this host may not be dialled; None when it may."""
        if (word := _forbidden(address)) and not (self.allow_loopback and word == "loopback"):
            return f"{word} addresses are no targets"
        return self.excludes(host, address)

    def refuses_proxy(self, address: str) -> str | None:
        """Say why the proxy that the environment names may not be dialled; None when it may.

        It may stand on loopback, as an extension does, and needs no place in the allow-list.
        """
        if (word := _forbidden(address)) and word != "loopback":
            return f"{word} addresses are no proxies"
        return None

    def excludes(self, host: str, address: str) -> str | None:
        """Say why the allow-list does not admit this address of this host; None when it does."""
        if not self._limited or self._admits_name(host):
            return None
        ip = _plain(address)
        if any(ip in network for network in self.networks if network.version == ip.version):
            return None
        return "neither the name nor the address is in the allow-list"

    @property
    def _limited(self) -> bool:
        return bool(self.names or self.suffixes or self.networks)

    def _admits_name(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        return name in self.names or name.endswith(self.suffixes)


def policy(allow: str, *, allow_loopback: bool = False, source: str = "PROBE_ALLOW") -> Policy:
    """Read an allow-list: names, `.suffixes`, addresses and CIDRs, parted by commas or spaces."""
    names: set[str] = set()
    suffixes: list[str] = []
    networks: list[_Network] = []
    for item in allow.replace(",", " ").lower().split():
        if (network := _network(item)) is not None:
            networks.append(network)
        elif not _NAME.fullmatch(item):
            raise SettingsError(
                f"{source}: accepted are host names, suffixes like .example.internal, addresses"
                " and CIDRs like 10.0.0.0/16, parted by commas."
            )
        elif item.startswith((".", "*.")):
            suffixes.append(item.removeprefix("*").rstrip("."))
        else:
            names.add(item.rstrip("."))
    return Policy(allow_loopback, frozenset(names), tuple(suffixes), tuple(networks))


_NAME = re.compile(r"(\*?\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")


def _network(item: str) -> _Network | None:
    try:
        return ip_network(item, strict=False)
    except ValueError:
        if "/" in item:
            raise SettingsError(
                "PROBE_ALLOW: a CIDR is an address and a prefix length, like 10.0.0.0/16."
            ) from None
        return None


@lru_cache(maxsize=4096)
def _forbidden(address: str) -> str | None:
    for ip in _faces(ip_address(address.partition("%")[0])):
        for network, word in _FORBIDDEN:
            if ip.version == network.version and ip in network:
                return word
    return None


def _faces(ip: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """List every address that a router or kernel may take this one for."""
    faces: list[IPv4Address | IPv6Address] = [ip]
    if isinstance(ip, IPv6Address):
        if ip == _LOOPBACK[1].network_address:
            return faces  # also of the form ::/96, where 0.0.0.1 is meant by nobody
        faces += [
            IPv4Address(int(ip) >> shift & 0xFFFFFFFF) for net, shift in _EMBEDDED if ip in net
        ]
        if ip in _TEREDO:  # the client's address is stored inverted, RFC 4380
            faces.append(IPv4Address(~int(ip) & 0xFFFFFFFF))
        if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP:
            faces.append(IPv4Address(int(ip) & 0xFFFFFFFF))
        if ip in _OWN_NAT64:
            faces += [_parted(int(ip), length) for length in _PREFIXES]
    return faces


def _parted(number: int, length: int) -> IPv4Address:
    """Take out the IPv4 address that follows a NAT64 prefix, leaping over the bits 64 to 71."""
    without_leap = (number >> 64 << 56) | (number & (1 << 56) - 1)
    return IPv4Address(without_leap >> 120 - length - 32 & 0xFFFFFFFF)


def _plain(address: str) -> IPv4Address | IPv6Address:
    """Give the IPv4 address that an IPv4-mapped one stands for: the kernel sends IPv4."""
    ip = ip_address(address.partition("%")[0])
    return getattr(ip, "ipv4_mapped", None) or ip
