"""What packets saw, and what it really was: each row the truth behind one placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.causes.build import ENDPOINT, PUBLIC, saw, tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.model import Observation

SILENT, NO_NAME, NO_ANSWER = "connect timeout", "resolve name_not_found", "resolve no_answer"
OPEN = (saw("http"), saw("dynamodb"), saw("rds"), saw("logs"))
ISOLATED = (saw("http", SILENT), saw("dynamodb", SILENT), saw("rds"), saw("logs", SILENT))
PEER: dict[str, Any] = {"host": "orders.peer.internal", "address": "10.1.2.10"}
AAAA = "2001:db8::10"
# The form of a load balancer's name tells its kind.
ALB = "internal-front-1234567890.eu-west-1.elb.amazonaws.com"
NLB = "inner-0123456789abcdef.elb.eu-west-1.amazonaws.com"
VPCE = "vpce-1-2.logs.eu-west-1.vpce.amazonaws.com"
ONE_OF_TWO = [tried("", "10.0.2.7"), tried("connect timeout", "10.0.3.7")] * 4
PREMISES_SILENT = (
    saw("tcp", SILENT, host="erp.corp.example", address="172.18.40.21", port=1521),
    saw("http", SILENT, host="wms.corp.example", address="172.18.30.12"),
)
TWO_DATABASES_SILENT = (
    saw("rds", SILENT),
    saw("rds", SILENT, host="shop.abc.eu-west-1.rds.amazonaws.com", address="10.0.3.7", port=3306),
    saw("cache", "tls timeout"),
    saw("http"),
)
# A host with addresses of both versions, one with one of IPv4 alone, and a service.
TWO_VERSIONS = (
    saw("http", SILENT, host="two.example.com", attempts=[tried("", AAAA), tried(SILENT)]),
    saw("http", SILENT, host="four.example.com", address="203.0.113.32"),
    saw("aws", SILENT),
    saw("rds"),
)
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
    "firewall endpoint failed": (ISOLATED, "middlebox-unavailable"),
    "peered database, nothing else asked": ((saw("rds", SILENT, **PEER),), "no-route-to-target"),
    "database stopped and silent": (but(OPEN, saw("rds", SILENT)), "database-stopped"),
    "NACL denies the database's port": (but(OPEN, saw("rds", SILENT)), "nacl-blocks-request"),
    "NACL, only the database asked": ((saw("rds", SILENT),), "nacl-blocks-return"),
    "DynamoDB's own interface endpoint unused": (
        (saw("dynamodb", SILENT), saw("rds")),
        "interface-endpoint-unused",
    ),
    "endpoint that was never accepted": (
        (saw("logs", SILENT), saw("rds")),
        "endpoint-not-available",
    ),
    "load balancer not active": (
        (saw("tcp", SILENT, host=NLB), saw("http")),
        "load-balancer-not-active",
    ),
    "load balancer without targets in one zone": (
        (
            saw(
                "tcp",
                SILENT,
                host=NLB,
                attempts=[tried(SILENT, "10.0.2.7"), tried("", "10.0.3.7")] * 2,
            ),
            saw("http"),
        ),
        "load-balancer-not-in-zone",
    ),
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
    "endpoint not available, called by its own name": (
        but(OPEN, saw("logs", SILENT, address=ENDPOINT, host=VPCE)),
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
    "a group that knows only the database's port": (
        (saw("rds"), saw("aws", SILENT)),
        "own-security-group-blocks",
    ),
    "IPv6 alone, an ACL without a rule for it": (
        (saw("http", SILENT, address=AAAA), saw("dynamodb"), saw("rds")),
        "nacl-blocks-return",
    ),
    "IPv6 alone, its gateway was deleted": (
        (saw("http", SILENT, address=AAAA), saw("dynamodb"), saw("rds")),
        "blackhole-route",
    ),
    "NAT that passes only the web": (
        (saw("http"), saw("rds"), saw("tcp", SILENT, address=PUBLIC, port=587)),
        "nat-instance-security-group-blocks",
    ),
    "endpoints for other services": (
        (saw("logs", address=ENDPOINT), saw("dynamodb"), saw("aws", SILENT)),
        "interface-endpoint-missing",
    ),
    "a network load balancer that refuses": (
        (saw("tcp", "connect refused", host=NLB, port=80),),
        "load-balancer-no-healthy-target",
    ),
    "an application load balancer that refuses": (
        (saw("tcp", "connect refused", host=ALB, port=81),),
        "load-balancer-no-listener",
    ),
    "an outbound rule with one of a load balancer's two addresses": (
        (saw("http", SILENT, host=ALB, address="10.0.3.7", attempts=ONE_OF_TWO), saw("rds")),
        "own-security-group-blocks",
    ),
    "an ACL that one replica's subnet is not in": (
        (saw("rds", SILENT, host="ro.corp.example", attempts=ONE_OF_TWO), saw("http")),
        "nacl-blocks-return",
    ),
    "an address that is nobody's any more": (
        (saw("tcp", SILENT, host="10.40.77.7", address="10.40.77.7"), saw("rds"), saw("http")),
        "target-address-unused",
    ),
    "a host that is down": (
        (saw("tcp", SILENT, host="10.40.77.7", address="10.40.77.7"), saw("rds"), saw("http")),
        "configuration-open-packets-lost",
    ),
    "a line to the premises that is cut": (
        (*PREMISES_SILENT, saw("rds"), saw("http")),
        "configuration-open-packets-lost",
    ),
    "a route for the approved partners only": (
        (saw("tcp", SILENT, host="files.example", address="203.0.113.140", port=22), saw("http")),
        "no-route-to-internet",
    ),
    "S3's interface endpoint without private DNS": (
        (saw("aws", SILENT, host="s3.eu-west-1.amazonaws.com"), saw("dynamodb"), saw("rds")),
        "endpoint-private-dns-off",
    ),
    "another Region, beside an endpoint's group": (
        (
            saw("aws", SILENT, host="secretsmanager.us-west-2.amazonaws.com"),
            saw("logs", SILENT, address=ENDPOINT),
            saw("dynamodb"),
            saw("http", address="10.0.3.11"),
            saw("rds"),
        ),
        "wrong-region",
    ),
    "no public address, and IPv6 leads out": (TWO_VERSIONS, "public-subnet-no-public-ip"),
    "only services fail, and two endpoints are wrong": (
        (saw("rds"), saw("aws", SILENT), saw("dynamodb", SILENT)),
        "vpc-dns-hostnames-off",
    ),
    "a rule for named addresses, others answer on the port": (
        (saw("dynamodb"), saw("http", host="one.example.com"), saw("aws", SILENT)),
        "own-security-group-blocks",
    ),
    "a default route to a peered VPC": (
        (saw("http", SILENT), saw("dynamodb", SILENT), saw("rds"), saw("logs", address=ENDPOINT)),
        "peering-not-transitive",
    ),
    "a firewall that knows one of two addresses": (
        (
            saw(
                "http",
                SILENT,
                attempts=[tried("", PUBLIC), tried(SILENT, "203.0.113.11")] * 4,
            ),
            saw("dynamodb"),
        ),
        "firewall-rule-blocks",
    ),
    "a gateway endpoint on one table, another service passes": (
        (saw("aws", host="s3.eu-west-1.amazonaws.com"), saw("rds"), saw("dynamodb", SILENT)),
        "gateway-endpoint-not-associated",
    ),
    "no way out, and a database that knows somebody else": (
        (saw("http", SILENT), saw("aws", SILENT), saw("rds", SILENT)),
        "public-subnet-no-public-ip",
    ),
    "IPv6 leads out, and IPv4 does not": (
        (saw("http", SILENT), saw("http", address=AAAA, host="six.example.com"), saw("rds")),
        "no-route-to-internet",
    ),
    "a signed call asks again and is not answered": (
        (saw("http"), saw("dynamodb", "exchange no_answer")),
        "resolver-quota-exceeded",
    ),
    "a signed call asks for a name that is not there": (
        (saw("http"), saw("dynamodb", "exchange name_not_found")),
        "name-not-found",
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
    "NACL of the subnet of one of an endpoint's addresses": (
        (
            saw(
                "logs",
                SILENT,
                address=ENDPOINT,
                attempts=[tried(SILENT, ENDPOINT), tried("", "10.0.3.9")] * 2,
            ),
        ),
        "nacl-blocks-request",
    ),
    "firewall that passes HTTPS only": (
        (saw("http"), saw("tcp", SILENT, host="partner.example", address="203.0.113.9", port=8443)),
        "firewall-rule-blocks",
    ),
    "IPv6 without a way beside IPv4 with one": (
        (saw("http", SILENT, attempts=[tried(SILENT, AAAA), tried("")] * 2),),
        "no-egress-only-gateway",
    ),
    "a NAT gateway behind a transit gateway that knows no way out": (
        ISOLATED,
        "transit-gateway-no-route",
    ),
    "a NAT gateway in another VPC that knows no way back": (ISOLATED, "no-return-route"),
    "TLS to a cache of plain text": ((saw("tcp", "tls timeout"),), "unexpected-protocol"),
    "TLS to a cache of plain text, beside two databases behind one ACL": (
        TWO_DATABASES_SILENT,
        "unexpected-protocol",
    ),
    "an ACL of two databases' subnets, beside a cache of plain text": (
        TWO_DATABASES_SILENT,
        "nacl-blocks-return",
    ),
    "IPv6 without a way": ((saw("http", "connect unreachable", address=AAAA),), "ipv6-not-allowed"),
    "IPv6 without an egress-only gateway": (
        (saw("http", SILENT, address=AAAA), saw("rds")),
        "no-egress-only-gateway",
    ),
}
