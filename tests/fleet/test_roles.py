"""The role that accounts lend, and those of the fleet itself, held against what the code asks."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from probe.fleet import handler
from tests.cloudformation import Stack, load
from tests.test_permissions import asked, calls, operations
from tests.test_template import actions, stack, statements

ROOT = Path(__file__).parents[2]
FLEET = sorted((ROOT / "probe/fleet").glob("*.py"))
WORD = {"TrustedAccountId": "100000000001", "ExternalId": "a-word-between-us"}


def lent(**parameters: str) -> Stack:
    """Deploy the role's template with these parameters, on paper."""
    template = load(ROOT / "fleet-role.yaml")
    for declared in template["Parameters"].values():
        declared.setdefault("Default", "")
    return Stack(template, **{**WORD, **parameters})


def granted(deployed: Stack) -> list[dict[str, Any]]:
    """Give the statements of the role."""
    policies = deployed.resources["ReaderRole"]["Properties"]["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def listed(value: object) -> list[str]:
    """Make one action or resource a list."""
    return value if isinstance(value, list) else [str(value)]


def of_the_fleet() -> set[str]:
    """Find what the fleet's own modules ask of an account."""
    found = {call for path in FLEET for call in calls(path)}
    known = set(Session().get_available_services())
    return {
        f"{service}:{operation}"
        for service, _, operation in (call.partition(":") for call in found)
        if service in known and operation in operations(service)
    }


def test_the_role_allows_what_the_code_asks_and_nothing_else() -> None:
    """An action too few would be a line in every report, one too many a right for nothing."""
    allowed = {action for one in granted(lent()) for action in listed(one["Action"])}

    assert {"lambda:ListFunctions", "rds:DescribeDBInstances"} < of_the_fleet()
    assert allowed == (asked() - {"sns:Publish"}) | of_the_fleet()


def test_what_does_more_than_read_ends_at_the_probes() -> None:
    """Nothing of it changes anything, and no function but a probe is invoked."""
    for one in granted(lent()):
        for action in listed(one["Action"]):
            if action == "lambda:InvokeFunction":
                assert one["Resource"].endswith(":function:lambda-probe*")
            else:
                assert action.partition(":")[2].startswith(("Describe", "List", "Get", "Search"))


def test_nobody_takes_on_the_role_without_the_word() -> None:
    """The account alone is not enough: it may ask for somebody else."""
    role = lent().resources["ReaderRole"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"AWS": "arn:aws:iam::100000000001:root"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "a-word-between-us"}}


def test_one_region_of_several_makes_the_role() -> None:
    """A role is global: the others make the link alone."""
    sink = "arn:aws:oam:eu-west-1:100000000001:sink/x"

    assert set(lent(RoleRegion="us-east-1", SinkArn=sink).resources) == {"Link"}
    assert set(lent(RoleRegion="eu-west-1", SinkArn=sink).resources) == {"ReaderRole", "Link"}
    assert set(lent().resources) == {"ReaderRole"}


def test_without_a_role_name_there_is_no_fleet() -> None:
    """Nothing of it is made, and nothing of it costs."""
    assert not [name for name in stack().resources if "Fleet" in name]
    assert [name for name in stack(FleetRoleName="x").resources if "Fleet" in name]


@pytest.mark.parametrize(
    ("role", "own"),
    [
        (
            "FleetRole",
            {"s3:GetObject", "s3:PutObject", "s3:ListBucket", "sns:Publish", "sts:AssumeRole"},
        ),
        ("FleetDiagnoseRole", {"s3:GetObject", "s3:PutObject", "sts:AssumeRole"}),
    ],
)
def test_the_fleets_own_roles_keep_files_and_take_on_one_role(role: str, own: set[str]) -> None:
    """All reading is another account's to allow; only the summary tells people."""
    deployed = stack(FleetRoleName="reader")
    delivery = {"logs:CreateLogStream", "logs:PutLogEvents"}

    assert actions(deployed, "Allow", role) == own | delivery
    (taken,) = [one for one in statements(deployed, role) if one["Action"] == "sts:AssumeRole"]
    assert taken["Resource"] == "arn:aws:iam::*:role/reader"


@pytest.mark.parametrize(
    ("function", "entry"),
    [("FleetFunction", "find_and_sum"), ("FleetDiagnoseFunction", "diagnose")],
)
def test_every_variable_that_a_function_reads_is_set(function: str, entry: str) -> None:
    """What the code looks for in its environment is what the template puts there."""
    properties = stack(FleetRoleName="x").resources[function]["Properties"]
    text = "".join(
        (ROOT / "probe/fleet" / name).read_text() for name in ("handler.py", "orders.py")
    )
    used = {
        node.value
        for node in ast.walk(ast.parse(text.replace("from __future__ import annotations", "")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("FLEET_")
        and node.value.isupper()
    } - {"FLEET_"}
    own = {key for key in properties["Environment"]["Variables"] if key.startswith("FLEET_")}

    assert properties["Handler"] == f"probe.fleet.handler.{entry}"
    assert hasattr(handler, entry)
    assert own == (used if entry == "find_and_sum" else used & own)
    assert {"FLEET_BUCKET", "FLEET_ROLE_NAME", "FLEET_EXTERNAL_ID"} <= own


def test_the_functions_load_nothing_that_is_not_shipped() -> None:
    """The terminal's libraries, and those of the page, are no part of the artifact."""
    code = (
        "import sys, probe.fleet.handler; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'click', 'rich', 'jinja2'}))"
    )
    variables = {**os.environ, "POWERTOOLS_METRICS_NAMESPACE": "x", "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=variables
    )

    assert done.stdout.strip() == "[]"
