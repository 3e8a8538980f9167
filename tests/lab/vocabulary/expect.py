"""Reading the question and the answer: function, targets, what is readable, what is expected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probe.model import Confidence, Failure, Stage, Status, Verdict
from tests.lab.expectations import Expectation, ExpectedFinding, Outcome
from tests.lab.parts import Check, Function
from tests.lab.reading import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.reading import Node
    from tests.lab.vocabulary.names import Names

# The probe's own words for each kind of target; a test holds them equal.
CHECKS = {
    "http": ("url", "method", "expect_status"),
    "dynamodb": ("table", "region", "host"),
    "rds": ("host", "port", "engine"),
    "logs": ("region", "host", "signed"),
    "tcp": ("host", "port", "tls"),
    "dns": ("name",),
    "aws": ("service", "region", "host", "action"),
    "cache": ("host", "port", "tls"),
}
_STATES = ("Active", "Inactive", "Pending", "Failed")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")
_OUTCOME = re.compile(r"(?:([0-9]{1,3}) of ([0-9]{1,3}) )?([a-z_]+)(?: ([a-z_0-9]+))?")
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def function(node: Node, names: Names) -> Function:
    """Read the placement of the function; without subnets it is not in a VPC."""
    fields = node.fields(
        "subnets", "security_groups", "ipv6", "state", "state_reason", "managed_instances",
        "allow", "deny",
    )  # fmt: skip
    nodes = fields["subnets"].one_or_more() if "subnets" in fields else ()
    subnets = tuple(n.reference(names.subnets, "a subnet") for n in nodes)
    homes = {names.subnet_vpcs[subnet] for subnet in subnets}
    # https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
    if len(homes) > 1 or len(set(subnets)) != len(subnets) or len(subnets) > 16:
        raise fields["subnets"].bad("at most 16 different subnets, all of one VPC")
    nodes = fields["security_groups"].one_or_more() if "security_groups" in fields else ()
    if nodes and not subnets:
        raise fields["security_groups"].bad("this key only together with subnets")
    home = homes.pop() if homes else ""
    groups = tuple(names.group(n, home) for n in nodes)
    if len(groups) > 5:
        raise fields["security_groups"].bad("at most 5 security groups")
    return Function(
        subnets=subnets,
        security_groups=groups or ((f"default@{home}",) if subnets else ()),
        ipv6=fields["ipv6"].boolean() if "ipv6" in fields else False,
        state=fields["state"].word(*_STATES) if "state" in fields else "Active",
        state_reason=fields["state_reason"].name() if "state_reason" in fields else None,
        managed_instances=fields["managed_instances"].boolean()
        if "managed_instances" in fields
        else False,
        allow=actions(fields["allow"]) if "allow" in fields else None,
        deny=actions(fields["deny"]) if "deny" in fields else (),
    )


def actions(node: Node) -> tuple[str, ...]:
    """Read a list of IAM actions."""
    found = []
    for item in node.one_or_more():
        action = item.text("an action such as ec2:DescribeRouteTables")
        if not _ACTION.fullmatch(action):
            raise item.bad("an action such as ec2:DescribeRouteTables")
        found.append(action)
    return tuple(found)


def check(node: Node, names: Names) -> Check:
    """Read one target; `db` and `host` may name a machine of the lab, `host` an endpoint."""
    every = node.fields(
        "check", "db", *dict.fromkeys(w for words in CHECKS.values() for w in words)
    )
    if "check" not in every:
        raise node.bad(f"a target with the key check: {listed(CHECKS)}")
    kind = every["check"].word(*CHECKS)
    fields = node.fields("check", "db", *CHECKS[kind])
    machines = (*names.hosts, *names.load_balancers)
    named = None
    if "db" in fields:
        named = fields["db"].reference(machines, "a host or load balancer")
    elif "host" in fields and fields["host"].text() in (*machines, *names.endpoints):
        named = fields["host"].text()
    words = {key: plain(value) for key, value in fields.items() if key not in ("check", "db")}
    return Check(kind, words, named)


def plain(node: Node, depth: int = 6) -> Any:
    """Read a JSON value that is passed on as it stands."""
    value = node.value
    if depth and isinstance(value, dict):
        return {str(k): plain(node.child(k, v), depth - 1) for k, v in value.items()}
    if depth and isinstance(value, list):
        return [plain(n, depth - 1) for n in node.items()]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise node.bad("a text, a number, true, false, or a short list or mapping of these")


def expectation(node: Node, names: Names) -> Expectation:
    """Read what the report must say."""
    fields = node.fields(
        "status", "observations", "findings", "first", "possible", "absent", "undetermined",
        "verdicts",
    )  # fmt: skip

    def codes(key: str) -> tuple[str, ...]:
        return tuple(_code(n) for n in fields[key].items("a list of codes"))

    statuses = (Status.PASS, Status.FAIL, Status.UNDETERMINED)
    return Expectation(
        status=fields["status"].word(*statuses) if "status" in fields else None,
        observations=_observations(fields["observations"]) if "observations" in fields else {},
        findings=tuple(_finding(n) for n in fields["findings"].items("a list of findings"))
        if "findings" in fields
        else None,
        first=_code(fields["first"]) if "first" in fields else None,
        possible=codes("possible") if "possible" in fields else None,
        absent=codes("absent") if "absent" in fields else (),
        undetermined=actions(fields["undetermined"]) if "undetermined" in fields else None,
        verdicts=_verdicts(fields["verdicts"], names) if "verdicts" in fields else {},
    )


def _observations(node: Node) -> Mapping[str, Outcome]:
    found = {}
    for key, value in node.by_key("a mapping from checks to outcomes"):
        label = key.text("a check, or a check and its target")
        if label.split()[0] not in CHECKS:
            raise key.bad(f"one of {listed(CHECKS)}, and its target where there are several")
        found[label] = _outcome(value)
    return found


def _outcome(node: Node) -> Outcome:
    accepted = (
        f"pass, skipped, or stage and failure such as 'connect timeout' "
        f"(stages: {', '.join(Stage)}; failures: {', '.join(Failure)})"
    )
    match = _OUTCOME.fullmatch(node.text(accepted))
    if not match:
        raise node.bad(accepted)
    times = (int(match[1]), int(match[2])) if match[1] else None
    if match[3] in (Status.PASS, Status.FAIL, Status.SKIPPED) and not match[4]:
        return Outcome(match[3], times=times)
    if match[3] not in set(Stage) or match[4] not in set(Failure):
        raise node.bad(accepted)
    return Outcome(Status.FAIL, match[3], match[4], times)


def _finding(node: Node) -> ExpectedFinding:
    if isinstance(node.value, str):
        return ExpectedFinding(_code(node))
    fields = node.fields("code", "confidence", "component", "explains")
    if "code" not in fields:
        raise node.bad("a finding's code, or a mapping with the key code")
    return ExpectedFinding(
        code=_code(fields["code"]),
        confidence=fields["confidence"].word(*Confidence) if "confidence" in fields else None,
        component=fields["component"].text() if "component" in fields else None,
        explains=tuple(n.text() for n in fields["explains"].one_or_more())
        if "explains" in fields
        else None,
    )


def _code(node: Node) -> str:
    accepted = "the code of a finding, such as public-subnet-no-public-ip"
    code = node.text(accepted)
    if not _CODE.fullmatch(code):
        raise node.bad(accepted)
    return code


def _verdicts(node: Node, names: Names) -> Mapping[str, Mapping[str, str]]:
    found = {}
    for subnet, value in node.named():
        node.child(subnet, subnet).reference(names.subnets, "a subnet")
        found[subnet] = {
            key.text("a check, or a check and its target"): word.word(*Verdict)
            for key, word in value.by_key("a mapping from checks to verdicts")
        }
    return found
