"""The catalogue as a whole: complete, unique, sourced, and readable."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import probe.network
from probe.causes import CATALOGUE
from probe.causes.cause import Cause, catalogue
from probe.model import Failure, Stage

CAUSES = list(CATALOGUE.values())
NETWORK = Path(probe.network.__file__).parent
# The codes of AWS VPC Reachability Analyzer:
# https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
RA_CODES = """
    BAD_STATE BAD_STATE_ATTACHMENT BAD_STATE_ROUTE CANNOT_ROUTE ELBV2_LISTENERS_MISMATCH
    ELBV2_NO_TARGETS_IN_AZ ENI_SG_RULES_MISMATCH ENI_SOURCE_DEST_CHECK_RESTRICTION
    FIREWALL_RULES_RESTRICTION IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS MORE_SPECIFIC_ROUTE
    NO_ROUTE_TO_DESTINATION PCX_REQUIRES_ADDRESS_IN_VPC_CIDR REGIONAL_NGW_ROUTE_AZ_RESTRICTION
    SG_REFERENCES_NOT_PRESERVED SUBNET_ACL_RESTRICTION TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION
    TGW_ATTACH_VPC_AZ_RESTRICTION TGW_RTB_BAD_STATE_ROUTE TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT
    VPCE_SERVICE_NOT_INSTALLED_IN_AZ VPC_BLOCK_PUBLIC_ACCESS_ENABLED
"""


def a_cause(code: str) -> Cause:
    """Return a cause that says little."""
    return Cause(code, "routes", "title", "happens", "reason", "remedy", "source")


def test_a_code_is_used_once() -> None:
    """Two records with one code are refused when the catalogue is put together."""
    with pytest.raises(ValueError, match="'twice'"):
        catalogue([a_cause("once"), a_cause("twice")], [a_cause("twice")])


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_a_cause_can_be_read(cause: Cause) -> None:
    """Every text is whole sentences, the title is one without a full stop, the source is AWS's."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cause.code)
    assert not cause.title.endswith(".")
    for text in (cause.happens, cause.reason, cause.remedy):
        assert text[0].isupper() or text.startswith("`"), text
        assert text.endswith("."), text
        assert "  " not in text, text
    assert cause.source.startswith("https://docs.aws.amazon.com/")
    assert cause.source.endswith(".html")
    assert cause.ra_code is None or cause.ra_code in RA_CODES.split()


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_a_cause_that_is_ranked_by_symptoms_can_be_confirmed(cause: Cause) -> None:
    """What is only possible comes with one AWS command, or is told by the answer itself."""
    assert cause.confirm is None or cause.confirm.startswith("aws ")
    assert cause.confirm is not None or cause.family is None


def test_families_share_one_question() -> None:
    """The causes of a family are told apart by looking at the same kind of thing."""
    firsts = {cause.family: cause for cause in reversed(CAUSES) if cause.family}

    assert all(cause.confirm for cause in firsts.values())
    assert "way-out-nat" in firsts
    assert firsts["way-out-nat"].code == "nat-subnet-no-internet-route"


def test_symptoms_are_of_stages_in_which_they_occur() -> None:
    """No cause claims that a name is not found while connecting, or a refusal while resolving."""
    resolving = {
        Failure.NAME_NOT_FOUND,
        Failure.NO_ADDRESS,
        Failure.NO_ANSWER,
        Failure.SERVER_FAILURE,
    }
    for cause in CAUSES:
        for stage, failure in cause.symptoms:
            assert (failure in resolving) <= (stage is Stage.RESOLVE), cause.code
            assert (failure is Failure.REFUSED) <= (stage is Stage.CONNECT), cause.code


CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def blocker_codes(source: str) -> set[str]:
    """Return every string that a module may hand to `block(...)` as the code.

    Followed through the names and the functions of the module in which a code is made.
    """
    tree = ast.parse(source)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    blocks = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "block"]
    return {code for call in blocks if call.args for code in _made(tree, call.args[0], frozenset())}


def _made(tree: ast.AST, expression: ast.AST, passed: frozenset[str]) -> set[str]:
    """Return the codes in an expression, and in what gave its names and calls their values."""
    found: set[str] = set()
    for node in ast.walk(expression):
        if isinstance(node, ast.Constant) and CODE.fullmatch(str(node.value)):
            found.add(str(node.value))
        if isinstance(node, ast.Name) and node.id not in passed:
            for value in _values(tree, node.id):
                found |= _made(tree, value, passed | {node.id})
    return found


def _values(tree: ast.AST, name: str) -> list[ast.AST]:
    """Return what is assigned to a name, or returned by the function of that name."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            if name in targets:
                # Of "code, ra_code = a, b" only the part that belongs to the name.
                pair = isinstance(node.value, ast.Tuple) and len(node.value.elts) == len(targets)
                found.append(node.value.elts[targets.index(name)] if pair else node.value)  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef) and node.name == name:
            returns = (n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value)
            # A function that gives a code and more gives the code first.
            found += [v.elts[0] if isinstance(v, ast.Tuple) else v for v in returns]
    return found


def test_every_place_that_the_walk_can_find_closed_has_a_cause() -> None:
    """What `probe.network` calls a blocker is explained by the catalogue."""
    emitted = {
        code for file in NETWORK.rglob("*.py") for code in blocker_codes(file.read_text("utf-8"))
    }

    assert emitted, "the walk names no codes any more: this test looks in the wrong place"
    assert emitted <= set(CATALOGUE)
