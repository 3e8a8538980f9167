"""Results of many placements become findings of few components, whoever looks from where."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from probe.fleet import document, results, table
from probe.fleet.placements import Scope, Spot
from probe.fleet.results import Broken, Gap, Missing, Result
from probe.fleet.summary import NO_RESULT, Fleet, Summary
from probe.model import Confidence, Status
from probe.report.pen import Pen

NAT = Broken(
    "nat-gateway-failed",
    "nat-0123456789abcdef0",
    Confidence.PROVEN,
    "The NAT gateway in the route failed to be created",
    ("internet", "logs logs"),
    "Create another.",
)
TABLE = Broken(
    "no-route-to-internet", "rtb-0fedcba9876543210", Confidence.PROVEN, "No route.", ("internet",)
)


def spot(number: int, functions: int, account: str = "200000000001", region: str = "a-b-1") -> Spot:
    """Make a placement with so many functions."""
    names = tuple(f"fn-{number}-{one}" for one in range(functions))
    return Spot(Scope(account, region), (f"subnet-{number}",), ("sg-1",), False, names)


def summed(*pairs: tuple[Spot, tuple[Broken, ...]], missing: tuple[Missing, ...] = ()) -> Fleet:
    """Sum up placements and what breaks each."""
    summary = Summary(one for one, _ in pairs)
    for one, broken in pairs:
        summary.add(Result(one.id, Status.FAIL if broken else Status.PASS, broken))
    for gone in missing:
        summary.miss(gone)
    return summary.fleet()


def rows(fleet: Fleet) -> list[tuple[str | None, int]]:
    """Give each component, and how many functions it breaks."""
    return [(one.name, one.functions) for one in fleet.components]


def test_the_component_that_breaks_most_functions_stands_first() -> None:
    """Not the one behind most placements, and not the one with most causes."""
    fleet = summed(
        (spot(1, 300), (NAT,)),
        *(
            (spot(n, 10), (TABLE, replace(TABLE, code="gateway-endpoint-missing")))
            for n in (2, 3, 4)
        ),
        (spot(5, 7), ()),
    )

    assert rows(fleet) == [(NAT.component, 300), (TABLE.component, 30)]
    assert (fleet.functions, fleet.broken, fleet.status) == (337, 330, Status.FAIL)


def test_two_causes_at_one_component_count_its_functions_once() -> None:
    """They are two lines of one component; the one whose fix mends the other leads."""
    other = replace(TABLE, code="gateway-endpoint-missing", fix=None, targets=("s3", "dynamodb"))
    fleet = summed((spot(1, 4), (other, replace(TABLE, fix="Lead it there."))))

    (found,) = fleet.components
    assert (found.functions, found.main.code, sorted(found.causes)) == (
        4,
        "no-route-to-internet",
        ["gateway-endpoint-missing", "no-route-to-internet"],
    )


def test_a_shared_vpcs_component_is_one_from_every_account() -> None:
    """An id of AWS's means the same thing wherever it is read."""
    fleet = summed((spot(1, 3), (NAT,)), (spot(1, 4, "200000000002"), (NAT,)))

    assert rows(fleet) == [(NAT.component, 7)]


@pytest.mark.parametrize("name", ["function", "orders-db", None])
def test_a_name_means_something_else_in_each_account(name: str | None) -> None:
    """Two databases of one name are two; and so is what has no name."""
    broken = replace(NAT, component=name)
    fleet = summed((spot(1, 3), (broken,)), (spot(1, 4, "200000000002"), (broken,)))

    assert rows(fleet) == [(name, 4), (name, 3)]


def test_what_is_possible_stands_behind_what_is_proven() -> None:
    """However many functions it would break."""
    maybe = replace(NAT, confidence=Confidence.POSSIBLE)
    fleet = summed((spot(1, 300), (maybe,)), (spot(2, 1), (TABLE,)))

    assert rows(fleet) == [(TABLE.component, 1), (NAT.component, 300)]
    assert [one.name for one in fleet.proven] == [TABLE.component]


def test_a_cause_of_one_function_is_not_laid_on_all_in_its_place() -> None:
    """The others of the placement have roles and states of their own."""
    idle = replace(NAT, code="function-inactive", component="fn-1-0")

    assert rows(summed((spot(1, 300), (idle,)))) == [("fn-1-0", 1)]


def test_a_placement_without_a_result_is_told() -> None:
    """It is not lost, and not taken for one that reaches everything."""
    silent, failed = spot(1, 5), spot(2, 6)
    summary = Summary([silent, failed])
    summary.fail(failed.id, "RuntimeError: boom")
    fleet = summary.fleet()

    assert [str(one) for one in fleet.missing] == [
        f"200000000001 a-b-1 fn-1-0 and 4 more (5 functions): {NO_RESULT}",
        "200000000001 a-b-1 fn-2-0 and 5 more (6 functions): RuntimeError: boom",
    ]
    assert (fleet.functions, fleet.status) == (0, Status.UNDETERMINED)


def test_a_second_result_of_a_placement_and_a_strangers_change_nothing() -> None:
    """What is delivered twice is counted once."""
    one = spot(1, 5)
    summary = Summary([one])
    for identity in (one.id, one.id, "stranger"):
        summary.add(Result(identity, Status.FAIL, (NAT,)))

    assert rows(summary.fleet()) == [(NAT.component, 5)]


def test_an_account_that_is_closed_in_all_its_regions_is_one_line() -> None:
    """For one reason; another reason is another line, and so is another account."""
    fleet = summed(
        missing=(
            Missing("200000000003 eu-west-1", "AccessDenied", "sts:AssumeRole"),
            Missing("200000000003 us-east-1", "AccessDenied", "sts:AssumeRole"),
            Missing("200000000003 us-west-2", "Throttling: slow down", "lambda:ListFunctions"),
            Missing("200000000004 us-east-1", "AccessDenied", "sts:AssumeRole"),
        )
    )

    assert [str(one) for one in fleet.missing] == [
        "200000000003 eu-west-1, us-east-1: AccessDenied; needs sts:AssumeRole",
        "200000000003 us-west-2: Throttling: slow down (lambda:ListFunctions)",
        "200000000004 us-east-1: AccessDenied; needs sts:AssumeRole",
    ]


def test_what_was_not_read_is_told_once_for_each_account_and_region() -> None:
    """With the permission, and how many functions it concerns."""
    gaps = (
        Gap("RouteTables", "UnauthorizedOperation", "ec2:DescribeRouteTables"),
        Gap("rtb-1", "UnauthorizedOperation", "ec2:DescribeRouteTables"),
    )
    one, two = spot(1, 5), spot(2, 6)
    summary = Summary([one, two])
    for each in (one, two):
        summary.add(Result(each.id, Status.UNDETERMINED, (), gaps))

    (unread,) = summary.fleet().unread
    assert (unread.what, unread.needs, unread.functions) == (
        "RouteTables",
        "ec2:DescribeRouteTables",
        11,
    )
    assert str(unread).endswith(
        "(11 functions): UnauthorizedOperation; needs ec2:DescribeRouteTables"
    )


def test_the_order_in_which_results_come_changes_nothing() -> None:
    """They are written by as many executions as there are placements."""
    pairs = [(spot(n, n % 7 + 1), (NAT,) if n % 3 else (TABLE, NAT)) for n in range(40)]
    expected = rows(summed(*pairs))

    for seed in range(5):
        Random(seed).shuffle(pairs)
        assert rows(summed(*pairs)) == expected


def test_the_document_names_every_function_behind_a_component_once() -> None:
    """Components name placements, and placements name functions."""
    fleet = summed((spot(1, 3), (NAT, TABLE)), (spot(2, 2), (NAT,)), (spot(3, 1), ()))

    found = json.loads("".join(document.chunks(fleet)))

    names = {one["id"]: one["functions"] for one in found["placements"]}
    assert [n for one in found["components"][0]["placements"] for n in names[one]] == [
        "fn-1-0", "fn-1-1", "fn-1-2", "fn-2-0", "fn-2-1",
    ]  # fmt: skip
    assert (found["functions"], found["functions_by_status"]) == (6, {"fail": 5, "pass": 1})


def test_the_text_says_how_many_more_there_are() -> None:
    """A table for people ends; nothing is left out without a word."""
    many = [replace(NAT, component=f"nat-{n:017x}") for n in range(25)]
    fleet = summed(*((spot(n, 1), (one,)) for n, one in enumerate(many)))

    text = table.render(fleet, Pen(width=80))

    assert "... and 5 components more, in --format json" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_what_a_stranger_named_does_not_command_a_terminal() -> None:
    """Names of functions and reasons come from other accounts."""
    evil = replace(spot(1, 1), functions=("fn\x1b[2J",))
    text = table.render(summed((evil, (replace(NAT, title="a\x1bb"),))), Pen())

    assert "\x1b" not in text


def test_a_result_survives_being_written() -> None:
    """State files and Step Functions' state hold it as JSON."""
    result = Result("1", Status.FAIL, (NAT, TABLE), (Gap("a", "b", None),), "key", packets=True)

    assert results.from_json(json.loads(json.dumps(results.to_json(result)))) == result
