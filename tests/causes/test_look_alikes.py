"""What is offered for what was seen, and what cannot be: nothing readable, one target at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Direction, Hop, Undetermined
from tests.causes.build import (
    PUBLIC,
    blind,
    evidence,
    findings,
    one,
    path,
    possible,
    saw,
    tried,
)
from tests.causes.symptom_rows import ALB, NLB, ONE_OF_TWO, PREMISES_SILENT, SILENT, TWO_VERSIONS

if TYPE_CHECKING:
    from probe.model import Attempt, Finding, Observation


def _codes(*seen: Observation) -> set[str]:
    return {code for f in findings(blind(*seen)) for code in (f.code, *f.same_symptom)}


@pytest.mark.parametrize(("host", "expected"), [(ALB, False), (NLB, True)])
@pytest.mark.parametrize("attempts", [[SILENT] * 4, ONE_OF_TWO], ids=["all", "one address"])
def test_an_application_load_balancer_opens_whatever_its_targets_do(
    host: str, attempts: list[Attempt | str], expected: bool
) -> None:
    """A connection that never opened is none of its targets' doing; a network one passes it on."""
    silent = saw("http", SILENT, host=host, address="10.0.3.7", attempts=attempts)
    behind = {
        "load-balancer-no-healthy-target",
        "load-balancer-not-in-zone",
        "load-balancer-target-security-group-blocks",
        "load-balancer-security-group-blocks",
    }

    assert behind & _codes(silent, saw("rds")) == (behind if expected else set())


def test_only_a_database_can_be_stopped() -> None:
    """A cache cannot, on whatever it runs; and one on a machine is asked for by its interface."""
    own = saw("cache", "connect refused", host="redis.corp.example")
    aws = saw("cache", "connect refused")

    assert "database-stopped" in _codes(saw("rds", "connect refused"))
    assert "database-stopped" not in _codes(own) | _codes(aws)
    assert "network-interfaces" in (one(blind(own), "target-refuses").confirm or "")
    assert "cache-clusters" in (one(blind(aws), "target-refuses").confirm or "")


def test_a_private_answer_is_the_address_of_an_endpoint_that_is_there() -> None:
    """A service's usual name leads to one that is available only, and that stands somewhere."""
    usual = _codes(saw("logs", SILENT, address="10.0.3.10"), saw("rds"))
    public = _codes(saw("logs", SILENT), saw("rds"))

    assert usual.isdisjoint({"endpoint-not-available", "endpoint-not-in-zone"})
    assert public >= {"endpoint-not-available", "endpoint-not-in-zone"}


def test_a_name_of_awss_follows_what_it_is_for() -> None:
    """Only an address by itself, or a name that somebody wrote, can be nobody's any more."""
    literal = saw("tcp", SILENT, host="10.0.2.20")

    assert "target-address-unused" in _codes(literal)
    assert "target-address-unused" in _codes(saw("tcp", SILENT))
    assert "target-address-unused" not in _codes(saw("rds", SILENT))
    assert "target-address-unused" not in _codes(saw("tcp", "connect refused", host="10.0.2.20"))


def test_dynamodb_has_no_private_dns() -> None:
    """Its interface endpoint may be there and unused; there is nothing to turn on."""
    found = _codes(saw("dynamodb", SILENT), saw("rds"))

    assert "interface-endpoint-unused" in found
    assert "endpoint-private-dns-off" not in found


def test_one_way_out_of_ipv4_is_one_finding() -> None:
    """That one of the hosts is reached over IPv6 makes it no allow-list's doing."""
    found = findings(blind(*TWO_VERSIONS))

    assert len(found[0].explains) == 3
    assert "egress-address-not-allowed" not in [f.code for f in found]


def test_two_silent_hosts_of_one_other_network_share_the_way_there() -> None:
    """One that answers over there leaves the others to their own hosts and groups."""
    beside = saw("http", host="cms.corp.example", address="172.18.30.99")
    alone, several = (
        findings(blind(*seen, saw("rds"), saw("http")))[0]
        for seen in ((PREMISES_SILENT[0],), PREMISES_SILENT)
    )

    assert "configuration-open-packets-lost" in several.same_symptom
    assert any("in common" in words for words in several.because)
    assert "configuration-open-packets-lost" not in alone.same_symptom
    reached = findings(blind(*PREMISES_SILENT, beside, saw("rds")))
    assert not any("in common" in words for f in reached for words in f.because)


def test_loss_that_few_passes_may_have_missed_by_chance_may_be_ports() -> None:
    """Two that came through say nothing: with ten, a rule about ports would have met some."""
    lossy = saw("http", SILENT, attempts=["", "", SILENT] * 3)
    few, many = (possible(blind(lossy, saw("aws", attempts=[""] * n))) for n in (2, 12))

    assert few[0] == "nacl-narrows-return-ports"
    assert many[0] == "path-lossy"
    assert "nat-port-exhaustion" in many  # it counts ports for each destination by itself


def test_a_region_that_others_are_reached_in_is_no_wrong_one() -> None:
    """Calls to other Regions have a way here: then what fits any target fits this one as well."""
    there = saw("aws", SILENT, host="sqs.us-west-2.amazonaws.com")
    beside = saw("dynamodb", host="dynamodb.us-west-2.amazonaws.com")

    assert possible(blind(there, saw("dynamodb"), saw("rds")))[0] == "wrong-region"
    assert possible(blind(there, beside, saw("rds")))[0] != "wrong-region"


def test_what_is_dead_refuses_nothing() -> None:
    """An appliance or firewall endpoint that is down swallows packets; only who lives resets."""
    outside = saw("http", host="one.example.com")
    refused, silent = (
        _codes(saw("http", how, address="203.0.113.77"), outside)
        for how in ("connect refused", SILENT)
    )

    assert "firewall-rule-blocks" in refused & silent
    swallows = {"middlebox-unavailable", "firewall-sees-one-direction"}
    assert swallows <= silent
    assert swallows.isdisjoint(refused)


@pytest.mark.parametrize("failed", ["connect refused", SILENT])
def test_an_address_that_is_dead_for_everybody_says_nothing_of_this_vpc(failed: str) -> None:
    """Others of the name answer here and outside; one that outside answers is kept from us."""
    attempts = [tried("", PUBLIC), tried(failed, "203.0.113.11")] * 4
    seen = saw("http", failed, address="203.0.113.11", attempts=attempts)
    passes = saw("http", attempts=[tried("", PUBLIC), tried("", "203.0.113.11")])
    both, here = (possible(blind(seen, control=(control,))) for control in (seen, passes))

    assert both[-1] == "one-address-dead"
    assert "firewall-rule-blocks" not in both
    assert here[0] == "firewall-rule-blocks"


def test_one_of_a_names_hosts_that_refuses_is_rarely_a_firewalls_doing() -> None:
    """Who rejects by address is rarer than a host without its service; of all, either may be."""
    attempts = [tried("", "10.0.2.7"), tried("connect refused", "10.0.3.7")] * 4
    host: dict[str, Any] = {"host": "ro.corp.example", "address": "10.0.3.7"}
    one_of_two = possible(blind(saw("rds", "connect refused", attempts=attempts, **host)))
    alone = possible(blind(saw("rds", "connect refused", **host)))

    assert one_of_two.index("database-stopped") < one_of_two.index("firewall-rule-blocks")
    assert alone.index("firewall-rule-blocks") < alone.index("database-stopped")


def test_one_dead_address_of_a_name_of_ones_own_may_be_an_old_record() -> None:
    """Or an instance that is stopped; AWS's names follow what they are for, and answer publicly."""
    own: dict[str, Any] = {"host": "quotes.corp.example", "address": "10.0.3.7"}
    alike = {"target-address-unused", "target-instance-stopped"}
    record = findings(blind(saw("http", SILENT, attempts=ONE_OF_TWO, **own), saw("rds")))
    balancer = _codes(saw("http", SILENT, attempts=ONE_OF_TWO, host=ALB, address="10.0.3.7"))
    public = [tried("", PUBLIC), tried(SILENT, "203.0.113.11")] * 4
    abroad = _codes(saw("http", SILENT, attempts=public, address="203.0.113.11"))
    lossy = _codes(saw("http", SILENT, attempts=[tried("", "10.0.3.7"), SILENT], **own))

    entry = next(f for f in record[:3] if alike <= {f.code, *f.same_symptom})
    assert any("an old record" in sentence for sentence in entry.because)
    assert alike.isdisjoint(balancer | abroad | lossy)


def test_a_port_that_one_address_takes_is_the_right_one() -> None:
    """All addresses of a name are asked on one port; where none takes it, it may be wrong."""
    own: dict[str, Any] = {"host": "ro.corp.example", "address": "10.0.3.7"}

    assert "wrong-port" not in _codes(saw("rds", SILENT, attempts=ONE_OF_TWO, **own))
    assert "wrong-port" in _codes(saw("rds", SILENT, attempts=[SILENT] * 2, **own))


def test_who_has_spoken_tls_is_no_server_of_plain_text() -> None:
    """It completed other attempts, or offered TLS itself; one of its addresses clears no other."""
    at_times = saw("cache", "tls timeout", attempts=["", "tls timeout", SILENT, ""])
    other = [tried("", "10.0.3.7"), tried("tls timeout", "10.0.2.20")] * 2
    offered = saw("rds", "tls timeout", tls_offered=True)

    assert "unexpected-protocol" not in _codes(at_times) | _codes(offered)
    assert "unexpected-protocol" in _codes(saw("cache", "tls timeout", attempts=other))
    assert "unexpected-protocol" in _codes(saw("rds", "tls timeout"))


def test_a_firewall_on_a_caches_way_may_stop_its_tls() -> None:
    """Routes lead to one only where somebody wrote them so; then it is no rare thing."""
    seen = saw("cache", "tls timeout")
    needs = "network-firewall:DescribeFirewallPolicy"
    unread = Undetermined("rules of wall", "AccessDenied", needs)
    hop = Hop(Direction.FORWARD, "wall", "firewall", "allow", "")
    found = evidence(
        seen, paths=[replace(path(seen, unread=[unread]), hops=(hop,))], unread=[unread]
    )

    named = [f.code for f in findings(found)]

    assert "firewall-rule-blocks" in named
    assert named.index("firewall-rule-blocks") < named.index("fragments-lost")


def test_a_silent_network_load_balancer_is_first_a_matter_of_its_targets() -> None:
    """They come and go, and its listeners stay; of 503 and the like nobody hears in a silence."""
    host: dict[str, Any] = {"host": NLB, "address": "10.0.3.7"}
    silent = findings(blind(saw("http", SILENT, **host), saw("rds")))
    opened = findings(blind(saw("http", "tls timeout", **host), saw("rds")))
    application = findings(blind(saw("http", SILENT, **{**host, "host": ALB}), saw("rds")))

    def said(found: tuple[Finding, ...], code: str) -> str:
        return " ".join(next(f for f in found if f.code == code).because)

    told = said(silent, "load-balancer-no-healthy-target")
    assert "503" not in told
    assert "health check" in told
    assert "503" in said(opened, "load-balancer-no-healthy-target")
    assert "listeners" in said(application, "load-balancer-no-listener")


def test_one_name_without_an_address_has_one_entry_and_leaves_room_for_the_rest() -> None:
    """Its zone, or DNS Firewall; what several names lack they may lack for one reason."""
    name = saw("http", "resolve no_address", host="api.idcheck.example")
    partner = saw("tcp", SILENT, address=PUBLIC, port=22, host="sftp.example")
    seen = (name, partner, saw("aws"), saw("rds"))
    one_name = findings(blind(*seen))
    several = findings(blind(saw("http", "resolve no_address", host="two.example"), *seen))

    assert one_name[0].code == "name-not-found"
    assert one_name[0].component == "api.idcheck.example"
    assert one_name[0].same_symptom == ("dns-firewall-blocks",)
    assert [f.explains for f in one_name[1:3]] == [(partner.label,)] * 2
    joint = next(f for f in several if f.code == "dns-firewall-blocks")
    assert len(joint.explains) == 2


def test_a_name_whose_zones_were_read_is_left_to_dns_firewall() -> None:
    """What is left unread is told, and of no host."""
    name = saw("http", "resolve no_address")
    needs = "route53resolver:ListFirewallRuleGroupAssociations"
    unread = Undetermined("DNS Firewall", "AccessDenied", needs)
    hop = Hop(Direction.FORWARD, "resolver", "resolver", "allow", "")
    ways = [replace(path(name, unread=[unread]), hops=(hop,))]
    found = findings(evidence(name, saw("aws"), paths=ways, unread=[unread]))

    blocked = next(f for f in found if f.code == "dns-firewall-blocks")
    assert blocked.component is None
    assert "dns-firewall-blocks" not in {code for f in found for code in f.same_symptom}


def test_a_walk_that_ends_at_an_endpoint_clears_no_firewall_behind_it() -> None:
    """The firewalls' rules were read, and not which of them the endpoint is of."""
    seen = saw("http", "connect refused")
    unread = Undetermined("VpcEndpoints", "AccessDenied", "ec2:DescribeVpcEndpoints")
    wall = Hop(Direction.FORWARD, "vpce-wall", "vpc-endpoint", "unknown", "")
    group = Hop(Direction.FORWARD, "sg-fn", "security-group", "allow", "")
    ended, passed = (
        possible(
            evidence(
                seen,
                paths=[replace(path(seen, unread=[unread]), hops=(group, hop))],
                unread=[unread],
                control=(saw("http"),),
            )
        )
        for hop in (wall, replace(wall, action="allow"))
    )

    assert "firewall-rule-blocks" in ended
    assert "firewall-rule-blocks" not in passed
