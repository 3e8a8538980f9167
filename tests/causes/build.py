"""Small builders of evidence, so that a test shows only what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.diagnosis import diagnose
from probe.model import (
    Attempt,
    Blocker,
    Confidence,
    Direction,
    Evidence,
    Failure,
    Finding,
    Hop,
    Observation,
    Path,
    Placement,
    Stage,
    Status,
    Step,
    Undetermined,
    Unknown,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PUBLIC, DYNAMODB, LOGS = "203.0.113.10", "52.94.5.10", "52.94.6.10"
DATABASE, ENDPOINT = "10.0.2.10", "10.0.3.10"
# What a check is asked for when a test does not say: host, address, port.
DEFAULTS = {
    "http": ("api.example.com", PUBLIC, 443),
    "dynamodb": ("dynamodb.eu-west-1.amazonaws.com", DYNAMODB, 443),
    "logs": ("logs.eu-west-1.amazonaws.com", LOGS, 443),
    "aws": ("secretsmanager.eu-west-1.amazonaws.com", LOGS, 443),
    "rds": ("orders.abc.eu-west-1.rds.amazonaws.com", DATABASE, 5432),
    "cache": ("sessions.abc.0001.euw1.cache.amazonaws.com", "10.0.2.20", 6379),
    "tcp": ("cache.internal", "10.0.2.20", 6379),
    "dns": ("db.internal", None, None),
}
FUNCTION = {
    "FunctionName": "orders",
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "Role": "arn:aws:iam::111122223333:role/orders",
    "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
}
PLACEMENT = Placement(
    function="orders",
    region="eu-west-1",
    in_vpc=True,
    vpc_id="vpc-a",
    subnet_ids=("subnet-app",),
    security_group_ids=("sg-fn",),
    subnet_id="subnet-app",
)
UNREAD = (
    Undetermined("route tables", "AccessDenied", "ec2:DescribeRouteTables"),
    Undetermined("security groups", "AccessDenied", "ec2:DescribeSecurityGroups"),
)


def saw(
    check: str,
    failed: str | None = None,
    *,
    host: str | None = None,
    address: str | None = None,
    port: int | None = None,
    attempts: Iterable[str | Attempt] = (),
    **detail: Any,
) -> Observation:
    """Return what a check saw: `failed` is "connect timeout", or None for a pass.

    Attempts are given in the same words, "" for one that passed.
    """
    default_host, default_address, default_port = DEFAULTS[check]
    host, address = host or default_host, address or default_address
    stage, failure = _words(failed)
    return Observation(
        check=check,
        target=host,
        status=Status.FAIL if failed else Status.PASS,
        stage=stage,
        failure=failure,
        address=None if stage is Stage.RESOLVE and failed else address,
        port=port or default_port,
        host=host,
        steps=(Step(Stage.CONNECT, 12.0),),
        attempts=tuple(a if isinstance(a, Attempt) else tried(a, address) for a in attempts),
        detail=detail,
    )


def tried(words: str, address: str | None = PUBLIC, **detail: Any) -> Attempt:
    """Return one attempt: "connect timeout", or "" for one that passed."""
    stage, failure = _words(words)
    return Attempt(address, Status.FAIL if words else Status.PASS, stage, failure, (), {**detail})


def _words(words: str | None) -> tuple[Stage, Failure | None]:
    if not words:
        return Stage.EXCHANGE, None
    stage, _, failure = words.partition(" ")
    return Stage(stage), Failure(failure)


def blocked(
    code: str,
    component: str = "rtb-app",
    *,
    why: str = "as it was read",
    partial: bool = False,
    direction: Direction = Direction.FORWARD,
    **facts: Any,
) -> Blocker:
    """Return one closed place."""
    return Blocker(code, component, direction, why=why, partial=partial, facts=facts)


def path(
    o: Observation | str,
    *blockers: Blocker,
    subnet: str | None = "subnet-app",
    unread: Iterable[Undetermined] = (),
    verdict: Verdict | None = None,
    hops: Iterable[str] = (),
    assumptions: Iterable[str] = (),
) -> Path:
    """Return one walk for an observation; its verdict follows from what it met."""
    unread = tuple(unread)
    if verdict is None:
        if any(not blocker.partial for blocker in blockers):
            verdict = Verdict.UNREACHABLE
        else:
            verdict = Verdict.UNDETERMINED if blockers or unread else Verdict.REACHABLE
    return Path(
        verdict=verdict,
        hops=tuple(Hop(Direction.FORWARD, hop, "some-kind", "allow", "") for hop in hops),
        blockers=blockers,
        undetermined=unread,
        subnet_id=subnet,
        target=o if isinstance(o, str) else o.label,
        destination=None if isinstance(o, str) else _destination(o),
        assumptions=tuple(assumptions),
    )


def _destination(o: Observation) -> str:
    """Return the address that packets went to, or the name that gave none."""
    return f"{o.address}:{o.port}" if o.address else str(o.host)


def evidence(
    *observations: Observation,
    paths: Iterable[Path] = (),
    control: Iterable[Observation] | None = None,
    function: Mapping[str, Any] | Unknown = FUNCTION,
    placement: Placement = PLACEMENT,
    unread: Iterable[Undetermined] = (),
    **facts: Any,
) -> Evidence:
    """Put it all together."""
    return Evidence(
        placement=placement,
        observations=observations,
        paths=tuple(paths),
        control=None if control is None else tuple(control),
        function=function,
        facts=facts,
        unread=tuple(unread),
    )


def blind(*observations: Observation, **more: Any) -> Evidence:
    """Put observations together of which no configuration could be read."""
    return evidence(*observations, function=Unknown("AccessDenied"), unread=UNREAD, **more)


def findings(found: Evidence) -> tuple[Finding, ...]:
    """Judge it."""
    return diagnose(found).findings


def proven(found: Evidence) -> list[str]:
    """Return the codes that are proven, in order."""
    return [f.code for f in findings(found) if f.confidence is Confidence.PROVEN]


def possible(found: Evidence) -> list[str]:
    """Return the codes that are possible, in order."""
    return [f.code for f in findings(found) if f.confidence is Confidence.POSSIBLE]


def one(found: Evidence, code: str) -> Finding:
    """Return the only finding of this code."""
    (finding,) = (f for f in findings(found) if f.code == code)
    return finding
