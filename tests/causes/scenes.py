"""A scenario as evidence, without a kernel: its network in AWS's words, and what packets see of it.

What packets see is what the scenario expects of them, which the lab holds against a kernel. Pure,
so that every scenario can be judged hundreds of times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe import configured, settings, walks
from probe.conclusion import Begun, conclude
from probe.connection import resolve
from probe.diagnosis import diagnose
from probe.model import Attempt, Evidence, Failure, Observation, Placement, Stage, Status, Unknown
from probe.network import keys
from probe.network.addresses import address, is_private
from probe.network.snapshot import Snapshot, Unread, load
from probe.with_snapshot import informed
from tests.lab.describe import describe
from tests.lab.function import event
from tests.lab.kernel import plan as planned
from tests.lab.machines import names
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.model import Finding, Report
    from probe.target import Target
    from tests.lab.expectations import Outcome
    from tests.lab.kernel.plan import Plan
    from tests.lab.parts import Check, Host
    from tests.lab.scenario import Scenario

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(file.name for file in FOLDER.glob("*.yaml"))
_SUFFIXES = {"rds": "abc.{}.rds.amazonaws.com", "elasticache": "abc.0001.{}.cache.amazonaws.com"}
_ACCOUNT = "123456789012"
_OPEN, _PASSED = (Stage.TLS, Stage.EXCHANGE), Status.PASS
# What a denial says, by how the scenario has the service answer.
_SAID = {
    "identity-denies": "is not authorized because no identity-based policy allows the action",
    "explicit-deny": "is not authorized with an explicit deny in a service control policy",
    "endpoint-denies": "is not authorized because no VPC endpoint policy allows the action",
}


@dataclass(frozen=True)
class Scene:
    """What is true in a scenario, what can be read of it, and what packets saw."""

    scenario: Scenario
    snapshot: Snapshot
    placement: Placement
    observations: tuple[Observation, ...]
    control: tuple[Observation, ...]
    facts: Mapping[str, Any]

    def findings(self, snapshot: Snapshot | None = None) -> tuple[Finding, ...]:
        """Judge, and leave the fixes out, which take half of the time."""
        snapshot = self.snapshot if snapshot is None else snapshot
        placement = configured.placement(snapshot, str(self.placement.function), self.placement)
        evidence = Evidence(placement, self.observations, control=self.control, facts=self.facts)
        return diagnose(informed(evidence, snapshot, tuple(self._aims()))).findings

    def judge(self, snapshot: Snapshot | None = None) -> Report:
        """Conclude from what packets saw, and from a snapshot: this one, where none is given."""
        snapshot = self.snapshot if snapshot is None else snapshot
        name = str(self.placement.function)
        return conclude(
            Begun("scene", "2026-01-01T00:00:00.000Z", 0.0),
            configured.placement(snapshot, name, self.placement),
            self.observations,
            snapshot=snapshot,
            control=self.control,
            aims=tuple(self._aims()),
            facts=self.facts,
        )

    @property
    def nothing(self) -> Snapshot:
        """Give a snapshot of which nothing could be read."""
        unread = {key: Unread("AccessDenied", keys.needs(key)) for key in self.snapshot.values}
        return Snapshot(unread, self.snapshot.name)

    def without(self, key: str) -> Snapshot:
        """Give the snapshot with one list that was not read."""
        unread = Unread("AccessDenied", keys.needs(key))
        return Snapshot({**self.snapshot.values, key: unread}, self.snapshot.name)

    def _aims(self) -> Iterator[walks.Aim]:
        """Name the targets as an investigation does: what did not resolve is known outside."""
        if not self.observations:
            yield from map(walks.planned, _targets(self.scenario, host_names(self.scenario)))
        public = {o.label: walks.seen(o).addresses for o in self.control}
        for aim in map(walks.seen, self.observations):
            yield aim if aim.addresses else replace(aim, public=public.get(aim.label, ()))


@cache
def scene(name: str) -> Scene:
    """Read a scenario of the collection."""
    return of((FOLDER / name).read_text(encoding="utf-8"), name)


def of(text: str, name: str = "scene") -> Scene:
    """Make a scene of a scenario's text."""
    scenario = parse(text, name)
    plan = planned(scenario)
    values = _snapshot(scenario, plan)
    return Scene(
        scenario,
        load(values, name="function"),
        _placement(scenario),
        tuple(_observations(scenario, plan)),
        tuple(_control(scenario, plan)),
        _facts(scenario),
    )


def host_names(scenario: Scenario) -> dict[str, str]:
    """Name machines and endpoints as AWS does, and the others as the scenario does."""
    region, balancers = scenario.region, scenario.load_balancers.values()
    endpoints = {
        name: names.own_names(scenario, endpoint, f"vpce-{name}")[0]
        for name, endpoint in scenario.endpoints.items()
    }
    return (
        endpoints
        | {host.name: _host_name(host, region) for host in scenario.hosts.values()}
        | {balancer.name: names.balancer_host(balancer, region) for balancer in balancers}
    )


def _host_name(host: Host, region: str) -> str:
    suffix = _SUFFIXES.get(host.kind or "")
    return f"{host.name}.{suffix.format(region)}" if suffix else host.name


# --- what can be read ---


def _snapshot(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    found = {**{key: [] for key in keys.LISTS}, **describe(scenario, plan)}
    found["SubnetNetworkInterfaces"] = _by_subnet(found)
    databases = [host for host in scenario.hosts.values() if host.kind == "rds"]
    found["DBInstances"] = [_database(scenario, host) for host in databases]
    found["DBSubnetGroups"] = [_subnet_group(scenario, host) for host in databases]
    allowed = scenario.function.allow is None
    statement = {"Effect": "Allow", "Action": "ec2:*" if allowed else "logs:*", "Resource": "*"}
    found["RolePolicies"] = [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]
    for options, vpc in zip(found["DhcpOptions"], scenario.vpcs.values(), strict=True):
        asked = [_server(plan, server) for server in vpc.dns_servers]
        if asked:
            options["DhcpConfigurations"][0]["Values"] = [{"Value": one} for one in asked]
    found["FunctionConfiguration"] |= {
        "Role": f"arn:aws:iam::{_ACCOUNT}:role/function",
        "State": scenario.function.state,
        "StateReasonCode": scenario.function.state_reason,
        "FunctionArn": f"arn:aws:lambda:{scenario.region}:{_ACCOUNT}:function:function",
    }
    return found


def _by_subnet(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List every interface by its subnet, as the collector asks where an address is nobody's."""
    ids = [subnet["SubnetId"] for subnet in found["Subnets"]]
    every = found["NetworkInterfaces"]
    return [
        {"SubnetId": one, "NetworkInterfaces": [e for e in every if e["SubnetId"] == one]}
        for one in ids
    ]


def _server(plan: Plan, server: str) -> str:
    return server if resolve.literal(server) else str(plan.eni("host", server).address)


def _database(scenario: Scenario, host: Host) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": host.name,
        "DBInstanceStatus": "stopped" if host.state == "stopped" else "available",
        "Endpoint": {"Address": host_names(scenario)[host.name], "Port": host.port},
        "PubliclyAccessible": host.publicly_accessible,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": f"sg-{g}"} for g in host.security_groups],
        "DBSubnetGroup": _subnet_group(scenario, host),
    }


def _subnet_group(scenario: Scenario, host: Host) -> dict[str, Any]:
    home = scenario.subnets[host.subnet or ""]
    return {
        "DBSubnetGroupName": host.name,
        "VpcId": f"vpc-{home.vpc}",
        "Subnets": [{"SubnetIdentifier": f"subnet-{home.name}"}],
    }


def _placement(scenario: Scenario) -> Placement:
    """Say what the function knows of itself by its environment, as the template sets it."""
    subnets = tuple(f"subnet-{name}" for name in scenario.function.subnets)
    groups = tuple(f"sg-{name}" for name in scenario.function.security_groups)
    vpc = Unknown("not visible from inside the function") if subnets else None
    only = subnets[0] if len(subnets) == 1 else Unknown("several") if subnets else None
    return Placement("function", scenario.region, bool(subnets), vpc, subnets, groups, None, only)


def _facts(scenario: Scenario) -> dict[str, Any]:
    if scenario.function.state == "Active" and not scenario.function.state_reason:
        return {}
    kind = scenario.function.state_reason or "ResourceConflictException"
    return {"invoke_error": {"type": kind, "message": "as Lambda says it"}}


# --- what packets saw ---


def _targets(scenario: Scenario, known: Mapping[str, str]) -> tuple[Target, ...]:
    asked = event.event(scenario, known)
    return settings.parse(asked, {"AWS_REGION": scenario.region}).targets


def _observations(scenario: Scenario, plan: Plan) -> Iterator[Observation]:
    known = host_names(scenario)
    home = next((scenario.subnets[s].vpc for s in scenario.function.subnets), names.OUTSIDE)
    records = names.view(scenario, plan, known, {e: f"vpce-{e}" for e in scenario.endpoints}, home)
    expected = scenario.expect.observations
    if not expected and scenario.function.state != "Active":
        return
    for check, target in zip(scenario.targets, _targets(scenario, known), strict=True):
        outcome = next((o for key, o in expected.items() if key in _called(check, target)), None)
        if outcome is not None and outcome.status == "skipped":
            continue
        yield _observation(scenario, check, target, outcome, _addresses(target, records))


def _called(check: Check, target: Target) -> set[str]:
    words = {target.label, check.host, *map(str, check.words.values())}
    return {check.check, *(f"{check.check} {word}" for word in words)}


def _addresses(target: Target, records: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    literal = resolve.literal(target.host)
    return (str(literal),) if literal else records.get(target.host, ())


def _observation(
    scenario: Scenario,
    check: Check,
    target: Target,
    outcome: Outcome | None,
    addresses: tuple[str, ...],
) -> Observation:
    failed = outcome is not None and outcome.status == "fail"
    stage = Stage(outcome.stage) if outcome and outcome.stage else Stage.EXCHANGE
    unnamed = stage is Stage.RESOLVE and failed
    observation = Observation(
        check=target.check,
        target=target.label,
        status=Status.FAIL if failed else Status.PASS,
        stage=stage,
        failure=Failure(outcome.failure) if outcome and outcome.failure and failed else None,
        address=None if unnamed else next(iter(addresses), None),
        port=target.dialled[1],
        host=target.host,
        detail=_detail(scenario, check, target),
    )
    lost, tried = (outcome.times if outcome else None) or (int(failed), 1)
    return replace(observation, attempts=tuple(_attempts(observation, lost, tried)))


def _attempts(o: Observation, lost: int, tried: int) -> Iterator[Attempt]:
    yield from [Attempt(o.address, Status.FAIL, o.stage or Stage.EXCHANGE, o.failure)] * lost
    yield from [Attempt(o.address, Status.PASS, Stage.EXCHANGE)] * (tried - lost)


def _detail(scenario: Scenario, check: Check, target: Target) -> dict[str, Any]:
    detail: dict[str, Any] = {"service": target.service} if target.service else {}
    host = scenario.hosts.get(check.host or "")
    closed = [e for e in scenario.endpoints.values() if e.policy not in (None, "allow")]
    if target.service in {endpoint.service for endpoint in closed}:
        detail["message"] = _SAID["endpoint-denies"]
    ailing = scenario.services.get(target.service or "")
    if ailing is not None:
        detail["message"] = _SAID.get(ailing.answer)
    if host is not None and host.status != 200:
        detail["http_status"] = host.status
    return detail


def _control(scenario: Scenario, plan: Plan) -> Iterator[Observation]:
    """See from outside what is public: all is well there but for what is wrong with the target."""
    known = host_names(scenario)
    records = names.view(scenario, plan, known, {e: f"vpce-{e}" for e in scenario.endpoints})
    ill = {known.get(fault.at, fault.at) for fault in scenario.faults}
    for o in _observations(scenario, plan):
        host = o.host or ""
        public = next((a for a in records.get(host, ()) if not is_private(address(a))), None)
        if public is None:
            continue
        refused = any(firewall.refuses(host) for firewall in scenario.firewalls.values())
        late = o.stage in _OPEN and not refused
        own_fault = late or host in ill or o.detail.get("service") in ill
        if own_fault:
            yield replace(o, address=public)
        else:
            passed = replace(o, status=_PASSED, stage=Stage.EXCHANGE, failure=None)
            yield replace(passed, address=public, attempts=tuple(_attempts(passed, 0, 1)))
