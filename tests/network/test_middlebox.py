"""Firewalls on the way: Gateway Load Balancer endpoints and Network Firewall."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from tests.network.world import ANYWHERE, INTERNET, World, codes, route, tcp


def rule(action: str, **header: str) -> dict[str, Any]:
    """One 5-tuple rule in the shape of DescribeRuleGroup."""
    return {
        "Action": action,
        "Header": {
            "Protocol": "TCP",
            "Source": "ANY",
            "SourcePort": "ANY",
            "Direction": "FORWARD",
            "Destination": "ANY",
            "DestinationPort": "ANY",
            **header,
        },
        "RuleOptions": [{"Keyword": "sid", "Settings": ["1"]}],
    }


def rules(*found: dict[str, Any]) -> dict[str, Any]:
    """Return a rules source of 5-tuple rules."""
    return {"StatefulRules": list(found)}


DOMAINS = {"RulesSourceList": {"Targets": [".example.com"], "GeneratedRulesType": "DENYLIST"}}
SURICATA = {"RulesString": 'drop tls any any -> any any (msg:"x"; sid:1;)'}


@pytest.fixture
def world() -> World:
    """Build a private subnet whose way to the NAT gateway leads through a firewall's subnet.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/arch-single-zone-igw.html
    """
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-fw", "10.0.6.0/24")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-fw"])
    world.table("rtb-app", "vpc-a", {ANYWHERE: "vpce-fw"}, subnets=["subnet-app"])
    world.table("rtb-fw", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-fw"])
    world.table(
        "rtb-public",
        "vpc-a",
        {ANYWHERE: "igw-a", "10.0.1.0/24": "vpce-fw"},
        subnets=["subnet-public"],
    )
    world.group("sg-fn")
    return world


def out(world: World, **more: Any) -> Any:
    """Walk to the internet."""
    return world.walk("subnet-app", ["sg-fn"], INTERNET, **more)


@pytest.mark.parametrize("service", [None, "sts"])
def test_a_firewalls_subnet_without_a_way_out_is_no_missing_endpoint(
    world: World, service: str | None
) -> None:
    """The way out is there and ends behind the firewall, for AWS's services as for all else."""
    world.firewall("vpce-fw")
    world.routes("rtb-fw").pop()

    path = out(world, service=service)

    assert codes(path) == ["no-route-to-internet"]
    assert "the route table of subnet-fw behind vpce-fw" in path.blockers[0].why


def test_a_subnet_without_a_way_out_lacks_an_endpoint(world: World) -> None:
    """The near miss: nothing leads out of the function's own subnet."""
    world.routes("rtb-app").pop()

    path = out(world, service="sts")

    assert codes(path) == ["interface-endpoint-missing"]


def test_firewall_that_lets_everything_through(world: World) -> None:
    """Open: there through the firewall, and back through it."""
    world.firewall("vpce-fw")

    path = out(world)

    assert path.verdict is Verdict.REACHABLE, path
    assert [hop.direction.value for hop in path.hops if hop.kind == "firewall"] == [
        "forward",
        "return",
    ]


def test_firewall_endpoint_that_is_not_available(world: World) -> None:
    """Nobody takes the packets."""
    world.firewall("vpce-fw")
    world.entry("VpcEndpoints", "vpce-fw")["State"] = "failed"

    path = out(world)

    assert set(codes(path)) == {"middlebox-unavailable"}


@pytest.mark.parametrize("action", ["DROP", "REJECT"])
def test_rule_that_blocks(world: World, action: str) -> None:
    """By destination and port."""
    world.firewall(
        "vpce-fw", rules(rule(action, Destination="203.0.113.0/24", DestinationPort="443"))
    )

    path = out(world)

    assert codes(path) == ["firewall-rule-blocks"]
    assert path.blockers[0].ra_code == "FIREWALL_RULES_RESTRICTION"
    assert path.blockers[0].facts["rule"] == "stateful rule 1 of arn:group/0"


@pytest.mark.parametrize(
    "header",
    [
        {"DestinationPort": "80"},
        {"Destination": "198.51.100.0/24"},
        {"Protocol": "UDP"},
        {"Source": "10.0.2.0/24"},
        {"Destination": "!203.0.113.0/24"},
        {"DestinationPort": "1000:2000"},
        {"DestinationPort": "[80,8080]"},
        {"Source": "203.0.113.0/24", "Destination": "10.0.1.0/24"},
    ],
)
def test_rules_for_other_packets(world: World, header: dict[str, str]) -> None:
    """The near misses."""
    world.firewall("vpce-fw", rules(rule("DROP", **header)))

    assert out(world).verdict is Verdict.REACHABLE


def test_pass_rules_come_first_in_the_default_order(world: World) -> None:
    """However they are listed."""
    world.firewall("vpce-fw", rules(rule("DROP"), rule("PASS", DestinationPort="443")))

    assert out(world).verdict is Verdict.REACHABLE


def test_the_first_rule_decides_in_strict_order(world: World) -> None:
    """The same rules, the other answer."""
    world.firewall("vpce-fw", rules(rule("DROP"), rule("PASS", DestinationPort="443")), strict=True)

    assert codes(out(world)) == ["firewall-rule-blocks"]


def test_strict_default_drops_what_no_rule_passes(world: World) -> None:
    """A deny list by default, with one rule that passes."""
    default = {"StatefulDefaultActions": ["aws:drop_strict", "aws:alert_strict"]}
    world.firewall("vpce-fw", rules(rule("PASS", DestinationPort="80")), strict=True, **default)

    path = out(world)

    assert codes(path) == ["firewall-rule-blocks"]
    assert "aws:drop_strict" in path.blockers[0].why


@pytest.mark.parametrize(
    ("source", "name"), [(DOMAINS, "domain list"), (SURICATA, "Suricata rules")]
)
def test_rules_that_look_into_packets_are_named_and_left_open(
    world: World, source: dict[str, Any], name: str
) -> None:
    """What a packet carries is not in the configuration."""
    world.firewall("vpce-fw", source)

    path = out(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.undetermined[0].what == f"{name} arn:group/0"


def test_a_pass_rule_settles_it_before_a_domain_list(world: World) -> None:
    """In the default order nothing comes before a pass rule."""
    world.firewall("vpce-fw", DOMAINS, rules(rule("PASS")))

    assert out(world).verdict is Verdict.REACHABLE


def test_a_domain_list_cannot_pass_what_a_rule_drops(world: World) -> None:
    """The drop meets the first packet of a connection, and no name was said by then."""
    world.firewall("vpce-fw", DOMAINS, rules(rule("DROP")))

    path = out(world)

    assert [b.facts["rule"] for b in path.blockers] == ["stateful rule 1 of arn:group/1"]


def test_names_for_addresses_are_followed(world: World) -> None:
    """$TARGETS is what the rule group says it is."""
    world.firewall("vpce-fw", rules(rule("DROP", Destination="$TARGETS")))
    group = world.lists["RuleGroups"][0]["RuleGroup"]
    group["RuleVariables"] = {"IPSets": {"TARGETS": {"Definition": ["203.0.113.0/24"]}}}

    assert codes(out(world)) == ["firewall-rule-blocks"]
    del group["RuleVariables"]
    assert out(world).verdict is Verdict.UNDETERMINED


def stateless(world: World, *actions: tuple[int, str, dict[str, Any]]) -> None:
    """Put a firewall with stateless rules (priority, action, match) behind the endpoint."""
    world.firewall(
        "vpce-fw",
        StatelessRuleGroupReferences=[{"ResourceArn": "arn:stateless", "Priority": 1}],
    )
    world.lists["RuleGroups"].append(
        {
            "RuleGroupResponse": {"RuleGroupArn": "arn:stateless"},
            "RuleGroup": {
                "RulesSource": {
                    "StatelessRulesAndCustomActions": {
                        "StatelessRules": [
                            {
                                "Priority": priority,
                                "RuleDefinition": {"MatchAttributes": match, "Actions": [action]},
                            }
                            for priority, action, match in actions
                        ]
                    }
                }
            },
        }
    )


def test_stateless_drop(world: World) -> None:
    """Stateless rules come first."""
    stateless(world, (1, "aws:drop", {"Protocols": [6]}))

    path = out(world)

    assert set(codes(path)) == {"firewall-rule-blocks"}


def test_stateless_rules_see_the_answer_too(world: World) -> None:
    """Only requests are passed on; answers match nothing but the drop."""
    stateless(
        world,
        (1, "aws:pass", {"DestinationPorts": [{"FromPort": 443, "ToPort": 443}]}),
        (2, "aws:drop", {}),
    )

    path = out(world)

    assert [(b.code, b.direction.value) for b in path.blockers] == [
        ("firewall-rule-blocks", "return")
    ]


def test_stateless_rule_for_some_of_the_packets(world: World) -> None:
    """Some source ports match, some do not."""
    stateless(world, (1, "aws:drop", {"SourcePorts": [{"FromPort": 1024, "ToPort": 2000}]}))

    assert out(world).verdict is Verdict.UNDETERMINED


def test_appliance_of_a_third_party(world: World) -> None:
    """Nobody tells what it lets through."""
    path = out(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert "appliance behind vpce-fw" in path.undetermined[0].what


@pytest.mark.parametrize("tags", [[], [{"Key": "Firewall", "Value": "arn:firewall"}], None])
def test_an_endpoint_without_a_firewalls_tag_is_a_third_partys(
    world: World, tags: list[dict[str, str]] | None
) -> None:
    """No firewall is asked for then; where tags were not told, or one is there, it was not read."""
    entry = world.entry("VpcEndpoints", "vpce-fw")
    entry.pop("Tags", None)
    entry |= {} if tags is None else {"Tags": tags}

    (gap,) = out(world, without=["Firewalls"]).undetermined

    assert ("third party's appliance" in gap.reason) is (tags == [])
    assert (gap.needs is None) is (tags == [])


@pytest.mark.parametrize("without", ["Firewalls", "FirewallPolicies", "RuleGroups", "VpcEndpoints"])
def test_firewall_not_read(world: World, without: str) -> None:
    """Each of its parts is told by a call of its own."""
    world.firewall("vpce-fw", rules(rule("DROP")))

    path = out(world, without=[without])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_answers_that_pass_the_firewall_by(world: World) -> None:
    """It sees one direction of the connection, and what it makes of that nobody tells."""
    world.firewall("vpce-fw")
    world.routes("rtb-public").pop()

    path = out(world)

    assert path.verdict is Verdict.UNDETERMINED
    assert path.undetermined[0].reason == "requests come to it and not their answers"
    assert any(hop.kind == "one-direction" for hop in path.hops)


def test_acl_of_the_firewalls_subnet(world: World) -> None:
    """Its border is passed like any other."""
    world.firewall("vpce-fw")
    world.acl("acl-fw", "vpc-a", [], subnets=["subnet-fw"])

    path = out(world)

    assert {blocker.facts["role"] for blocker in path.blockers} == {"middlebox"}


def test_group_names_do_not_match_behind_a_firewall(world: World) -> None:
    """Between two subnets of one VPC: the more specific route takes the detour.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    world.firewall("vpce-fw")
    world.subnet("subnet-data", "10.0.2.0/24")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    world.routes("rtb-app").append(route("10.0.2.0/24", "vpce-fw"))
    world.table("rtb-data", "vpc-a", {"10.0.1.0/24": "vpce-fw"}, subnets=["subnet-data"])

    path = world.walk("subnet-app", ["sg-fn"], "10.0.2.10", 5432)

    assert codes(path) == ["security-group-reference-lost"]
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, cidr="10.0.1.0/24")]
    assert world.walk("subnet-app", ["sg-fn"], "10.0.2.10", 5432).verdict is Verdict.REACHABLE


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_outbound_rule_that_names_a_group_behind_a_firewall(
    world: World, *, elsewhere: bool
) -> None:
    """AWS says that a group as the *source* does not match there, and nothing of destinations.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    world.firewall("vpce-fw")
    world.subnet("subnet-data", "10.0.2.0/24")
    world.group("sg-db", ingress=[tcp(5432, cidr="10.0.1.0/24")])
    world.group("sg-careful", egress=[tcp(5432, group="sg-other" if elsewhere else "sg-db")])
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    world.routes("rtb-app").append(route("10.0.2.0/24", "vpce-fw"))
    world.table("rtb-data", "vpc-a", {"10.0.1.0/24": "vpce-fw"}, subnets=["subnet-data"])

    path = world.walk("subnet-app", ["sg-careful"], "10.0.2.10", 5432)

    assert codes(path) == (["own-security-group-blocks"] if elsewhere else [])
    if not elsewhere:
        assert path.verdict is Verdict.UNDETERMINED
        assert "vpce-fw" in path.undetermined[0].what


def test_firewall_before_the_internet_gateway(world: World) -> None:
    """The gateway's own table sends answers through the firewall.

    https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html
    """
    world.firewall("vpce-fw")
    for name, entries in {
        "rtb-app": [route(ANYWHERE, "nat-a")],
        "rtb-public": [route(ANYWHERE, "vpce-fw")],
        "rtb-fw": [route(ANYWHERE, "igw-a")],
    }.items():
        world.routes(name)[1:] = entries
    world.table("rtb-edge", "vpc-a", {"10.0.9.0/24": "vpce-fw"}, gateways=["igw-a"])

    path = out(world)

    assert path.verdict is Verdict.REACHABLE, path
    world.lists["RouteTables"].pop()
    assert out(world).verdict is Verdict.UNDETERMINED
