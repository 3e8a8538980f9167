"""What is offered for what was seen, and what cannot be: nothing readable, one target at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.causes.build import blind, findings, one, possible, saw
from tests.causes.symptom_rows import ALB, NLB, ONE_OF_TWO, PREMISES_SILENT, SILENT, TWO_VERSIONS

if TYPE_CHECKING:
    from probe.model import Attempt, Observation


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
