"""What changed, and whether it explains: two configurations, and two reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probe.compare import changes, records
from probe.compare.files import compare
from probe.compare.reports import compare as compare_reports
from probe.model import Failure, Stage, Status
from probe.report.document import from_document, to_document
from tests.command import command, refused
from tests.network.world import World, permission
from tests.paths_world import small
from tests.report.networks import sixty_subnets
from tests.report.test_text import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.model import Report

TO = ("203.0.113.10:443", "10.0.3.10:5432")


def network() -> World:
    """Build the small network, with a function in its open subnet."""
    world = small()
    vpc = {"VpcId": "vpc-a", "SubnetIds": ["subnet-open"], "SecurityGroupIds": ["sg-fn"]}
    world.lists["FunctionConfiguration"] = {"FunctionName": "orders", "VpcConfig": vpc}
    return world


def entry(world: World, name: str, identity: str) -> dict[str, Any]:
    """Find one entry of a list by any of its values."""
    (found,) = (row for row in world.lists[name] if identity in row.values())
    assert isinstance(found, dict)
    return found


def blackhole(world: World) -> None:
    """Delete the NAT gateway; its route stays."""
    world.lists["NatGateways"].clear()
    entry(world, "RouteTables", "rtb-open")["Routes"][-1]["State"] = "blackhole"


def closed_group(world: World) -> None:
    """Have the database admit another group."""
    group = entry(world, "SecurityGroups", "sg-db")
    group["IpPermissions"] = [permission("tcp", 5432, group="sg-other")]


def denied(world: World) -> None:
    """Put a rule in front of the ACL's others."""
    first = {"RuleNumber": 10, "Egress": True, "RuleAction": "deny", "Protocol": "-1"}
    acl = entry(world, "NetworkAcls", "acl-default-vpc-a")
    acl["Entries"].insert(0, {**first, "CidrBlock": "203.0.113.0/24"})


@pytest.mark.parametrize(
    ("change", "target", "because"),
    [
        (blackhole, TO[0], "route 0.0.0.0/0 in rtb-open went from nat-a to blackhole (nat-a)"),
        (closed_group, TO[1], "sg-db lost its inbound rule tcp 5432 sg-fn"),
        (
            denied,
            TO[0],
            "rule outbound 10 in acl-default-vpc-a is new: deny all traffic 203.0.113.0/24",
        ),
    ],
)
def test_a_change_explains_what_it_broke(
    change: Callable[[World], None], target: str, because: str
) -> None:
    """The target that is lost is named, and the change that lost it; the other is not accused."""
    after = network()
    change(after)
    found = compare((network().snapshot(), after.snapshot()), ("a", "b"), TO)

    (turn,) = found.turns
    assert (turn.target, turn.before, turn.after) == (target, "reachable", "unreachable")
    assert turn.broke
    assert because in {one.text for one in turn.explained_by}


def test_a_change_elsewhere_explains_nothing() -> None:
    """What changed beside the way is told, and is not called the reason."""
    after = network()
    closed_group(after)
    entry(after, "RouteTables", "rtb-public")["Routes"].append(
        {"DestinationCidrBlock": "172.16.0.0/12", "GatewayId": "igw-a", "State": "active"}
    )
    found = compare((network().snapshot(), after.snapshot()), ("a", "b"), TO)

    (turn,) = found.turns
    new = "route 172.16.0.0/12 in rtb-public is new: igw-a"
    assert new in {one.text for one in found.changes}
    assert new not in {one.text for one in turn.explained_by}


def test_what_was_not_read_is_not_gone() -> None:
    """A list that one side lacks is named as not compared; its members are not called gone."""
    found = compare((network().snapshot(), network().snapshot(without=["NatGateways"])), ("a", "b"))

    assert found.unread == ("NatGateways",)
    assert found.changes == ()


def test_what_changes_by_itself_is_no_change() -> None:
    """Free addresses, times and tags say nothing about a path."""
    after = network()
    for row in after.lists["Subnets"]:
        row.update(AvailableIpAddressCount=7, Tags=[{"Key": "Owner", "Value": "you"}])

    assert compare((network().snapshot(), after.snapshot()), ("a", "b")).changes == ()


def test_the_order_of_rules_and_of_lists_is_no_change() -> None:
    """AWS promises none."""
    world = network()
    for rows in world.lists.values():
        if isinstance(rows, list):
            rows.reverse()
    for table in world.lists["RouteTables"]:
        table["Routes"].reverse()
    one, other = network().snapshot(), world.snapshot()

    assert changes.between(records.of_snapshot(one), records.of_snapshot(other)) == []


def case(stem: str) -> Report:
    """Read one of the saved reports."""
    (file,) = (one for one in CASES if one.stem == stem)
    return from_document(json.loads(file.read_text("utf-8")))


def test_two_reports_are_compared_by_what_packets_saw() -> None:
    """A check that passed and fails now is what broke, with the decision that is another."""
    after = case("a-database-that-admits-another-group")
    rds = next(path for path in after.paths if path.blockers)
    healed = tuple(
        replace(hop, action="allow", why="ingress rule: tcp 5432") if hop.action == "deny" else hop
        for hop in rds.hops
    )
    before = replace(
        after,
        observations=tuple(
            replace(one, status=Status.PASS, stage=Stage.EXCHANGE, failure=None)
            for one in after.observations
        ),
        paths=(replace(rds, hops=healed, blockers=()),),
        findings=(),
    )

    found = compare_reports(before, after)

    (turn,) = found.turns
    assert (turn.before, turn.after) == ("pass", f"fail {Stage.CONNECT} {Failure.TIMEOUT}")
    assert "now says deny to requests" in turn.explained_by[0].text
    assert found.appeared == ("target-security-group-blocks",)
    assert compare_reports(after, before).broke is False


def test_a_report_without_a_picture_explains_nothing_by_it() -> None:
    """What broke is told all the same, and that nothing seen to change explains it."""
    after = case("one-check-from-a-laptop-fails-and-no-configuration-was-read")
    passed = tuple(replace(o, status=Status.PASS, failure=None) for o in after.observations)

    found = compare_reports(replace(after, observations=passed, findings=()), after)

    assert [turn.explained_by for turn in found.turns] == [()]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """Save a healthy snapshot, a broken one, and a report."""
    broken = network()
    blackhole(broken)
    documents = (network().lists, broken.lists, to_document(sixty_subnets()))
    found = [tmp_path / f"{name}.json" for name in ("before", "after", "report")]
    for file, document in zip(found, documents, strict=True):
        file.write_text(json.dumps(document), "utf-8")
    return str(found[0]), str(found[1]), str(found[2])


def test_diff_tells_the_answer_first(files: tuple[str, str, str]) -> None:
    """Exit code 1 when something was reached and no longer is, 0 the other way round."""
    before, after, _ = files
    ran = command("diff", before, after, "--to", TO[0])
    back = command("diff", after, before, "--to", TO[0])

    assert (ran.returncode, back.returncode) == (1, 0)
    assert ran.stdout.startswith("✗ 203.0.113.10:443 was reached and no longer is: route 0.0.0.0/0")
    assert "✓ 203.0.113.10:443 from subnet-open: unreachable → reachable" in back.stdout


def test_diff_as_json(files: tuple[str, str, str]) -> None:
    """For programs: whether something broke, the turns, the changes."""
    before, after, _ = files
    found = json.loads(command("diff", before, after, "--format", "json").stdout)

    assert found["broke"] is False
    assert "nat-a is gone" in [change["text"] for change in found["changes"]]


def test_a_bad_question_is_one_sentence(files: tuple[str, str, str], tmp_path: Path) -> None:
    """Two kinds, targets for reports, and a snapshot without a function."""
    before, _, report = files
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(small().lists), "utf-8")
    other = tmp_path / "other.json"
    document = json.loads(Path(report).read_text("utf-8"))
    for told in (*document["observations"], *document["paths"]):
        told["target"] = "somewhere else"
    other.write_text(json.dumps(document), "utf-8")

    assert "one is a report, the other is not" in refused(command("diff", before, report))
    assert "--to" in refused(command("diff", report, report, "--to", TO[0]))
    assert "no target stands in both" in refused(command("diff", report, str(other)))
    assert "holds no function" in refused(command("diff", str(bare), before, "--to", TO[0]))
