"""Rules of groups and network ACLs: the least peer, the one port, a free number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.remedy.groups import open_group
from probe.remedy.proposal import Context
from tests.network.world import ANYWHERE, tcp
from tests.remedy.case import DYNAMODB, INTERNET, Case
from tests.remedy.cases import (
    EVERYTHING_IN,
    EVERYTHING_OUT,
    database,
    dynamodb,
    own_group_closed,
    private,
    target_group_closed,
    web,
)
from tests.remedy.cases_devices import balanced
from tests.remedy.commands import read
from tests.remedy.test_mend import two_causes


def closed(case: Case) -> Case:
    """Take all outbound rules from the function's group."""
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = []
    return case


def first_permission(case: Case, code: str) -> dict[str, object]:
    """Return the one permission that a checked fix adds."""
    fix = case.fix(code)
    assert fix.checked
    (permission,) = read(fix.cli[0]).parameters["IpPermissions"]
    found: dict[str, object] = permission
    return found


def test_function_is_let_in_by_its_group() -> None:
    """Its addresses change; its group does not."""
    permission = first_permission(target_group_closed(), "target-security-group-blocks")

    assert permission == {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "UserIdGroupPairs": [{"GroupId": "sg-fn"}],
    }


def test_target_with_groups_is_let_out_to_by_group() -> None:
    """The same holds for the way out."""
    case = closed(database(private()))
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]

    permission = first_permission(case, "own-security-group-blocks")

    assert permission["UserIdGroupPairs"] == [{"GroupId": "sg-db"}]


def test_public_name_is_let_out_to_on_its_port_alone() -> None:
    """The addresses behind a name may change; the port does not."""
    permission = first_permission(closed(web(private())), "own-security-group-blocks")

    assert permission["IpRanges"] == [{"CidrIp": ANYWHERE}]
    assert permission["FromPort"] == permission["ToPort"] == 443


def test_public_address_that_was_asked_for_is_the_only_one_let_out_to() -> None:
    """Nobody asked for more."""
    case = private()
    case.wants(f"tcp {INTERNET}:443", INTERNET)

    permission = first_permission(closed(case), "own-security-group-blocks")

    assert permission["IpRanges"] == [{"CidrIp": f"{INTERNET}/32"}]


def test_service_is_let_out_to_by_its_prefix_list() -> None:
    """AWS keeps the list up to date."""
    permission = first_permission(closed(dynamodb(private())), "own-security-group-blocks")

    assert permission["PrefixListIds"] == [{"PrefixListId": "pl-ddb"}]


def acl(*rules: tuple[int, str, str, str, str, tuple[int, int] | None]) -> Case:
    """Give the function's subnet a network ACL of these rules."""
    case = web(private())
    case.acl("acl-app", "vpc-a", rules, subnets=["subnet-app"])
    return case


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((100,), 99), ((100, 99, 98), 97)],
    ids=str,
)
def test_rule_gets_the_next_free_number_before_the_one_that_denies(
    numbers: tuple[int, ...], expected: int
) -> None:
    """The first rule that matches decides."""
    denies = [(number, "out", "-1", "deny", ANYWHERE, None) for number in numbers[:1]]
    others = [(number, "out", "17", "deny", ANYWHERE, None) for number in numbers[1:]]
    case = acl(*denies, *others, EVERYTHING_IN)

    fix = case.mend()["nacl-blocks-request"].fix

    assert fix is not None
    assert fix.checked
    assert read(fix.cli[0]).parameters["RuleNumber"] == expected


def test_rule_goes_behind_those_that_exist_where_none_denies() -> None:
    """Numbers go up by ten, to leave room."""
    case = acl((105, "in", "-1", "allow", "10.0.0.0/16", None), EVERYTHING_OUT)

    fix = case.fix("nacl-blocks-return")

    assert fix.checked
    assert read(fix.cli[0]).parameters["RuleNumber"] == 110


def test_answers_of_the_internet_are_let_in_to_ephemeral_ports_only() -> None:
    """Everything else stays outside."""
    fix = acl(EVERYTHING_OUT).fix("nacl-blocks-return")

    rule = read(fix.cli[0]).parameters
    assert rule["PortRange"] == {"From": 1024, "To": 65535}
    assert rule["Protocol"] == "6"
    assert rule["CidrBlock"] == ANYWHERE


def test_service_behind_a_prefix_list_is_named_by_its_blocks() -> None:
    """A network ACL knows no prefix lists."""
    case = private()
    case.lists["PrefixLists"][0]["Cidrs"] = ["52.94.0.0/20", "198.51.100.0/24"]
    case.acl("acl-app", "vpc-a", [EVERYTHING_IN], subnets=["subnet-app"])
    case.wants("dynamodb orders", DYNAMODB, service="dynamodb")

    fix = case.fix("nacl-blocks-request")

    assert fix.checked
    blocks = [read(line).parameters["CidrBlock"] for line in fix.cli]
    assert blocks == ["52.94.0.0/20", "198.51.100.0/24"]


def test_database_is_named_by_its_subnet() -> None:
    """A database that fails over comes back with another address of its subnet."""
    case = database(private())
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    case.acl("acl-app", "vpc-a", [EVERYTHING_IN], subnets=["subnet-app"])

    fix = case.fix("nacl-blocks-request")

    assert read(fix.cli[0]).parameters["CidrBlock"] == "10.0.2.0/24"


def test_who_else_has_what_a_rule_is_added_to_is_named() -> None:
    """The group guards more than the database; the network ACL is another subnet's too."""
    case = two_causes()
    text = case.fix("target-security-group-blocks").text
    assert "which guards eni-db, does" in text
    assert "of subnet subnet-data: TCP" in case.fix("nacl-blocks-request").text

    for number in range(5):
        case.interface(f"eni-{number}", f"10.0.2.{20 + number}", "subnet-data", ["sg-db"])
    case.entry("NetworkAcls", "acl-data")["Associations"].append({"SubnetId": "subnet-public"})

    text = case.fix("target-security-group-blocks").text
    assert "which guards eni-db and also eni-0, eni-1, eni-2 and 2 more, does" in text
    text = case.fix("nacl-blocks-request").text
    assert "of subnet subnet-data and of subnet-public: TCP" in text


def test_who_else_has_the_functions_group_is_named() -> None:
    """A rule for the function lets out a server that has its group; other functions are many."""
    case = own_group_closed()
    assert "sg-fn does not let" in case.fix("own-security-group-blocks").text

    case.interface("eni-lambda", "10.0.1.30", "subnet-app", ["sg-fn"], kind="lambda")
    case.interface("eni-server", "10.0.1.31", "subnet-app", ["sg-fn"])

    text = case.fix("own-security-group-blocks").text
    assert "sg-fn, which eni-server has too, does not let" in text


def test_a_group_behind_a_load_balancer_is_told_once() -> None:
    """Each node comes from a subnet of its own; the group guards both hosts behind them."""
    case = balanced(admits=False, healthy=False)
    case.subnet("subnet-b", "10.0.3.0/24", zone="b")
    case.interface("eni-host-b", "10.0.3.82", "subnet-b", ["sg-host"])
    (path,) = case.paths()
    (blocker,) = path.blockers
    # As of a network load balancer without a group.
    facts = {**blocker.facts, "source_group_ids": []}
    nodes = [
        replace(path, blockers=(replace(blocker, facts={**facts, "source_cidrs": [node]}),))
        for node in ("10.0.2.80", "10.0.3.80")
    ]

    context = Context(case.snapshot(), nodes[0], nodes[0].blockers[0], paths=tuple(nodes))
    (proposal,) = open_group(context)

    assert proposal.text.count("does not let the load balancer in") == 1
    assert "guards 10.0.2.81 and also eni-host-b," in proposal.text
    assert "from 10.0.2.0/24, 10.0.3.0/24" in proposal.text
    assert len(proposal.cli) == 2
