"""The whole flow, with AWS's answers from a small network and a probe that answers as told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe import settings
from probe.aws import InvokeFailed
from probe.conclusion import Begun, conclude
from probe.investigation import FunctionError, World, investigate
from probe.model import (
    Attempt,
    Confidence,
    Failure,
    Observation,
    Placement,
    Stage,
    Status,
    Unknown,
    Verdict,
)
from probe.network.snapshot import ReadFailed, dump, load
from probe.report.document import to_document
from probe.saved import again
from probe.stand_in import PROBE
from tests import paths_world
from tests.network.aws import Aws
from tests.report.validation import assert_report

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTSIDE = "203.0.113.10"
EVENT: Mapping[str, Any] = {
    "targets": [
        {"check": "tcp", "host": OUTSIDE, "port": 443},
        {"check": "tcp", "host": "10.0.3.10", "port": 5432},
    ],
    "timeout_s": 0.05,
}
LOST = Observation(
    "tcp", f"{OUTSIDE}:443", Status.FAIL, Stage.CONNECT, Failure.TIMEOUT, OUTSIDE, 443, OUTSIDE
)
FOUND = Observation(
    "tcp", "10.0.3.10:5432", Status.PASS, Stage.CONNECT, None, "10.0.3.10", 5432, "10.0.3.10"
)
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:fn"


class Account(Aws):
    """The small network with one function in it."""

    def __init__(self, *subnets: str, handler: str = PROBE, **environment: str) -> None:
        world = paths_world.small()
        vpc = {"SubnetIds": subnets, "SecurityGroupIds": ["sg-fn"], "VpcId": "vpc-wrong"}
        world.lists["FunctionConfiguration"] = {
            "FunctionName": "fn", "FunctionArn": ARN, "Handler": handler,
            "State": "Active", "VpcConfig": vpc if subnets else {},
        }  # fmt: skip
        super().__init__(world)
        self.environment = environment

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Answer one call."""
        answer = super().__call__(service, operation, **parameters)
        if operation == "GetFunctionConfiguration":
            return {**answer, "Environment": {"Variables": self.environment}}
        return answer


class Probe:
    """A deployed probe that has seen this."""

    def __init__(self, *seen: Observation, az_id: str | Unknown = "euw1-az-b") -> None:
        self.seen, self.az_id = seen, az_id
        self.events: list[Mapping[str, Any]] = []

    def __call__(self, function: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer an invocation."""
        self.events.append(event)
        here = Placement(function, "eu-west-1", True, az_id=self.az_id)
        return to_document(conclude(Begun(), here, self.seen))


def world(read: Aws, invoke: Any = None, **more: Any) -> World:
    """Allow reading and invoking, and no packet from here."""
    return World(read=read, invoke=invoke, control=False, **more)


def test_a_probe_is_invoked_with_the_event_and_its_packets_are_judged() -> None:
    """What failed is explained by where the configuration closes the path; what passed is not."""
    probe = Probe(LOST, FOUND)
    report, _ = investigate("fn", EVENT, world(Account("subnet-shut"), probe))
    (finding,) = report.findings

    assert probe.events == [EVENT]
    assert report.status is Status.FAIL
    assert (finding.code, finding.confidence) == ("no-route-to-internet", Confidence.PROVEN)
    assert finding.explains == (LOST.label,)
    assert finding.fix is not None
    assert finding.fix.checked
    assert_report(to_document(report))


def test_a_placement_that_lets_everything_through_has_no_finding() -> None:
    """The near miss: the same targets from the subnet beside it."""
    passed = replace(LOST, status=Status.PASS, failure=None)
    report, _ = investigate("fn", EVENT, world(Account("subnet-open"), Probe(passed, FOUND)))

    assert (report.status, report.findings) == (Status.PASS, ())
    assert {path.verdict for path in report.paths} == {Verdict.REACHABLE}


def test_another_function_is_not_invoked_and_its_paths_are_walked() -> None:
    """Nobody's function is called for its name alone; the configuration speaks by itself."""
    probe = Probe(FOUND)
    account = Account("subnet-open", "subnet-shut", handler="app.main")
    report, _ = investigate("fn", EVENT, world(account, probe))

    assert probe.events == []
    assert (report.observations, report.status) == ((), Status.FAIL)
    assert [finding.code for finding in report.findings] == ["no-route-to-internet"]
    walked = {(p.subnet_id, p.target): p.verdict for p in report.paths}
    assert walked == {
        ("subnet-open", LOST.label): Verdict.REACHABLE,
        ("subnet-shut", LOST.label): Verdict.UNREACHABLE,
        ("subnet-open", FOUND.label): Verdict.REACHABLE,
        ("subnet-shut", FOUND.label): Verdict.REACHABLE,
    }


def test_a_probe_can_be_left_alone() -> None:
    """Without leave to invoke, a probe is walked as any other function."""
    report, _ = investigate("fn", EVENT, world(Account("subnet-open")))

    assert (report.observations, report.status) == ((), Status.PASS)


def test_the_placement_is_put_together_from_both_words() -> None:
    """Subnets and groups are Lambda's word, the VPC the subnets', the zone the function's own."""
    account = Account("subnet-open", "subnet-shut")
    report, _ = investigate("fn", EVENT, world(account, Probe(LOST, FOUND)))

    assert report.placement == Placement(
        function="fn",
        region="eu-west-1",
        in_vpc=True,
        vpc_id="vpc-a",
        subnet_ids=("subnet-open", "subnet-shut"),
        security_group_ids=("sg-fn",),
        az_id="euw1-az-b",
        subnet_id="subnet-shut",
    )


def test_a_zone_with_two_of_the_subnets_tells_neither() -> None:
    """Two subnets in one zone cannot be told apart from inside, so none is named."""
    probe = Probe(LOST, FOUND, az_id="euw1-az-a")
    report, _ = investigate("fn", EVENT, world(Account("subnet-open", "subnet-data"), probe))

    assert report.placement.az_id == "euw1-az-a"
    assert report.placement.subnet_id is None


def test_a_function_in_no_vpc_has_no_subnets() -> None:
    """It reaches what is public, and a private address is out of its world."""
    report, _ = investigate("fn", EVENT, world(Account(handler="app.main")))

    assert (report.placement.in_vpc, report.placement.vpc_id) == (False, None)
    assert [finding.code for finding in report.findings] == ["function-not-in-vpc"]


def test_where_nothing_can_be_read_nothing_is_proven() -> None:
    """On the caller's word the probe is invoked; its packets fit causes, and each gap is named."""
    account = Account("subnet-shut")
    account.denied = {"*"}
    probe = Probe(LOST, FOUND)
    report, _ = investigate("fn", EVENT, world(account, probe, is_probe=True))

    assert report.observations == (LOST, FOUND)
    assert {finding.confidence for finding in report.findings} == {Confidence.POSSIBLE}
    needs = {gap.needs for gap in report.undetermined}
    assert "lambda:GetFunctionConfiguration" in needs
    # Nobody came to ask for these, because not even the subnets were known.
    assert {"ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups"} <= needs


def test_what_nobody_came_to_ask_for_is_told_with_the_reason() -> None:
    """It was no choice: the answer that would have led there was not given."""
    account = Account("subnet-shut")
    account.denied = {"DescribeSubnets", "DescribeNetworkInterfaces"}
    report, _ = investigate("fn", EVENT, world(account, Probe(LOST, FOUND)))

    (gap,) = (g for g in report.undetermined if g.needs == "ec2:DescribeRouteTables")
    assert gap.what == "RouteTables"
    assert gap.reason == "Subnets would have led to it, and was not read"


def test_what_was_read_is_not_asked_for_again() -> None:
    """One denied list makes causes possible; what was read, and what was denied, is no news."""
    account = Account("subnet-open")
    account.denied = {"DescribeNetworkAcls"}
    report, _ = investigate("fn", EVENT, world(account, Probe(LOST, FOUND)))
    reasons = {gap.needs: gap.reason for gap in report.undetermined}

    assert any(finding.code.startswith("nacl-blocks") for finding in report.findings)
    assert reasons["ec2:DescribeNetworkAcls"] == "UnauthorizedOperation"
    assert "ec2:DescribeRouteTables" not in reasons


def test_the_functions_own_word_stands_in_for_lambdas() -> None:
    """Subnets that the template told the probe are walked from, when Lambda may not be asked."""
    account = Account("subnet-shut")
    account.denied = {"GetFunctionConfiguration"}
    here = Placement("fn", "eu-west-1", True, None, ("subnet-shut",), ("sg-fn",))

    def invoke(_: str, __: Mapping[str, Any]) -> Mapping[str, Any]:
        return to_document(conclude(Begun(), here, (LOST, FOUND)))

    report, _ = investigate("fn", EVENT, world(account, invoke, is_probe=True))

    assert {path.subnet_id for path in report.paths} == {"subnet-shut"}
    assert "no-route-to-internet" in {finding.code for finding in report.findings}


def test_a_function_that_cannot_be_read_is_not_invoked_unasked() -> None:
    """Whether it is a probe is not known, and invoking anything else could do anything."""
    account, probe = Account("subnet-shut"), Probe(LOST)
    account.denied = {"*"}
    report, _ = investigate("fn", EVENT, world(account, probe))

    assert probe.events == []
    assert report.status is Status.UNDETERMINED
    assert isinstance(report.placement.in_vpc, Unknown)


def test_a_function_that_does_not_exist_is_the_callers_mistake() -> None:
    """Nothing is diagnosed of it."""

    def read(*_: str, **__: Any) -> Mapping[str, Any]:
        raise ReadFailed("ResourceNotFoundException: Function not found", None)

    with pytest.raises(FunctionError, match="nope cannot be read: ResourceNotFound"):
        investigate("nope", EVENT, World(read=read))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("EC2AccessDeniedException", "role-cannot-create-interfaces"),
        ("SubnetIPAddressLimitReachedException", "subnet-out-of-addresses"),
    ],
)
def test_a_probe_that_cannot_start_is_told_by_lambdas_own_word(error: str, code: str) -> None:
    """No packet was sent; why not is a finding, and the paths are walked all the same."""

    def invoke(_: str, __: Mapping[str, Any]) -> Mapping[str, Any]:
        raise InvokeFailed(error, "no interface")

    report, _ = investigate("fn", EVENT, world(Account("subnet-open"), invoke))

    assert report.observations == ()
    assert code in {finding.code for finding in report.findings}
    assert len(report.paths) == 2


def test_without_an_event_the_targets_are_the_functions_own() -> None:
    """PROBE_TARGETS of the function's configuration says what to walk to."""
    account = Account("subnet-open", handler="x.y", PROBE_TARGETS=json.dumps(EVENT["targets"]))
    report, _ = investigate("fn", {}, world(account))

    assert [path.target for path in report.paths] == [LOST.label, FOUND.label]


def test_a_function_with_neither_event_nor_targets_is_asked_for_them() -> None:
    """The sentence says what is missing."""
    with pytest.raises(settings.SettingsError, match="targets is missing"):
        investigate("fn", {}, world(Account("subnet-open", handler="app.main")))


def test_a_function_behind_a_proxy_dials_the_proxy() -> None:
    """The proxy of its environment is where its packets go, so that is walked to."""
    proxy = "http://10.0.3.10:5432"
    account = Account("subnet-open", handler="app.main", HTTPS_PROXY=proxy)
    event = {"targets": [{"check": "http", "url": "https://api.example.com/"}]}
    report, _ = investigate("fn", event, world(account))

    assert [path.destination for path in report.paths] == ["10.0.3.10:5432"]


def test_another_functions_environment_does_not_widen_our_own_limits() -> None:
    """Its packets are its own affair; those of the control leave from here."""
    account = Account("subnet-open", handler="x.y", PROBE_ALLOW="", PROBE_MAX_TARGETS="1000")
    target = {"check": "tcp", "host": "203.0.113.9", "port": 443}
    ours = {"PROBE_ALLOW": "10.0.0.0/8", "PROBE_MAX_TARGETS": "1"}
    here = World(read=account, invoke=None, environment=ours)
    report, _ = investigate("fn", {"targets": [target]}, here)

    assert report.control == ()
    with pytest.raises(settings.SettingsError, match="targets"):
        investigate("fn", {"targets": [target, target]}, here)


def test_values_of_the_environment_are_kept_nowhere() -> None:
    """Neither the report nor the snapshot holds what may be a password."""
    account = Account("subnet-open", PASSWORD="open-sesame")
    report, snapshot = investigate("fn", EVENT, world(account, Probe(FOUND)))

    assert "open-sesame" not in json.dumps([to_document(report), dump(snapshot)], default=str)


def test_saved_files_give_the_same_answer_again() -> None:
    """A report and a snapshot are enough; AWS is not asked."""
    live, snapshot = investigate("fn", EVENT, world(Account("subnet-shut"), Probe(LOST, FOUND)))
    saved = load(json.dumps(dump(snapshot)), name="saved")
    later = again(live, saved)

    assert later.findings == live.findings
    assert later.paths == live.paths
    assert (later.placement, later.status) == (live.placement, live.status)


def test_the_names_of_targets_are_asked_for_too() -> None:
    """A name that did not resolve is walked to the resolver, not to an address that nobody saw."""
    account = Account("subnet-open")
    account.world.lists["VpcAttributes"][0]["EnableDnsSupport"] = {"Value": False}
    unnamed = Observation(
        "dns", "db.internal", Status.FAIL, Stage.RESOLVE, Failure.NO_ANSWER, host="db.internal"
    )
    event = {"targets": [{"check": "dns", "name": "db.internal"}]}
    report, _ = investigate("fn", event, world(account, Probe(unnamed)))
    first = report.findings[0]

    assert (first.code, first.confidence) == ("vpc-dns-support-off", Confidence.PROVEN)
    assert first.explains == (unnamed.label,)
    assert first.fix is not None
    assert "modify-vpc-attribute" in first.fix.cli[0]


def test_a_dns_server_that_cannot_be_reached_is_walked_to() -> None:
    """The name's own obstacle is found where it is: on the way to the server that DHCP names."""
    account = Account("subnet-open")
    account.world.dhcp("dopt-own", ["10.0.3.53"])
    account.world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    account.world.interface("eni-dns", "10.0.3.53", "subnet-data", ["sg-db"])
    unnamed = replace(
        LOST, stage=Stage.RESOLVE, failure=Failure.NO_ANSWER, address=None, host="h.x"
    )
    report, _ = investigate("fn", EVENT, world(account, Probe(unnamed)))
    (server,) = [path for path in report.paths if path.destination == "10.0.3.53:53"]

    assert server.target == unnamed.label
    assert {blocker.code for blocker in server.blockers} == {"target-security-group-blocks"}
    proven = {f.code for f in report.findings if f.confidence is Confidence.PROVEN}
    assert "target-security-group-blocks" in proven


def test_every_address_that_failed_is_walked_to() -> None:
    """Of a name with three addresses the two that failed are walked to, the open one is not."""
    attempts = tuple(
        Attempt(f"203.0.113.{number}", status, Stage.CONNECT)
        for number, status in ((1, Status.FAIL), (2, Status.PASS), (3, Status.FAIL))
    )
    seen = replace(LOST, address="203.0.113.1", host="api.example.com", attempts=attempts)
    report, _ = investigate("fn", EVENT, world(Account("subnet-open"), Probe(seen)))

    assert [p.destination for p in report.paths] == ["203.0.113.1:443", "203.0.113.3:443"]
