"""Answers are remembered, and filters stay as short as EC2 takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probe.fleet.reading import MOST_VALUES, Once
from probe.network.collector.gathering import filters
from probe.network.values import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping


class Aws:
    """A reader that answers with what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[list[str]]] = []
        self.denies = False

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Give one entry for each value of the first filter."""
        if self.denies:
            raise ReadFailed("UnauthorizedOperation", f"{service}:{operation}")
        values = [one["Values"] for one in parameters.get("Filters", ())]
        self.asked.append(values)
        return {"Subnets": [{"SubnetId": one} for one in (values[0] if values else [])]}


def test_the_same_question_is_asked_once() -> None:
    """Two networks of one account ask the same of the account."""
    aws = Aws()
    once = Once(aws)

    first = once("ec2", "DescribeSubnets", **filters(vpc_id=["vpc-1"]))
    again = once("ec2", "DescribeSubnets", **filters(vpc_id=["vpc-1"]))
    once("ec2", "DescribeSubnets", **filters(vpc_id=["vpc-2"]))

    assert first == again
    assert (len(aws.asked), once.calls) == (2, 2)


@pytest.mark.parametrize(("count", "calls"), [(MOST_VALUES, 1), (MOST_VALUES + 1, 2), (600, 3)])
def test_a_filter_with_more_values_than_ec2_takes_becomes_several_calls(
    count: int, calls: int
) -> None:
    """And their answers are one: nothing is lost, nothing twice."""
    aws = Aws()
    wanted = [f"subnet-{n:04}" for n in range(count)]

    answer = Once(aws)("ec2", "DescribeSubnets", **filters(subnet_id=wanted))

    assert [entry["SubnetId"] for entry in answer["Subnets"]] == wanted
    assert len(aws.asked) == calls
    assert max(len(values) for one in aws.asked for values in one) <= MOST_VALUES


def test_two_long_filters_meet_in_every_combination() -> None:
    """Filters all have to match: each part of the one is asked with each part of the other."""
    aws = Aws()
    many = [f"x-{n:04}" for n in range(300)]

    Once(aws)("ec2", "DescribeNetworkInterfaces", **filters(subnet_id=many, group_id=many))

    assert [[len(values) for values in one] for one in aws.asked] == [
        [200, 200],
        [200, 100],
        [100, 200],
        [100, 100],
    ]


def test_a_refusal_is_not_remembered_as_an_answer() -> None:
    """What was denied is unread; it is asked again when it is needed again."""
    aws = Aws()
    once = Once(aws)
    aws.denies = True

    with pytest.raises(ReadFailed):
        once("ec2", "DescribeVpcs")

    aws.denies = False
    assert once("ec2", "DescribeVpcs") == {"Subnets": []}
