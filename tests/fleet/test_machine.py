"""The state machine as it is deployed, over three accounts and two Regions with much amiss."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from moto.sns.models import sns_backends

from probe.fleet.steps import STATE_BYTES, Throttled
from probe.model import Failure, Observation, Placement, Report, Stage, Status
from probe.report.document import to_document
from tests.fleet import organization as org
from tests.fleet.machine import BUCKET, REGION, Machine, deployed
from tests.fleet.organization import HOME, THROTTLED
from tests.report.validation import assert_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = [
    # AWS refuses with codes that the models of single services do not list.
    pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\):UserWarning"),
    pytest.mark.xdist_group("fleet-machine"),  # one run for most of them
]

A, B, C = "300000000001", "300000000002", "300000000003"
LOST = Observation(
    "tcp",
    "10.9.9.9:5432",
    Status.FAIL,
    Stage.CONNECT,
    Failure.TIMEOUT,
    "10.9.9.9",
    5432,
    "10.9.9.9",
)


def probed(event: Mapping[str, Any]) -> dict[str, Any]:
    """Answer as a deployed probe would that lost one packet."""
    where = Placement("fleet-probe-0", REGION, in_vpc=True)
    report = Report("1", "2026-11-22T08:00:00Z", 1.0, Status.FAIL, where, (LOST,))
    assert [target["host"] for target in event["targets"]] == ["10.9.9.9"]
    return dict(to_document(report))


def crash() -> None:
    """Be broken."""
    raise RuntimeError("boom\n  in the middle")


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[org.Organization, org.Built]]:
    """One account denies, one Region is throttled, one item hangs, one crashes."""
    with org.served() as organization:
        dead = org.build(organization, A, REGION, behind_nat=300, isolated=12, dead=True)
        org.build(organization, A, "us-east-1", behind_nat=2)
        well = org.build(organization, B, REGION, behind_nat=5)
        for name in ("hangs", "crashes"):
            group = organization.client("ec2", B, REGION).create_security_group(
                GroupName=name, Description=name
            )["GroupId"]
            org.add_functions(
                organization,
                B,
                REGION,
                count=3,
                subnets=[well.private],
                groups=[well.group, group],
                name=name,
            )
        organization.without_role.add(C)
        organization.faults[B, "us-east-1", "lambda:ListFunctions"] = THROTTLED
        yield organization, dead


@pytest.fixture(scope="module")
def machine(world: tuple[org.Organization, org.Built]) -> Iterator[Machine]:
    """Deploy it."""
    around = {**org.environment(world[0]), "AWS_REGION": REGION}
    accounts = {"FleetAccounts": f"{A},{B},{C}", "FleetRegions": f"{REGION},us-east-1"}
    released = threading.Event()
    with mock.patch.dict(os.environ, around), deployed(world[0], **accounts) as made:
        made.faults = {"hangs-0": lambda: released.wait(60), "crashes-0": crash}
        with mock.patch.dict(os.environ, FLEET_TIMEOUT_S="25"):
            yield made
        released.set()


@pytest.fixture(scope="module")
def ran(machine: Machine) -> dict[str, Any]:
    """Run it once over everything."""
    return machine.run("everything")


@pytest.fixture(scope="module")
def fleet(machine: Machine, ran: dict[str, Any]) -> dict[str, Any]:
    """Read the fleet's report."""
    found: dict[str, Any] = json.loads(machine.file(json.loads(ran["output"])["report"]))
    return found


def test_it_comes_to_its_end_whatever_is_amiss(machine: Machine, ran: dict[str, Any]) -> None:
    """Find, diagnose, sum up; what failed on the way does not stop it."""
    assert ran["status"] == "SUCCEEDED"
    assert machine.states(ran) == ["FindPlacements", "DiagnosePlacements", "SumUp"]


def test_it_is_right_about_all_the_others(
    world: tuple[org.Organization, org.Built], fleet: dict[str, Any]
) -> None:
    """One dead NAT gateway is one finding, 300 functions, and the first."""
    found = [
        (one["component"], one["confidence"], one["functions"], one["causes"][0]["code"])
        for one in fleet["components"]
    ]
    assert found == [
        (world[1].nat, "proven", 300, "nat-gateway-failed"),
        (world[1].isolated, "proven", 12, "gateway-endpoint-missing"),
    ]
    assert fleet["functions_by_status"] == {"fail": 312, "pass": 7}


def test_each_failing_account_region_and_item_is_one_line(fleet: dict[str, Any]) -> None:
    """With the permission that is lacking, or the reason."""
    lines = [(one["where"], one["reason"], one["needs"]) for one in fleet["missing"]]

    assert lines == [
        (f"{B} {REGION} crashes-0 and 2 more", "RuntimeError: boom in the middle", None),
        (
            f"{B} {REGION} hangs-0 and 2 more",
            "no answer within its time (States.Timeout)",
            None,
        ),
        (f"{B} us-east-1", "TooManyRequestsException: Rate exceeded", "lambda:ListFunctions"),
        (f"{C} {REGION}, us-east-1", "AccessDenied", "sts:AssumeRole"),
    ]
    assert fleet["functions_missing"] == 6


def test_what_hung_or_crashed_is_not_tried_again(machine: Machine, ran: dict[str, Any]) -> None:
    """It would do so again, and be paid for."""
    assert ran["status"] == "SUCCEEDED"
    items = [event["item"] for event in machine.asked if "item" in event]
    asked = [item["function"] for item in items if item["run"] == "runs/everything"]
    assert (asked.count("crashes-0"), asked.count("hangs-0")) == (1, 1)


def test_what_is_throttled_is_tried_again(machine: Machine) -> None:
    """AWS asks to come back later, and that is what happens."""
    tries: list[str] = []

    def throttle_once() -> None:
        tries.append("")
        if len(tries) == 1:
            raise Throttled("RequestLimitExceeded")

    with mock.patch.dict(machine.faults, {"behind-nat-0": throttle_once}):
        ran = machine.run("throttled", {"accounts": [A], "regions": ["us-east-1"]})

    told = json.loads(ran["output"])
    assert (len(tries), told["placements_looked_at"], told["functions_missing"]) == (2, 1, 0)


def test_nothing_that_travels_comes_near_the_limit_of_a_state(
    machine: Machine, ran: dict[str, Any]
) -> None:
    """However many functions are behind a placement, its item names one."""
    assert 0 < max(machine.sizes) < STATE_BYTES / 16
    assert len(ran["output"]) < 1000


def test_each_placement_leaves_its_whole_report(machine: Machine, fleet: dict[str, Any]) -> None:
    """In the bucket, in the report's own form."""
    seen = [one for one in fleet["placements"] if one["status"] is not None]

    assert len(seen) == 4
    for one in seen:
        document = json.loads(machine.file(f"runs/everything/reports/{one['id']}.json"))
        assert_report(document)
        assert document["status"] == one["status"]


def test_people_are_told_once_and_the_metrics_say_the_same(
    machine: Machine, world: tuple[org.Organization, org.Built], capsys: pytest.CaptureFixture[str]
) -> None:
    """One message, with the worst component first and where the whole report is."""
    sent = sns_backends[HOME][REGION].topics[machine.topic].sent_notifications
    before = len(sent)
    machine.run("told", {"accounts": [A]})
    _, text, subject, *_ = sent[-1]

    assert len(sent) == before + 1
    assert subject == "lambda-probe-fleet: 312 of 314 functions cut off"
    assert world[1].nat in text.split("What breaks functions")[1].splitlines()[1]
    assert f"s3://{BUCKET}/runs/told/fleet.json" in text
    (line,) = [one for one in capsys.readouterr().out.splitlines() if "_aws" in one]
    emf = json.loads(line)
    assert (emf["fleet"], emf["FunctionsBroken"], emf["LargestFinding"]) == (
        "lambda-probe-fleet",
        [312.0],
        [300.0],
    )


def test_a_probe_in_the_placement_sends_the_packets(
    machine: Machine, world: tuple[org.Organization, org.Built]
) -> None:
    """It is invoked through the account's role; the other placements are walked."""
    org.add_functions(
        world[0],
        A,
        "us-east-1",
        count=1,
        subnets=[_subnet(world[0])],
        groups=[],
        name="fleet-probe",
        Handler="probe.handler.probe",
    )
    machine.probes["fleet-probe-0"] = probed
    order = {
        "accounts": [A],
        "regions": ["us-east-1"],
        "targets": [{"check": "tcp", "host": "10.9.9.9", "port": 5432}],
    }

    ran = machine.run("with-packets", order)

    told = json.loads(ran["output"])
    assert (told["placements_looked_at"], told["placements_with_packets"]) == (2, 1)


def _subnet(organization: org.Organization) -> str:
    ec2 = organization.client("ec2", A, "us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    found: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.5.0.0/24")["Subnet"]["SubnetId"]
    return found


def test_functions_that_are_listed_in_the_bucket_are_the_only_ones(machine: Machine) -> None:
    """Others in the same place are not counted; other placements are not looked at."""
    names = ("behind-nat-3", "behind-nat-7", "gone")
    listed = [{"account": A, "region": REGION, "function": name} for name in names]
    machine.organization.client("s3", HOME, REGION).put_object(
        Bucket=BUCKET, Key="lists/two.json", Body=json.dumps(listed)
    )

    ran = machine.run("listed", {"functions": "lists/two.json"})

    told = json.loads(ran["output"])
    assert (told["functions"], told["placements_looked_at"]) == (2, 1)
    (missing,) = json.loads(machine.file(told["report"]))["missing"]
    assert missing["where"] == f"{A} {REGION} gone"


def test_a_run_that_comes_to_nothing_says_why(machine: Machine) -> None:
    """To whoever looks at the execution, and to the topic: one sentence that names the key."""
    sent = sns_backends[HOME][REGION].topics[machine.topic].sent_notifications
    before = len(sent)

    ran = machine.run("wrong", {"regionen": ["eu-west-1"]})

    why = "regionen is not known; accepted here: accounts, regions"
    assert (ran["status"], ran["error"]) == ("FAILED", "SettingsError")
    assert why in ran["cause"]
    assert machine.states(ran) == ["FindPlacements", "TellWhy", "Failed"]
    (told,) = sent[before:]
    assert why in told[1]
    assert ran["executionArn"] in told[1]
