"""What holds for every fix: it opens its path, its commands exist, and it opens nothing else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cfnlint import api

from probe.network.addresses import cidr, is_private
from probe.remedy.table import REMEDIES
from tests.remedy.cases import CASES
from tests.remedy.cases_devices import UNSEEN
from tests.remedy.commands import read
from tests.remedy.restraint import excesses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Fix
    from tests.remedy.case import Case


_ID = re.compile(r"(vpc|subnet|sg|rtb|igw|nat|pl|acl|vpce|eni|pcx|tgw|eigw|vgw)-[a-z0-9-]+")


@dataclass(frozen=True)
class Mended:
    """A case, and the fix that was found for its cause."""

    case: Case
    fix: Fix


@cache
def _mended(name: str) -> Mended:
    code, build = {**CASES, **UNSEEN}[name]
    case = build()
    return Mended(case, case.fix(code))


@pytest.fixture(params=[*CASES, *UNSEEN], name="mended")
def _fixture(request: pytest.FixtureRequest) -> Mended:
    return _mended(request.param)


def all_of(fix: Fix) -> Iterator[Fix]:
    """Yield a fix and its alternatives."""
    yield fix
    yield from fix.alternatives


def with_real_ids(value: Any) -> Any:
    """Put ids as AWS makes them in the place of the readable ones of these tests."""
    if isinstance(value, dict):
        return {key: with_real_ids(part) for key, part in value.items()}
    if isinstance(value, list):
        return [with_real_ids(part) for part in value]
    if isinstance(value, str) and (found := _ID.fullmatch(value)):
        return f"{found[1]}-{hashlib.sha256(value.encode()).hexdigest()[:17]}"
    return value


@pytest.mark.parametrize("name", CASES)
def test_fix_opens_the_path(name: str) -> None:
    """The fix is applied, the path is walked again, and it is open."""
    fix = _mended(name).fix

    assert fix.checked, fix
    assert all(one.checked for one in fix.alternatives if one.cli), fix


@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_walk_sees_is_not_called_checked(name: str) -> None:
    """The command is right as far as anybody knows; nobody has seen it open the path."""
    fix = _mended(name).fix

    assert fix.cli
    assert not fix.checked


def test_fix_can_be_acted_on(mended: Mended) -> None:
    """A fix is a sentence and commands, and says what it costs."""
    fix = mended.fix

    assert fix.text.endswith(".")
    assert fix.cli
    assert fix.cost


def test_commands_are_what_the_aws_cli_takes(mended: Mended) -> None:
    """Every operation and flag exists, what is required is there, and variables are set first."""
    for fix in all_of(mended.fix):
        known: set[str] = set()
        for command in map(read, fix.cli):
            assert command.uses <= known, fix.cli
            known |= {command.variable} if command.variable else set()


def test_commands_name_only_what_exists(mended: Mended) -> None:
    """No id in a command is one of our own making."""
    assert all("-new" not in line for fix in all_of(mended.fix) for line in fix.cli)


def test_template_is_valid(mended: Mended) -> None:
    """The fragment is CloudFormation that cfn-lint finds nothing wrong with."""
    for fix in all_of(mended.fix):
        if fix.cloudformation is not None:
            template = {"Resources": with_real_ids(yaml.safe_load(fix.cloudformation))}
            found: list[Any] = api.lint_all(yaml.safe_dump(template))
            assert not [one for one in found if one.rule.severity != "informational"], found


def test_fix_opens_no_more_than_the_target_needs(mended: Mended) -> None:
    """One port, one peer; nothing from anywhere but answers of the internet."""
    case = mended.case
    internet = any(not is_private(cidr(target.address)) for target in case.targets.values())

    found = [
        (line, excesses(read(line), case.ports, internet=internet))
        for fix in all_of(mended.fix)
        for line in fix.cli
    ]

    assert not [pair for pair in found if pair[1]]


def test_every_cause_with_a_remedy_is_tried() -> None:
    """A remedy that no case tries would be believed, not known."""
    assert set(REMEDIES) == {code for code, _ in [*CASES.values(), *UNSEEN.values()]}
