"""The steps of the state machine by themselves: what they write, and what they say went wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.fleet import orders, steps
from probe.fleet.placements import Scope
from probe.fleet.results import Gap, Result, from_json
from probe.fleet.steps import MOST_TRIES, RESULT_BYTES, STATE_BYTES, Access
from probe.model import Status
from probe.network.values import ReadFailed
from probe.reading import SettingsError
from tests.fleet.scale import Account
from tests.fleet.test_summary import NAT
from tests.test_template import stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

AROUND = {"FLEET_ACCOUNTS": "200000000001, 200000000002", "FLEET_REGIONS": "eu-west-1"}


class Files:
    """A bucket in memory."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    def read(self, key: str) -> Iterator[bytes]:
        """Yield a file in small pieces."""
        data = self.held[key].encode()
        for at in range(0, len(data), 100):
            yield data[at : at + 100]

    def write(self, key: str, text: Iterable[str], kind: str = "application/json") -> None:
        """Write a file."""
        assert kind
        self.held[key] = "".join(text)

    def keys(self, prefix: str) -> list[str]:
        """List files."""
        return [key for key in self.held if key.startswith(prefix)]


def functions(count: int) -> list[dict[str, Any]]:
    """Give functions of one placement, with names as long as Lambda allows."""
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    return [{"FunctionName": f"{n:064}", "VpcConfig": vpc} for n in range(count)]


def access(listed: list[dict[str, Any]]) -> Access:
    """Give an account whose functions these are."""

    def read(service: str, operation: str, **_: Any) -> Mapping[str, Any]:
        assert (service, operation) == ("lambda", "ListFunctions")
        return {"Functions": listed}

    return Access(read, lambda *_: {})


def test_an_item_stays_small_however_many_functions_are_behind_it() -> None:
    """Five thousand names of 64 letters would be more than a state may hold."""
    files = Files()
    order = orders.read("r", {"accounts": ["200000000001"]}, AROUND, None)

    told = steps.discover(order, files, lambda _: access(functions(5000)))

    (item,) = json.loads(files.held[told["items"]])
    assert len(json.dumps(item)) < 1000
    assert len(files.held["runs/r/spots.json"]) > STATE_BYTES
    assert len(json.dumps(told)) < 1000


def test_the_list_of_items_is_empty_where_there_are_none() -> None:
    """The map then has nothing to do, and the run comes to its end."""
    files = Files()
    told = steps.discover(orders.read("r", {}, AROUND, None), files, lambda _: access([]))

    assert json.loads(files.held[told["items"]]) == []
    assert list(steps.summarise("runs/r", files, "runs/r/results")[0].spots) == []


@pytest.mark.parametrize("findings", [1, 200])
def test_a_result_is_cut_to_its_size_and_still_says_what_breaks(findings: int) -> None:
    """Long fixes go first, then targets; status and first components stay."""
    targets = tuple(f"rds database-{n}.{'x' * 40}.eu-west-1.rds.amazonaws.com" for n in range(900))
    broken = tuple(
        replace(NAT, component=f"nat-{n:017x}", targets=targets, fix="word " * 2000)
        for n in range(findings)
    )
    gaps = tuple(Gap(f"thing {n}", "unread " * 20) for n in range(300))

    found = steps.fitted(Result("1", Status.FAIL, broken, gaps))

    assert len(json.dumps(found)) <= RESULT_BYTES
    result = from_json(found)
    assert (result.status, result.broken[0].component) == (Status.FAIL, "nat-00000000000000000")


def test_a_small_result_loses_nothing() -> None:
    """The near miss: what fits is left as it is."""
    result = Result("1", Status.FAIL, (NAT,) * 20, (Gap("a", "b"),), "key")

    assert from_json(steps.fitted(result)) == result


@pytest.mark.parametrize(
    ("failed", "kind", "words"),
    [
        (ReadFailed("AccessDenied", "sts:AssumeRole"), "Denied", "AccessDenied; needs sts:AssumeR"),
        (
            ReadFailed("ThrottlingException: Rate", "a:B"),
            "Throttled",
            "ThrottlingException: Rate (a:",
        ),
        (
            ReadFailed("RequestLimitExceeded: x", "a:B"),
            "Throttled",
            "RequestLimitExceeded: x (a:B)",
        ),
        (ReadFailed("ResourceNotFoundException: gone", "a:B"), "Unreadable", "ResourceNotFoundEx"),
    ],
)
def test_the_state_machine_is_told_whether_to_try_again(
    failed: ReadFailed, kind: str, words: str
) -> None:
    """By the error's name, which its Retry lists; and people by its words."""

    def read(*_: Any, **__: Any) -> Mapping[str, Any]:
        raise failed

    item = {"run": "r", "spot": "1", "function": "fn", "region": "eu-west-1", "probe": None}
    with pytest.raises((steps.Denied, steps.Throttled, steps.Unreadable)) as caught:
        steps.diagnose(item, Files(), Access(read, lambda *_: {}), deadline=0)

    assert type(caught.value).__name__ == kind
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("tries", range(MOST_TRIES + 1))
def test_a_list_that_was_throttled_is_read_again_until_the_last_try(tries: int) -> None:
    """Then what is known is the answer, and the list is one that was not read."""

    class Busy(Account):
        def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
            if operation == "DescribeNetworkAcls":
                raise ReadFailed("RequestLimitExceeded: slow down", f"{service}:{operation}")
            return super().__call__(service, operation, **parameters)

    files = Files()
    files.held["r/order.json"] = '{"targets": [{"check": "logs"}]}'
    item = {"run": "r", "spot": "1", "function": "fn", "region": "eu-west-1", "probe": None}
    account = Access(Busy(0.0), lambda *_: {})

    if tries < MOST_TRIES:
        with pytest.raises(steps.Throttled, match="RequestLimitExceeded: slow down"):
            steps.diagnose(item, files, account, deadline=0, tries=tries)
    else:
        found = from_json(steps.diagnose(item, files, account, deadline=0, tries=tries))
        assert found.status is Status.UNDETERMINED
        assert "ec2:DescribeNetworkAcls" in {gap.needs for gap in found.gaps}


def test_the_state_machine_tries_as_often_as_the_step_expects() -> None:
    """One try more would throw a good answer away, one fewer would take a poor one."""
    text = stack(FleetRoleName="x").resources["FleetStateMachine"]["Properties"]["DefinitionString"]
    states = json.loads(text)["States"]["DiagnosePlacements"]["ItemProcessor"]["States"]
    (retry,) = [
        one for one in states["DiagnosePlacement"]["Retry"] if "Throttled" in one["ErrorEquals"]
    ]

    assert retry["MaxAttempts"] == MOST_TRIES


@pytest.mark.parametrize(
    ("error", "cause", "line"),
    [
        ("Denied", '{"errorMessage": "AccessDenied; needs a:B"}', "AccessDenied; needs a:B"),
        (
            "Sandbox.Timedout",
            '{"errorMessage": "x"}',
            "no answer within its time (Sandbox.Timedout)",
        ),
        ("KeyError", '{"errorMessage": "\'a\\nb\'"}', "KeyError: 'a b'"),
        ("Lambda.Unknown", "no JSON at all", "Lambda.Unknown: no JSON at all"),
        (None, None, "ABORTED"),
    ],
)
def test_a_failed_execution_is_one_line(error: str | None, cause: str | None, line: str) -> None:
    """Whatever Step Functions tells of it."""
    assert steps.why("ABORTED", error, cause) == line


def test_an_empty_order_means_what_the_template_names() -> None:
    """All accounts, all Regions, and the bounds that are set there."""
    order = orders.read("r", {}, {**AROUND, "FLEET_CONCURRENCY": "7"}, None)

    assert order.scopes == (Scope("200000000001", "eu-west-1"), Scope("200000000002", "eu-west-1"))
    assert (order.concurrency, order.tolerated_percentage, order.targets) == (7, 100, None)


def test_a_list_of_functions_names_its_own_accounts() -> None:
    """Nobody else's functions are listed."""
    listed = [{"account": "200000000009", "region": "us-east-1", "function": "fn"}]

    assert orders.read("r", {}, AROUND, listed).scopes == (Scope("200000000009", "us-east-1"),)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"accounts": "200000000001"}, "accounts must be a list of strings."),
        ({"accounts": ["12"]}, "accounts: '12' must be an account's number of 12 digits."),
        ({"regions": []}, "regions must hold at least one, or FLEET_REGIONS name it."),
        ({"concurrency": 0}, "concurrency must be a whole number from 1 to 10000, not 0."),
        ({"functions": 5}, "functions must be the key of a file in the bucket, not 5."),
        ({"target": []}, "target is not known; accepted here: accounts, regions, targets"),
        ({"targets": [{"check": "ping"}]}, "targets[0].check must be one of"),
        ([], "The event must be an object with the keys"),
    ],
)
def test_a_wrong_order_is_one_sentence(given: object, sentence: str) -> None:
    """It names the key and what is accepted."""
    with pytest.raises(SettingsError) as caught:
        orders.read("r", given, AROUND, None)

    assert str(caught.value).startswith(sentence)


def test_a_wrong_list_of_functions_is_one_sentence() -> None:
    """The same for the file that the order names."""
    with pytest.raises(SettingsError, match="The list of functions must hold objects like"):
        orders.read("r", {}, AROUND, ["fn"])
