"""A group that targets admit already, for a function that one after the other refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.network.world import tcp
from tests.remedy.cases import database, private
from tests.remedy.commands import read

if TYPE_CHECKING:
    from tests.remedy.case import Case

CLOSED = "target-security-group-blocks"


def two_that_admit_clients() -> Case:
    """Let the database and the search domain admit one group, which the function has not."""
    case = database(private())
    case.group("sg-clients")
    case.group("sg-search", ingress=[tcp(9200, group="sg-clients")])
    case.interface("eni-search", "10.0.2.20", "subnet-data", ["sg-search"])
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-clients")]
    case.wants("tcp search.example.internal:9200", "10.0.2.20", 9200)
    return case


def joins(case: Case) -> list[list[str]]:
    """Return the groups that the function would have, for each way that gives it one more."""
    fix = case.fix(CLOSED)
    assert all(one.checked for one in fix.alternatives)
    commands = [read(line) for one in (fix, *fix.alternatives) for line in one.cli]
    updates = [one for one in commands if one.operation == "update-function-configuration"]
    return [one.parameters["VpcConfig"]["SecurityGroupIds"] for one in updates]


def test_one_group_more_is_another_way() -> None:
    """The function keeps what it has, and the rules stay as they are."""
    assert joins(two_that_admit_clients()) == [["sg-fn", "sg-clients"]]


def test_a_rule_comes_first() -> None:
    """The group may open more than these targets."""
    fix = two_that_admit_clients().fix(CLOSED)

    assert fix.cli[0].startswith("aws ec2 authorize-security-group-ingress")


def test_one_closed_target_takes_a_rule() -> None:
    """Whether a group or a rule was lost, one target alone does not tell."""
    case = two_that_admit_clients()
    del case.targets["tcp search.example.internal:9200"]

    assert not joins(case)


def test_a_group_that_guards_something_is_not_handed_out() -> None:
    """It has inbound rules: it is a machine's own, and no badge for clients."""
    case = two_that_admit_clients()
    case.entry("SecurityGroups", "sg-clients")["IpPermissions"] = [tcp(22, cidr="10.9.0.0/24")]

    assert not joins(case)


def test_a_group_that_one_target_does_not_admit_is_no_way() -> None:
    """It would leave that one closed."""
    case = two_that_admit_clients()
    case.entry("SecurityGroups", "sg-search")["IpPermissions"] = []

    assert not joins(case)


def test_a_function_has_five_groups_at_most() -> None:
    """Lambda takes no sixth."""
    case = two_that_admit_clients()
    others = [case.group(f"sg-{number}") for number in range(4)]
    case.function(["subnet-app"], ["sg-fn", *others])

    assert not joins(case)


def test_a_full_group_takes_members_rather_than_rules() -> None:
    """Where the default quota leaves no room for a rule, the group is the way that is promised."""
    case = two_that_admit_clients()
    del case.targets["tcp search.example.internal:9200"]
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] += [
        tcp(5432, cidr=f"10.9.{number}.1/32") for number in range(59)
    ]

    fix = case.fix(CLOSED)

    assert fix.checked
    assert fix.cli[0].startswith("aws lambda update-function-configuration")
    assert [one.checked for one in fix.alternatives] == [False]
