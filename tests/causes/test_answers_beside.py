"""What the far end said, beside whose host it is and what a control heard of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Direction, Hop
from tests.causes.build import blind, blocked, evidence, findings, one, path, possible, proven, saw
from tests.causes.test_answers import SILENT, database, read

if TYPE_CHECKING:
    from probe.model import Observation

# --- load balancers ---

BALANCER = "stock-1.elb.eu-west-1.amazonaws.com"


def test_behind_a_network_load_balancer_it_is_the_target_that_refuses() -> None:
    """It passes on its target's refusal: the finding names the group of targets, where read."""
    seen = saw("tcp", "connect refused", host=BALANCER)
    way = path(seen)
    behind = Hop(Direction.FORWARD, "stock-targets", "target-group", "allow", "2 healthy")
    read_ = evidence(seen, paths=[replace(way, hops=(*way.hops, behind))])

    assert one(blind(seen), "target-refuses").component == BALANCER
    assert one(read_, "target-refuses").component == "stock-targets"
    words = "The load balancer passes port 6379 on to stock-targets: a target there refuses."
    assert words in one(read_, "target-refuses").because
    unread = "A Network Load Balancer passes on its target's refusal"
    assert any(s.startswith(unread) for s in one(blind(seen), "target-refuses").because)
    host = one(blind(saw("tcp", "connect refused")), "target-refuses")
    assert not any("Load Balancer" in sentence for sentence in host.because)


@pytest.mark.parametrize(("status", "word"), [(502, "refused"), (503, "registered"), (504, "time")])
def test_the_status_of_a_load_balancer_is_put_into_words(status: int, word: str) -> None:
    """502, 503 and 504 each say another thing of its targets; of another host they say nothing."""
    balanced = saw("http", "exchange http_status", host=BALANCER, http_status=status)
    plain = saw("http", "exchange http_status", http_status=status)

    means = "A load balancer answers so where"
    (said,) = [s for s in one(blind(balanced), "http-error").because if s.startswith(means)]
    assert word in said
    assert not any(s.startswith(means) for s in one(blind(plain), "http-error").because)
    assert read(balanced) == ["http-error"]
    assert possible(blind(balanced))[0] != "http-error"


def test_a_balancer_that_answers_is_active_and_listens() -> None:
    """An HTTP status is its own word: what is read against that is a disagreement."""
    seen = saw("http", "exchange http_status", host=BALANCER, http_status=503)

    for code in ("load-balancer-no-listener", "load-balancer-not-active"):
        found = evidence(seen, paths=[path(seen, blocked(code, "stock"))])
        assert code not in [f.code for f in findings(found)]


# --- which command settles it ---


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (saw("rds", "connect refused"), "aws rds describe-db-instances"),
        (saw("tcp", "connect refused", host=BALANCER), "aws elbv2 describe-target-health"),
        (
            saw("rds", "connect refused", host="db.vendor.example", address="203.0.113.80"),
            "Name=association.public-ip,Values=203.0.113.80",
        ),
        (saw("tcp", "connect refused"), "Name=addresses.private-ip-address,Values=10.0.2.20"),
        (
            saw("tcp", "connect refused", address="203.0.113.9"),
            "Name=association.public-ip,Values=203.0.113.9",
        ),
        (
            saw("tcp", "connect refused", address="2001:db8::9"),
            "Name=ipv6-addresses.ipv6-address,Values=2001:db8::9",
        ),
        (
            saw("tcp", "connect refused", host="c.abc.0001.euw1.cache.amazonaws.com"),
            "aws elasticache describe-cache-clusters",
        ),
    ],
)
def test_the_command_fits_the_kind_of_host(seen: Observation, words: str) -> None:
    """A load balancer is not looked for among databases, nor a public address among private."""
    assert words in str(one(blind(seen), "target-refuses").confirm)


# --- what a control rules out ---


def test_a_refusal_that_only_we_meet_is_hardly_the_hosts() -> None:
    """From outside somebody listens on that port: nothing that was read makes it proven."""
    met, passed = saw("rds", "connect refused"), saw("rds")
    facts: dict[str, Any] = {"DBInstances": [database("available")]}
    alone = evidence(met, paths=[path(met)], **facts)
    beside = evidence(met, paths=[path(met)], control=[passed], **facts)

    assert proven(alone) == ["target-refuses"]
    assert proven(beside) == []
    assert possible(blind(met, control=[passed]))[0] != "target-refuses"


IPV6 = "2001:db8::10"


def test_ipv6_that_nobody_came_through_is_no_allow_list() -> None:
    """That IPv4 passes says nothing of the way of IPv6; another IPv6 target that passes does."""
    six = saw("http", SILENT, address=IPV6)
    four = saw("tcp", host="other.example.com", address="203.0.113.20", port=443)
    near = replace(four, address="2001:db8::20")

    def codes(*seen: Observation) -> list[str]:
        return [f.code for f in findings(blind(*seen, control=[saw("http")]))]

    assert "egress-address-not-allowed" not in codes(six, four)
    assert "egress-address-not-allowed" in codes(six, near)
    assert "egress-address-not-allowed" in codes(saw("http", SILENT), four)


def test_over_ipv6_the_function_is_asked_for_its_own_range() -> None:
    """No NAT stands between: the target sees the function's own address."""
    near = saw("tcp", host="other.example.com", address="2001:db8::20", port=443)
    found = blind(saw("http", SILENT, address=IPV6), near, control=[saw("http")])

    assert "Ipv6CidrBlock" in str(one(found, "egress-address-not-allowed").confirm)
