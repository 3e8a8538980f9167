"""Symptoms alone: no AWS API could be read, and the pattern over all checks is all there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import Confidence, Direction, Hop, Status, Undetermined, Unknown
from tests.causes.build import (
    PLACEMENT,
    PUBLIC,
    UNREAD,
    blind,
    evidence,
    findings,
    one,
    path,
    possible,
    proven,
    saw,
    tried,
)
from tests.causes.symptom_rows import (
    AAAA,
    ALB,
    ISOLATED,
    NLB,
    NO_ANSWER,
    PEER,
    PREMISES_SILENT,
    ROWS,
    SILENT,
    TWO_VERSIONS,
    but,
)


@pytest.mark.parametrize("row", ROWS)
def test_the_true_cause_is_among_the_first_three(row: str) -> None:
    """Itself, or as one that looks the same and that the same command tells apart."""
    seen, truth = ROWS[row]

    found = findings(blind(*seen))[:3]

    named = {code for finding in found for code in (finding.code, *finding.same_symptom)}
    assert truth in named, [f.code for f in findings(blind(*seen))]


def test_what_the_pattern_tells_apart_makes_entries_of_its_own() -> None:
    """A database far from those reached is first a matter of routes; one near them of groups."""
    (lone, *_) = findings(blind(saw("rds", SILENT)))
    far = findings(blind(saw("tcp"), saw("rds", SILENT, **PEER)))
    near = findings(blind(saw("tcp"), saw("rds", SILENT)))

    assert "no-route-to-target" in lone.same_symptom
    assert any("in another VPC" in sentence for sentence in lone.because)
    assert far[0].code == "no-route-to-target"
    assert near[0].code == "target-security-group-blocks"


def test_what_only_some_targets_can_have_is_named_for_those() -> None:
    """A prefix list is about DynamoDB and S3, and a stopped database about databases."""
    (database, own, *_) = findings(blind(saw("rds", SILENT)))
    (host, *_) = findings(blind(saw("tcp", SILENT)))

    assert "egress-lacks-prefix-list" not in own.same_symptom
    assert "database-stopped" in database.same_symptom
    assert "database-stopped" not in host.same_symptom


def test_a_port_that_is_open_to_others_clears_the_functions_own_group() -> None:
    """Another database answers on the same port: the rule that lets it through lets this one."""
    alone = possible(blind(saw("http"), saw("rds", SILENT)))
    beside = possible(blind(saw("http"), saw("tcp", port=5432), saw("rds", SILENT)))

    assert alone.index("own-security-group-blocks") < alone.index("nacl-blocks-return")
    assert beside.index("nacl-blocks-request") < beside.index("own-security-group-blocks")


def test_several_that_are_silent_together_share_an_acl_rather_than_a_lacking_rule() -> None:
    """Each port needs a rule of a group; one port needs one, and where all is silent one lacks all.

    The third that is reached tells that the group has rules at all.
    """
    mysql = saw("rds", SILENT, host="shop.internal", address="10.0.3.7", port=3306)
    again = saw("rds", SILENT, host="shop.internal", address="10.0.3.7")
    postgres, cache = saw("rds", SILENT), saw("cache")
    together, one_port, nothing_else, far = (
        possible(blind(*seen))
        for seen in (
            (mysql, postgres, cache),
            (again, postgres, cache),
            (mysql, postgres),
            (mysql, postgres, saw("cache", address="10.7.0.9")),
        )
    )

    def acl_first(found: list[str]) -> bool:
        acl = next(code for code in found if code.startswith("nacl-"))
        return found.index(acl) < found.index("own-security-group-blocks")

    assert acl_first(together)
    assert not any(map(acl_first, (one_port, nothing_else)))
    assert far[0] == "no-route-to-target"


def test_a_database_that_nobody_outside_reaches_is_not_down_for_everyone() -> None:
    """Databases are closed to the internet: that the control is kept out says nothing."""
    seen = saw("rds", SILENT, address="203.0.113.77")
    host = saw("http", SILENT)

    assert possible(blind(seen, control=(seen,)))[0] == "public-answer-for-private-target"
    assert possible(blind(host, control=(host,)))[0] == "target-down-for-everyone"


def test_a_function_that_may_be_in_no_vpc_is_told_so() -> None:
    """Where the placement is not known, the internet answers and no private address does."""
    nowhere = replace(PLACEMENT, in_vpc=Unknown("not told"), vpc_id=None)
    seen = (saw("http"), saw("rds", SILENT))

    assert "function-not-in-vpc" in possible(blind(*seen, placement=nowhere))[:3]
    assert "function-not-in-vpc" not in possible(blind(*seen))


def test_a_group_that_looks_like_a_missing_route_is_named_further_down() -> None:
    """Only the database's port is let out: packets cannot tell that from an isolated subnet."""
    found = findings(blind(*ISOLATED))

    assert "own-security-group-blocks" in [f.code for f in found]


@pytest.mark.parametrize("row", ROWS)
def test_nothing_is_proven_by_symptoms_alone(row: str) -> None:
    """However clear the pattern, nothing was read."""
    seen, _ = ROWS[row]

    assert proven(blind(*seen)) == []


@pytest.mark.parametrize("row", ROWS)
def test_what_is_possible_says_what_would_settle_it(row: str) -> None:
    """Each finding accounts for something, and what was ranked names the pattern it stands on."""
    seen, _ = ROWS[row]

    for finding in findings(blind(*seen)):
        assert finding.explains
        assert finding.because
        if finding.same_symptom:
            assert finding.confirm is not None
            assert finding.confirm.startswith("aws ")
            assert any(s.startswith("Taken together") for s in finding.because)


def test_the_commands_name_the_readers_own_ids() -> None:
    """Subnets and groups of the placement stand in the command that would settle it."""
    finding = one(blind(*but(ISOLATED, saw("rds", SILENT))), "own-security-group-blocks")

    assert finding.confirm is not None
    assert "--group-ids sg-fn" in finding.confirm


def test_a_vpc_that_is_not_known_is_asked_for_by_its_subnet() -> None:
    """Inside the function only its subnets are known; the command still is one to paste."""
    found = blind(*ISOLATED, placement=replace(PLACEMENT, vpc_id=Unknown("not told inside")))

    confirm = one(found, "gateway-endpoint-not-associated").confirm

    assert confirm is not None
    assert "Values=$(aws ec2 describe-subnets --subnet-ids subnet-app" in confirm


def test_an_id_that_is_not_known_is_told_by_a_word_in_capitals() -> None:
    """A placement that could not be read leaves a hole to be filled in by hand."""
    nowhere = replace(PLACEMENT, security_group_ids=(), subnet_ids=(), subnet_id=None)
    found = blind(*but(ISOLATED, saw("rds", SILENT)), placement=nowhere)

    confirm = one(found, "own-security-group-blocks").confirm

    assert confirm is not None
    assert "--group-ids SECURITY_GROUP_IDS" in confirm


def test_a_resolver_of_somebody_elses_is_suspected_first() -> None:
    """The resolver that did not answer is not Amazon's: its way, not the VPC's attribute."""
    amazon = saw("http", NO_ANSWER, nameservers=["169.254.169.253"])
    other = saw("http", NO_ANSWER, nameservers=["10.0.0.53"])

    assert possible(blind(amazon))[0] == "vpc-dns-support-off"
    assert possible(blind(other))[0] == "custom-resolver-unreachable"


def test_what_was_read_is_not_suggested() -> None:
    """The groups lie open: without routes, only what stands before them is ruled out."""
    seen = saw("rds", SILENT)
    tables = UNREAD[0]
    found = evidence(seen, paths=[path(seen, unread=[tables])], unread=[tables])

    assert "own-security-group-blocks" not in possible(found)
    assert "target-security-group-blocks" in possible(found)


def test_a_walk_to_the_end_rules_out_all_that_it_read() -> None:
    """Only the network ACLs are unread: no group is suggested, neither near nor far."""
    seen = saw("rds", SILENT)
    acls = Undetermined("network ACLs", "AccessDenied", "ec2:DescribeNetworkAcls")
    found = evidence(seen, paths=[path(seen, unread=[acls])], unread=[acls])

    assert possible(found) == ["nacl-blocks-return"]


def test_a_walk_that_ends_at_a_hub_rules_out_nothing_behind_it() -> None:
    """One list of the transit gateway is unread: its tables and the way back come after it."""
    seen = saw("rds", SILENT, **PEER)
    needs = "ec2:DescribeTransitGatewayVpcAttachments"
    attachments = Undetermined("attachments", "AccessDenied", needs)
    ended = path(seen, unread=[attachments])
    hub = Hop(Direction.FORWARD, "tgw-hub", "transit-gateway", "unknown", "")
    named = {
        at: {
            code
            for f in findings(
                evidence(seen, paths=[replace(ended, hops=(at,))], unread=[attachments])
            )
            for code in (f.code, *f.same_symptom)
        }
        for at in (hub, replace(hub, action="allow"))
    }

    assert "no-return-route" in named[hub]
    assert "no-return-route" not in named[replace(hub, action="allow")]


def test_a_walk_that_never_began_rules_out_nothing() -> None:
    """Without the subnet nothing was walked: what was read elsewhere says nothing yet."""
    seen = saw("rds", SILENT)
    subnets = Undetermined("subnets", "AccessDenied", "ec2:DescribeSubnets")
    found = evidence(seen, paths=[path(seen, unread=[subnets])], unread=[subnets])

    assert possible(found)[0] == "target-security-group-blocks"
    assert "own-security-group-blocks" in possible(found)


def test_a_function_without_a_vpc_is_not_told_about_routes() -> None:
    """A public target times out, there is no VPC on the way, and nothing in one is suggested."""
    nowhere = replace(PLACEMENT, in_vpc=False, vpc_id=None, subnet_ids=(), subnet_id=None)

    assert possible(blind(saw("http", SILENT), placement=nowhere)) == []


def test_a_public_database_admits_whom_its_group_names() -> None:
    """From outside every VPC comes whoever has one of AWS's addresses: no rule is for them."""
    nowhere = replace(PLACEMENT, in_vpc=False, vpc_id=None, subnet_ids=(), subnet_id=None)
    seen = saw("rds", SILENT, address="203.0.113.77")
    open_to_internet = path(seen, subnet=None)

    assert possible(blind(seen, placement=nowhere))[0] == "target-security-group-blocks"
    read = evidence(seen, placement=nowhere, paths=[open_to_internet])
    assert possible(read)[0] == "target-security-group-blocks"


def test_what_is_no_load_balancer_is_not_put_down_to_one() -> None:
    """What hardly fits is not told at all."""
    host = saw("http", "tls timeout")
    balancer = saw("http", "tls timeout", host=ALB)

    assert "load-balancer-no-healthy-target" not in possible(blind(host, saw("dynamodb")))
    assert "load-balancer-no-healthy-target" in possible(blind(balancer, saw("dynamodb")))


SERVFAIL = "resolve server_failure"
FIRST = {
    "nothing at all gets through": (
        (saw("rds", SILENT), saw("tcp", SILENT)),
        "own-security-group-blocks",
    ),
    "IPv6 alone fails": (
        (saw("http", SILENT, address=AAAA), saw("rds")),
        "no-egress-only-gateway",
    ),
    "one address of many on a port fails": (
        (saw("http", host="one.example.com"), saw("aws", SILENT), saw("dynamodb")),
        "firewall-rule-blocks",
    ),
    "every name meets an error": (
        (saw("http", SERVFAIL), saw("rds", SERVFAIL), saw("tcp", host="10.0.2.20")),
        "resolver-cannot-answer",
    ),
    "a cache in the VPC falls silent at the first TLS": (
        (saw("cache", "tls timeout"), saw("http")),
        "unexpected-protocol",
    ),
    "a database that offered TLS falls silent": (
        (saw("rds", "tls timeout", tls_offered=True), saw("http")),
        "firewall-rule-blocks",
    ),
    "a host outside falls silent at the first TLS": (
        (saw("tcp", "tls timeout", address=PUBLIC), saw("http")),
        "firewall-rule-blocks",
    ),
    "one host loses what others get": (
        (saw("http", SILENT, attempts=["", SILENT] * 5), saw("aws", attempts=[""] * 10)),
        "path-lossy",
    ),
    "connections die after they opened": (
        (saw("http", SILENT, attempts=["", SILENT, "", "tls timeout"]), saw("rds")),
        "path-lossy",
    ),
    "two of one other network": ((*PREMISES_SILENT, saw("rds")), "no-route-to-target"),
    "another Region, and an endpoint's group": (
        ROWS["another Region, beside an endpoint's group"][0],
        "wrong-region",
    ),
    "no version of IP but the sixth leads out": (TWO_VERSIONS, "no-route-to-internet"),
    "names fail now and then": (
        (saw("http", NO_ANSWER, attempts=["", NO_ANSWER, ""]), saw("rds")),
        "resolver-quota-exceeded",
    ),
}


@pytest.mark.parametrize("row", FIRST)
def test_the_likeliest_stands_first(row: str) -> None:
    """Where several fit, what is wrong most often, or the one thing that explains all."""
    seen, first = FIRST[row]

    assert possible(blind(*seen))[0] == first


def test_a_name_that_is_missing_may_be_a_vpcs() -> None:
    """From outside a VPC no private hosted zone answers; where the placement is known, none is."""
    nowhere = replace(PLACEMENT, in_vpc=Unknown("not told"), vpc_id=None)
    seen = (saw("logs"), saw("http", "resolve name_not_found"))

    assert "function-not-in-vpc" in possible(blind(*seen, placement=nowhere))[:3]
    assert "function-not-in-vpc" not in possible(blind(*seen))


@pytest.mark.parametrize("failed", ["exchange http_status", "tls timeout"])
def test_a_load_balancer_that_answered_has_a_listener(failed: str) -> None:
    """Neither that nor its state is suspected of one that took the connection."""
    unheard = {"load-balancer-no-listener", "load-balancer-not-active"}
    name = ALB
    silent, heard = (
        {code for f in findings(blind(o, saw("rds"))) for code in (f.code, *f.same_symptom)}
        for o in (saw("http", how, host=name, address="10.0.5.10") for how in (SILENT, failed))
    )

    assert unheard <= silent
    assert unheard.isdisjoint(heard)


def test_a_refusal_that_nobody_else_meets_is_no_dead_service() -> None:
    """Outside somebody answers on that port: so something on the way here refuses."""
    refused = saw("tcp", "connect refused", address=PUBLIC)
    found = possible(blind(refused, control=(saw("tcp", address=PUBLIC),)))

    assert "firewall-rule-blocks" in found
    assert "database-stopped" not in found


def test_a_skipped_check_says_nothing() -> None:
    """What was not tried is in no pattern."""
    skipped = replace(saw("http", SILENT), status=Status.SKIPPED)

    assert findings(blind(skipped)) == ()


def test_possible_findings_are_in_order_of_likelihood() -> None:
    """What accounts for every failing check stands before what accounts for one."""
    found = findings(blind(*ISOLATED))

    assert all(f.confidence is Confidence.POSSIBLE for f in found)
    assert len(found[0].explains) == 3
    assert found[0].code == "no-route-to-internet"


def test_a_silent_internet_says_more_of_the_way_out_than_of_one_services_endpoint() -> None:
    """An endpoint that is missing would leave the host of somebody else's as it is."""
    beside = possible(blind(*ISOLATED))
    alone = possible(blind(saw("logs", SILENT), saw("rds")))
    acl = "nacl-blocks-request"

    assert alone.index("interface-endpoint-missing") < alone.index(acl)
    assert beside.index(acl) < beside.index("gateway-endpoint-not-associated")


@pytest.mark.parametrize(
    ("alive", "expected"),
    [(PUBLIC, "no-egress-only-gateway"), ("10.0.2.20", "target-security-group-blocks")],
)
def test_ipv6_that_fails_beside_ipv4_is_a_way_out_only_for_a_host_outside(
    alive: str, expected: str
) -> None:
    """A host that has a private address as well stands in a VPC, and needs rules for IPv6."""
    seen = saw("http", SILENT, attempts=[tried("", alive), tried(SILENT, AAAA)] * 2)

    assert next(c for c in possible(blind(seen)) if c != "one-address-dead") == expected


def test_a_private_name_of_nobody_knows_whom_may_be_an_endpoints() -> None:
    """A service of somebody else's has an interface here, whose group may not admit the port."""
    vendor = findings(blind(saw("tcp", SILENT, host="broker.vendor.example", port=9092)))[0]
    database = findings(blind(saw("rds", SILENT)))[0]

    assert "endpoint-security-group-blocks" in vendor.same_symptom
    assert "endpoint-security-group-blocks" not in database.same_symptom


def test_block_public_access_is_among_what_stops_ipv6_alone() -> None:
    """An exclusion for NAT's subnet frees IPv4, and leaves the egress-only gateway shut."""
    seen = saw("http", SILENT, attempts=[tried("", PUBLIC), tried(SILENT, AAAA)] * 2)

    assert any("block-public-access" in f.same_symptom for f in findings(blind(seen))[:3])


def test_a_load_balancer_that_cuts_off_has_lost_its_targets() -> None:
    """It takes the connection itself, so that nothing on the way to it has cut this one."""
    balanced = saw("tcp", "exchange reset", host=NLB)
    host = saw("tcp", "exchange reset")

    assert possible(blind(balanced))[0] == "load-balancer-no-healthy-target"
    assert possible(blind(host))[0] == "firewall-rule-blocks"
