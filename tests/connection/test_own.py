"""The machine's own addresses are known before a packet is sent to them."""

from __future__ import annotations

import pytest

from probe.connection import own


def test_loopback_is_among_them() -> None:
    """Every machine has that one, in both families or in the older one."""
    assert "127.0.0.1" in own.addresses()


@pytest.mark.parametrize(
    ("address", "expected"),
    [("10.0.0.5", True), ("::ffff:10.0.0.5", True), ("10.0.0.50", False), ("fd00::1", False)],
)
def test_an_address_is_known_also_when_written_as_an_ipv6_one(
    address: str, *, expected: bool
) -> None:
    """The kernel sends IPv4 to a mapped address."""
    assert own.is_among(address, frozenset({"10.0.0.5"})) is expected
