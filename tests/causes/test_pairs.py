"""Two causes at once: every pair that can occur together on one path, and both are found.

Ways to a target, each with the mistakes that can be made on it. Two mistakes exclude each other
where they are made in the same place; every other pair is made, walked and judged.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from probe.model import Confidence
from tests.causes.scenes import of

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """One thing to get wrong: what becomes of the scenario, and what it is called."""

    code: str
    place: str  # of two mistakes in one place only one can be made
    change: Document  # put over the scenario, key by key; None takes a key away
    hides: frozenset[str] = frozenset()  # codes that cannot be told from behind it


def mistake(code: str, place: str, change: Document, *hides: str) -> Mistake:
    """Write one down."""
    return Mistake(code, place, change, frozenset(hides))


def over(document: Document, change: Mapping[str, Any]) -> Document:
    """Put a change over a document."""
    changed = copy.deepcopy(document)
    for key, value in change.items():
        if value is None:
            changed.pop(key, None)
        elif isinstance(value, dict) and isinstance(changed.get(key), dict):
            changed[key] = over(changed[key], value)
        else:
            changed[key] = copy.deepcopy(value)
    return changed


LOST = {"expect": {"observations": {"rds": "connect timeout"}}}
DATABASE: Document = {
    "vpc": {"cidr": "10.0.0.0/16"},
    "subnets": {
        "app": {"cidr": "10.0.1.0/24", "az": "a", "nacl": "near", "routes": {}},
        "data": {"cidr": "10.0.2.0/24", "az": "b", "nacl": "far", "routes": {}},
    },
    "nacls": {
        side: {"inbound": [{"allow": "all"}], "outbound": [{"allow": "all"}]}
        for side in ("near", "far")
    },
    "security_groups": {"fn": {}, "db": {"ingress": [{"tcp": 5432, "from": "10.0.0.0/16"}]}},
    "hosts": {
        "db": {"server": "postgres", "subnet": "data", "security_groups": ["db"], "rds": True}
    },
    "function": {"subnets": ["app"], "security_groups": ["fn"]},
    "targets": [{"check": "rds", "db": "db"}],
    **LOST,
}
OWN_GROUP = mistake("own-security-group-blocks", "own group", {
    "security_groups": {"fn": {"egress": []}}})  # fmt: skip
TARGET_GROUP = mistake("target-security-group-blocks", "target group", {
    "security_groups": {"db": {"ingress": []}}})  # fmt: skip
REQUEST_OUT = mistake("nacl-blocks-request", "near nacl out", {
    "nacls": {"near": {"outbound": [{"allow": "tcp 80"}]}}})  # fmt: skip
REQUEST_IN = mistake("nacl-blocks-request", "far nacl in", {
    "nacls": {"far": {"inbound": [{"allow": "tcp 80"}]}}})  # fmt: skip
ANSWER_OUT = mistake("nacl-blocks-return", "far nacl out", {
    "nacls": {"far": {"outbound": [{"allow": "tcp 80"}]}}})  # fmt: skip
ANSWER_IN = mistake("nacl-blocks-return", "near nacl in", {
    "nacls": {"near": {"inbound": [{"allow": "tcp 80"}]}}})  # fmt: skip
FILTERS = (OWN_GROUP, TARGET_GROUP, REQUEST_OUT, REQUEST_IN, ANSWER_OUT, ANSWER_IN)
UNNAMED = {"expect": {"observations": {"rds": "resolve no_answer"}}}
SUPPORT_OFF = mistake("vpc-dns-support-off", "names", {"vpc": {"dns_support": False}, **UNNAMED})

PEERED = over(DATABASE, {
    "vpcs": {"far": {"cidr": "10.8.0.0/16"}},
    "subnets": {
        "app": {"routes": {"10.8.0.0/16": "join"}},
        "data": {"vpc": "far", "cidr": "10.8.2.0/24", "routes": {"10.0.0.0/16": "join"}},
    },
    "nacls": {"far": {"vpc": "far"}},
    "security_groups": {"db": {"vpc": "far"}},
    "peerings": {"join": {"between": ["main", "far"]}},
})  # fmt: skip
NO_WAY_THERE = mistake("no-route-to-target", "near routes", {"subnets": {"app": {"routes": None}}})
NO_WAY_BACK = mistake("no-return-route", "far routes", {"subnets": {"data": {"routes": None}}})
NOT_ACTIVE = mistake("peering-not-active", "peering", {
    "peerings": {"join": {"state": "pending-acceptance"}}},
    "no-route-to-target", "no-return-route")  # fmt: skip

# The gateway stands in subnets of its own: between machines of one subnet there is no network ACL.
_HUB = {
    "attachments": {
        "ours": {"subnets": ["near-door"], "table": "ours", "propagates": ["theirs"]},
        "theirs": {"subnets": ["far-door"], "table": "theirs", "propagates": ["ours"]},
    },
    "route_tables": {"ours": {}, "theirs": {}},
}
_DOORS = {
    "near-door": {"cidr": "10.0.8.0/28", "az": "a", "routes": {}},
    "far-door": {"vpc": "far", "cidr": "10.8.8.0/28", "az": "a", "routes": {}},
}
CONNECTED = over(
    over(PEERED, {"peerings": None, "subnets": {"data": {"az": "a"}}}),
    {"transit_gateways": {"join": _HUB}, "subnets": _DOORS},
)
_IN_THE_HUB = (
    "transit-gateway-no-association",
    "transit-gateway-no-route",
    "transit-gateway-blackhole",
)
NO_WAY_IN = mistake(
    "no-route-to-target", "near routes", {"subnets": {"app": {"routes": None}}}, *_IN_THE_HUB
)
NOT_ASSOCIATED = mistake("transit-gateway-no-association", "near association", {
    "transit_gateways": {"join": {"attachments": {"ours": {"table": "none"}}}}},
    *_IN_THE_HUB[1:])  # fmt: skip
NOT_KNOWN = mistake("transit-gateway-no-route", "near table", {
    "transit_gateways": {"join": {"attachments": {"theirs": {"propagates": []}}}}})  # fmt: skip
DROPPED = mistake("transit-gateway-blackhole", "near table", {
    "transit_gateways": {"join": {"route_tables": {"ours": {
        "routes": {"10.8.0.0/16": "blackhole"}}}}}})  # fmt: skip

PUBLIC: Document = {
    **over(DATABASE, {"hosts": {"db": None}}),
    "internet_gateway": True,
    "subnets": {
        "app": {"cidr": "10.0.1.0/24", "az": "a", "nacl": "near", "routes": {"0.0.0.0/0": "nat"}},
        "edge": {
            "cidr": "10.0.9.0/24",
            "az": "a",
            "nacl": "far",
            "routes": {"0.0.0.0/0": "internet-gateway"},
        },
    },
    "nat_gateways": {"nat": {"subnet": "edge"}},
    "security_groups": {"fn": {}},
    "hosts": {"api.example.com": {"server": "https", "public": "203.0.113.10"}},
    "targets": [{"check": "http", "url": "https://api.example.com/"}],
    "expect": {"observations": {"http": "connect timeout"}},
}
_BEHIND_NAT = ("nat-subnet-no-internet-route", "internet-gateway-detached", "block-public-access",
               "nat-subnet-nacl-blocks")  # fmt: skip
_NAT = ("nat-gateway-failed", "nat-gateway-private")
NO_WAY_OUT = mistake("no-route-to-internet", "near routes", {
    "subnets": {"app": {"routes": None}}}, *_NAT, *_BEHIND_NAT)  # fmt: skip
TO_GATEWAY = mistake("public-subnet-no-public-ip", "near routes", {
    "subnets": {"app": {"routes": {"0.0.0.0/0": "internet-gateway"}}}},
    *_NAT, "nat-subnet-no-internet-route", "nat-subnet-nacl-blocks")  # fmt: skip
NAT_FAILED = mistake("nat-gateway-failed", "nat", {
    "nat_gateways": {"nat": {"state": "failed"}}}, *_BEHIND_NAT)  # fmt: skip
NAT_PRIVATE = mistake("nat-gateway-private", "nat", {
    "nat_gateways": {"nat": {"connectivity": "private"}}}, *_BEHIND_NAT)  # fmt: skip
NAT_INSIDE = mistake("nat-subnet-no-internet-route", "edge routes", {
    "subnets": {"edge": {"routes": None}}}, *_BEHIND_NAT)  # fmt: skip
NAT_ACL = mistake("nat-subnet-nacl-blocks", "far nacl in", {
    "nacls": {"far": {"inbound": [{"allow": "tcp 80"}]}}})  # fmt: skip
DETACHED = mistake("internet-gateway-detached", "gateway", {"internet_gateway": "detached"})
FORBIDDEN = mistake(
    "block-public-access", "account", {"block_public_access": "block-bidirectional"}
)

SERVICE: Document = over(DATABASE, {
    "hosts": None,
    "security_groups": {"db": None, "web": {"ingress": [{"tcp": 443, "from": "fn"}]}},
    "endpoints": {"sts": {"service": "sts", "subnets": ["data"], "security_groups": ["web"]}},
    "targets": [{"check": "aws", "service": "sts"}],
    "expect": {"observations": {"rds": None, "aws": "connect timeout"}},
})  # fmt: skip
ENDPOINT_GROUP = mistake("endpoint-security-group-blocks", "endpoint group", {
    "security_groups": {"web": {"ingress": []}}})  # fmt: skip

WAYS: dict[str, tuple[Document, tuple[Mistake, ...]]] = {
    "a database": (DATABASE, (*FILTERS, SUPPORT_OFF)),
    "over a peering": (PEERED, (*FILTERS, NO_WAY_THERE, NO_WAY_BACK, NOT_ACTIVE)),
    "over a transit gateway": (
        CONNECTED,
        (*FILTERS, NO_WAY_IN, NO_WAY_BACK, NOT_ASSOCIATED, NOT_KNOWN, DROPPED),
    ),
    "the internet": (
        PUBLIC,
        (OWN_GROUP, REQUEST_OUT, ANSWER_IN, NO_WAY_OUT, TO_GATEWAY, NAT_FAILED, NAT_PRIVATE,
         NAT_INSIDE, NAT_ACL, DETACHED, FORBIDDEN),
    ),
    "an endpoint": (
        SERVICE,
        (OWN_GROUP, REQUEST_OUT, REQUEST_IN, ANSWER_OUT, ANSWER_IN, ENDPOINT_GROUP),
    ),
}  # fmt: skip
PAIRS = [
    (way, pair)
    for way, (_, mistakes) in WAYS.items()
    for pair in combinations(mistakes, 2)
    if pair[0].place != pair[1].place
]


def proven(document: Document, *mistakes: Mistake) -> list[str]:
    """Make the mistakes, and name what is proven."""
    made = reduce(over, (one.change for one in mistakes), document)
    report = of(yaml.safe_dump(made)).judge()
    return [f.code for f in report.findings if f.confidence is Confidence.PROVEN]


@pytest.mark.parametrize(
    ("way", "one"),
    [(way, one) for way, (_, mistakes) in WAYS.items() for one in mistakes],
    ids=lambda value: value if isinstance(value, str) else f"{value.code} ({value.place})",
)
def test_each_mistake_is_found_alone(way: str, one: Mistake) -> None:
    """Or a pair of which one is never found would look like one that hides."""
    assert proven(WAYS[way][0], one) == [one.code]


@pytest.mark.parametrize(
    ("way", "pair"),
    PAIRS,
    ids=lambda value: value if isinstance(value, str) else " and ".join(m.place for m in value),
)
def test_two_mistakes_are_both_found(way: str, pair: tuple[Mistake, Mistake]) -> None:
    """Nothing else is; of two behind each other the second is told where packets would come by."""
    first, second = pair
    wanted = {one.code for one, other in (pair, pair[::-1]) if one.code not in other.hides}

    found = proven(WAYS[way][0], first, second)

    assert wanted <= set(found) <= {first.code, second.code}
