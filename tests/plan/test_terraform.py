"""Placements read out of Terraform's plans in JSON, known values and values that are still open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Unknown
from probe.plan.intent import PLANNED, permission
from probe.plan.terraform import read
from tests.command import command, refused
from tests.paths_world import small

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "aws_security_group.app"


def change(address: str, after: dict[str, Any], module: str = "") -> dict[str, Any]:
    """Write one entry of resource_changes."""
    kind = address.rpartition("module.")[2].split(".")[-2]
    found: dict[str, Any] = {"address": address, "type": kind, "change": {"after": after}}
    return {**found, **({"module_address": module} if module else {})}


def function(
    subnets: list[Any] | None, groups: list[Any] | None, module: str = ""
) -> dict[str, Any]:
    """Write a function's change; None: not known yet."""
    vpc = {"subnet_ids": subnets, "security_group_ids": groups}
    known = {key: value for key, value in vpc.items() if value is not None}
    prefix = f"{module}." if module else ""
    return change(f"{prefix}aws_lambda_function.orders", {"vpc_config": [known]}, module)


def plan(*changes: dict[str, Any], **references: dict[str, Any]) -> dict[str, Any]:
    """Write a plan; `references` are the expressions of resources, `__` for the dot."""
    resources = [
        {"address": name.replace("__", "."), "expressions": expressions}
        for name, expressions in references.items()
    ]
    return {
        "resource_changes": list(changes),
        "configuration": {"root_module": {"resources": resources}},
    }


def vpc(**named: str) -> dict[str, Any]:
    """Write a function's expressions: what its placement refers to."""
    return {"vpc_config": [{key: {"references": [f"{one}.id", one]} for key, one in named.items()}]}


def test_known_values_are_taken() -> None:
    """Ids that stand in the plan."""
    (found,) = read(plan(function(["subnet-a"], ["sg-a"])), "p.json").functions

    assert (found.name, found.subnet_ids, found.group_ids) == (
        "aws_lambda_function.orders",
        ("subnet-a",),
        ("sg-a",),
    )


@pytest.mark.parametrize("groups", [None, ["sg-a", None]])
def test_a_group_of_the_plan_is_known_by_its_address(groups: list[Any] | None) -> None:
    """Its id is not known yet, its rules are."""
    expressions = {"aws_lambda_function__orders": vpc(security_group_ids=GROUP)}
    app = change(
        GROUP,
        {
            "egress": [
                {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}
            ]
        },
    )
    found = read(plan(function(["subnet-a"], groups), app, **expressions), "p.json")

    kept = tuple(one for one in groups or () if one)
    assert found.functions[0].group_ids == (*kept, f"{PLANNED}{GROUP}")
    (rule,) = found.rules
    assert rule.permission == permission("tcp", 443, 443, cidrs=("0.0.0.0/0",))


def test_a_group_without_egress_lets_nothing_out() -> None:
    """Terraform takes away the rule that AWS gives every new group."""
    found = read(plan(change(GROUP, {"name": "app"})), "p.json")

    assert (found.groups, found.rules) == ((f"{PLANNED}{GROUP}",), ())


def test_a_subnet_of_the_plan_is_named_and_unknown() -> None:
    """Nobody can say yet which route table it gets."""
    expressions = {"aws_lambda_function__orders": vpc(subnet_ids="aws_subnet.app")}
    (found,) = read(plan(function(None, ["sg-a"]), **expressions), "p.json").functions

    assert isinstance(found.subnet_ids, Unknown)
    assert "aws_subnet.app" in found.subnet_ids.reason


def test_rules_that_stand_apart_are_added() -> None:
    """Both generations of them, and a rule for itself."""
    peer = {"references": [f"{GROUP}.id", GROUP]}
    found = read(
        plan(
            change(
                "aws_vpc_security_group_ingress_rule.db",
                {
                    "security_group_id": "sg-db",
                    "ip_protocol": "tcp",
                    "from_port": 5432,
                    "to_port": 5432,
                },
            ),
            change(
                "aws_security_group_rule.out",
                {"type": "egress", "protocol": "-1", "from_port": 0, "to_port": 0, "self": True},
            ),
            aws_vpc_security_group_ingress_rule__db={"referenced_security_group_id": peer},
            aws_security_group_rule__out={"security_group_id": peer},
        ),
        "p.json",
    )

    planned = f"{PLANNED}{GROUP}"
    assert [(rule.group, rule.egress, rule.permission) for rule in found.rules] == [
        ("sg-db", False, permission("tcp", 5432, 5432, groups=(planned,))),
        (planned, True, permission("-1", None, None, groups=(planned,))),
    ]


def test_a_rule_from_elsewhere_is_a_gap() -> None:
    """Who is let in is not known yet, so nothing is called closed."""
    found = read(
        plan(
            change("aws_vpc_security_group_ingress_rule.db", {"security_group_id": "sg-db"}),
            aws_vpc_security_group_ingress_rule__db={
                "referenced_security_group_id": {"references": ["module.app.group", "module.app"]}
            },
        ),
        "p.json",
    )

    assert (found.rules, len(found.gaps)) == ((), 1)
    assert "module.app" in found.gaps[0].reason


def test_modules_refer_to_their_own() -> None:
    """An address in a module is the module's."""
    inner = {
        "resources": [
            {"address": "aws_lambda_function.orders", "expressions": vpc(security_group_ids=GROUP)}
        ]
    }
    document = {
        "resource_changes": [function(["subnet-a"], None, "module.app")],
        "configuration": {"root_module": {"module_calls": {"app": {"module": inner}}}},
    }
    (found,) = read(document, "p.json").functions

    assert found.group_ids == (f"{PLANNED}module.app.{GROUP}",)


def test_a_plan_is_judged_as_it_will_be(tmp_path: Path) -> None:
    """From the command line, by a saved configuration; a function that is removed is left out."""
    snapshot, file = tmp_path / "snapshot.json", tmp_path / "plan.json"
    snapshot.write_text(json.dumps(small().lists), "utf-8")
    gone = {
        "address": "aws_lambda_function.old",
        "type": "aws_lambda_function",
        "change": {"after": None},
    }
    file.write_text(json.dumps(plan(function(["subnet-open"], ["sg-fn"]), gone)), "utf-8")
    asked = ("preflight", "--snapshot", str(snapshot), "--plan", str(file), "--to")

    assert command(*asked, "10.0.3.10:5432").returncode == 0
    assert command(*asked, "10.0.3.10:5433").returncode == 1


def test_a_placement_that_is_not_known_at_all_asks_nobody(tmp_path: Path) -> None:
    """Undetermined, with the name of what is open; AWS is not asked about nothing."""
    file = tmp_path / "plan.json"
    expressions = {"aws_lambda_function__orders": vpc(subnet_ids="aws_subnet.app")}
    file.write_text(json.dumps(plan(function(None, ["sg-a"]), **expressions)), "utf-8")
    ran = command("preflight", "--plan", str(file), "--to", "10.0.3.10:5432", "--format", "text")

    assert (ran.returncode, ran.stderr) == (3, "")
    assert "aws_subnet.app is known after the plan is applied" in " ".join(ran.stdout.split())


def test_what_is_no_plan_is_one_sentence(tmp_path: Path) -> None:
    """It says how one is made."""
    file = tmp_path / "plan.json"
    file.write_text("{}", "utf-8")

    said = refused(command("preflight", "--plan", str(file), "--to", "h:1"))

    assert "terraform show -json" in said
