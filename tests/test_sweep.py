"""The sweep over a function's zones, against a Lambda that places environments as Lambda does."""

from __future__ import annotations

import threading
import time
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest

from probe.aws import InvokeFailed
from probe.model import Failure, Observation, Placement, Report, Stage, Status, Unknown
from probe.sweep import HOLD_S, MOST, Swept, sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOREVER = float("inf")
LOST = Observation("tcp", "h:1", Status.FAIL, Stage.CONNECT, Failure.TIMEOUT)
THROTTLED = InvokeFailed("TooManyRequestsException", "Rate Exceeded.")


def report(zone: str | Unknown, *seen: Observation) -> Report:
    """Give what a probe in that zone answers."""
    here = Placement("probe", "eu-west-1", True, az_id=zone)
    return Report("1", "2026-01-01T00:00:00Z", 1.0, Status.PASS, here, seen)


class Lambda:
    """An environment takes one event at a time; an idle one goes first, or else there is a new one.

    New ones get these answers in turn; an error in their place is what Lambda says instead.
    """

    def __init__(self, *answers: Report | InvokeFailed, then: Report | InvokeFailed) -> None:
        self._new: Iterable[Report | InvokeFailed] = chain(answers, repeat(then))
        self._idle: list[Report | InvokeFailed] = []
        self._lock = threading.Lock()
        self.events: list[Mapping[str, Any]] = []

    def __call__(self, event: Mapping[str, Any]) -> Report:
        """Answer one invocation, and be busy meanwhile for a part of the time that is asked for."""
        with self._lock:
            self.events.append(event)
            environment = self._idle.pop() if self._idle else next(iter(self._new))
        if isinstance(environment, InvokeFailed):
            raise environment
        time.sleep(event["hold_s"] / 20)
        with self._lock:
            self._idle.append(environment)
        return environment


def swept(
    function: Lambda,
    zones: tuple[str, ...] = ("a", "b"),
    deadline: float = FOREVER,
    subnets: int = 2,
) -> Swept:
    """Sweep; what is told on the way is a sentence each."""
    told: list[str] = []
    event = {"repeat": 2}
    found = sweep(function, event, zones, subnets=subnets, deadline=deadline, tell=told.append)
    assert all("side by side" in sentence for sentence in told)
    return found


def test_invocations_side_by_side_meet_every_zone() -> None:
    """As many invocations as there are zones are enough where Lambda spreads them evenly."""
    function = Lambda(report("a"), then=report("b"))
    found = swept(function)

    assert found.reports.keys() == {"a", "b"}
    assert found.invocations == 2
    assert function.events == [{"repeat": 2, "hold_s": HOLD_S}] * 2


def test_zones_that_are_not_known_are_met_too() -> None:
    """Each invocation says where it ran; two subnets are in two zones at most."""
    function = Lambda(report("a"), then=report("b"))
    found = swept(function, zones=())

    assert found.reports.keys() == {"a", "b"}
    assert found.invocations == 2


def test_subnets_of_one_zone_that_is_not_known_do_not_have_it_go_on() -> None:
    """Near miss: there is no second zone to be met, and nobody knows."""
    found = swept(Lambda(then=report("a")), zones=())

    assert found.reports.keys() == {"a"}
    assert found.invocations == 2 + 4


def test_environments_that_were_met_do_not_keep_others_from_being_met() -> None:
    """The next round is larger: those that have answered are idle, and are taken first."""
    found = swept(Lambda(report("a"), report("a"), report("a"), then=report("b")))

    assert found.reports.keys() == {"a", "b"}
    assert found.invocations == 2 + 4


def test_one_after_another_would_meet_one_zone() -> None:
    """The near miss, and why the invocations hold: an environment that is free is used again."""
    function = Lambda(report("a"), then=report("b"))
    zones = {str(function({"hold_s": 0}).placement.az_id) for _ in range(5)}

    assert zones == {"a"}


def test_a_zone_that_is_never_met_ends_at_the_budget() -> None:
    """No round is larger than the budget, and what was met is told."""
    found = swept(Lambda(then=report("a")))

    assert found.reports.keys() == {"a"}
    assert found.invocations == sum(2**n for n in range(1, MOST.bit_length()))
    assert found.stopped == ""


def test_a_sweep_that_would_be_late_ends() -> None:
    """A round that could not end by the deadline is not begun."""
    assert swept(Lambda(then=report("a")), deadline=time.monotonic()).invocations == 2


def test_lambda_may_end_a_sweep() -> None:
    """When the concurrency is used up, nothing more is asked, and Lambda's word is kept."""
    found = swept(Lambda(report("a"), then=THROTTLED))

    assert found == Swept(found.reports, 2, str(THROTTLED))
    assert found.reports.keys() == {"a"}


def test_where_nobody_answers_lambdas_word_is_raised() -> None:
    """No environment at all is a fact about the function, for whoever asked."""
    with pytest.raises(InvokeFailed, match="TooManyRequestsException"):
        swept(Lambda(then=THROTTLED))


def test_a_probe_that_cannot_tell_its_zone_is_asked_once() -> None:
    """Without the metadata endpoint more invocations would tell no more."""
    found = swept(Lambda(then=report(Unknown("no metadata endpoint"))))

    assert found.invocations == 2
    assert [one.placement.az_id for one in found.reports.values()] == [
        Unknown("no metadata endpoint")
    ]


def test_the_worst_of_a_zone_speaks_for_it() -> None:
    """What fails sometimes is not covered up by a run in which it did not."""
    found = swept(Lambda(report("a"), report("a", LOST), report("a"), then=report("b")))

    assert found.reports["a"].observations == (LOST,)


def test_more_zones_take_more_invocations_at_once() -> None:
    """The first round is as large as the number of zones."""
    letters = (report(letter) for letter in "abcdef")
    found = swept(Lambda(*letters, then=report("f")), tuple("abcdef"))

    assert found.invocations == 6
    assert len(found.reports) == 6
