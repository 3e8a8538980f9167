"""What is concluded from elsewhere: from outside the VPC, and from other subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.model import Confidence, Undetermined
from tests.causes.build import (
    blind,
    blocked,
    evidence,
    findings,
    one,
    path,
    possible,
    proven,
    saw,
    tried,
)
from tests.causes.test_placement import NO_VPC, NOWHERE
from tests.test_diagnosis import SILENT, TWO_SUBNETS, UNKNOWN_SUBNET

if TYPE_CHECKING:
    from probe.model import Observation, Path


def open_here_closed_there(o: Observation) -> list[Path]:
    """Walk from both subnets: from the function's own the way is open, from the other it is not."""
    return [path(o), path(o, blocked("no-route-to-internet", "rtb-b"), subnet="subnet-b")]


def test_a_target_that_is_silent_from_outside_too_is_down_or_keeps_both_out() -> None:
    """The same silence from outside the VPC blames the target, whose list may lack both."""
    http = saw("http", SILENT)
    found = evidence(http, paths=[path(http)], control=[http])
    read = evidence(http, paths=[path(http)], control=[http], NetworkInterfaces=[])

    assert proven(found) == proven(read) == []
    assert possible(read) == ["target-down-for-everyone", "egress-address-not-allowed"]
    assert possible(found) == [*possible(read), "target-security-group-blocks"]
    guess = one(found, "target-security-group-blocks")
    assert "Name=association.public-ip,Values=203.0.113.10" in str(guess.confirm)


def test_an_open_way_to_an_address_that_may_be_ours_proves_no_disagreement() -> None:
    """Whose interface has it was not read, and its group may be what drops."""
    http = saw("http", SILENT)
    gap = Undetermined("NetworkInterfaces", "denied", "ec2:DescribeNetworkInterfaces")
    found = evidence(http, paths=[path(http)], unread=[gap])

    assert proven(found) == []
    assert "configuration-open-packets-lost" in possible(found)
    service = saw("aws", SILENT)
    assert proven(evidence(service, paths=[path(service)], unread=[gap])) == [
        "configuration-open-packets-lost"
    ]


@pytest.mark.parametrize("how", ["tls timeout", "tls closed", "exchange reset"])
def test_a_target_that_hangs_up_on_everybody_is_proven_down(how: str) -> None:
    """The connection opened, so whoever has the address was reached, here and elsewhere."""
    http = saw("http", how)

    assert proven(evidence(http, paths=[path(http)], control=[http])) == [
        "target-down-for-everyone"
    ]


def test_a_target_that_fails_otherwise_from_outside_is_not_called_down() -> None:
    """Only the same failure in the same stage clears the VPC."""
    http = saw("http", SILENT)
    found = evidence(http, paths=[path(http)], control=[saw("http", "exchange http_status")])

    assert "target-down-for-everyone" not in [f.code for f in findings(found)]


def test_a_target_that_is_down_says_nothing_about_the_vpc() -> None:
    """Without configuration no cause inside the VPC is suggested for it."""
    http = saw("http", SILENT)

    assert possible(blind(http, control=[http])) == [
        "target-down-for-everyone",
        "target-security-group-blocks",
    ]
    service = saw("aws", SILENT)
    assert possible(blind(service, control=[service])) == ["target-down-for-everyone"]


def test_a_closed_path_to_a_target_that_nobody_reaches_names_both() -> None:
    """The way is to be mended first, and then the target may still be silent."""
    http = saw("http", SILENT)
    found = evidence(http, paths=[path(http, blocked("no-route-to-internet"))], control=[http])

    (told,) = findings(found)
    assert told.code == "no-route-to-internet"
    assert "The same check fails in the same way from outside the VPC." in told.because


def test_a_target_that_works_only_from_outside_may_not_know_this_address() -> None:
    """The way is open, others pass, and this host drops us alone."""
    http = saw("http", SILENT)
    found = evidence(http, paths=[path(http)], control=[saw("http")])

    assert proven(found) == ["configuration-open-packets-lost"]
    assert possible(found) == ["egress-address-not-allowed"]
    told = one(found, "configuration-open-packets-lost")
    assert told.fix is not None
    assert "runs and answers others" in told.fix.text
    alone = one(evidence(http, paths=[path(http)]), "configuration-open-packets-lost")
    assert alone.fix is not None
    assert "whether it runs" in alone.fix.text


def test_a_function_without_a_vpc_has_no_configuration_that_packets_pass() -> None:
    """Its addresses are AWS's and change: only a NAT gateway would give it one for a list."""
    http, other = saw("http", SILENT), saw("tcp", host="other.example.com", address="203.0.113.11")
    ways = [path(o, subnet=None) for o in (http, other)]
    for control in ([saw("http"), other], [http, other], []):
        seen = evidence(
            http, other, placement=NOWHERE, function=NO_VPC, paths=ways, control=control
        )
        codes = [f.code for f in findings(seen)]
        guess = one(seen, "egress-address-not-allowed")

        assert "configuration-open-packets-lost" not in codes
        assert codes[0] == "egress-address-not-allowed" or control == [http, other]
        assert guess.fix is not None
        assert "Attach it to private subnets" in guess.fix.text
        assert guess.confirm is None


def test_what_came_of_several_addresses_is_counted_for_each() -> None:
    """One of two answers always, the other never: half of all attempts is true of neither."""
    old, new = "203.0.113.20", "203.0.113.21"
    each = [tried("", old), tried(SILENT, new)] * 8
    http = saw("http", SILENT, address=new, attempts=each)
    found = evidence(http, paths=[path(http, blocked("firewall-rule-blocks"))])
    same = saw("http", SILENT, address=new, attempts=[tried(SILENT, old), tried(SILENT, new)])

    told = one(found, "firewall-rule-blocks").because[0]
    assert told.endswith(f"in 8 of 8 attempts; in 0 of 8 to {old}.")
    stop = evidence(same, paths=[path(same, blocked("firewall-rule-blocks"))])
    assert one(stop, "firewall-rule-blocks").because[0].endswith("in 2 of 2 attempts.")


# --- several subnets ---


def test_a_broken_subnet_beside_the_one_that_was_seen_is_told() -> None:
    """The packets left from a good subnet; the configuration of the other one is closed."""
    http = saw("http")
    found = evidence(
        http,
        placement=TWO_SUBNETS,
        paths=open_here_closed_there(http),
    )

    finding = one(found, "no-route-to-internet")

    assert finding.confidence is Confidence.PROVEN
    assert finding.explains == ()
    assert "This concerns subnet-b and not subnet-app." in finding.because
    assert any("No packet was seen from there" in sentence for sentence in finding.because)
    assert "(from subnet-b, not from where packets were sent)" in finding.title


def test_the_subnet_that_was_seen_explains_the_packets() -> None:
    """The other subnet is open; the one that the packets left from is not."""
    http = saw("http", SILENT)
    found = evidence(
        http,
        placement=TWO_SUBNETS,
        paths=[path(http, blocked("no-route-to-internet")), path(http, subnet="subnet-b")],
    )

    finding = one(found, "no-route-to-internet")

    assert finding.explains == (http.label,)
    assert "This concerns subnet-app and not subnet-b." in finding.because


def test_lost_packets_are_not_blamed_on_a_subnet_they_did_not_leave_from() -> None:
    """The walk from the right subnet is open: that is a disagreement, whatever the other says."""
    http = saw("http", SILENT)
    found = evidence(
        http,
        placement=TWO_SUBNETS,
        paths=open_here_closed_there(http),
    )

    assert one(found, "configuration-open-packets-lost").explains == (http.label,)
    assert one(found, "no-route-to-internet").explains == ()


def test_when_the_subnet_is_not_known_an_open_one_explains_a_pass() -> None:
    """Packets that arrived came from the open subnet: no disagreement."""
    http = saw("http")
    found = evidence(
        http,
        placement=UNKNOWN_SUBNET,
        paths=open_here_closed_there(http),
    )

    assert proven(found) == ["no-route-to-internet"]
    assert one(found, "no-route-to-internet").explains == ()


def test_when_the_subnet_is_not_known_a_closed_one_explains_a_loss() -> None:
    """Packets that were lost came from the closed subnet, as far as anything was read."""
    http = saw("http", SILENT)
    found = evidence(
        http,
        placement=UNKNOWN_SUBNET,
        paths=open_here_closed_there(http),
    )

    assert one(found, "no-route-to-internet").explains == (http.label,)


def test_a_databases_public_address_proves_nothing_where_no_database_was_read() -> None:
    """It may have a private one, to which all is open; where RDS was read, the group is it."""
    seen = saw("rds", SILENT, host="a.abc.us-east-1.rds.amazonaws.com", address="54.80.0.9")
    stop = path(seen, blocked("target-security-group-blocks", "sg-db"))

    assert proven(evidence(seen, paths=[stop])) == []
    assert "target-security-group-blocks" in possible(evidence(seen, paths=[stop]))
    told = evidence(seen, paths=[stop], DBInstances=[], DBClusters=[])
    assert proven(told) == ["target-security-group-blocks"]
