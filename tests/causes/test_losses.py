"""What comes and goes: counted over attempts, addresses and the kernel's own facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import Attempt, Stage, Step
from tests.causes.build import blind, evidence, findings, one, path, possible, proven, saw, tried

SILENT = "connect timeout"
FIRST, SECOND = "10.0.2.20", "10.0.3.20"


def codes(*attempts: Attempt | str, failed: str | None = SILENT) -> list[str]:
    """Return what is found of one target on an open path."""
    seen = saw("tcp", failed, attempts=attempts)
    return [f.code for f in findings(evidence(seen, paths=[path(seen)]))]


def test_one_of_two_addresses_that_never_answers() -> None:
    """The same address fails every time while the other answers: no loss, a dead host."""
    attempts = [tried("", FIRST), tried(SILENT, SECOND)] * 2

    assert codes(*attempts) == ["one-address-dead"]


def test_the_dead_address_is_named() -> None:
    """Whoever mends it must know which."""
    attempts = [tried("", FIRST), tried(SILENT, SECOND)]
    finding = one(blind(saw("tcp", SILENT, attempts=attempts)), "one-address-dead")

    assert finding.component == SECOND


def test_an_address_that_answers_elsewhere_is_not_dead() -> None:
    """From outside the VPC it answers: what is silent here is the way to it."""
    attempts = [tried("", FIRST), tried(SILENT, SECOND)] * 2
    seen = saw("tcp", SILENT, attempts=attempts)
    outside = saw("tcp", attempts=[tried("", FIRST), tried("", SECOND)])

    assert "one-address-dead" in possible(blind(seen))
    assert "one-address-dead" not in possible(blind(seen, control=[outside]))


def test_a_host_that_lets_in_known_callers_only_has_no_dead_address() -> None:
    """Its IPv4 answers here and not the control: so its IPv6 may just not know this caller."""
    ours = [tried("", "203.0.113.10"), tried(SILENT, "2001:db8::10")] * 2
    theirs = [tried(SILENT, "203.0.113.10"), tried(SILENT, "2001:db8::10")]
    o = saw("http", SILENT, attempts=ours)
    control = saw("http", SILENT, attempts=theirs)
    found = evidence(o, paths=[path(o)], control=[control])

    assert "one-address-dead" not in proven(found)
    assert "egress-address-not-allowed" in possible(found)[:2]


@pytest.mark.parametrize(
    ("dead", "host", "said"),
    [
        ("2001:db8::10", "api.example.com", "Over IPv4 the host answers."),
        ("203.0.113.11", "api.example.com", "Tell the owner of api.example.com that 203.0.113.11"),
        (SECOND, "orders.internal", "Look at the host or node at that address"),
    ],
)
def test_whoever_has_the_dead_address_is_told(dead: str, host: str, said: str) -> None:
    """A public host is its owner's to mend, and its IPv6 can be left alone."""
    attempts = [tried("", "203.0.113.10"), tried(SILENT, dead)]
    seen = saw("http", SILENT, host=host, attempts=attempts)

    fix = one(blind(seen), "one-address-dead").fix

    assert fix is not None
    assert fix.text.startswith(said)


def test_two_addresses_that_fail_now_and_then_are_loss() -> None:
    """Neither address is dead: both answer sometimes."""
    attempts = [tried("", FIRST), tried(SILENT, FIRST), tried(SILENT, SECOND), tried("", SECOND)]

    assert codes(*attempts) == ["path-lossy"]


def test_addresses_that_all_fail_are_no_dead_one_among_others() -> None:
    """Nothing answers: that is another cause's business."""
    assert "one-address-dead" not in codes(tried(SILENT, FIRST), tried(SILENT, SECOND))


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([1, 1, 1], ["first-packet-lost"]),
        ([1, 2], ["first-packet-lost"]),
        ([0, 1, 0], ["path-lossy"]),
        ([0, 0, 0], []),
        ([None, None], []),
    ],
)
def test_packets_that_had_to_be_sent_again(attempts: list[int | None], expected: list[str]) -> None:
    """Every first packet again is a device that drops it; some of them is loss; none is health."""
    made = [tried("", FIRST, **({} if n is None else {"syn_retransmits": n})) for n in attempts]

    assert codes(*made, failed=None) == expected


def test_one_packet_sent_again_proves_nothing() -> None:
    """A single attempt may have met an accident."""
    seen = saw("tcp", attempts=[tried("", FIRST, syn_retransmits=1)])

    assert possible(evidence(seen, paths=[path(seen)])) == ["first-packet-lost"]


def test_first_packets_lost_in_every_attempt_are_proven_on_a_path_that_was_read() -> None:
    """The kernel counted them, and the configuration does not drop them."""
    seen = saw("tcp", attempts=[tried("", FIRST, syn_retransmits=1)] * 2)

    assert proven(evidence(seen, paths=[path(seen)])) == ["first-packet-lost"]
    assert proven(blind(seen)) == []


def test_a_connection_that_takes_long_is_slow() -> None:
    """More than half a second, and no packet was sent again."""
    seen = saw("http")
    slow = replace(seen, steps=(Step(Stage.CONNECT, 800.0),))

    assert possible(blind(slow)) == ["path-slow"]
    assert possible(blind(seen)) == []


def test_a_connection_that_opens_and_dies_may_lose_large_packets() -> None:
    """Small packets open it, and then nothing comes."""
    seen = saw("rds", "exchange timeout")

    assert possible(evidence(seen, paths=[path(seen)])) == ["fragments-lost"]


def test_a_target_that_hangs_for_everybody_does_not() -> None:
    """From outside it opens and hangs as well: that is the target."""
    seen = saw("http", "exchange timeout")

    assert "fragments-lost" not in possible(blind(seen, control=[seen]))


@pytest.mark.parametrize(("errors", "expected"), [(12, True), (0, False)])
def test_a_nat_gateway_that_counts_failed_allocations_is_out_of_ports(
    errors: int, expected: bool
) -> None:
    """The metric of a gateway that these connections pass through."""
    seen = saw("http", SILENT, attempts=["", SILENT, ""])
    metrics = [{"NatGatewayId": "nat-a", "ErrorPortAllocation": errors}]
    found = evidence(seen, paths=[path(seen, hops=["rtb-app", "nat-a"])], NatGatewayMetrics=metrics)

    assert (proven(found) == ["nat-port-exhaustion"]) is expected


def test_a_nat_gateway_elsewhere_explains_nothing() -> None:
    """Another gateway may be out of ports; these connections do not pass through it."""
    seen = saw("http", SILENT, attempts=["", SILENT, ""])
    metrics = [{"NatGatewayId": "nat-b", "ErrorPortAllocation": 12}]
    found = evidence(seen, paths=[path(seen, hops=["nat-a"])], NatGatewayMetrics=metrics)

    assert proven(found) == []


def test_what_is_lost_after_it_opened_is_counted() -> None:
    """Of ten connections three never opened, and two died open: five were lost."""
    attempts = [SILENT] * 3 + ["tls timeout"] * 2 + [""] * 5
    finding = one(blind(saw("http", SILENT, attempts=attempts)), "path-lossy")

    assert any(
        "5 of 10 connections" in words and "Of those 2" in words for words in finding.because
    )


def test_a_host_that_answers_at_times_does_not_lose_large_packets() -> None:
    """Those are lost always."""
    always = saw("http", "tls timeout", attempts=["tls timeout"] * 3)
    at_times = saw("http", "tls timeout", attempts=["tls timeout", "", "tls timeout"])

    assert "fragments-lost" in possible(blind(always, saw("rds")))
    assert "fragments-lost" not in possible(blind(at_times, saw("rds")))
