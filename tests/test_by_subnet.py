"""A function in several subnets: one report, with a verdict for each zone."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from probe import by_subnet
from probe.conclusion import Begun, conclude
from probe.investigation import investigate
from probe.model import Confidence, Placement, Status, SubnetVerdict, Unknown
from probe.network.snapshot import Snapshot, dump, load
from probe.report.document import to_document
from probe.report.text import render
from probe.saved import again
from tests.causes import scenes
from tests.report.validation import assert_report
from tests.test_investigation import EVENT, FOUND, LOST, Account, world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.model import Finding, Observation, Report

ARRIVED = replace(LOST, status=Status.PASS, failure=None)
OPEN, SHUT = ("euw1-az-a", (ARRIVED, FOUND)), ("euw1-az-b", (LOST, FOUND))


class Probe:
    """A probe whose environments are in these zones in turn, and see what is seen there."""

    def __init__(self, *places: tuple[str | Unknown, tuple[Observation, ...]]) -> None:
        self._places = cycle(places)
        self.events: list[Mapping[str, Any]] = []
        self.subnet_ids: tuple[str, ...] = ()

    def __call__(self, function: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer one invocation."""
        self.events.append(event)
        zone, seen = next(self._places)
        here = Placement(function, "eu-west-1", True, az_id=zone)
        if self.subnet_ids:
            here = replace(here, subnet_ids=self.subnet_ids)
        return to_document(conclude(Begun(), here, seen))


def diagnosed(probe: Probe, *subnets: str, **more: Any) -> Report:
    """Diagnose a probe in these subnets."""
    report, _ = investigate("fn", EVENT, world(Account(*subnets), probe, **more))
    assert_report(to_document(report))
    return report


def told(report: Report) -> list[tuple[tuple[str, ...], Status | Unknown, tuple[str, ...]]]:
    """Give the verdicts without what was seen."""
    return [(one.subnet_ids, one.status, one.findings) for one in report.subnets]


def test_each_subnet_has_its_verdict() -> None:
    """One bad subnet of two is named, with what is wrong there; the other one is well."""
    report = diagnosed(Probe(OPEN, SHUT), "subnet-open", "subnet-shut")

    assert told(report) == [
        (("subnet-open",), Status.PASS, ()),
        (("subnet-shut",), Status.FAIL, ("no-route-to-internet",)),
    ]


def test_the_zone_with_most_failures_is_explained_in_full() -> None:
    """Observations, placement and findings are those of the bad subnet, whoever answered first."""
    for places in ((OPEN, SHUT), (SHUT, OPEN)):
        report = diagnosed(Probe(*places), "subnet-open", "subnet-shut")

        assert report.status is Status.FAIL
        assert report.observations == (LOST, FOUND)
        assert report.placement.subnet_id == "subnet-shut"
        proven = [f.code for f in report.findings if f.confidence is Confidence.PROVEN]
        assert proven == ["no-route-to-internet"]


def test_where_all_is_well_every_subnet_is_said_to_be() -> None:
    """The near miss: two zones, both open."""
    report = diagnosed(Probe(OPEN, ("euw1-az-b", OPEN[1])), "subnet-open", "subnet-shut")

    assert [status for _, status, _ in told(report)] == [Status.PASS, Status.PASS]
    assert report.status is Status.PASS


def test_two_subnets_of_one_zone_are_said_to_be_alike() -> None:
    """Nothing tells them apart from inside, so one invocation is enough and both are named."""
    probe = Probe(OPEN)
    report = diagnosed(probe, "subnet-open", "subnet-data")

    assert told(report) == [(("subnet-open", "subnet-data"), Status.PASS, ())]
    assert probe.events == [EVENT]
    assert "cannot be told apart" in render(report)


def test_a_zone_that_was_not_met_is_named() -> None:
    """The verdict is unknown, and says after how many invocations."""
    report = diagnosed(Probe(OPEN), "subnet-open", "subnet-shut", deadline=0.0)

    assert told(report)[1] == (
        ("subnet-shut",),
        Unknown("none of 2 invocations ran there"),
        (),
    )
    assert "subnet-shut (euw1-az-b): not seen, none of 2 invocations ran there" in render(report)


def test_a_probe_that_does_not_know_its_zone_gives_no_verdicts() -> None:
    """What it saw is reported; of which subnet, nobody can say."""
    report = diagnosed(Probe((Unknown("off"), (LOST, FOUND))), "subnet-open", "subnet-shut")

    unseen = Unknown("the probe could not tell its zone: off")
    assert [status for _, status, _ in told(report)] == [unseen, unseen]
    assert report.observations == (LOST, FOUND)


def without_zones(probe: Probe) -> Report:
    """Diagnose a probe in two subnets whose zones cannot be read."""
    account = Account("subnet-open", "subnet-shut")
    account.denied = {"DescribeSubnets"}
    report, _ = investigate("fn", EVENT, world(account, probe))
    assert_report(to_document(report))
    return report


def test_zones_that_cannot_be_read_are_told_by_the_probe() -> None:
    """Two subnets are reason enough to look twice; which of them is in which zone is not known."""
    report = without_zones(Probe(OPEN, SHUT))

    assert [(one.az_id, one.subnet_ids, one.status) for one in report.subnets] == [
        ("euw1-az-a", (), Status.PASS),
        ("euw1-az-b", (), Status.FAIL),
    ]
    assert report.status is Status.FAIL
    assert "one of the subnets (euw1-az-b): 1 of 2 checks fail" in render(report)
    assert not [gap for gap in report.undetermined if "all tried" in gap.what]


def test_a_subnet_that_was_perhaps_not_tried_is_named() -> None:
    """The near miss: both may be in the one zone that was met, or one of them was never tried."""
    report = without_zones(Probe(OPEN))

    (gap,) = (gap for gap in report.undetermined if "all tried" in gap.what)
    assert gap.what == "whether subnet-open and subnet-shut were all tried"
    assert "euw1-az-a" in gap.reason
    assert gap.needs == "ec2:DescribeSubnets"


def test_subnets_that_only_the_probe_knows_were_perhaps_not_tried() -> None:
    """Its own environment names them, in its answer: then it has looked from one of them."""
    account = Account("subnet-open", "subnet-shut")
    account.denied = {"GetFunctionConfiguration"}
    probe = Probe(OPEN)
    probe.subnet_ids = ("subnet-open", "subnet-shut")
    report, _ = investigate("fn", EVENT, replace(world(account, probe), is_probe=True))

    (gap,) = (gap for gap in report.undetermined if "all tried" in gap.what)
    assert gap.needs == "lambda:GetFunctionConfiguration"


def test_a_subnet_that_may_be_read_is_known_to_be_tried() -> None:
    """The near miss: two subnets of one zone, and the zone was met."""
    report = diagnosed(Probe(OPEN), "subnet-open", "subnet-data")

    assert not [gap for gap in report.undetermined if "all tried" in gap.what]


def test_one_subnet_needs_no_verdicts() -> None:
    """Its verdict is the report's."""
    assert diagnosed(Probe(SHUT), "subnet-shut").subnets == ()


def test_each_zone_keeps_what_it_saw_once() -> None:
    """The verdict's observations are without their attempts, which would make a report long."""
    report = diagnosed(Probe(OPEN, SHUT), "subnet-open", "subnet-shut")

    assert report.subnets[1] == SubnetVerdict(
        ("subnet-shut",), "euw1-az-b", Status.FAIL, ("no-route-to-internet",), (LOST, FOUND)
    )


def test_saved_files_give_the_same_verdicts_again() -> None:
    """A report and a snapshot are enough, of every subnet; what was not met stays so."""
    live, snapshot = investigate(
        "fn", EVENT, world(Account("subnet-open", "subnet-shut"), Probe(OPEN, SHUT))
    )
    later = again(live, load(json.dumps(dump(snapshot)), name="saved"))

    assert later.subnets == live.subnets
    assert later.findings == live.findings

    unmet = diagnosed(Probe(OPEN), "subnet-open", "subnet-shut", deadline=0.0)
    assert again(unmet, Snapshot()).subnets[1] == unmet.subnets[1]


@pytest.mark.parametrize("beside", [ARRIVED, LOST])
def test_what_another_zone_reaches_is_not_down_for_everyone(beside: Observation) -> None:
    """The control and one zone are kept out, and the other zone may come in by another address."""
    reports = [
        conclude(Begun(), Placement("fn", "eu-west-1", True, az_id=zone), (seen,), control=(LOST,))
        for zone, seen in (("euw1-az-b", LOST), ("euw1-az-a", beside))
    ]
    where = {"euw1-az-a": ("subnet-a",), "euw1-az-b": ("subnet-b",)}

    report = by_subnet.together(reports, where, Unknown("not met"))

    codes = [finding.code for finding in report.findings]
    assert ("target-down-for-everyone" in codes) is (beside is LOST)


# The same thing is missing in each zone, at a place of its own.
IN_EACH_ZONE = """
about: two subnets, and each one's route table forgot the NAT gateway
vpc: {cidr: 10.16.0.0/16}
internet_gateway: true
nat_gateways: {nat: {subnet: public}}
subnets:
  public: {cidr: 10.16.0.0/24, az: a, routes: {0.0.0.0/0: internet-gateway}}
  app-a: {cidr: 10.16.1.0/24, az: a, routes: {}}
  app-b: {cidr: 10.16.2.0/24, az: b, routes: {OF_B}}
hosts: {api.example.com: {server: https, public: 203.0.113.10}}
function: {subnets: [app-a, app-b]}
targets: [{check: http, url: https://api.example.com/}]
expect: {status: fail, observations: {http: connect timeout}, findings: []}
"""
WEB = "http https://api.example.com/"


def of_both_zones(*, of_b: str) -> tuple[Finding, ...]:
    """Judge what was seen from either subnet, and make one report of it: the proven findings."""
    scene = scenes.of(IN_EACH_ZONE.replace("OF_B", of_b))
    reports = []
    for zone in ("a", "b"):
        here = replace(scene.placement, az_id=f"use1-az{zone}", subnet_id=f"subnet-app-{zone}")
        passes = zone == "b" and bool(of_b)
        seen = tuple(
            replace(one, status=Status.PASS, failure=None, stage=None, attempts=())
            if passes
            else one
            for one in scene.observations
        )
        reports.append(replace(scene, placement=here, observations=seen).judge())
    where = {f"use1-az{zone}": (f"subnet-app-{zone}",) for zone in ("a", "b")}
    found = by_subnet.together(reports, where, Unknown("not met")).findings
    return tuple(one for one in found if one.confidence is Confidence.PROVEN)


def test_what_another_zone_has_seen_is_not_told_as_configuration_only() -> None:
    """Both zones failed, each by its own table: each finding explains what was seen from there."""
    first, second = of_both_zones(of_b="")

    assert [(one.component, one.explains) for one in (first, second)] == [
        ("rtb-app-a", (WEB,)),
        ("rtb-app-b", (WEB,)),
    ]
    assert "not from where packets were sent" not in second.title
    assert not [line for line in second.because if "No packet was seen from there" in line]
    assert "This concerns subnet-app-a; subnet-app-b has the same fault at rtb-app-b." in (
        first.because
    )


def test_one_cause_in_each_subnet_takes_the_fix_of_each() -> None:
    """Whoever carries out the one alone leaves the function failing from the other subnet."""
    first, second = (one.fix for one in of_both_zones(of_b=""))

    assert first
    assert second
    assert first.checked
    assert second.checked
    assert first.together_with == ("no-route-to-internet rtb-app-b",)
    assert second.together_with == ("no-route-to-internet rtb-app-a",)


def test_what_one_zone_alone_has_concerns_no_other() -> None:
    """The near miss: the other table leads to the NAT gateway, and packets arrived from there."""
    (only,) = of_both_zones(of_b="0.0.0.0/0: nat")

    assert only.component == "rtb-app-a"
    assert "This concerns subnet-app-a and not subnet-app-b." in only.because
    assert only.fix
    assert only.fix.together_with == ()
