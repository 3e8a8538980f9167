"""A fix that a default quota may refuse is not promised: it says so, or another comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.network.world import ANYWHERE, tcp
from tests.remedy.cases import (
    EVERYTHING_OUT,
    database,
    own_group_closed,
    private,
    target_group_closed,
)

if TYPE_CHECKING:
    from tests.remedy.case import Case

CLOSED = "target-security-group-blocks"
ACL = "nacl-blocks-return"


def admitting(*, rules: int, version: int = 4) -> Case:
    """Have the database's group admit so many others, one address each."""
    case = target_group_closed()
    found = [
        tcp(5432, **{"cidr": f"10.9.{n}.1/32"} if version == 4 else {"cidr6": f"fd00::{n:x}/128"})
        for n in range(rules)
    ]
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = found
    return case


def test_sixty_first_rule_is_not_promised() -> None:
    """The quota may have been raised, and may not: nobody can read it here."""
    fix = admitting(rules=60).fix(CLOSED)

    assert not fix.checked
    assert "sg-db has 60 inbound rules and would have 61" in fix.text
    assert not fix.alternatives


def test_sixtieth_rule_is_promised() -> None:
    """There is room for it."""
    fix = admitting(rules=59).fix(CLOSED)

    assert fix.checked
    assert "quota" not in fix.text


def test_a_raised_quota_may_have_room() -> None:
    """A group with more rules than the default has a greater quota; how great, nobody tells."""
    fix = admitting(rules=61).fix(CLOSED)

    assert not fix.checked
    assert "has 61 inbound rules and would have 62" in fix.text


def test_by_range_comes_first_where_a_group_has_no_room() -> None:
    """Sixty rules for IPv6 leave none for the name of a group, and all for an IPv4 range."""
    fix = admitting(rules=60, version=6).fix(CLOSED)

    assert fix.checked
    assert "10.0.1.0/24" in " ".join(fix.cli)


@pytest.mark.parametrize(("most", "checked"), [(59, False), (58, True)])
def test_prefix_list_counts_for_the_most_it_may_hold(most: int, *, checked: bool) -> None:
    """A list of 59 and two rules make 61, however few entries it has now."""
    case = admitting(rules=1)
    case.lists["PrefixLists"].append(
        {"PrefixListId": "pl-own", "PrefixListName": "clients", "MaxEntries": most}
    )
    case.lists["ManagedPrefixListEntries"] = [{"PrefixListId": "pl-own", "Entries": []}]
    case.entry("SecurityGroups", "sg-db")["IpPermissions"].append(
        {
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "PrefixListIds": [{"PrefixListId": "pl-own"}],
        }
    )

    assert case.fix(CLOSED).checked is checked


def test_outbound_rules_count_for_themselves() -> None:
    """Inbound rules are no hindrance to an outbound one."""
    case = own_group_closed()
    case.entry("SecurityGroups", "sg-fn")["IpPermissions"] = [
        tcp(22, cidr=f"10.9.{number}.1/32") for number in range(60)
    ]

    assert case.fix("own-security-group-blocks").checked


def answering(rules: int) -> Case:
    """Give the function's subnet an ACL with so many inbound rules, none for the answers."""
    case = database(private())
    others = [(number, "in", "6", "allow", ANYWHERE, (22, 22)) for number in range(1, rules + 1)]
    case.acl("acl-app", "vpc-a", [*others, EVERYTHING_OUT], subnets=["subnet-app"])
    return case


def test_twentieth_rule_of_an_acl_is_the_one_that_denies() -> None:
    """The default quota of twenty counts it: there is room for nineteen of one's own."""
    fix = answering(19).fix(ACL)

    assert not fix.checked
    assert "acl-app has 20 inbound rules" in fix.text


def test_nineteenth_rule_of_an_acl_is_promised() -> None:
    """One less, and there is room."""
    assert answering(18).fix(ACL).checked
