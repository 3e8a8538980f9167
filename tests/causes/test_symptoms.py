"""Symptoms alone: no AWS API could be read, and the pattern over all checks is all there is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Confidence, Observation, Status, Undetermined, Unknown
from tests.causes.build import (
    ENDPOINT,
    PLACEMENT,
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

if TYPE_CHECKING:
    from collections.abc import Sequence

SILENT, NO_NAME, NO_ANSWER = "connect timeout", "resolve name_not_found", "resolve no_answer"
OPEN = (saw("http"), saw("dynamodb"), saw("rds"), saw("logs"))
ISOLATED = (saw("http", SILENT), saw("dynamodb", SILENT), saw("rds"), saw("logs", SILENT))
PEER: dict[str, Any] = {"host": "orders.peer.internal", "address": "10.1.2.10"}
AAAA = "2001:db8::10"
STRANGER: dict[str, Any] = {
    "certificate": {"issuer": "CN=Inspection,O=Example", "names": ["api.example.com"]}
}
AMAZON: dict[str, Any] = {
    "certificate": {"issuer": "CN=Amazon RSA 2048 M01,O=Amazon", "names": ["*"]}
}


def but(usual: Sequence[Observation], *others: Observation) -> tuple[Observation, ...]:
    """Return the usual observations with some replaced by others of the same check."""
    changed = {o.check for o in others}
    return (*(o for o in usual if o.check not in changed), *others)


# What was seen, and what it really was: each row the truth behind one placement.
ROWS: dict[str, tuple[tuple[Observation, ...], str]] = {
    "isolated subnet": (ISOLATED, "no-route-to-internet"),
    "public subnet": (ISOLATED, "public-subnet-no-public-ip"),
    "isolated with a gateway endpoint": (but(ISOLATED, saw("dynamodb")), "no-route-to-internet"),
    "isolated with a logs endpoint": (
        but(ISOLATED, saw("logs", address=ENDPOINT)),
        "no-route-to-internet",
    ),
    "NAT gateway without a way out": (ISOLATED, "nat-subnet-no-internet-route"),
    "NAT gateway failed": (ISOLATED, "nat-gateway-failed"),
    "NAT gateway deleted, route a blackhole": (ISOLATED, "blackhole-route"),
    "NAT gateway private": (ISOLATED, "nat-gateway-private"),
    "NAT instance stopped": (ISOLATED, "nat-instance-stopped"),
    "NAT instance checks addresses": (ISOLATED, "nat-instance-source-dest-check"),
    "NAT instance's group": (ISOLATED, "nat-instance-security-group-blocks"),
    "internet gateway detached": (ISOLATED, "internet-gateway-detached"),
    "Block Public Access": (ISOLATED, "block-public-access"),
    "own group without egress": (
        but(ISOLATED, saw("rds", SILENT)),
        "own-security-group-blocks",
    ),
    "own group lets only 443 out": (but(OPEN, saw("rds", SILENT)), "own-security-group-blocks"),
    "own group, one private target asked": (
        (saw("rds", SILENT), saw("http", SILENT)),
        "own-security-group-blocks",
    ),
    "NACL drops every answer": (but(ISOLATED, saw("rds", SILENT)), "nacl-blocks-return"),
    "NACL drops every request": (but(ISOLATED, saw("rds", SILENT)), "nacl-blocks-request"),
    "database's group": (but(OPEN, saw("rds", SILENT)), "target-security-group-blocks"),
    "only the database asked, its group": ((saw("rds", SILENT),), "target-security-group-blocks"),
    "group reference lost": (
        but(OPEN, saw("rds", SILENT)),
        "security-group-reference-lost",
    ),
    "peered database without a route": (
        but(OPEN, saw("rds", SILENT, **PEER)),
        "no-route-to-target",
    ),
    "peered database without a route back": (
        (saw("tcp"), saw("rds", SILENT, **PEER)),
        "no-return-route",
    ),
    "peering not accepted": ((saw("http"), saw("rds", SILENT, **PEER)), "peering-not-active"),
    "transit gateway without a route": (
        (saw("tcp"), saw("rds", SILENT, **PEER)),
        "transit-gateway-no-route",
    ),
    "transit gateway not in the zone": (
        (saw("tcp"), saw("rds", SILENT, **PEER)),
        "transit-gateway-not-in-zone",
    ),
    "no endpoint, only an AWS service asked": (
        (saw("aws", SILENT), saw("rds")),
        "interface-endpoint-missing",
    ),
    "endpoint with private DNS off": (
        (saw("aws", SILENT), saw("rds")),
        "endpoint-private-dns-off",
    ),
    "DNS hostnames off": ((saw("logs", SILENT), saw("rds")), "vpc-dns-hostnames-off"),
    "gateway endpoint on another table": (
        (saw("dynamodb", SILENT), saw("rds")),
        "gateway-endpoint-not-associated",
    ),
    "DynamoDB's interface endpoint unused": (
        (saw("logs", SILENT), saw("rds")),
        "interface-endpoint-unused",
    ),
    "prefix list missing in egress": (
        but(OPEN, saw("dynamodb", SILENT)),
        "egress-lacks-prefix-list",
    ),
    "endpoint's group": (
        but(OPEN, saw("logs", SILENT, address=ENDPOINT)),
        "endpoint-security-group-blocks",
    ),
    "endpoint's group in an isolated subnet": (
        but(ISOLATED, saw("logs", SILENT, address=ENDPOINT)),
        "endpoint-security-group-blocks",
    ),
    "endpoint not available": (
        but(OPEN, saw("logs", SILENT, address=ENDPOINT)),
        "endpoint-not-available",
    ),
    "DNS support off": (
        (saw("http", NO_ANSWER), saw("rds", NO_ANSWER), saw("tcp", host="10.0.2.20")),
        "vpc-dns-support-off",
    ),
    "resolver of the DHCP options silent": (
        (saw("http", NO_ANSWER), saw("rds", NO_ANSWER)),
        "custom-resolver-unreachable",
    ),
    "resolver of the DHCP options knows no AWS names": (
        (saw("http"), saw("rds", NO_NAME)),
        "custom-resolver-unreachable",
    ),
    "name of a zone that is not associated": ((saw("http"), saw("dns", NO_NAME)), "name-not-found"),
    "DNS firewall": ((saw("http", NO_NAME), saw("dynamodb")), "dns-firewall-blocks"),
    "DNS firewall answers nothing": (
        (saw("http", "resolve no_address"), saw("dynamodb")),
        "dns-firewall-blocks",
    ),
    "resolver overloaded": (
        (saw("http", NO_ANSWER, attempts=["", NO_ANSWER, ""]), saw("rds")),
        "resolver-quota-exceeded",
    ),
    "database answered publicly": (
        but(OPEN, saw("rds", SILENT, address="203.0.113.77")),
        "public-answer-for-private-target",
    ),
    "peering without DNS resolution": (
        but(ISOLATED, saw("rds", SILENT, address="203.0.113.77")),
        "peering-dns-resolution-off",
    ),
    "nothing listens": (but(OPEN, saw("rds", "connect refused")), "target-refuses"),
    "database stopped": (but(OPEN, saw("rds", "connect refused")), "database-stopped"),
    "firewall rejects": ((saw("http", "connect refused"), saw("rds")), "firewall-rule-blocks"),
    "firewall drops a domain in TLS": (
        (saw("http", "tls timeout"), saw("dynamodb")),
        "firewall-rule-blocks",
    ),
    "firewall resets a domain in TLS": (
        (saw("http", "tls reset"), saw("dynamodb")),
        "firewall-rule-blocks",
    ),
    "large packets lost": ((saw("rds", "exchange timeout"), saw("http")), "fragments-lost"),
    "inspected": ((saw("aws", "tls tls_untrusted", **STRANGER), saw("rds")), "tls-intercepted"),
    "self-signed": (
        (saw("tcp", "tls tls_untrusted", **STRANGER), saw("http")),
        "tls-untrusted",
    ),
    "expired": ((saw("http", "tls tls_expired", **AMAZON), saw("rds")), "tls-expired"),
    "other name": ((saw("http", "tls tls_wrong_host", **AMAZON),), "tls-wrong-host"),
    "plain text on the TLS port": ((saw("http", "tls not_tls"),), "unexpected-protocol"),
    "role lacks the permission": (
        (
            saw(
                "dynamodb",
                "exchange access_denied",
                error_code="AccessDeniedException",
                message="User: x is not authorized to perform: dynamodb:DescribeTable because no"
                " identity-based policy allows the dynamodb:DescribeTable action",
            ),
        ),
        "identity-policy-denies",
    ),
    "endpoint policy": (
        (
            saw(
                "dynamodb",
                "exchange access_denied",
                message="because no VPC endpoint policy allows the dynamodb:DescribeTable action",
            ),
        ),
        "endpoint-policy-denies",
    ),
    "global STS endpoint": (
        (saw("aws", SILENT, host="sts.amazonaws.com"), saw("logs", address=ENDPOINT)),
        "wrong-region",
    ),
    "connections used up": ((saw("rds", "exchange server_busy"),), "database-connections-used-up"),
    "client blocked": ((saw("rds", "exchange client_blocked"),), "client-host-blocked"),
    "narrow return ports": (
        (saw("http", SILENT, attempts=["", SILENT, SILENT]), saw("rds")),
        "nacl-narrows-return-ports",
    ),
    "loss": ((saw("http", SILENT, attempts=["", SILENT, ""]), saw("rds")), "path-lossy"),
    "NAT out of ports": (
        (saw("http", SILENT, attempts=["", SILENT, SILENT, ""]), saw("rds")),
        "nat-port-exhaustion",
    ),
    "first packet lost": (
        (saw("http", attempts=[tried("", syn_retransmits=1), tried("", syn_retransmits=1)]),),
        "first-packet-lost",
    ),
    "IPv6 without a way": ((saw("http", "connect unreachable", address=AAAA),), "ipv6-not-allowed"),
    "IPv6 without an egress-only gateway": (
        (saw("http", SILENT, address=AAAA), saw("rds")),
        "no-egress-only-gateway",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_true_cause_is_among_the_first_three(row: str) -> None:
    """Itself, or as one that looks the same and that the same command tells apart."""
    seen, truth = ROWS[row]

    found = findings(blind(*seen))[:3]

    named = {code for finding in found for code in (finding.code, *finding.same_symptom)}
    assert truth in named, [f.code for f in findings(blind(*seen))]


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

    confirm = one(found, "nat-subnet-no-internet-route").confirm

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
    assert [f.code for f in found].index("gateway-endpoint-not-associated") > 2
