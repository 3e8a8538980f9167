"""Placements read out of CloudFormation and SAM templates, and what is known only when deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probe.model import Unknown
from probe.plan.cloudformation import ALLOW_ALL, read
from probe.plan.intent import PLANNED, PlanError, permission
from tests.command import ROOT, command, refused
from tests.paths_world import small

if TYPE_CHECKING:
    from probe.plan.intent import Function, Plan

OPEN, DATABASE = "203.0.113.10:443", "10.0.3.10:5432"
FUNCTION = """
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      VpcConfig:
        SubnetIds: {subnets}
        SecurityGroupIds: {groups}
"""


def template(subnets: str = "[subnet-open]", groups: str = "[sg-fn]", more: str = "") -> str:
    """Write a template with one function; `more` stands before its resources."""
    return f"{more}\nResources:{FUNCTION.format(subnets=subnets, groups=groups)}"


def only(text: str, **given: str) -> Function:
    """Read the one function of a template."""
    (function,) = read(text, "t.yaml", given).functions
    return function


@pytest.mark.parametrize(
    ("subnets", "more"),
    [
        ("[subnet-a, subnet-b]", ""),
        (
            "!Ref Both",
            "Parameters: {Both: {Type: CommaDelimitedList, Default: 'subnet-a, subnet-b'}}",
        ),
        ("!Split [',', 'subnet-a,subnet-b']", ""),
        ("[!Sub 'subnet-${One}', subnet-b]", "Parameters: {One: {Type: String, Default: a}}"),
        ("[!Join ['-', [subnet, a]], {'Fn::Select': [1, [x, subnet-b]]}]", ""),
        (
            "!FindInMap [Stages, dev, Subnets]",
            "Mappings: {Stages: {dev: {Subnets: [subnet-a, subnet-b]}}}",
        ),
        (
            "!If [Is, [subnet-a, subnet-b, !Ref 'AWS::NoValue'], [subnet-z]]",
            "Conditions: {Is: !And [!Not [!Equals [a, b]], !Or [!Equals [c, c], !Equals [d, e]]]}",
        ),
    ],
)
def test_what_can_be_resolved_is(subnets: str, more: str) -> None:
    """Parameters with a value, and the functions that need no deployment."""
    assert only(template(subnets, more=more)).subnet_ids == ("subnet-a", "subnet-b")


@pytest.mark.parametrize(
    ("groups", "named", "give"),
    [
        ("[!Ref Group]", "parameter Group has no value here", "--parameter Group=..."),
        ("[!ImportValue shared]", "the export shared of another stack", "--parameter shared=..."),
        (
            "[!GetAtt Other.GroupId]",
            "Other.GroupId is known after",
            "--parameter Other.GroupId=...",
        ),
        ("[!Ref Grop]", "Grop is neither a parameter nor a resource", "--parameter Grop=..."),
        ("['{{resolve:ssm:/group}}']", "{{resolve:ssm:/group}} is resolved when", None),
        ("!Ref Stored", "parameter Stored has no value here", "--parameter Stored=..."),
    ],
)
def test_what_cannot_be_resolved_is_named(groups: str, named: str, give: str | None) -> None:
    """Unknown, never empty: with the word that would settle it."""
    kind = "AWS::SSM::Parameter::Value<AWS::EC2::SecurityGroup::Id>"
    more = f"Parameters: {{Group: {{Type: String}}, Stored: {{Type: {kind}, Default: /group}}}}"
    function = only(template(groups=groups, more=more))

    assert isinstance(function.group_ids, Unknown)
    assert named in function.group_ids.reason
    assert function.group_ids.needs == give
    assert function.stand is None


def test_what_is_given_settles_it() -> None:
    """A parameter, an import and a resource are given by their names."""
    groups = "[!Ref Group, !ImportValue shared, !GetAtt Other.GroupId]"
    given = {"Group": "sg-a", "shared": "sg-b", "Other.GroupId": "sg-c"}

    assert only(template(groups=groups), **given).group_ids == ("sg-a", "sg-b", "sg-c")


SAM = """
Globals: {Function: {VpcConfig: {SubnetIds: [subnet-open], SecurityGroupIds: [!Ref App]}}}
Resources:
  App:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: mine}
  Narrow:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]
      SecurityGroupIngress: [{IpProtocol: -1, CidrIpv6: "::/0"}]
  Admit:
    Type: AWS::EC2::SecurityGroupIngress
    Properties:
      GroupId: sg-db
      SourceSecurityGroupId: !GetAtt App.GroupId
      IpProtocol: tcp
      FromPort: 5432
      ToPort: 5432
  Orders: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}
  Own:
    Type: AWS::Serverless::Function
    Properties: {VpcConfig: {SubnetIds: [subnet-shut], SecurityGroupIds: [!Ref Narrow]}}
  Free: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}
"""


def plan() -> Plan:
    """Read the SAM template."""
    return read(SAM, "t.yaml", {})


def test_globals_of_sam_are_every_functions() -> None:
    """A function's own placement comes before; one without any is in no VPC, and is left out."""
    placed = {one.name: (one.subnet_ids, one.group_ids) for one in plan().functions}

    assert placed == {
        "Orders": (("subnet-open",), (f"{PLANNED}App",)),
        "Own": (("subnet-shut",), (f"{PLANNED}Narrow",)),
    }


def test_groups_that_are_planned_have_their_rules() -> None:
    """Without egress rules everything is let out; rules that stand apart go to their group."""
    found = {(rule.group, rule.egress): rule.permission for rule in plan().rules}
    anywhere = ("0.0.0.0/0",)

    assert found == {
        (f"{PLANNED}App", True): ALLOW_ALL,
        (f"{PLANNED}Narrow", True): permission("tcp", 443, 443, cidrs=anywhere),
        (f"{PLANNED}Narrow", False): permission("-1", None, None, cidrs6=("::/0",)),
        ("sg-db", False): permission("tcp", 5432, 5432, groups=(f"{PLANNED}App",)),
    }


@pytest.mark.parametrize(
    ("egress", "known", "gaps"),
    [
        ("[!If [Is, {IpProtocol: tcp, FromPort: 443, CidrIp: 0.0.0.0/0}, {IpProtocol: -1}]]", 1, 0),
        ("[!If [Is, !Ref 'AWS::NoValue', {IpProtocol: -1}]]", 0, 0),
        ("!If [Is, [{IpProtocol: tcp, FromPort: 443, CidrIp: 0.0.0.0/0}], []]", 1, 0),
        ("!If [Unknown, [], []]", 0, 1),
        ("{IpProtocol: tcp, FromPort: 443, CidrIp: 0.0.0.0/0}", 1, 0),
        ("[{IpProtocol: tcp, FromPort: https, CidrIp: 0.0.0.0/0}]", 0, 1),
        ("nonsense", 0, 1),
        ("[nonsense, 7]", 0, 2),
    ],
)
def test_a_rule_is_what_applies_or_a_gap(egress: str, known: int, gaps: int) -> None:
    """A condition is followed, and what nobody could deploy is said to be open, never obeyed."""
    found = read(
        f"""
Conditions: {{Is: !Equals [a, a]}}
Resources:
  Group: {{Type: AWS::EC2::SecurityGroup, Properties: {{SecurityGroupEgress: {egress}}}}}
""",
        "t.yaml",
        {},
    )

    assert [rule.permission["FromPort"] for rule in found.rules] == [443] * known
    assert len(found.gaps) == gaps


def test_only_what_exists_is_read() -> None:
    """Nobody asks AWS for a group that is still to be made."""
    assert plan().existing() == {
        "subnet_ids": ("subnet-open", "subnet-shut"),
        "security_group_ids": ("sg-db",),
    }


@pytest.fixture
def saved(tmp_path: Path) -> tuple[str, str]:
    """Save the small network, and the SAM template."""
    snapshot, file = tmp_path / "snapshot.json", tmp_path / "template.yaml"
    snapshot.write_text(json.dumps(small().lists), "utf-8")
    file.write_text(SAM, "utf-8")
    return str(snapshot), str(file)


def preflight(saved: tuple[str, str], *words: str) -> tuple[int, dict[str, str]]:
    """Ask about the template; give the exit code, and each function's verdict."""
    asked = ("preflight", "--snapshot", saved[0], "--template", saved[1], *words)
    ran = command(*asked, "--format", "json")
    found = json.loads(ran.stdout)["functions"]
    return ran.returncode, {one["function"]: one["verdict"] for one in found}


def test_a_template_is_judged_as_it_will_be(saved: tuple[str, str]) -> None:
    """With its own group, which the database admits by the template's own rule."""
    code, verdicts = preflight(saved, "--to", DATABASE)

    assert (code, verdicts) == (1, {"Orders": "reachable", "Own": "unreachable"})
    assert preflight(saved, "--to", DATABASE, "--function", "Orders")[0] == 0


def test_without_the_templates_rule_the_database_is_closed(saved: tuple[str, str]) -> None:
    """The near miss: the rule names another port."""
    text = Path(saved[1]).read_text("utf-8").replace("Port: 5432", "Port: 1")
    Path(saved[1]).write_text(text, "utf-8")

    assert preflight(saved, "--to", DATABASE)[1]["Orders"] == "unreachable"


def test_a_rule_that_is_not_known_closes_nothing(saved: tuple[str, str]) -> None:
    """It may open the path: undetermined, with the name of what is open."""
    text = Path(saved[1]).read_text("utf-8").replace("!GetAtt App.GroupId", "!ImportValue app")
    Path(saved[1]).write_text(text, "utf-8")
    code, verdicts = preflight(saved, "--to", DATABASE, "--function", "Orders")
    words = ("--to", DATABASE, "--function", "Orders", "--format", "text")
    told = command("preflight", "--snapshot", saved[0], "--template", saved[1], *words).stdout

    assert (code, verdicts) == (3, {"Orders": "undetermined"})
    assert "the export app of another stack" in " ".join(told.split())
    assert "proven" not in told


def test_a_planned_group_gets_no_command(saved: tuple[str, str]) -> None:
    """Nobody can run it yet: the fix is told, for the template."""
    words = ("--to", DATABASE, "--function", "Own", "--format", "text")
    told = command("preflight", "--snapshot", saved[0], "--template", saved[1], *words).stdout

    assert "fix" in told
    assert f"--group-id {PLANNED}" not in told


def test_the_projects_own_template_can_be_asked_about(saved: tuple[str, str]) -> None:
    """With its parameters, as a pipeline gives them."""
    own = (saved[0], str(ROOT / "template.yaml"))
    given = ("--parameter", "SubnetIds=subnet-open", "--parameter", "SecurityGroupIds=sg-fn")
    code, verdicts = preflight(own, "--to", OPEN, *given, "--function", "ProbeFunction")

    assert (code, verdicts) == (0, {"ProbeFunction": "reachable"})


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("{", (), "t.yaml: is neither YAML nor JSON"),
        ("[]", (), "t.yaml: is no template: it has no Resources"),
        ("Resources: {}", (), "no function in it is placed in a VPC"),
        (SAM, ("--function", "Nope"), "Nope is not in"),
        (SAM, ("--parameter", "x"), "'x' must be NAME=VALUE"),
        (SAM, ("--parameter", "Subnts=x"), "asks for no such value"),
        (SAM, ("--format", "html"), "choose with --function"),
        (SAM, ("--plan", "p.json"), "Needed: --subnets and --security-groups, or --template"),
    ],
)
def test_a_bad_template_is_one_sentence(
    text: str, words: tuple[str, ...], sentence: str, saved: tuple[str, str], tmp_path: Path
) -> None:
    """What was wrong, and what is accepted."""
    file = tmp_path / "t.yaml"
    file.write_text(text, "utf-8")
    asked = ("preflight", "--snapshot", saved[0], "--template", str(file), "--to", OPEN)

    assert sentence in refused(command(*asked, *words))


def test_a_template_without_end_is_an_error() -> None:
    """Whatever is nested too deeply, or is no YAML."""
    with pytest.raises(PlanError):
        read("[" * 5000, "t.yaml", {})
