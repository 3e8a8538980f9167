"""What the control says: down for everyone, or only now and then, or only from in here."""

from __future__ import annotations

from dataclasses import replace

from tests.causes.build import PUBLIC, evidence, findings, path, possible, proven, saw, tried

SILENT = "connect timeout"
OTHER = "203.0.113.11"


def test_a_target_that_some_attempts_reach_is_not_down() -> None:
    """Half of the connections are lost, here and from outside."""
    lossy = saw("http", SILENT, attempts=["", SILENT, SILENT, ""])
    found = evidence(lossy, paths=[path(lossy)], control=(lossy,))

    assert proven(found) == []
    assert possible(found) == ["path-lossy"]


def test_a_target_that_the_control_sometimes_reaches_is_not_down() -> None:
    """All attempts were lost in here, and out there only some: it is not down for everybody."""
    seen = saw("http", SILENT, attempts=[SILENT, SILENT])
    outside = saw("http", SILENT, attempts=["", SILENT])
    found = evidence(seen, paths=[path(seen)], control=(outside,))

    assert "target-down-for-everyone" not in [f.code for f in findings(found)]
    turned = replace(found, observations=(outside,), control=(seen,))
    assert "target-down-for-everyone" not in [f.code for f in findings(turned)]


def test_an_address_that_is_dead_from_everywhere_is_named_alone() -> None:
    """The other address of the name always answers: the name as a whole is not down."""
    halves = [tried("", PUBLIC), tried(SILENT, OTHER)] * 3
    seen = saw("http", SILENT, address=OTHER, attempts=halves)
    found = evidence(seen, paths=[path(seen)], control=(seen,))

    assert [(f.code, f.component) for f in findings(found)] == [("one-address-dead", OTHER)]


def test_a_host_that_is_down_for_everyone_is_not_put_down_to_used_up_ports() -> None:
    """The metric does not say for which destination the gateway had no port."""
    seen = saw("http", SILENT)
    metrics = [{"NatGatewayId": "nat-a", "ErrorPortAllocation": 7.0}]
    found = evidence(seen, paths=[path(seen, hops=["nat-a"])], NatGatewayMetrics=metrics)

    down = replace(found, control=(seen,))
    assert proven(down) == []
    assert possible(down)[0] == "target-down-for-everyone"
    assert "nat-port-exhaustion" not in possible(down)
    assert proven(replace(found, control=(saw("http"),))) == ["nat-port-exhaustion"]


def test_an_allow_list_is_suspected_of_others_than_aws() -> None:
    """AWS asks who calls, not from where."""
    partner, service = saw("http", SILENT), saw("aws", SILENT)
    outside = (saw("http"), saw("aws"))
    other = saw("tcp", host="other.example.com", address=OTHER)
    ways = [path(o) for o in (partner, service, other)]
    found = evidence(partner, service, other, paths=ways, control=outside)

    assert [f.component for f in findings(found) if f.code == "egress-address-not-allowed"] == [
        "api.example.com"
    ]


def test_names_without_an_answer_beside_others_are_one_matter_of_the_resolver() -> None:
    """The resolver answers for some names: no packet was lost on an open path, several times."""
    names = [saw("tcp", "resolve no_answer", host=f"{n}.internal") for n in ("one", "two")]
    seen = (*names, saw("tcp", host="three.internal"))
    found = evidence(*seen, paths=[path(o) for o in seen])

    assert proven(found) == []
    assert possible(found)[0] == "resolver-quota-exceeded"
    assert len(findings(found)[0].explains) == 2
