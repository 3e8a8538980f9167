"""When a report agrees with a scenario, and in what it does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.lab.playing.verdict import differences
from tests.lab.scenario import parse

SCENARIO = parse(
    """
vpc: {cidr: 10.0.0.0/16}
subnets: {app: {cidr: 10.0.1.0/24, routes: {}}}
security_groups: {fn: {}}
hosts: {orders-db: {server: postgres, subnet: app}}
function: {subnets: [app], security_groups: [fn]}
targets: [{check: http, url: https://api.example.com/}, {check: tcp, host: orders-db}]
expect:
  status: fail
  observations: {http: connect timeout, tcp orders-db: pass}
  findings: [{code: no-route-to-internet, component: app, explains: [http]}]
  first: no-route-to-internet
  absent: [blackhole-route]
  possible: [path-slow]
  undetermined: [ec2:DescribeRouteTables]
  verdicts: {app: {http: unreachable}}
"""
)
IDS = {"rtb-1": {"app"}, "subnet-1": {"app"}, "sg-1": {"fn"}}
HTTP, TCP = "http https://api.example.com/", "tcp orders-db.lab.internal:5432"
REPORT: dict[str, Any] = {
    "id": "b5c1",
    "status": "fail",
    "observations": [
        {
            "check": "http",
            "target": "https://api.example.com/",
            "status": "fail",
            "stage": "connect",
            "failure": "timeout",
            "attempts": [],
        },
        {"check": "tcp", "target": "orders-db.lab.internal:5432", "status": "pass", "attempts": []},
    ],
    "findings": [
        {
            "code": "no-route-to-internet",
            "confidence": "proven",
            "component": "rtb-1",
            "explains": [HTTP],
        },
        {"code": "path-slow", "confidence": "possible", "component": None, "explains": []},
    ],
    "undetermined": [{"what": "route tables", "needs": "ec2:DescribeRouteTables"}],
    "paths": [{"subnet_id": "subnet-1", "target": HTTP, "verdict": "unreachable"}],
}
LOG = ["START", '{"message": "report", "report": {"observations": []}}']


def told(report: dict[str, Any], log: list[str] | None = LOG) -> list[str]:
    """Compare."""
    return differences(SCENARIO, report, lambda known: IDS.get(known or "", set()), log)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Change one value of the report that agrees."""
    report = copy.deepcopy(REPORT)
    place: Any = report
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return report


def test_agreement() -> None:
    """A report that says all that is expected differs in nothing, also when nobody was invoked."""
    assert told(REPORT) == []
    assert told(REPORT, None) == []


CHANGES = {
    "status": (changed("status", to="pass"), "status is pass, not fail"),
    "failure": (
        changed("observations", 0, "failure", to="refused"),
        "http: connect refused, not connect timeout",
    ),
    "stage": (
        changed("observations", 0, "stage", to="tls"),
        "http: tls timeout, not connect timeout",
    ),
    "a pass that fails": (
        changed("observations", 1, "status", to="skipped"),
        "tcp orders-db: skipped, not pass",
    ),
    "another component": (
        changed("findings", 0, "component", to="sg-1"),
        "no finding is proven no-route-to-internet at app",
    ),
    "only possible": (
        changed("findings", 0, "confidence", to="possible"),
        "no finding is proven no-route-to-internet at app",
    ),
    "explains nothing": (
        changed("findings", 0, "explains", to=[]),
        "no finding is proven no-route-to-internet at app explaining http",
    ),
    "proven beside it": (
        changed("findings", 1, "confidence", to="proven"),
        "unexpected: proven path-slow",
    ),
    "not first": (
        changed("findings", to=REPORT["findings"][::-1]),
        "the first finding is path-slow, not no-route-to-internet",
    ),
    "present": (
        changed("findings", 1, "code", to="blackhole-route"),
        "blackhole-route is there and must not be",
    ),
    "not possible": (
        changed("findings", 1, "code", to="path-lossy"),
        "path-slow is not among the possible findings: path-lossy",
    ),
    "determined": (
        changed("undetermined", to=[]),
        "nothing undetermined needs ec2:DescribeRouteTables",
    ),
    "verdict": (
        changed("paths", 0, "verdict", to="reachable"),
        "from app http is reachable, not unreachable",
    ),
    "error": (changed("error", to="bad event"), "the report is an error: bad event"),
}


@pytest.mark.parametrize(("report", "words"), CHANGES.values(), ids=CHANGES)
def test_each_difference_is_told(report: dict[str, Any], words: str) -> None:
    """Whatever is otherwise than expected is said in a sentence that names it."""
    assert any(difference.startswith(words) for difference in told(report)), told(report)


def test_a_log_without_the_report() -> None:
    """What the function prints arrives from any placement; where it does not, that is told."""
    assert told(REPORT, ["START", '{"message": "the report is late"}']) == [
        "the stdout log was not delivered: no report is in it"
    ]
