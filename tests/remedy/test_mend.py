"""What is called checked, and how the fixes of several causes go together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from probe.model import Blocker, Confidence, Direction, Finding, Path, Verdict
from probe.network.values import Snapshot
from probe.remedy import again, mend
from probe.remedy.proposal import Proposal
from probe.remedy.steps import routing
from tests.causes import scenes
from tests.causes.scenes import scene
from tests.network.world import ANYWHERE, route, tcp
from tests.remedy.case import (
    INTERNET,
    LOGS,
    WEB,
    Case,
    findings,
    placement,
    with_internet,
    with_nat,
)
from tests.remedy.cases import (
    CASES,
    acl_of_the_target,
    database,
    dns_firewall,
    dynamodb,
    logs,
    private,
    target_group_closed,
    web,
)
from tests.remedy.cases_between import two_vpcs
from tests.remedy.commands import read

if TYPE_CHECKING:
    from probe.remedy.proposal import Context

HOLE = "a-transit-gateway-with-a-hole-and-a-database-that-admits-nobody.yaml"


def two_causes() -> Case:
    """Close the database's group, and its subnet for requests and for answers."""
    case = acl_of_the_target()
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = []
    return case


def test_two_causes_on_one_path_are_each_checked() -> None:
    """Each fix removes its own blocker, and all of them together open the path."""
    found = two_causes().mend()

    assert set(found) == {
        "target-security-group-blocks",
        "nacl-blocks-request",
        "nacl-blocks-return",
    }
    assert all(one.fix is not None and one.fix.checked for one in found.values())
    names = {f"{one.code} {one.component}" for one in found.values()}
    for one in found.values():
        assert one.fix is not None
        assert set(one.fix.together_with) == names - {f"{one.code} {one.component}"}


def test_only_the_fixes_that_it_takes_are_named() -> None:
    """The database's two causes need each other; what closes the way to the web is another path."""
    case = web(two_causes())
    case.routes("rtb-app").pop()

    found = case.mend()

    group, way_out = found["target-security-group-blocks"].fix, found["no-route-to-internet"].fix
    assert group is not None
    assert way_out is not None
    assert set(group.together_with) == {
        "nacl-blocks-request acl-data",
        "nacl-blocks-return acl-data",
    }
    assert group.promise.startswith("Checked: together with the fixes of nacl-blocks-re")
    assert way_out.together_with == ()
    assert way_out.promise == "Checked: with this change the path opens."


def test_fix_of_one_cause_does_not_open_a_path_that_another_closes() -> None:
    """While the network ACL has no finding, the group's rule alone opens nothing."""
    case = two_causes()

    fix = case.mend(only="target-security-group-blocks")["target-security-group-blocks"].fix

    assert fix is not None
    assert fix.cli
    assert not fix.checked
    assert fix.promise == ""


def test_the_same_fix_alone_opens_a_path_that_nothing_else_closes() -> None:
    """With the network ACL open, the group's rule is enough."""
    case = two_causes()
    everything = [(100, side, "-1", "allow", "0.0.0.0/0", None) for side in ("in", "out")]
    case.lists["NetworkAcls"].pop()
    case.acl("acl-data", "vpc-a", everything, subnets=["subnet-data"])

    fix = case.mend(only="target-security-group-blocks")["target-security-group-blocks"].fix

    assert fix is not None
    assert fix.checked


def test_path_that_stays_undetermined_is_not_called_open() -> None:
    """The rule is right, and whether the network ACLs let packets pass was not read."""
    case = target_group_closed()

    fix = case.fix("target-security-group-blocks", without=["NetworkAcls"])

    assert fix.cli
    assert not fix.checked


def test_name_that_gets_an_answer_has_not_arrived() -> None:
    """The firewall's fix opens the name only: it takes the fix of the packets' way as well."""
    case = web(dns_firewall())
    case.names = {WEB: "api.example.com"}
    case.routes("rtb-app").pop()

    found = case.mend()

    fix = found["dns-firewall-blocks"].fix
    assert fix is not None
    assert fix.checked
    assert fix.together_with == ("no-route-to-internet rtb-app",)


def test_way_that_goes_with_the_other_fixes_comes_first() -> None:
    """Behind a transit gateway's black hole a rule for a group would do, until packets cross it."""
    judged = scene(HOLE).judge()

    fixes = [one.fix for one in judged.findings if one.fix]
    assert len(fixes) == 2
    assert all(fix.checked and len(fix.together_with) == 1 for fix in fixes)
    assert "10.0.1.0/24" in fixes[0].text


def test_what_a_fix_depends_on_was_not_read() -> None:
    """Without internet gateways nobody knows where a NAT gateway could stand: no fix is made up."""
    case = web(with_internet(placement()))

    assert case.mend(without=["NatGateways"])["no-route-to-internet"].fix is None


def test_possible_findings_keep_their_words() -> None:
    """Nothing is proposed, and nothing changed, on a guess."""
    guess = Finding(
        code="no-route-to-internet",
        confidence=Confidence.POSSIBLE,
        component=None,
        title="t",
        because=(),
        explains=(),
    )

    assert mend([guess], [], Snapshot(), lambda _, path: path) == (guess,)


def test_finding_on_several_paths_is_mended_on_all_of_them() -> None:
    """A closed group of the function stops every target: one rule for each port, none twice."""
    case = database(logs(web(private())))
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = []
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]

    fix = case.fix("own-security-group-blocks")

    assert fix.checked
    assert len(fix.cli) == 2
    assert '"FromPort":443' in fix.cli[0]
    assert '"FromPort":5432' in fix.cli[1]


def test_rule_numbers_of_several_fixes_do_not_collide() -> None:
    """One network ACL for both subnets needs four rules, each with a number of its own."""
    case = database(private())
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    deny = [(10, side, "-1", "deny", "0.0.0.0/0", None) for side in ("in", "out")]
    case.acl("acl-both", "vpc-a", deny, subnets=["subnet-app", "subnet-data"])

    found = case.mend()

    rules = [read(line).parameters for one in found.values() if one.fix for line in one.fix.cli]
    assert all(one.fix is not None and one.fix.checked for one in found.values())
    assert len(rules) == 4
    assert len({(rule["Egress"], rule["RuleNumber"]) for rule in rules}) == 4


def test_two_isolated_tables_share_one_new_nat_gateway() -> None:
    """The second fix leads to the NAT gateway that the first one creates."""
    case = web(with_internet(placement()))
    case.subnet("subnet-app-b", "10.0.3.0/24", zone="b")
    case.table("rtb-app-b", "vpc-a", {}, subnets=["subnet-app-b"])
    case.function(["subnet-app", "subnet-app-b"])
    paths, snapshot = case.paths(), case.snapshot()
    named = [
        Finding("no-route-to-internet", Confidence.PROVEN, table, "t", (), (WEB,))
        for table in ("rtb-app", "rtb-app-b")
    ]

    first, second = mend(named, paths, snapshot, again(snapshot, case.targets, ("sg-fn",)))

    assert first.fix is not None
    assert second.fix is not None
    assert first.fix.checked
    assert second.fix.checked
    assert sum("create-nat-gateway" in line for line in first.fix.cli) == 1
    (line,) = second.fix.cli
    assert "create-route --route-table-id rtb-app-b" in line
    assert line.endswith("--nat-gateway-id $NAT")


def test_what_a_fix_brings_to_light_is_mended_along() -> None:
    """A group that lets out to one public address only would stop the new endpoint's traffic."""
    case = logs(with_internet(placement()))
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [tcp(443, cidr="203.0.113.0/24")]

    fix = case.fix("interface-endpoint-missing")

    assert fix.checked
    assert any("authorize-security-group-egress --group-id sg-fn" in line for line in fix.cli)


def test_a_new_endpoint_admits_the_port_that_is_asked_for() -> None:
    """SES takes mail at 587, and its endpoint's group has to as well."""
    case = with_internet(placement())
    case.wants("mail", LOGS, 587, service="email-smtp", host="email-smtp.eu-west-1.amazonaws.com")

    fix = case.fix("interface-endpoint-missing")

    assert fix.checked
    (line,) = [line for line in fix.cli if "authorize-security-group-ingress" in line]
    assert '"FromPort":587,"ToPort":587' in line


def test_both_ways_are_told_where_there_are_two() -> None:
    """A gateway endpoint costs nothing and comes first; a NAT gateway opens more."""
    fix = dynamodb(with_internet(placement())).fix("gateway-endpoint-missing")

    (other,) = fix.alternatives

    assert "create-vpc-endpoint" in fix.cli[0]
    assert any("create-nat-gateway" in line for line in other.cli)
    assert fix.checked
    assert other.checked
    assert fix.cost != other.cost


def test_finding_that_earlier_fixes_mend_says_so() -> None:
    """A new peering connection is led to from both sides: the way back needs nothing more."""
    found = two_vpcs().mend()

    first, second = found["no-route-to-target"].fix, found["no-return-route"].fix

    assert first is not None
    assert second is not None
    assert first.checked
    assert second.checked
    assert second.cli == ()


def test_walk_that_opens_by_itself_proves_nothing_for_a_fix_that_changes_nothing() -> None:
    """A fix without a change is never checked, however open the path is meanwhile."""
    case = two_causes()
    path = next(one for one in case.paths() if one.blockers)
    finding = Finding(
        "load-balancer-not-active", Confidence.PROVEN, None, "t", (), (path.target or "",)
    )

    def opened(_: Snapshot, walked: Path) -> Path:
        return replace(walked, verdict=Verdict.REACHABLE, blockers=())

    (same,) = mend([finding], [path], case.snapshot(), opened)

    assert same.fix is None


def test_nothing_of_the_snapshot_is_changed() -> None:
    """Fixes change copies."""
    case = with_nat(placement())
    case.wants(WEB, INTERNET)
    snapshot = case.snapshot()
    before = repr(snapshot.values)

    case.mend()

    assert repr(snapshot.values) == before


def test_endpoint_is_the_smaller_fix_where_only_a_service_is_wanted() -> None:
    """A public subnet keeps DynamoDB out of reach; for DynamoDB alone nothing needs to move."""
    case = dynamodb(with_internet(placement()))
    case.function(["subnet-public"])

    fix = case.fix("public-subnet-no-public-ip")

    assert fix.checked
    assert "create-vpc-endpoint" in fix.cli[0]
    assert any("update-function-configuration" in line for line in fix.alternatives[0].cli)


def test_endpoint_is_no_fix_where_the_internet_is_wanted_too() -> None:
    """One finding explains the service and the web site: only what opens both is proposed."""
    case = web(dynamodb(with_internet(placement())))
    case.function(["subnet-public"])

    fix = case.fix("public-subnet-no-public-ip")

    assert fix.checked
    assert any("update-function-configuration" in line for line in fix.cli)
    assert fix.alternatives == ()


@pytest.mark.parametrize("name", CASES)
def test_no_fix_is_made_up_from_what_was_not_read(name: str) -> None:
    """Without any one list there is the same fix, or one unchecked, or none at all."""
    code, build = CASES[name]
    case = build()
    whole = case.fix(code)
    known = {whole.cli, *(one.cli for one in whole.alternatives), ()}

    for key in case.snapshot().values:
        found = case.mend(without=[key]).get(code)
        fix = found.fix if found else None
        if fix is not None and fix.checked:
            assert fix.cli in known, (key, fix)


def dead_peering_with_another() -> Case:
    """Let two findings stand on one way: the fix of the first leads from one hole into another."""
    case = with_nat(two_vpcs())
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    case.routes("rtb-app").append(route("10.1.0.0/16", "pcx-gone", State="blackhole"))
    return case


def test_fix_that_leads_into_another_hole_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the dead route packets end at NAT; what rests on that fix promises nothing either."""

    def delete(context: Context) -> tuple[Proposal, ...]:
        table_id, block = context.fact("route_table_id"), context.fact("destination_cidr")
        return (Proposal("Delete it.", (routing.delete_route(table_id, block),)),)

    monkeypatch.setattr("probe.remedy.draft.REMEDIES", {"blackhole-route": delete})
    case = dead_peering_with_another()
    paths = case.paths()
    second = Blocker("peering-not-active", "pcx-gone", Direction.FORWARD)
    paths = [replace(path, blockers=(*path.blockers, second)) for path in paths]

    found = mend(findings(paths), paths, case.snapshot(), again(case.snapshot(), case.targets, ()))

    fixes = {one.code: one.fix for one in found}
    assert fixes["blackhole-route"] is None
    assert fixes["peering-not-active"] is None


def test_unchecked_fix_says_what_stands_in_its_way() -> None:
    """It does its own part, and whoever reads it knows that this is not all."""
    fix = two_causes().mend(only="target-security-group-blocks")["target-security-group-blocks"].fix

    assert fix is not None
    assert not fix.checked
    assert fix.cli
    assert "closes the path still" in fix.text


def test_unchecked_fix_says_what_is_not_known() -> None:
    """Behind a virtual private gateway nothing can be read."""
    case = placement()
    case.lists["VpnGateways"].append({"VpnGatewayId": "vgw-a", "VpcAttachments": []})
    case.routes("rtb-app").append(route("192.168.0.0/16", "vgw-a"))
    case.wants("tcp 192.168.7.20:1521", "192.168.7.20", 1521)

    fix = case.fix("virtual-private-gateway-detached")

    assert not fix.checked
    assert fix.text.endswith(
        " Whether the path opens then depends on the way from vgw-a to 192.168.7.20, which is not "
        "known: no AWS API tells what a network outside AWS does."
    )


OUTSIDE = """
vpc: {cidr: 10.1.0.0/16}
subnets:
  app:  {cidr: 10.1.1.0/24, az: a, routes: {}}
  data: {cidr: 10.1.2.0/24, az: a, routes: {}}
endpoints: {secrets: {service: secretsmanager, subnets: [app], security_groups: [ends]}}
security_groups:
  app: {}
  ends: {ingress: [{tcp: 443, from: app}]}
  db: {ingress: [{tcp: 5432, from: app}]}
hosts: {orders: {server: postgres, subnet: data, security_groups: [db], rds: true}}
targets: [{check: rds, db: orders}, {check: aws, service: secretsmanager}]
expect: {observations: {rds: connect timeout, aws: pass}}
"""


@pytest.mark.parametrize("service", ["secretsmanager", "sqs"])
def test_names_of_a_function_that_enters_a_vpc_are_asked_anew(service: str) -> None:
    """An endpoint of the VPC answers for its service there; nothing does for another."""
    text = OUTSIDE.replace(
        "{check: aws, service: secretsmanager}", f"{{check: aws, service: {service}}}"
    )
    found = {one.code: one.fix for one in scenes.of(text).judge().findings}

    fix = found["function-not-in-vpc"]
    assert fix is not None
    assert fix.checked is (service == "secretsmanager")
    assert ("closes the way" in fix.text) is (service == "sqs")
