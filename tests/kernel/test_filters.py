"""Within a VPC: the local route, security groups, network ACLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.emulated import IN_ALL, OUT_ALL, nacl

if TYPE_CHECKING:
    from tests.kernel.emulated import Lab

pytestmark = pytest.mark.lab


# --- local ------------------------------------------------------------------------------------


def test_local_route(lab: Lab) -> None:
    """Inside a VPC every subnet reaches every other; an address that nobody has is silent."""
    found = lab(
        "app > db, app > near, app > 10.0.2.99:5432, app > 10.0.77.1:5432, app > 10.0.1.1:80"
    )

    assert found == {
        "app > db": "open",
        "app > near": "open",
        "app > 10.0.2.99:5432": "silent",
        "app > 10.0.77.1:5432": "silent",
        "app > 10.0.1.1:80": "silent",
    }


def test_secondary_cidr(lab: Lab) -> None:
    """A subnet of a secondary range belongs to the VPC like any other."""
    change = """
vpc: {secondary_cidrs: [100.64.0.0/16]}
subnets: {data: {cidr: 100.64.2.0/24}}
"""

    assert lab("app > db", change) == {"app > db": "open"}


# --- security groups --------------------------------------------------------------------------


def test_group_reference(lab: Lab) -> None:
    """A rule that names a group admits its members, on its port, and nobody else."""
    found = lab("app > db, app > db:5433, near > db")

    assert found == {"app > db": "open", "app > db:5433": "silent", "near > db": "silent"}


def test_group_by_range(lab: Lab) -> None:
    """A rule with a range admits by address."""
    change = "security_groups: {db: {ingress: [{tcp: 5432, from: 10.0.1.0/24}]}}"
    other = "security_groups: {db: {ingress: [{tcp: 5432, from: 10.0.3.0/24}]}}"

    assert lab("app > db", change) == {"app > db": "open"}
    assert lab("app > db", other) == {"app > db": "silent"}


def test_no_egress(lab: Lab) -> None:
    """A group without egress rules lets nothing out, not even to a neighbour."""
    found = lab("app > db, app > near, app > web", "security_groups: {fn: {egress: []}}")

    assert set(found.values()) == {"silent"}


def test_narrow_egress(lab: Lab) -> None:
    """Egress to one group and one port opens just that; answers need no rule."""
    change = "security_groups: {fn: {egress: [{tcp: 5432, to: db}]}, db: {egress: []}}"

    assert lab("app > db, app > near", change) == {"app > db": "open", "app > near": "silent"}


def test_several_groups_add_up(lab: Lab) -> None:
    """An interface with two groups is open to whatever either admits."""
    change = "hosts: {db: {security_groups: [fn, db]}, near: {security_groups: [fn]}}"

    assert lab("app > db, app > near", change) == {"app > db": "open", "app > near": "silent"}


def test_default_group(lab: Lab) -> None:
    """A machine without a group has the VPC's default one, which admits its own members only."""
    alone = "hosts: {db: {security_groups: [default]}}"
    both = "{hosts: {db: {security_groups: [default]}}, function: {security_groups: [default]}}"

    assert lab("app > db", alone) == {"app > db": "silent"}
    assert lab("app > db", both) == {"app > db": "open"}


# --- network ACLs -----------------------------------------------------------------------------


def test_nacl_refuses_requests(lab: Lab) -> None:
    """A request that the ACL does not let out is lost; inside the subnet it is not asked."""
    change = nacl("app", IN_ALL, "outbound: [{allow: tcp 443 to 0.0.0.0/0}]")

    assert lab("app > db, app > near", change) == {"app > db": "silent", "app > near": "open"}


def test_nacl_refuses_answers(lab: Lab) -> None:
    """An ACL has no memory: without a rule for ephemeral ports no answer comes back."""
    closed = nacl("app", "inbound: [{allow: tcp 5432 from 10.0.0.0/16}]", OUT_ALL)
    opened = nacl("app", "inbound: [{allow: tcp 1024-65535 from 10.0.0.0/16}]", OUT_ALL)

    assert lab("app > db", closed) == {"app > db": "silent"}
    assert lab("app > db", opened) == {"app > db": "open"}


def test_nacl_narrow_ephemeral_ports(lab: Lab) -> None:
    """Where only part of the ephemeral range may come back, some connections work."""
    change = nacl("app", "inbound: [{allow: tcp 32768-65535 from 0.0.0.0/0}]", OUT_ALL)
    found = lab("app > db from 2000, app > db from 40000", change)

    assert found == {"app > db from 2000": "silent", "app > db from 40000": "open"}


def test_nacl_at_the_target(lab: Lab) -> None:
    """The target's ACL judges the request coming in, and the answer going out."""
    inward = nacl("data", "inbound: [{deny: tcp 5432 from 10.0.1.0/24}, {allow: all}]", OUT_ALL)
    outward = nacl("data", IN_ALL, "outbound: [{allow: tcp 5432 to 0.0.0.0/0}]")
    opened = nacl("data", "inbound: [{allow: tcp 5432 from 10.0.1.0/24}]",
                  "outbound: [{allow: tcp 1024-65535 to 10.0.1.0/24}]")  # fmt: skip

    assert lab("app > db", inward) == {"app > db": "silent"}
    assert lab("app > db", outward) == {"app > db": "silent"}
    assert lab("app > db", opened) == {"app > db": "open"}


def test_nacl_order(lab: Lab) -> None:
    """The lowest number that matches decides, wherever it stands in the file."""
    deny = "outbound: [{rule: 200, deny: all}, {rule: 100, allow: all}]"
    allow = "outbound: [{rule: 200, allow: all}, {rule: 100, deny: all}]"

    assert lab("app > db", nacl("app", IN_ALL, deny)) == {"app > db": "open"}
    assert lab("app > db", nacl("app", IN_ALL, allow)) == {"app > db": "silent"}
