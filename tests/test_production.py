"""The stack as deployed: in an account, with its functions, roles and names, in a real network."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import watching
from tests.production import play
from tests.report.validation import assert_report
from tests.watching import assert_emf

# One worker plays each scene once; the tests look at what came of it.
pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("production")]

ROOT = Path(__file__).parents[1]
EVENTS = sorted((ROOT / "events").glob("*.json"))
QUESTIONS = sorted((ROOT / "events" / "diagnose").glob("*.json"))
ISOLATED = """
vpc: {cidr: 10.0.0.0/16}
internet_gateway: true
subnets:
  app:   {cidr: 10.0.1.0/24, az: a, routes: {}}
  other: {cidr: 10.0.2.0/24, az: b, routes: {0.0.0.0/0: internet-gateway}}
security_groups:
  fn: {}
  db: {ingress: [{tcp: 5432, from: fn}]}
hosts:
  api.example.com: {server: https, public: 203.0.113.10}
  orders-db: {server: postgres, subnet: app, security_groups: [db], rds: true}
function: {subnets: [app], security_groups: [fn]}
targets: [{check: http, url: https://api.example.com/}, {check: rds, db: orders-db}]
"""
TWO_ZONES = """
vpc: {cidr: 10.0.0.0/16}
internet_gateway: true
subnets:
  app:    {cidr: 10.0.1.0/24, az: a, routes: {0.0.0.0/0: nat}}
  app-b:  {cidr: 10.0.2.0/24, az: b, routes: {}}
  public: {cidr: 10.0.9.0/24, az: a, routes: {0.0.0.0/0: internet-gateway}}
nat_gateways: {nat: {subnet: public}}
security_groups: {fn: {}}
hosts:
  api.example.com: {server: https, public: 203.0.113.10}
function: {subnets: [app, app-b], security_groups: [fn]}
targets: [{check: http, url: https://api.example.com/}]
"""
ASKED = {"targets": [{"check": "http", "url": "https://api.example.com/"}], "timeout_s": 1}
MANAGED: dict[str, Any] = {
    "CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}
}
IDLE = {"State": "Inactive", "StateReason": "The function is idle.", "StateReasonCode": "Idle"}


def asked(function: str) -> dict[str, Any]:
    """Ask DiagnoseFunction about a function of the account."""
    return {"invoke": "DiagnoseFunction", "event": {"function": function, **ASKED}}


@cache
def isolated() -> dict[str, Any]:
    """Deploy where nothing leads out: a schedule, its alarm, questions about other functions."""
    steps = {
        "scheduled": {"invoke": "ProbeFunction", "event": read(ROOT / "events" / "scheduler.json")},
        "watched": {"watch": "alarms"},
        "_1": {"create": "orders-api"},
        "_2": {"create": "orders-elsewhere", "subnets": ["other"]},
        "_3": {"create": "orders-managed"},
        "_4": {"override": "orders-managed", "with": MANAGED},
        "_5": {"create": "orders-idle", "subnets": ["other"]},
        "_6": {"override": "orders-idle", "with": IDLE},
        "beside": asked("orders-api"),
        "elsewhere": asked("orders-elsewhere"),
        "managed": asked("orders-managed"),
        "idle": asked("orders-idle"),
        "nobody": asked("nobody"),
        "no object": {"invoke": "DiagnoseFunction", "event": []},
        **{path.stem: {"invoke": "ProbeFunction", "event": read(path)} for path in EVENTS},
        **{
            f"diagnose {path.stem}": {"invoke": "DiagnoseFunction", "event": read(path)}
            for path in QUESTIONS
        },
        "wrong function": {"invoke": "ProbeFunction", "event": {"function": "orders-api"}},
        "_7": {"override": "lambda-probe", "with": IDLE},
        "idle probe": {"invoke": "DiagnoseFunction", "event": {}},
    }
    found = play(ISOLATED, *steps.values(), Timeout="1")
    return {**found, "came": dict(zip(steps, found["came"], strict=True))}


@cache
def two_zones() -> dict[str, Any]:
    """Deploy into two subnets of which one leads nowhere, and ask why."""
    found = play(
        TWO_ZONES,
        {"invoke": "DiagnoseFunction", "event": {}},
        {"invoke": "DiagnoseFunction", "event": read(ROOT / "events" / "alarm.json")},
        Timeout="1",
        NamePrefix="orders-probe",
    )
    return {**found, "came": dict(zip(("swept", "alarmed"), found["came"], strict=True))}


def read(path: Path) -> Any:
    """Read an event."""
    return json.loads(path.read_text())


def codes(report: dict[str, Any]) -> list[str]:
    """Name what is proven."""
    return [one["code"] for one in report["findings"] if one["confidence"] == "proven"]


# --- the schedule, the alarm, the message ---------------------------------------------------------


def test_a_scheduled_run_raises_the_alarm_of_what_fails_and_of_nothing_else() -> None:
    """The metrics are in the log of a function that no packet can leave; one alarm hears them."""
    scene = isolated()

    assert scene["came"]["scheduled"]["status"] == "fail"
    assert scene["came"]["watched"]["raised"] == ["lambda-probe-http"]


def test_the_alarm_starts_the_diagnosis_once() -> None:
    """The composite alarm's change fits the rule, whose only target is DiagnoseFunction."""
    watched = isolated()["came"]["watched"]

    assert watched["state"] == "ALARM"
    assert [arn.rpartition(":")[2] for arn in watched["invoked"]] == ["lambda-probe-diagnose"]


def test_the_message_names_cause_component_and_fix() -> None:
    """One message for one change, from a subnet with no way out; its link leads to the log."""
    scene = isolated()
    (message,) = scene["messages"]
    lines = message["Message"].splitlines()

    assert message["TopicArn"] == scene["topic"]
    assert message["Subject"].startswith("ALARM lambda-probe: lambda-probe cannot reach http")
    assert len(message["Subject"]) <= 100
    assert lines[1].endswith("(no-route-to-internet)")
    assert lines[2].startswith("Component: rtb-")
    assert lines[3].startswith("Fix: ")
    assert "Checked: with this change the path opens." in lines[3]
    assert any("$252Faws$252Flambda$252Flambda-probe-diagnose" in line for line in lines)
    assert message["MessageAttributes"]["code"]["Value"] == "no-route-to-internet"


def test_every_line_of_metrics_is_by_the_specification() -> None:
    """Also as deployed; and beside the numbers stand the zone and the stages."""
    lines = [json.loads(line) for line in isolated()["log"]["probe"] if line.startswith("{")]
    metrics = [line for line in lines if "_aws" in line]

    for line in metrics:
        assert_emf(line)
    checks = [line for line in metrics if "Failure" in line]
    assert {line["zone"] for line in checks} == {"use1-az6"}
    assert {line["outcome"] for line in checks if "outcome" in line} >= {"connect timeout"}
    assert all("connect_ms" in line for line in checks if line.get("outcome") == "connect timeout")


def test_a_run_that_never_came_raises_the_heartbeat() -> None:
    """Without any line at all the heartbeat rings, and it is one of those that are told."""
    log = isolated()["log"]["probe"]
    heartbeat = ("LambdaProbe", "Heartbeat", frozenset({("function", "lambda-probe")}))

    assert heartbeat in watching.numbers(log)


# --- every event ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_each_event_is_answered_by_the_deployed_probe(path: Path) -> None:
    """Each file of `events/` gives a report without an error, with one observation a target."""
    report, event = isolated()["came"][path.stem], read(path)

    assert_report(report)
    assert report["error"] is None
    assert len(report["observations"]) == len(event.get("targets", ["http", "rds"]))


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_each_question_is_answered_by_the_deployed_diagnosis(path: Path) -> None:
    """Each file of `events/diagnose/` gives a report about the function that it names."""
    report = isolated()["came"][f"diagnose {path.stem}"]

    assert_report(report)
    assert report["error"] is None
    assert report["placement"]["function"] == read(path).get("function", "lambda-probe")


# --- questions ------------------------------------------------------------------------------------


def test_a_function_beside_the_probe_gets_packets() -> None:
    """It shares the probe's subnet and group, so what happens to the probe's packets is its own."""
    report = isolated()["came"]["beside"]

    assert report["placement"]["function"] == "orders-api"
    assert report["sent_by"] == "lambda-probe"
    assert [one["failure"] for one in report["observations"]] == ["timeout"]
    assert codes(report) == ["no-route-to-internet"]


def test_a_function_elsewhere_is_walked_for() -> None:
    """Its own subnet is judged, by its configuration alone."""
    report = isolated()["came"]["elsewhere"]

    assert (report["sent_by"], report["observations"]) == (None, [])
    assert codes(report) == ["public-subnet-no-public-ip"]


def test_a_function_on_managed_instances_is_told_as_such() -> None:
    """Its packets leave by somebody else's interface, which is the answer."""
    report = isolated()["came"]["managed"]

    assert report["sent_by"] is None
    assert codes(report) == ["function-on-managed-instances"]


def test_an_idle_function_is_told_as_such() -> None:
    """Whether it is the one asked about or the probe itself."""
    assert "function-inactive" in codes(isolated()["came"]["idle"])
    assert "function-inactive" in codes(isolated()["came"]["idle probe"])


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("nobody", "nobody cannot be read: ResourceNotFoundException"),
        ("no object", "The event must be an object"),
        ("wrong function", "function is not known; accepted here: targets"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(question: str, sentence: str) -> None:
    """In the report's own shape."""
    report = isolated()["came"][question]

    assert_report(report)
    assert report["error"].startswith(sentence)


# --- the role -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", [isolated, two_zones], ids=["isolated", "two-zones"])
def test_the_role_allows_all_that_the_diagnosis_asks(scene: Any) -> None:
    """Each call was held against the deployed role; none was refused."""
    found = scene()

    assert "ec2:DescribeRouteTables" in found["asked"]
    for report in found["came"].values():
        gaps = (report or {}).get("undetermined", ())
        assert not [one for one in gaps if "Denied" in one["reason"]]


# --- the sweep ------------------------------------------------------------------------------------


def test_the_sweep_sees_both_subnets_and_says_which_is_broken() -> None:
    """Two environments at once, one in each subnet, each with its verdict."""
    scene = two_zones()
    report, ids = scene["came"]["swept"], scene["subnets"]

    assert [(one["subnet_ids"], one["status"], one["findings"]) for one in report["subnets"]] == [
        ([ids["app"]], "pass", []),
        ([ids["app-b"]], "fail", ["no-route-to-internet"]),
    ]
    assert report["placement"]["subnet_id"] == ids["app-b"]
    assert_report(report)


def test_the_pager_hears_which_subnet_is_broken() -> None:
    """The report in the message has a line for each subnet."""
    scene = two_zones()
    (message,) = scene["messages"]

    assert f"{scene['subnets']['app-b']} (use1-az1): 1 of 1 checks fail" in message["Message"]
    assert f"{scene['subnets']['app']} (use1-az6): all 1 checks pass" in message["Message"]
