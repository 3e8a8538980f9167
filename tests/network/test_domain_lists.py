"""Domain lists of Network Firewall: which names they know, and what becomes of the rest.

https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateful-rule-groups-domain-names.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Verdict
from probe.network.firewall.domain_lists import matches
from tests.network.test_middlebox import SURICATA, rule, rules, world
from tests.network.world import INTERNET, World

if TYPE_CHECKING:
    from probe.model import Path

__all__ = ["world"]  # the fixture

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=8)
NAME = st.lists(LABEL, min_size=2, max_size=4).map(".".join)
BOTH = ("TLS_SNI", "HTTP_HOST")
HOST = "api.example.com"


def case_of(draw: st.DataObject, name: str) -> str:
    """Write a name in any mixture of cases."""
    return "".join(draw.draw(st.sampled_from((c.lower(), c.upper()))) for c in name)


@given(st.data(), NAME, NAME)
def test_a_name_is_itself_in_any_case_and_with_a_dot_at_its_end(
    data: st.DataObject, name: str, other: str
) -> None:
    """An explicit name matches one host, and no other."""
    end = data.draw(st.sampled_from(("", ".")))

    assert matches(case_of(data, name), case_of(data, name) + end)
    assert matches(case_of(data, name) + end, name)
    assert not matches(name, f"www.{name}")
    assert matches(name, other) == (name == other)


@given(st.data(), NAME, NAME)
def test_a_leading_dot_is_the_domain_and_all_below_it(
    data: st.DataObject, name: str, below: str
) -> None:
    """Not what only ends in the same letters."""
    end = data.draw(st.sampled_from(("", ".")))
    entry = case_of(data, f".{name}")

    assert matches(entry, case_of(data, name) + end)
    assert matches(entry, case_of(data, f"{below}.{name}") + end)
    assert not matches(entry, f"not{name}")
    assert not matches(entry, f"{name}.{below}.invalid")
    assert not matches(entry, name.partition(".")[2])


def listed(*targets: str, kind: str = "ALLOWLIST", types: tuple[str, ...] = BOTH) -> dict[str, Any]:
    """Return a rules source that is a domain list."""
    found = {"Targets": list(targets), "TargetTypes": list(types), "GeneratedRulesType": kind}
    return {"RulesSourceList": found}


def ask(world: World, *groups: dict[str, Any], **more: Any) -> Path:
    """Walk to a host through a firewall with these groups, and greet it."""
    asked = {"host": HOST, "speaks": "tls", **more.pop("asked", {})}
    world.firewall("vpce-fw", *groups, **more)
    firewall = world.lists["Firewalls"][-1]["Firewall"]
    firewall.setdefault("VpcId", "vpc-a")
    return world.walk("subnet-app", ["sg-fn"], asked.pop("to", INTERNET), **asked)


def cut(path: Path) -> list[tuple[str, str]]:
    """Name what is lost once the connection is open: by which group, and how."""
    assert path.undetermined == ()
    assert all(b.opens and b.code == "firewall-rule-blocks" for b in path.blockers)
    expected = Verdict.UNREACHABLE if path.blockers else Verdict.REACHABLE
    assert path.verdict is expected
    return [(b.component, b.facts["action"]) for b in path.blockers]


DROPPED, REJECTED = [("arn:group/0", "drops")], [("arn:group/0", "rejects")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (listed(".example.com"), []),
        (listed(HOST), []),
        (listed("example.com"), DROPPED),
        (listed(".amazonaws.com"), DROPPED),
        (listed(".example.com", kind="DENYLIST"), DROPPED),
        (listed(".example.com", kind="REJECTLIST"), REJECTED),
        (listed("example.com", kind="DENYLIST"), []),
        (listed("example.com", kind="REJECTLIST"), []),
        (listed(".example.com", kind="ALERTLIST"), []),
        # What is not of its protocols is no matter of the list.
        (listed(".amazonaws.com", types=("HTTP_HOST",)), []),
        (listed(".example.com", kind="DENYLIST", types=("HTTP_HOST",)), []),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_a_list_does_to_a_greeting(
    world: World, source: dict[str, Any], expected: list[tuple[str, str]], *, strict: bool
) -> None:
    """The connection opens in any case."""
    assert cut(ask(world, source, strict=strict)) == expected


@pytest.mark.parametrize(
    ("speaks", "types", "expected"),
    [
        ("http", ("HTTP_HOST",), DROPPED),
        ("http", ("TLS_SNI",), []),
        ("nothing", BOTH, []),
    ],
)
def test_what_else_a_client_may_say_first(
    world: World, speaks: str, types: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    """A port that is only opened says nothing that anybody could read."""
    path = ask(world, listed(".amazonaws.com", types=types), asked={"speaks": speaks})

    assert cut(path) == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [("ALLOWLIST", DROPPED), ("DENYLIST", []), ("REJECTLIST", [])]
)
def test_a_greeting_to_an_address_names_nobody(
    world: World, kind: str, expected: list[tuple[str, str]]
) -> None:
    """So no list knows it, be the address itself on it."""
    path = ask(world, listed(INTERNET, kind=kind), asked={"host": INTERNET})

    assert cut(path) == expected


def test_words_that_nobody_knows_leave_the_list_open(world: World) -> None:
    """A database comes to TLS in words of its own. The list is named, as what may stop it."""
    path = ask(world, listed(".amazonaws.com"), asked={"speaks": None})

    assert path.verdict is Verdict.UNDETERMINED
    assert [gap.what for gap in path.undetermined] == ["domain list arn:group/0"]
    assert [(b.component, b.partial, b.opens) for b in path.blockers] == [
        ("arn:group/0", True, True)
    ]
    assert path.blockers[0].supposing


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        # Every pass comes before every drop, and every drop before every reject.
        ((listed(".example.com", kind="DENYLIST"), listed(HOST)), []),
        ((listed(".amazonaws.com"), listed(HOST)), []),
        ((listed(".example.com", kind="REJECTLIST"), listed(".org")), [("arn:group/1", "drops")]),
    ],
)
def test_lists_in_the_order_of_actions(
    world: World, groups: tuple[dict[str, Any], ...], expected: list[tuple[str, str]]
) -> None:
    """However they are listed."""
    assert cut(ask(world, *groups)) == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((listed(".example.com", kind="DENYLIST"), listed(HOST)), DROPPED),
        ((listed(HOST), listed(".example.com", kind="DENYLIST")), []),
        ((listed(".example.com", kind="REJECTLIST"), listed(".org")), REJECTED),
        ((rules(rule("PASS", DestinationPort="443")), listed(".org")), []),
    ],
)
def test_lists_in_strict_order(
    world: World, groups: tuple[dict[str, Any], ...], expected: list[tuple[str, str]]
) -> None:
    """The first that matches decides."""
    assert cut(ask(world, *groups, strict=True)) == expected


@pytest.mark.parametrize(
    ("groups", "strict"),
    [
        ((listed(".org"), SURICATA), False),
        ((listed(".example.com"), SURICATA), False),
        ((SURICATA, listed(".org")), True),
        ((listed(".org"), SURICATA), True),
        ((listed(".org", kind="NEWLIST"), listed(".org")), False),
        # It takes the connection as it opens; whether the list then sees what is said, who knows.
        ((listed(".org"), rules(rule("PASS"))), True),
    ],
)
def test_a_rule_that_could_decide_otherwise_leaves_it_open(
    world: World, groups: tuple[dict[str, Any], ...], *, strict: bool
) -> None:
    """Nothing is certain beside what nobody understands."""
    path = ask(world, *groups, strict=strict)

    assert path.verdict is Verdict.UNDETERMINED
    assert all(blocker.supposing for blocker in path.blockers)


def test_a_rule_that_drops_meets_the_connection_before_any_list(world: World) -> None:
    """In strict order too, where the list stands first: no name was said by then."""
    path = ask(world, listed(HOST), rules(rule("DROP")), strict=True)

    assert [(b.component, b.opens) for b in path.blockers] == [("arn:firewall", False)]


@pytest.mark.parametrize(
    ("target", "speaks", "expected"),
    [
        (HOST, "tls", []),
        (".org", "tls", DROPPED),
        (".org", "nothing", []),
        (".org", "http", [("arn:firewall", "drops")]),
    ],
)
@pytest.mark.parametrize("default", ["aws:drop_established", "aws:drop_established_app_layer"])
def test_the_default_that_lets_connections_open(
    world: World, target: str, speaks: str, default: str, expected: list[tuple[str, str]]
) -> None:
    """It drops what is said over a connection that no rule passes, and is made for such lists."""
    source = listed(target, types=("TLS_SNI",))
    defaults = {"StatefulDefaultActions": [default, "aws:alert_established"]}

    assert cut(ask(world, source, strict=True, asked={"speaks": speaks}, **defaults)) == expected


def test_the_default_that_drops_openings_leaves_it_open(world: World) -> None:
    """Nothing passes the first packet, by the letter; people use it with lists all the same."""
    path = ask(world, listed(HOST), strict=True, StatefulDefaultActions=["aws:drop_strict"])

    assert path.verdict is Verdict.UNDETERMINED


def home(*blocks: str) -> dict[str, Any]:
    """Override HOME_NET in the policy."""
    return {"PolicyVariables": {"RuleVariables": {"HOME_NET": {"Definition": list(blocks)}}}}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (home("10.0.1.0/24"), DROPPED),
        (home("192.168.0.0/16", "10.0.0.0/8"), DROPPED),
        (home("192.168.0.0/16"), []),
        (home("0.0.0.0/0"), []),  # then nothing is outside
    ],
)
def test_home_net_of_the_policy(
    world: World, policy: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Only what goes from HOME_NET to everywhere else is looked at."""
    assert cut(ask(world, listed(".org"), **policy)) == expected


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ({"HOME_NET": ["192.168.0.0/16"]}, []),
        ({"HOME_NET": ["10.0.0.0/8"]}, DROPPED),
        ({"EXTERNAL_NET": ["198.51.100.0/24"]}, []),
        ({"EXTERNAL_NET": ["203.0.113.0/24"]}, DROPPED),
    ],
)
def test_home_net_of_the_group_comes_before_that_of_the_policy(
    world: World, sets: dict[str, list[str]], expected: list[tuple[str, str]]
) -> None:
    """A group that says it itself."""
    world.firewall("vpce-fw", listed(".org"))
    variables = {"IPSets": {name: {"Definition": found} for name, found in sets.items()}}
    world.lists["RuleGroups"][0]["RuleGroup"]["RuleVariables"] = variables
    world.lists["Firewalls"][0]["Firewall"]["VpcId"] = "vpc-a"

    path = world.walk("subnet-app", ["sg-fn"], INTERNET, host=HOST, speaks="tls")

    assert cut(path) == expected


def test_a_target_that_is_outside_by_one_home_net_only(world: World) -> None:
    """EXTERNAL_NET is the opposite of a HOME_NET; whose, where there are two, AWS does not say."""
    world.firewall("vpce-fw", listed(".org"), **home("10.0.0.0/8", "203.0.113.0/24"))
    variables = {"IPSets": {"HOME_NET": {"Definition": ["10.0.0.0/8"]}}}
    world.lists["RuleGroups"][0]["RuleGroup"]["RuleVariables"] = variables

    path = world.walk("subnet-app", ["sg-fn"], INTERNET, host=HOST, speaks="tls")

    assert path.verdict is Verdict.UNDETERMINED


def test_a_managed_group_whose_rules_aws_does_not_show(world: World) -> None:
    """It may decide on anything."""
    path = ask(world, listed(".org"), {})

    assert path.verdict is Verdict.UNDETERMINED
    assert [gap.what for gap in path.undetermined] == ["rules of arn:group/1"]


def test_a_firewall_of_another_vpc_does_not_look_at_this_one(world: World) -> None:
    """Central inspection without HOME_NET: the list does nothing."""
    world.vpc("10.9.0.0/16", "vpc-hub")
    world.firewall("vpce-fw", listed(".org"))
    world.lists["Firewalls"][0]["Firewall"]["VpcId"] = "vpc-hub"

    path = world.walk("subnet-app", ["sg-fn"], INTERNET, host=HOST, speaks="tls")

    assert cut(path) == []


@pytest.mark.parametrize("vpc_id", [None, "vpc-of-somebody"])
def test_a_vpc_that_was_not_read_leaves_home_net_open(world: World, vpc_id: str | None) -> None:
    """Nobody knows then what the list looks at."""
    world.firewall("vpce-fw", listed(".org"))
    if vpc_id:
        world.lists["Firewalls"][0]["Firewall"]["VpcId"] = vpc_id

    path = world.walk("subnet-app", ["sg-fn"], INTERNET, host=HOST, speaks="tls")

    assert path.verdict is Verdict.UNDETERMINED


def test_ranges_that_a_vpc_got_later_may_be_home_or_not(world: World) -> None:
    """AWS speaks of the range of the VPC."""
    entry = world.entry("Vpcs", "vpc-a")
    entry["CidrBlock"] = "10.7.0.0/16"
    entry["CidrBlockAssociationSet"].insert(0, {"CidrBlock": "10.7.0.0/16"})

    assert ask(world, listed(".org")).verdict is Verdict.UNDETERMINED


def test_a_firewall_that_looks_into_tls_judges_more_than_the_greeting(world: World) -> None:
    """What it finds inside goes through the rules again."""
    path = ask(world, listed(".example.com"), TLSInspectionConfigurationArn="arn:tls")

    assert path.verdict is Verdict.UNDETERMINED
