"""What the code asks of AWS, held against what DiagnoseFunction's role allows: no more, no less."""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.session import Session

from probe.network import keys
from probe.stand_in import can_speak
from tests.test_template import actions, stack, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
ROLE = "DiagnoseRole"
# Where calls are made, or named for `reader` to make them.
ASKING = (
    *sorted((ROOT / "probe/network/collector").glob("*.py")),
    *(ROOT / "probe" / name for name in ("investigation.py", "stand_in.py", "by_subnet.py")),
    *(ROOT / "probe/aws" / name for name in ("invoking.py", "publishing.py")),
)
PREFIX = {"elbv2": "elasticloadbalancing"}
IAM_NAME = {"lambda:Invoke": "lambda:InvokeFunction"}
DELIVERY = {"logs:CreateLogStream", "logs:PutLogEvents"}  # Lambda's own, with this role


@cache
def operations(service: str) -> frozenset[str]:
    """Name what an AWS service can be asked."""
    return frozenset(Session().get_service_model(service).operation_names)


def calls(path: Path) -> Iterator[str]:
    """Find every call that a module names, as "service:Operation"."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    yield from _named(node, _loops(function))


def _loops(function: ast.FunctionDef) -> dict[str, list[str]]:
    """Give the words that a variable takes in turn: `for name in ("Vpcs", "Subnets")`."""
    return {
        ast.unparse(node.target): [ast.literal_eval(word) for word in node.iter.elts]
        for node in ast.walk(function)
        if isinstance(node, ast.For)
        and isinstance(node.iter, ast.Tuple)
        and all(isinstance(word, ast.Constant) for word in node.iter.elts)
    }


def _named(call: ast.Call, loops: dict[str, list[str]]) -> Iterator[str]:
    """Read a call of the reader, of a question, or of a helper that makes one."""
    words = [
        [str(arg.value)] if isinstance(arg, ast.Constant) else loops.get(ast.unparse(arg), [])
        for arg in call.args
    ]
    helper = ast.unparse(call.func).rpartition(".")[2]
    if helper == "publish":
        yield "sns:Publish"
    elif helper == "ec2":
        named = words[1] if len(words) > 1 else [f"Describe{word}" for word in words[0]]
        yield from (f"ec2:{word}" for word in named)
    elif helper in ("_iam", "_rds"):
        place = {"_iam": 0, "_rds": 1}[helper]
        yield from (f"{helper[1:]}:{word}" for word in words[place])
    else:
        for services, found in pairwise(words):
            yield from (f"{service}:{word}" for service in services for word in found)


def asked() -> set[str]:
    """Give the IAM actions of everything that the diagnosis can ask."""
    found = set()
    for call in {call for path in ASKING for call in calls(path)}:
        service, _, operation = call.partition(":")
        if service in Session().get_available_services() and operation in operations(service):
            action = f"{PREFIX.get(service, service)}:{operation}"
            found.add(IAM_NAME.get(action, action))
    return found


def test_the_role_allows_what_the_code_asks_and_nothing_else() -> None:
    """An action too few would be a gap in every report, one too many a right for nothing."""
    assert actions(stack(), "Allow", ROLE) - DELIVERY == asked()


def test_what_a_report_may_ask_for_is_what_the_code_asks() -> None:
    """The permissions that are named beside a snapshot's lists; other lists are others' to save."""
    named = {keys.needs(name) for name in (*keys.LISTS, *keys.OBJECTS)} - {None}

    assert named <= asked()
    assert keys.needs("FirewallConfigs") is None


def test_only_the_probe_is_invoked_and_only_the_topic_is_told() -> None:
    """What does more than read ends at one resource of this stack."""
    own = {
        "lambda:InvokeFunction": "ProbeFunction.Arn",
        "sns:Publish": "Topic",
        "logs:PutLogEvents": "DiagnoseLogGroup.Arn",
    }

    for action, resource in own.items():
        (found,) = [one for one in statements(stack(), ROLE) if action in one["Action"]]
        assert found["Resource"] == resource


def test_nothing_that_the_role_allows_everywhere_changes_anything() -> None:
    """What is allowed on all resources reads: describes, lists, gets and searches."""
    for statement in statements(stack(), ROLE):
        if statement["Resource"] == "*":
            verbs = {action.partition(":")[2] for action in statement["Action"]}
            assert all(verb.startswith(("Describe", "List", "Get", "Search")) for verb in verbs)


def test_roles_and_functions_are_read_in_this_account_alone() -> None:
    """Of IAM and Lambda only one's own is read, and the policies that AWS manages."""
    for statement in statements(stack(), ROLE):
        if any(a.startswith(("iam:", "lambda:Get")) for a in statement["Action"]):
            resources = statement["Resource"]
            listed = [resources] if isinstance(resources, str) else resources
            assert all(":123456789012:" in one or ":iam::aws:policy/" in one for one in listed)


def test_a_call_that_nobody_wrote_is_not_found() -> None:
    """The search finds calls and no other words: it is not the template that decides."""
    module = Path(can_speak.__code__.co_filename)

    assert set(calls(module)) & {"lambda:GetFunctionConfiguration"}
    assert not {call for call in calls(module) if call.startswith("ec2:")}
