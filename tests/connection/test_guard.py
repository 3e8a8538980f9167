"""No springboard: every form of a forbidden address is refused, and its neighbours are not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.connection.guard import policy
from probe.connection.resolve import literal
from probe.reading import SettingsError

OPEN = policy("")
FORBIDDEN_IPV4 = [
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "169.254.100.1",
    "169.254.169.253",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
]
ALLOWED = [
    "10.0.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.1",
    "172.16.0.2",
    "192.168.1.1",
    "223.255.255.255",
    "240.0.0.1",
    "203.0.113.9",
    "2001:db8::1",
    "fd00::1",
    "fd00:ec3::254",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
]


def own_nat64(number: int) -> list[ipaddress.IPv6Address]:
    """Write an IPv4 address behind prefixes of 48, 56 and 64 bits: RFC 6052, table 2.2."""
    prefix = 0x0064FF9B0001 << 80
    parts = [
        (number >> 16 << 64) + ((number & 0xFFFF) << 40),
        (number >> 24 << 64) + ((number & 0xFFFFFF) << 32),
        number << 24,
    ]
    return [ipaddress.IPv6Address(prefix + part) for part in parts]


@pytest.mark.parametrize("address", FORBIDDEN_IPV4)
def test_forbidden_addresses_are_refused_also_inside_ipv6(address: str) -> None:
    """An IPv4 address that is forbidden is so mapped, compatible, translated, NAT64 and 6to4."""
    number = int(ipaddress.IPv4Address(address))
    forms = [
        address,
        f"::ffff:{address}",
        str(ipaddress.IPv6Address((0xFFFF << 48) + number + 0)),
        str(ipaddress.IPv6Address((0x0064FF9B << 96) + number)),
        str(ipaddress.IPv6Address((0x0064FF9B0001 << 80) + number)),
        str(ipaddress.IPv6Address((0x2002 << 112) + (number << 80) + 1)),
        str(ipaddress.IPv6Address((0x20010000 << 96) + (~number & 0xFFFFFFFF))),
        str(ipaddress.IPv6Address((0xFD << 120) + (0x5EFE << 32) + number)),
        str(ipaddress.IPv6Address((0x20010DB8 << 96) + (0x02005EFE << 32) + number)),
        *map(str, own_nat64(number)),
    ]

    assert [form for form in forms if not OPEN.refuses("name", form)] == []


@pytest.mark.parametrize(
    "address",
    ["::1", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254", "fd00:ec2::253"],
)
def test_forbidden_ipv6_addresses_are_refused(address: str) -> None:
    """IPv6 has its own loopback, link-local, multicast and metadata addresses."""
    assert OPEN.refuses("name", address)


@pytest.mark.parametrize("address", ALLOWED)
def test_neighbours_of_what_is_forbidden_are_targets(address: str) -> None:
    """Private and public addresses, and the first ones beyond each forbidden block, are dialled."""
    assert OPEN.refuses("name", address) is None


@pytest.mark.parametrize(
    "form",
    [
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0xA9FEA9FE",
        "2852039166",
        "0251.0376.0251.0376",
        "0",
        "::ffff:7f00:1",
        "0:0:0:0:0:ffff:a9fe:a9fe",
    ],
)
def test_odd_forms_of_an_address_are_literals_and_refused(form: str) -> None:
    """Decimal, octal, hexadecimal and shortened forms are read as the C library reads them."""
    address = literal(form)

    assert address is not None
    assert OPEN.refuses(form, address)


def test_loopback_is_admitted_on_the_user_s_own_machine_and_nothing_else_is() -> None:
    """The flag opens loopback, in every form, and neither link-local nor unspecified addresses."""
    own = policy("", allow_loopback=True)

    assert own.refuses("localhost", "127.0.0.1") is None
    assert own.refuses("localhost", "::1") is None
    assert own.refuses("localhost", "::ffff:127.0.0.1") is None
    assert own.refuses("metadata", "169.254.169.254")
    assert own.refuses("zero", "0.0.0.0")


LIMITED = policy("db.example.com, .internal.example, 10.1.0.0/16 2001:db8::/32,192.0.2.7")


@pytest.mark.parametrize(
    ("host", "address", "admitted"),
    [
        ("db.example.com", "203.0.113.1", True),
        ("DB.Example.com.", "203.0.113.1", True),
        ("a.internal.example", "203.0.113.1", True),
        ("internal.example", "203.0.113.1", False),
        ("ainternal.example", "203.0.113.1", False),
        ("x.db.example.com", "203.0.113.1", False),
        ("other.example", "10.1.2.3", True),
        ("other.example", "10.2.2.3", False),
        ("other.example", "::ffff:10.1.2.3", True),
        ("other.example", "2001:db8::5", True),
        ("other.example", "192.0.2.7", True),
        ("other.example", "192.0.2.8", False),
        ("db.example.com", "127.0.0.1", False),
        ("db.example.com", "169.254.169.254", False),
    ],
)
def test_an_allow_list_admits_what_it_names_and_nothing_that_is_forbidden(
    host: str, address: str, *, admitted: bool
) -> None:
    """Names, suffixes, addresses and networks admit; what is forbidden stays so for any name."""
    assert (LIMITED.refuses(host, address) is None) is admitted


def test_a_name_that_nothing_could_admit_is_not_even_looked_up() -> None:
    """With names alone in the list others are refused at once; with a network they are asked."""
    names_only = policy("db.example.com")

    assert names_only.refuses_name("secret.evil.example", resolvable=True)
    assert names_only.refuses_name("db.example.com", resolvable=True) is None
    assert LIMITED.refuses_name("other.example", resolvable=True) is None


def test_behind_a_proxy_the_name_has_to_do() -> None:
    """Nobody here sees which address a proxy resolves to, so networks admit no name there."""
    assert LIMITED.refuses_name("other.example", resolvable=False)
    assert LIMITED.refuses_name("db.example.com", resolvable=False) is None
    assert OPEN.refuses_name("localhost", resolvable=False)
    assert OPEN.refuses_name("api.localhost.", resolvable=False)
    assert OPEN.refuses_name("example.com", resolvable=False) is None


@pytest.mark.parametrize("text", ["10.0.0.0/33", "http://a.example", "a b/c", "ex*mple.com", "-x"])
def test_an_allow_list_that_cannot_be_read_is_one_sentence(text: str) -> None:
    """A list that does not say what it admits admits nothing by mistake."""
    with pytest.raises(SettingsError, match="PROBE_ALLOW"):
        policy(text)


@given(st.ip_addresses())
def test_every_address_has_a_verdict(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Judging is total, and never more lenient than Python's own words for addresses."""
    refused = OPEN.refuses("name", str(address))

    assert refused or not (address.is_loopback or address.is_link_local or address.is_multicast)


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("127.0.0.1", True),  # an extension
        ("10.0.0.5", True),
        ("169.254.169.254", False),
        ("169.254.100.1", False),
        ("0.0.0.0", False),
        ("fd00:ec2::254", False),
    ],
)
def test_a_proxy_may_stand_on_loopback_and_nowhere_else_that_is_forbidden(
    address: str, *, admitted: bool
) -> None:
    """The environment names it, not the caller; the allow-list is of targets."""
    assert (LIMITED.refuses_proxy(address) is None) is admitted
