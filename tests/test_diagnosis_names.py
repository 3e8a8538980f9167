"""What is concluded about names: the way to who resolves them, and what was answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import (
    Direction,
    Finding,
    Hop,
    Undetermined,
)
from tests.causes.build import (
    UNREAD,
    blind,
    blocked,
    evidence,
    findings,
    one,
    path,
    possible,
    proven,
    saw,
)


def test_a_name_that_does_not_resolve_is_not_blamed_on_the_route_behind_it() -> None:
    """The packets never came so far: the closed path is told, and explains nothing yet."""
    http = saw("http", "resolve no_answer")
    closed = path(http, blocked("no-route-to-internet"), blocked("vpc-dns-support-off", "vpc-a"))

    first, second = findings(evidence(http, paths=[closed]))

    assert (first.code, first.explains) == ("vpc-dns-support-off", (http.label,))
    assert (second.code, second.explains) == ("no-route-to-internet", ())
    assert any("never came this far" in sentence for sentence in second.because)


def test_a_name_that_was_answered_contradicts_a_silent_resolver() -> None:
    """NXDOMAIN is an answer: somebody resolves names here."""
    http = saw("http", "resolve name_not_found")
    closed = path(http, blocked("own-security-group-blocks", "sg-fn"))
    asked = replace(closed, destination="10.0.0.53:53")

    assert "configuration-closed-packets-arrive" in proven(evidence(http, paths=[asked]))


def test_a_group_that_closes_the_way_to_the_resolver_explains_silent_names() -> None:
    """A resolver named by DHCP options is a host: what drops its packets silences every name."""
    http = saw("http", "resolve no_answer")
    closed = path(http, blocked("own-security-group-blocks", "sg-fn"))
    found = evidence(http, paths=[replace(closed, destination="10.0.0.53:53")])

    assert one(found, "own-security-group-blocks").explains == (http.label,)


def test_a_custom_resolver_that_is_reached_and_silent_is_named() -> None:
    """The way to the servers of the DHCP options is open, and they give no answer."""
    http = saw("http", "resolve no_answer")
    server = Hop(Direction.FORWARD, "10.0.0.53", "dns-server", "allow", "udp 53: reachable")
    found = evidence(http, paths=[replace(path(http), hops=(server,))])

    assert proven(found) == ["custom-resolver-unreachable"]
    assert one(found, "custom-resolver-unreachable").component == "10.0.0.53"


def asking(*actions: str, failed: str = "resolve no_answer", **said: str) -> Finding:
    """Judge a name of which two servers are asked, by what is read of them and what each said."""
    look = {f"10.0.0.{number.removeprefix('s')}": word for number, word in said.items()}
    http = replace(saw("http", failed), detail={"second_look": look})
    hops = [
        Hop(Direction.FORWARD, f"10.0.0.{at}", "dns-server", action, "i-old is stopped")
        for at, action in enumerate(actions, 1)
    ]
    return one(
        evidence(http, paths=[replace(path(http), hops=tuple(hops))]),
        "custom-resolver-unreachable",
    )


def test_of_two_servers_the_one_that_does_not_run_is_blamed() -> None:
    """The other would answer, were it asked in time."""
    found = asking("deny", "allow")

    assert found.component == "10.0.0.1"
    assert "no answer comes from 10.0.0.1." in " ".join(found.because)
    assert "10.0.0.1: i-old is stopped." in found.because
    assert found.fix is not None
    assert "Have 10.0.0.1 answer" in found.fix.text


def test_of_two_servers_the_one_that_said_nothing_is_blamed() -> None:
    """Each was asked by itself, and the first answered."""
    found = asking("allow", "allow", s1="answered", s2="no answer")

    assert found.component == "10.0.0.2"
    assert "no answer comes from 10.0.0.2." in " ".join(found.because)


def test_a_server_that_does_not_run_gave_no_error() -> None:
    """The error came from the other one."""
    found = asking("deny", "allow", failed="resolve server_failure", s1="no answer", s2="SERVFAIL")

    assert found.component == "10.0.0.2"
    assert "an error comes from 10.0.0.2." in " ".join(found.because)
    assert "stopped" not in " ".join(found.because)


def test_where_nothing_tells_two_servers_apart_both_are_named() -> None:
    """Neither was asked by itself in time, and both are open by what was read."""
    found = asking("allow", "allow", s1="not asked", s2="not asked")

    assert "The DHCP options name 10.0.0.1, 10.0.0.2, which gave no answer." in found.because


def test_amazons_resolver_that_should_answer_and_does_not_is_one_matter() -> None:
    """Nothing in the configuration keeps it from answering, and no target has a part in it."""
    names = [saw("http", "resolve no_answer"), saw("tcp", "resolve no_answer")]
    found = evidence(*names, paths=[path(o) for o in names])

    assert proven(found) == ["resolver-silent"]
    assert findings(found)[0].explains == tuple(o.label for o in names)
    assert "resolver-silent" not in possible(blind(*names))


@pytest.mark.parametrize(
    ("hosts", "component"),
    [
        (["db.corp.example"], "db.corp.example"),
        (["db.corp.example", "erp.eu.corp.example"], "corp.example"),
        (["db.corp.example", "db.other.example"], "AmazonProvidedDNS"),
    ],
)
def test_names_that_the_resolver_cannot_find_out_are_one_matter(
    hosts: list[str], component: str
) -> None:
    """One rule that forwards them, or the servers of one zone; with nothing in common, itself."""
    names = [saw("tcp", "resolve server_failure", host=host) for host in hosts]
    found = one(evidence(*names, paths=[path(o) for o in names]), "resolver-cannot-answer")

    assert found.component == component
    assert found.explains == tuple(o.label for o in names)


RULED = Hop(
    Direction.FORWARD, "rslvr-rr-1", "resolver-rule", "allow", "it has . asked of 10.9.0.53"
)


@pytest.mark.parametrize("failed", ["resolve server_failure", "resolve no_answer"])
def test_names_that_a_rule_forwards_in_vain_are_the_rules(failed: str) -> None:
    """One finding for all of them; where a name that stays with AWS fails too, it may be AWS."""
    ruled = [saw("http", failed), saw("tcp", failed)]
    other = saw("rds", failed)
    gaps = [Undetermined(f"address of {o.host}", "only they can tell") for o in ruled]
    ways = [
        replace(path(o, unread=[gap]), destination=o.host, hops=(RULED,))
        for o, gap in zip(ruled, gaps, strict=True)
    ]

    alone = evidence(*ruled, paths=ways)
    beside = evidence(*ruled, other, paths=[*ways, path(other)])

    assert proven(alone) == ["resolver-rule-fails"]
    assert findings(alone)[0].component == "rslvr-rr-1"
    assert findings(alone)[0].explains == tuple(o.label for o in ruled)
    assert "resolver-rule-fails" not in proven(beside)
    assert "resolver-rule-fails" in possible(beside)


def test_a_resolver_that_answers_for_another_name_is_not_silent() -> None:
    """Then it is some of the questions that it drops."""
    names = [saw("http", "resolve no_answer"), saw("rds")]
    found = evidence(*names, paths=[path(o) for o in names])

    assert possible(found) == ["resolver-quota-exceeded"]
    assert proven(found) == []


def test_a_name_that_does_not_exist_is_settled_by_the_way_of_names_alone() -> None:
    """The packets' way is open; whether a DNS firewall lies was not read."""
    http = saw("http", "resolve name_not_found")
    packets = replace(path(http), destination="192.0.2.1:443")
    firewall = Undetermined(
        "DNS firewall", "AccessDenied", "route53resolver:ListFirewallRuleGroupAssociations"
    )

    assert proven(evidence(http, paths=[packets, path(http)])) == ["name-not-found"]
    assert proven(evidence(http, paths=[packets, path(http, unread=[firewall])])) == []


def test_a_name_is_settled_though_the_way_behind_it_was_not_read() -> None:
    """What lies behind a name that does not exist does not matter to it."""
    http = saw("http", "resolve name_not_found")
    packets = replace(path(http, unread=UNREAD), destination="192.0.2.1:443")

    assert proven(evidence(http, paths=[packets, path(http)])) == ["name-not-found"]


def test_a_zone_that_lacks_the_name_is_told_once() -> None:
    """The walk names the zone; that the name is unknown is not said again."""
    http = saw("http", "resolve name_not_found")
    found = evidence(http, paths=[path(http, blocked("name-not-found", "/hostedzone/Z1"))])

    assert [(f.code, f.component) for f in findings(found)] == [
        ("name-not-found", "/hostedzone/Z1")
    ]
