"""Where somebody keeps a range out, or lets single addresses out: a fix goes no further than that.

Near misses stand beside: where nobody named anything, a public name is let through as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.remedy import again, mend
from tests.network.world import ANYWHERE, permission, tcp
from tests.remedy.acl_model import Acl
from tests.remedy.case import DYNAMODB, INTERNET, WEB, Case, findings, placement, with_nat
from tests.remedy.cases import EVERYTHING_IN, EVERYTHING_OUT, database, private, web
from tests.remedy.commands import read
from tests.remedy.test_filters import acl, first_permission

if TYPE_CHECKING:
    from tests.network.entries import AclRule

RANGE = "203.0.113.0/24"  # that holds INTERNET
OTHERS = "203.0.113.99"  # in that range, and nobody's target


def blocks(case: Case, code: str) -> list[str]:
    """Give the blocks that a checked fix lets pass a network ACL."""
    fix = case.fix(code)
    assert fix.checked
    return [read(line).parameters["CidrBlock"] for line in fix.cli]


def test_range_that_a_rule_denies_stays_denied_but_for_the_target() -> None:
    """The rule may be a block-list; the fix says which it is, and what it does not promise."""
    denies = (10, "in", "-1", "deny", RANGE, None)
    fix = acl(EVERYTHING_OUT, denies, EVERYTHING_IN).fix("nacl-blocks-return")

    (rule,) = (read(line).parameters for line in fix.cli)
    assert fix.checked
    assert (rule["CidrBlock"], rule["RuleNumber"]) == (f"{INTERNET}/32", 9)
    assert f"before rule 10, which denies {RANGE}." in fix.text
    assert "Somebody may have meant the rule" in (fix.cost or "")
    assert "those of a public name may" in (fix.cost or "")


def test_answers_that_no_rule_denies_are_let_in_from_everywhere_and_that_is_said() -> None:
    """The near miss: the last rule denies whatever no other one matches."""
    fix = acl(EVERYTHING_OUT).fix("nacl-blocks-return")

    assert read(fix.cli[0]).parameters["CidrBlock"] == ANYWHERE
    assert "only the inbound rules of security groups still say who may open" in (fix.cost or "")


def test_database_in_a_denied_range_is_let_through_alone() -> None:
    """Its subnet is the very range that somebody denied."""
    case = database(private())
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    denies = (10, "out", "-1", "deny", "10.0.2.0/24", None)
    rules = [denies, EVERYTHING_OUT, EVERYTHING_IN]
    case.acl("acl-app", "vpc-a", rules, subnets=["subnet-app"])

    assert blocks(case, "nacl-blocks-request") == ["10.0.2.10/32"]


@pytest.mark.parametrize(
    ("holder", "block"),
    [
        ({"RequesterId": "amazon-rds"}, "10.0.2.0/24"),
        ({"InterfaceType": "network_load_balancer"}, "10.0.2.0/24"),
        ({"RequesterId": "111122223333"}, "10.0.2.10/32"),
        ({}, "10.0.2.10/32"),
    ],
    ids=["database", "load balancer", "somebody's own", "nobody told"],
)
def test_what_aws_makes_anew_is_let_through_by_its_subnet(
    holder: dict[str, str], block: str
) -> None:
    """A database that fails over has another address of it; a machine keeps its own."""
    case = database(private())
    case.entry("NetworkInterfaces", "eni-db").update(holder)
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    denies = (10, "out", "-1", "deny", "10.0.0.0/8", None)
    rules = [denies, EVERYTHING_OUT, EVERYTHING_IN]
    case.acl("acl-app", "vpc-a", rules, subnets=["subnet-app"])

    assert blocks(case, "nacl-blocks-request") == [block]


def test_function_in_a_denied_range_is_let_through_by_its_subnet() -> None:
    """The near miss: its interfaces come and go, each with another address."""
    case = database(private())
    case.interface("eni-fn", "10.0.1.30", "subnet-app", ["sg-fn"], kind="lambda")
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    denies = (10, "in", "-1", "deny", "10.0.1.0/26", None)
    rules = [denies, EVERYTHING_OUT, EVERYTHING_IN]
    case.acl("acl-data", "vpc-a", rules, subnets=["subnet-data"])

    assert blocks(case, "nacl-blocks-request") == ["10.0.1.0/24"]


def test_last_rule_for_ipv6_was_written_by_nobody() -> None:
    """AWS lists it with a number of its own, behind all that people may take."""
    last = (32768, "in", "-1", "deny", ANYWHERE, None)
    fix = acl(EVERYTHING_OUT, last).fix("nacl-blocks-return")

    rule = read(fix.cli[0]).parameters
    assert fix.checked
    assert (rule["RuleNumber"], rule["CidrBlock"]) == (10, ANYWHERE)
    assert "which denies" not in fix.text


def test_service_in_a_denied_range_is_let_through_by_its_blocks() -> None:
    """Its addresses change by the minute: one of them alone is no service."""
    case = private()
    case.lists["PrefixLists"][0]["Cidrs"] = ["52.94.0.0/20"]
    denies = (10, "out", "-1", "deny", "52.0.0.0/8", None)
    rules = [denies, EVERYTHING_OUT, EVERYTHING_IN]
    case.acl("acl-app", "vpc-a", rules, subnets=["subnet-app"])
    case.wants("dynamodb orders", DYNAMODB, service="dynamodb")

    assert blocks(case, "nacl-blocks-request") == ["52.94.0.0/20"]


def test_every_address_that_a_name_was_met_at_is_let_through() -> None:
    """The next connection goes to the other one."""
    case = acl(EVERYTHING_OUT, (10, "in", "-1", "deny", RANGE, None), EVERYTHING_IN)
    paths = case.paths()
    case.wants(WEB, "203.0.113.35", host="api.example.com")
    paths += case.paths()
    snapshot = case.snapshot()

    (finding,) = mend(findings(paths), paths, snapshot, again(snapshot, case.targets, ("sg-fn",)))

    assert finding.fix is not None
    assert finding.fix.checked
    assert finding.fix.text.count("Add inbound allow rules 8, 9") == 1
    blocks = [read(line).parameters["CidrBlock"] for line in finding.fix.cli]
    assert blocks == [f"{INTERNET}/32", "203.0.113.35/32"]


def test_address_that_nobody_knows_is_not_let_through() -> None:
    """A name that was not resolved has a stand-in, which is nobody's address."""
    case = private()
    case.wants("http https://api.example.com/", "192.0.2.1", host="api.example.com")
    denies = (10, "out", "-1", "deny", ANYWHERE, None)
    case.acl("acl-app", "vpc-a", [denies, EVERYTHING_IN], subnets=["subnet-app"])

    assert case.mend()["nacl-blocks-request"].fix is None


ROOMS: dict[str, list[AclRule]] = {
    "the first two deny": [
        (1, "out", "-1", "deny", "198.51.100.0/24", None),
        (2, "out", "-1", "deny", RANGE, None),
        (3, "out", "-1", "deny", "192.0.2.0/24", None),
        EVERYTHING_OUT,
    ],
    "the rule behind allows": [
        (1, "out", "-1", "deny", RANGE, None),
        (2, "out", "6", "allow", ANYWHERE, (443, 443)),
        (3, "out", "-1", "deny", "203.0.0.0/16", None),
        (4, "out", "-1", "allow", ANYWHERE, None),
    ],
    "a gap too narrow": [
        (1, "out", "-1", "deny", RANGE, None),
        (2, "out", "-1", "allow", "203.0.112.0/22", None),
        (4, "out", "-1", "deny", "203.0.0.0/16", None),
        (5, "out", "-1", "allow", ANYWHERE, None),
    ],
    "nothing behind": [(1, "out", "6", "deny", ANYWHERE, (443, 443))],
}
PACKETS = [
    (address, port, protocol)
    for address in (INTERNET, OTHERS, "203.0.114.1", "203.0.5.5", "198.51.100.7", "192.0.2.9")
    for port in (80, 443, 8443)
    for protocol in ("6", "17")
]


@pytest.mark.parametrize("rules", ROOMS.values(), ids=ROOMS)
def test_room_is_made_without_opening_or_closing_anything_else(rules: list[AclRule]) -> None:
    """No number is below 1. After every single command all but the target's packets fare alike."""
    case = acl(*rules, EVERYTHING_IN)
    model = Acl.of(case.entry("NetworkAcls", "acl-app")["Entries"])
    before = {packet: model.lets(*packet, egress=True) for packet in PACKETS}
    fix = case.fix("nacl-blocks-request")

    assert fix.checked
    assert not before[INTERNET, 443, "6"]
    for line in fix.cli:
        model.carry_out(read(line))
        now = {packet: model.lets(*packet, egress=True) for packet in PACKETS}
        assert {packet for packet in PACKETS if now[packet] != before[packet]} <= {
            (INTERNET, 443, "6")
        }
    assert model.lets(INTERNET, 443, "6", egress=True)


def test_fixes_for_one_direction_go_together_in_their_order() -> None:
    """Both subnets have the ACL: requests and answers leave by it, past the same first rule."""
    case = database(private())
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    denies = [(1, side, "-1", "deny", "10.0.0.0/16", None) for side in ("in", "out")]
    rules: list[AclRule] = [*denies, EVERYTHING_IN, EVERYTHING_OUT]
    case.acl("acl-both", "vpc-a", rules, subnets=["subnet-app", "subnet-data"])
    model = Acl.of(case.entry("NetworkAcls", "acl-both")["Entries"])

    found = case.mend()

    for finding in found.values():
        assert finding.fix is not None
        assert finding.fix.checked
        for line in finding.fix.cli:
            model.carry_out(read(line))
    assert model.lets("10.0.2.10", 5432, "6", egress=True)
    assert model.lets("10.0.1.9", 5432, "6", egress=False)
    assert model.lets("10.0.1.9", 40000, "6", egress=True)
    assert model.lets("10.0.2.10", 40000, "6", egress=False)
    for egress in (True, False):
        assert not model.lets("10.0.1.9", 80, "6", egress=egress)
        assert not model.lets("10.0.3.3", 40000, "6", egress=egress)


def lets_out(*permissions: dict[str, object]) -> Case:
    """Narrow what the function's group lets out, with a public name as target."""
    case = web(with_nat_and_way())
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = list(permissions)
    return case


def with_nat_and_way() -> Case:
    """Build the placement that works, with a list of the customer's own."""
    case = private()
    case.lists["ManagedPrefixListEntries"] = [
        {"PrefixListId": "pl-own", "Entries": [{"Cidr": "198.51.100.0/28"}]}
    ]
    return case


@pytest.mark.parametrize(
    "named",
    [
        tcp(443, cidr="198.51.100.20/32"),
        tcp(443, cidr="198.51.0.0/16"),
        tcp(443, prefix_list="pl-own"),
        permission("-1", 0, cidr="198.51.100.20/32"),
    ],
    ids=("an address", "a range", "a list of one's own", "all ports"),
)
def test_group_that_names_the_internets_addresses_gets_the_targets(
    named: dict[str, object],
) -> None:
    """Somebody narrows on purpose; the whole internet is another way, and is called that."""
    case = lets_out(named)

    assert first_permission(case, "own-security-group-blocks")["IpRanges"] == [
        {"CidrIp": f"{INTERNET}/32"}
    ]
    fix = case.fix("own-security-group-blocks")
    (wide,) = fix.alternatives
    assert "those of a public name may change" in fix.text
    assert "the whole internet" not in (fix.cost or "")
    assert wide.checked
    assert "to the whole internet on this port" in (wide.cost or "")


@pytest.mark.parametrize(
    "named",
    [
        tcp(443, cidr="10.0.0.0/16"),
        tcp(5432, cidr="198.51.100.20/32"),
        tcp(443, cidr="::/0"),
        tcp(443, prefix_list="pl-ddb"),
    ],
    ids=("inside", "another port", "all of IPv6", "a list of AWS"),
)
def test_group_that_names_nothing_of_the_internet_lets_out_to_the_name(
    named: dict[str, object],
) -> None:
    """The near misses: nobody has named public addresses one by one for this port."""
    case = lets_out(named)

    assert first_permission(case, "own-security-group-blocks")["IpRanges"] == [{"CidrIp": ANYWHERE}]
    fix = case.fix("own-security-group-blocks")
    assert fix.alternatives == ()
    assert "to the whole internet on this port" in (fix.cost or "")


def test_rule_that_the_fix_itself_adds_narrows_nothing() -> None:
    """An address that was asked for literally is named; the name beside it is still a name."""
    case = with_nat(placement())
    case.routes("rtb-app").append({"DestinationCidrBlock": ANYWHERE, "NatGatewayId": "nat-a"})
    case.wants("tcp 198.51.100.20:443", "198.51.100.20")
    web(case)
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = []

    fix = case.fix("own-security-group-blocks")

    assert fix.checked
    assert ["0.0.0.0/0" in line for line in fix.cli] == [False, True]
