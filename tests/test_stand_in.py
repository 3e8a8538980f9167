"""Whose packets say what happens to whose: a probe speaks for functions in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probe.investigation import investigate
from probe.model import Status
from probe.network.snapshot import ReadFailed
from probe.report.document import to_document
from probe.stand_in import can_speak
from tests.report.validation import assert_report
from tests.test_investigation import ARN, EVENT, FOUND, LOST, Account, Probe, world

if TYPE_CHECKING:
    from collections.abc import Mapping

VPC = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
PROBE: Mapping[str, Any] = {"FunctionArn": f"{ARN}-probe", "VpcConfig": VPC}
ORDERS: Mapping[str, Any] = {"FunctionArn": f"{ARN}-orders", "VpcConfig": VPC}


def speaks(
    configuration: Mapping[str, Any],
    own: Mapping[str, Any] = PROBE,
    spare_group: str | None = None,
) -> bool:
    """Ask whether the probe above speaks for that function."""
    return can_speak("probe", configuration, lambda *_, **__: own, spare_group=spare_group)


def test_the_same_subnets_and_groups_are_the_same_place() -> None:
    """In whatever order; the functions share their network interfaces."""
    subnets = {"SubnetIds": ["subnet-2", "subnet-1"]}

    assert speaks(ORDERS)
    assert speaks({**ORDERS, "VpcConfig": {**VPC, **subnets}})


@pytest.mark.parametrize(
    "other",
    [
        {"VpcConfig": {**VPC, "SubnetIds": ["subnet-1"]}},
        {"VpcConfig": {**VPC, "SecurityGroupIds": ["sg-1", "sg-2"]}},
        {"VpcConfig": {**VPC, "Ipv6AllowedForDualStack": True}},
        {"VpcConfig": {}},
        {"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}},
        {"Environment": {"Variables": {"https_proxy": "http://proxy.internal:3128"}}},
    ],
    ids=["one-subnet-less", "one-group-more", "dual-stack", "no-vpc", "managed", "proxy"],
)
def test_another_place_is_not_spoken_for(other: Mapping[str, Any]) -> None:
    """One difference is enough: what happens to one's packets need not happen to the other's."""
    assert not speaks({**ORDERS, **other})


def test_a_group_without_rules_makes_no_difference() -> None:
    """It gives the probe an interface of its own; any other group more is another place."""
    own = {**PROBE, "VpcConfig": {**VPC, "SecurityGroupIds": ["sg-1", "sg-own"]}}

    assert speaks(ORDERS, own, spare_group="sg-own")
    assert not speaks(ORDERS, own)


def test_functions_outside_any_vpc_are_in_one_place() -> None:
    """All of them stand in the same network of Lambda's own."""
    assert speaks({"FunctionArn": ARN}, {**PROBE, "VpcConfig": {}})


def test_a_probe_speaks_for_itself() -> None:
    """Whatever its configuration says: it is the same function."""
    assert speaks(PROBE)


def test_what_cannot_be_read_does_not_speak() -> None:
    """Neither a probe that is not there, nor for a function of which nothing is known."""

    def read(*_: str, **__: Any) -> Mapping[str, Any]:
        raise ReadFailed("ResourceNotFoundException")

    assert not can_speak("probe", ORDERS, read)
    assert not speaks({})


class Two(Account):
    """An account with a probe and another function in these subnets."""

    def __init__(self, probe: str, orders: str) -> None:
        super().__init__(orders, handler="orders.main")
        self.probe = Account(probe)

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Answer one call."""
        if parameters.get("FunctionName") == "the-probe":
            found = self.probe(service, operation, **parameters)
            return {**found, "FunctionName": "the-probe", "FunctionArn": f"{ARN}-probe"}
        return super().__call__(service, operation, **parameters)


def test_the_probe_beside_a_function_sends_its_packets() -> None:
    """The report is about the function, and names who sent the packets; it was not touched."""
    probe = Probe(LOST, FOUND)
    account = Two("subnet-shut", "subnet-shut")
    report, _ = investigate("fn", EVENT, world(account, probe, probe="the-probe"))

    assert probe.events == [EVENT]
    assert report.sent_by == "the-probe"
    assert report.placement.function == "fn"
    assert report.status is Status.FAIL
    assert [finding.code for finding in report.findings] == ["no-route-to-internet"]
    assert_report(to_document(report))


def test_a_probe_elsewhere_sends_nothing_for_it() -> None:
    """The configuration is walked, and no packet is sent."""
    probe = Probe(LOST, FOUND)
    account = Two("subnet-open", "subnet-shut")
    report, _ = investigate("fn", EVENT, world(account, probe, probe="the-probe"))

    assert probe.events == []
    assert (report.sent_by, report.observations) == (None, ())
    assert [finding.code for finding in report.findings] == ["no-route-to-internet"]


def test_no_other_probe_is_invoked() -> None:
    """Who may invoke one probe does not try another, though its handler says what it is."""
    other = Probe(FOUND)
    account = Two("subnet-open", "subnet-shut")
    account.world.lists["FunctionConfiguration"]["Handler"] = "probe.handler.probe"
    investigate("fn", EVENT, world(account, other, probe="the-probe"))

    assert other.events == []
