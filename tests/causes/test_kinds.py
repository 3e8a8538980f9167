"""What a target is, by its host's name and its address."""

from __future__ import annotations

import pytest

from probe.causes import kinds
from tests.causes.build import saw

API, GATEWAY, DATABASE, BALANCER = "api", "gateway", "database", "balancer"
HOSTS = {
    "sts.eu-west-1.amazonaws.com": {API},
    "rds.eu-west-1.amazonaws.com": {API},
    "elasticloadbalancing.eu-west-1.amazonaws.com": {API},
    "sts.eu-west-1.api.aws": {API},
    "vpce-1-2.logs.eu-west-1.vpce.amazonaws.com": {API},
    "dynamodb.eu-west-1.amazonaws.com": {API, GATEWAY},
    "s3.amazonaws.com": {API, GATEWAY},
    "my-bucket.s3.eu-west-1.amazonaws.com": {API, GATEWAY},
    "streams.dynamodb.eu-west-1.amazonaws.com": {API},
    "orders.abc.eu-west-1.rds.amazonaws.com": {DATABASE},
    "orders.abc.rds.cn-north-1.amazonaws.com.cn": {DATABASE},
    "sessions.abc.0001.euw1.cache.amazonaws.com": {DATABASE},
    "front-1.eu-west-1.elb.amazonaws.com": {BALANCER},
    "inner-1.elb.eu-west-1.amazonaws.com": {BALANCER},
    "ec2-203-0-113-9.compute-1.amazonaws.com": set(),
    "b-1.events.abc.kafka.eu-west-1.amazonaws.com": set(),
    "api.example.com": set(),
    "amazonaws.com.example.com": set(),
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_says_what_it_is_the_name_of(host: str) -> None:
    """A service's API has its word first, a customer's own resource behind its own name."""
    o = saw("http", host=host)
    ways = {
        API: kinds.is_aws,
        GATEWAY: kinds.has_gateway,
        DATABASE: kinds.is_private_service,
        BALANCER: kinds.is_balancer,
    }

    assert {word for word, asks in ways.items() if asks(o)} == HOSTS[host]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("internal-front-1234567890.eu-west-1.elb.amazonaws.com", True),
        ("front-1234567890.cn-north-1.elb.amazonaws.com.cn", True),
        ("dualstack.front-1234567890.eu-west-1.elb.amazonaws.com", True),
        ("front-0123456789abcdef.elb.eu-west-1.amazonaws.com", False),
        ("front-0123456789abcdef.elb.cn-north-1.amazonaws.com.cn", False),
        ("api.example.com", False),
    ],
)
def test_a_load_balancers_name_tells_who_opens_connections(host: str, expected: bool) -> None:
    """An application one by itself; a network one leaves that to its targets."""
    assert kinds.opens_itself(saw("http", host=host)) is expected
