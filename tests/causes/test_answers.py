"""What the far end said: each answer is its own cause, and the one beside it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Direction, Hop
from tests.causes.build import (
    DATABASE,
    ENDPOINT,
    PUBLIC,
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

if TYPE_CHECKING:
    from probe.model import Evidence, Observation

SILENT = "connect timeout"


def cert(issuer: str, **more: Any) -> dict[str, Any]:
    """Return the facts of a certificate."""
    return {"certificate": {"issuer": issuer, "subject": "CN=x", "names": ["x.example"], **more}}


def read(*seen: Observation, **more: Any) -> list[str]:
    """Return what is proven when every path was walked and is open."""
    return proven(evidence(*seen, paths=[path(o) for o in seen], **more))


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        ("connect refused", "target-refuses"),
        ("exchange server_busy", "database-connections-used-up"),
        ("exchange client_blocked", "client-host-blocked"),
        ("tls tls_expired", "tls-expired"),
        ("tls tls_wrong_host", "tls-wrong-host"),
        ("exchange tls_wrong_host", "tls-wrong-host"),
        ("tls tls_failed", "tls-handshake-refused"),
        ("tls not_tls", "unexpected-protocol"),
        ("exchange unexpected_answer", "unexpected-protocol"),
        ("exchange http_status", "http-error"),
        ("tls tls_untrusted", "tls-untrusted"),
        ("resolve name_not_found", "name-not-found"),
        ("resolve no_address", "name-not-found"),
    ],
)
def test_an_answer_on_a_path_that_was_read_is_proven(failed: str, code: str) -> None:
    """The far end spoke for itself, and the configuration agrees that it could."""
    assert read(saw("tcp", failed)) == [code]


@pytest.mark.parametrize("failed", ["connect refused", "tls tls_expired", "exchange http_status"])
def test_an_answer_without_configuration_is_possible(failed: str) -> None:
    """A firewall can answer in the target's name; nothing that was read rules it out."""
    seen = saw("tcp", failed)

    assert proven(blind(seen)) == []
    assert len(possible(blind(seen))) >= 1


def test_a_refusal_of_a_database_is_proven_only_beside_the_databases_status() -> None:
    """A stopped database may refuse: while its status is unread, nobody knows why."""
    assert read(saw("rds", "connect refused")) == []
    assert read(saw("rds", "connect refused"), DBInstances=[]) == ["target-refuses"]


def test_a_refusal_quotes_nothing_and_names_the_host() -> None:
    """A refusal has no words; the finding names who refused."""
    finding = one(blind(saw("rds", "connect refused")), "target-refuses")

    assert finding.component == "orders.abc.eu-west-1.rds.amazonaws.com"


@pytest.mark.parametrize(
    ("failed", "code", "words"),
    [
        (
            SILENT,
            "target-security-group-blocks",
            "on connecting, nothing came back within 0.0 s.",
        ),
        (
            "tls tls_wrong_host",
            "tls-wrong-host",
            "during the TLS handshake, the server showed a certificate for another host.",
        ),
        (
            "exchange http_status",
            "http-error",
            "after the connection was open, an HTTP error came back.",
        ),
    ],
)
def test_what_was_seen_is_a_sentence(failed: str, code: str, words: str) -> None:
    """When it happened and what it was, in an order in which people say it."""
    seen = saw("http", failed)
    way = path(seen, blocked(code)) if failed == SILENT else path(seen)

    finding = one(evidence(seen, paths=[way]), code)

    assert finding.because[0] == f"{seen.label} ({seen.address} port {seen.port}): {words}"


def test_the_words_of_an_answer_are_told() -> None:
    """What a database said is evidence, in its own words."""
    busy = saw("rds", "exchange server_busy", error_code="53300", message="too many clients")

    assert (
        'The answer was: "53300: too many clients"'
        in one(blind(busy), "database-connections-used-up").because
    )


# --- databases ---


def database(status: str, **more: Any) -> dict[str, Any]:
    """Return one entry of DescribeDBInstances."""
    endpoint = {"Address": "orders.abc.eu-west-1.rds.amazonaws.com", "Port": 5432}
    return {
        "DBInstanceIdentifier": "orders",
        "DBInstanceStatus": status,
        "Endpoint": endpoint,
        **more,
    }


@pytest.mark.parametrize("failed", [SILENT, "connect refused"])
def test_a_stopped_database_is_named(failed: str) -> None:
    """RDS says that it is stopped: that, and not the refusal, is the reason."""
    found = read(saw("rds", failed), DBInstances=[database("stopped")])

    assert found == ["database-stopped"]


@pytest.mark.parametrize("status", ["available", "backing-up", "modifying", "storage-optimization"])
def test_a_database_that_runs_is_not_called_stopped(status: str) -> None:
    """These states take connections: the refusal is the target's own."""
    found = read(saw("rds", "connect refused"), DBInstances=[database(status)])

    assert found == ["target-refuses"]


@pytest.mark.parametrize("status", ["starting", "stopping", "creating", "deleting", "failed"])
def test_a_database_that_does_not_run_takes_no_connections(status: str) -> None:
    """Stopped is not the only state without connections."""
    assert read(saw("rds", SILENT), DBInstances=[database(status)]) == ["database-stopped"]


def test_another_database_that_is_stopped_says_nothing() -> None:
    """Only the database behind the name that was asked for counts."""
    other = {"Address": "other.abc.eu-west-1.rds.amazonaws.com", "Port": 5432}
    stopped = database("stopped", Endpoint=other)

    assert read(saw("rds", "connect refused"), DBInstances=[stopped]) == ["target-refuses"]


def test_a_stopped_cluster_is_found_by_its_endpoint() -> None:
    """Clusters give their endpoint as a plain name."""
    host = "orders.abc.eu-west-1.rds.amazonaws.com"
    cluster = {"DBClusterIdentifier": "orders", "Status": "stopped", "Endpoint": host}

    finding = one(
        evidence(saw("rds", SILENT), DBClusters=[cluster]),
        "database-stopped",
    )

    assert finding.component == "orders"


def test_a_stopped_database_behind_a_closed_group_is_two_findings() -> None:
    """Both must be mended before the connection works."""
    seen = saw("rds", SILENT)
    closed = path(seen, blocked("target-security-group-blocks", "sg-db"))
    found = evidence(seen, paths=[closed], DBInstances=[database("stopped")])

    assert proven(found) == ["target-security-group-blocks", "database-stopped"]


def test_somebody_who_says_that_there_is_no_way_is_no_filter_of_awss() -> None:
    """Groups, network ACLs and routes drop without a word; a host's own firewall answers."""
    seen = saw("tcp", "connect unreachable")
    closed = path(seen, blocked("target-security-group-blocks", "sg-app"))

    assert proven(evidence(seen, paths=[path(seen)])) == ["rejected-on-the-way"]
    assert possible(blind(seen)) == ["rejected-on-the-way"]
    assert "target-security-group-blocks" not in proven(evidence(seen, paths=[closed]))


def test_one_address_that_refuses_beside_others_is_not_the_whole_name() -> None:
    """It is told once, and of the address."""
    attempts = [tried("", "10.0.2.20"), tried("connect refused", "10.0.2.21")] * 2
    seen = saw("tcp", "connect refused", address="10.0.2.21", attempts=attempts)
    found = findings(evidence(seen, paths=[path(seen)]))

    assert [(f.code, f.component) for f in found] == [("one-address-dead", "10.0.2.21")]


def test_an_address_that_is_lost_beside_one_that_is_not_is_no_rejection_of_all() -> None:
    """Where some attempts come through, nobody says no to this port."""
    seen = saw("tcp", "connect unreachable", attempts=["connect unreachable", ""])

    assert "rejected-on-the-way" not in possible(blind(seen))


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ("TLSV1_UNRECOGNIZED_NAME", "The server does not know the host name"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "The server wants a certificate of the client"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "Compare the TLS versions"),
    ],
)
def test_an_alert_that_says_why_is_believed(alert: str, said: str) -> None:
    """Where the alert leaves it open, so does the fix."""
    seen = saw("http", "tls tls_failed", error=f"SSLError: [SSL: {alert}] (_ssl.c:1020)")

    fix = one(evidence(seen, paths=[path(seen)]), "tls-handshake-refused").fix

    assert fix is not None
    assert fix.text.startswith(said)


# --- certificates ---


def test_an_aws_host_with_a_stranger_for_issuer_is_intercepted() -> None:
    """Amazon signs the certificates of its own hosts."""
    seen = saw("logs", "tls tls_untrusted", **cert("CN=Inspection CA,O=Example"))

    assert read(seen) == ["tls-intercepted"]


def test_an_aws_host_signed_by_amazon_is_not_intercepted() -> None:
    """An old list of authorities, not a firewall."""
    seen = saw("logs", "tls tls_untrusted", **cert("CN=Amazon RSA 2048 M01,O=Amazon"))

    assert read(seen) == ["tls-untrusted"]


def test_two_public_hosts_with_one_strange_issuer_are_intercepted() -> None:
    """Unrelated hosts do not share a private authority."""
    one_host = saw("http", "tls tls_untrusted", **cert("CN=Box"))
    other = saw("http", "tls tls_untrusted", host="www.example.org", **cert("CN=Box"))

    assert read(one_host, other) == ["tls-intercepted"]


def test_what_one_device_signs_is_one_cause_that_names_it() -> None:
    """The firewall that the walk leads through; where there is none, the authority."""
    signed = [
        saw("logs", "tls tls_untrusted", **cert("CN=Box")),
        saw("http", "tls tls_untrusted", **cert("CN=Box")),
        saw("dynamodb", "tls tls_untrusted", **cert("CN=Other box")),
    ]
    wall = Hop(Direction.FORWARD, "vpce-fw", "firewall", "allow", "no rule says otherwise")
    walled = [replace(path(o), hops=(wall,)) for o in signed]

    free = findings(evidence(*signed, paths=[path(o) for o in signed]))
    behind = findings(evidence(*signed, paths=walled))

    assert [(f.component, len(f.explains)) for f in free] == [("CN=Box", 2), ("CN=Other box", 1)]
    assert {f.component for f in behind} == {"vpce-fw"}
    assert any("through vpce-fw" in sentence for sentence in behind[0].because)


def test_two_private_hosts_with_one_issuer_are_not() -> None:
    """A company's own hosts do share its private authority."""
    one_host = saw("tcp", "tls tls_untrusted", **cert("CN=Ours"))
    other = saw("tcp", "tls tls_untrusted", host="b.internal", **cert("CN=Ours"))

    assert set(read(one_host, other)) == {"tls-untrusted"}


def test_a_strange_issuer_that_everybody_meets_is_the_hosts_own() -> None:
    """A private authority of two public hosts, and no proxy in this VPC."""
    seen = [
        saw("http", "tls tls_untrusted", **cert("CN=Ours")),
        saw("http", "tls tls_untrusted", host="b.example.com", **cert("CN=Ours")),
    ]

    assert read(*seen, control=seen) == ["tls-untrusted", "tls-untrusted"]


def test_a_certificate_that_is_trusted_outside_is_intercepted_here() -> None:
    """The control met the true certificate."""
    seen = saw("http", "tls tls_untrusted", **cert("CN=Box"))

    assert read(seen, control=[saw("http")]) == ["tls-intercepted"]


def test_a_certificate_that_is_untrusted_outside_too_is_the_targets_own() -> None:
    """From outside it looks the same."""
    seen = saw("http", "tls tls_untrusted", **cert("CN=Own"))

    assert read(seen, control=[seen]) == ["tls-untrusted"]


def test_dates_and_names_of_a_certificate_are_told() -> None:
    """Whoever reads "expired" wants to know when."""
    facts = cert("CN=R3", not_before="2026-01-01T00:00:00Z", not_after="2026-04-01T00:00:00Z")
    finding = one(blind(saw("http", "tls tls_expired", **facts)), "tls-expired")

    assert any("2026-04-01T00:00:00Z" in s and "x.example" in s for s in finding.because)


# --- who is let in ---


@pytest.mark.parametrize(
    ("status", "expected"), [(403, True), (429, True), (451, True), (500, False), (404, False)]
)
def test_a_status_for_strangers_suggests_an_allow_list(status: int, expected: bool) -> None:
    """It works from outside, and here the server says that it does not know the caller."""
    seen = saw("http", "exchange http_status", http_status=status)
    found = evidence(seen, paths=[path(seen)], control=[saw("http")])

    assert ("egress-address-not-allowed" in possible(found)) is expected
    assert proven(found) == ["http-error"]


def test_an_allow_list_is_not_suggested_when_the_way_out_is_not_known_to_be_open() -> None:
    """A missing route explains the silence as well as any allow-list."""
    assert "egress-address-not-allowed" not in possible(
        blind(saw("http", SILENT), control=[saw("http")])
    )


def test_an_allow_list_is_suggested_when_another_host_answers() -> None:
    """The way out is used by another check, and from outside this host answers."""
    other = saw("http", host="www.example.org")

    assert "egress-address-not-allowed" in possible(
        blind(saw("http", SILENT), other, control=[saw("http"), other])
    )


def test_a_private_target_has_no_allow_list_for_public_addresses() -> None:
    """A private target never sees the NAT gateway's public address."""
    seen = saw("tcp", SILENT)
    found = evidence(seen, paths=[path(seen)], control=[saw("tcp")])

    assert [f.code for f in findings(found)] == ["configuration-open-packets-lost"]


# --- names ---


def test_a_database_answered_publicly_is_suspected_of_it() -> None:
    """A database is asked for, and a public address is dialled in vain."""
    assert possible(blind(saw("rds", SILENT, address="203.0.113.9")))[0] == (
        "public-answer-for-private-target"
    )


def test_a_database_answered_privately_is_not() -> None:
    """The private answer is the right one."""
    assert "public-answer-for-private-target" not in possible(
        blind(saw("rds", SILENT, address=DATABASE))
    )


def test_a_public_database_that_works_is_nobodys_fault() -> None:
    """Some databases are meant to be public."""
    assert findings(blind(saw("rds", address="203.0.113.9"))) == ()


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (["", "resolve no_answer"], True),
        (["", "resolve server_failure", ""], True),
        (["resolve no_answer", "resolve no_answer"], False),
        (["", "connect timeout"], False),
    ],
)
def test_a_resolver_that_answers_now_and_then_is_overloaded(
    attempts: list[str], expected: bool
) -> None:
    """Some attempts resolve the name and others get no answer."""
    seen = saw("http", next(filter(None, attempts)), attempts=attempts)

    assert ("resolver-quota-exceeded" in possible(blind(seen))[:1]) is expected


# --- other protocols ---


def test_a_remark_of_the_check_is_no_quotation() -> None:
    """What the probe made of an answer is not what the server said."""
    met = saw(
        "rds",
        "exchange unexpected_answer",
        error="the server speaks before it is spoken to",
        looks_like="mysql",
    )

    said = one(blind(met), "unexpected-protocol").because

    assert f"{met.label}: the server speaks before it is spoken to" in said[1]
    assert said[1].endswith("looks like mysql.")
    assert not any('"' in sentence for sentence in said)


@pytest.mark.parametrize(
    ("engine", "asked", "told"),
    [
        ("mysql", "postgres", True),
        ("aurora-mysql", "postgres", True),
        ("sqlserver-ex", "postgres", True),
        ("aurora-mysql", "mariadb", False),
        ("aurora-postgresql", "postgres", False),
        ("oracle-se2", "oracle", False),
    ],
)
def test_the_engine_that_rds_names_is_held_against_the_one_that_was_asked(
    engine: str, asked: str, told: bool
) -> None:
    """RDS says what answers on the port; engines that speak alike are no news."""
    met = saw("rds", "exchange unexpected_answer", engine=asked)
    found = evidence(met, paths=[path(met)], DBInstances=[database("available", Engine=engine)])

    said = one(found, "unexpected-protocol").because

    words = f"The engine of orders is {engine}; the check spoke to it as {asked}."
    assert (words in said) is told


API = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
CAPTOR = {
    "VpcEndpointId": "vpce-apis",
    "VpcEndpointType": "Interface",
    "VpcId": "vpc-a",
    "ServiceName": "com.amazonaws.eu-west-1.execute-api",
    "PrivateDnsEnabled": True,
    "NetworkInterfaceIds": ["eni-apis"],
}
AT_ENDPOINT = {"NetworkInterfaceId": "eni-apis", "PrivateIpAddress": ENDPOINT}


def forbidden(**more: Any) -> Observation:
    """Return what came of a call to an API of API Gateway's."""
    told = {"host": API, "address": ENDPOINT, "http_status": 403, **more}
    return saw("http", "exchange http_status", **told)


def judged(seen: Observation, **more: Any) -> Evidence:
    """Return what is known of it: the endpoint, its interface, and that others may call the API."""
    told: dict[str, Any] = {
        "control": [saw("http", host=API, address=PUBLIC, http_status=200)],
        "VpcEndpoints": [CAPTOR],
        "NetworkInterfaces": [AT_ENDPOINT],
        **more,
    }
    return evidence(seen, paths=[path(seen)], **told)


def test_a_public_api_whose_name_an_endpoint_has_taken_over() -> None:
    """The endpoint is named, and the mere status gives way."""
    found = judged(forbidden())

    assert proven(found) == ["public-api-behind-endpoint"]
    assert one(found, "public-api-behind-endpoint").component == "vpce-apis"


@pytest.mark.parametrize(
    "more",
    [
        {"VpcEndpoints": [{**CAPTOR, "PrivateDnsEnabled": False}]},
        {"VpcEndpoints": [{**CAPTOR, "VpcId": "vpc-b"}]},
        {"VpcEndpoints": [{**CAPTOR, "ServiceName": "com.amazonaws.eu-west-1.logs"}]},
        {"NetworkInterfaces": [{**AT_ENDPOINT, "PrivateIpAddress": "10.0.3.11"}]},
        {"control": None},
        {"control": [saw("http", "exchange http_status", host=API, http_status=403)]},
    ],
)
def test_what_may_be_a_private_api_that_refuses_is_not_proven(more: dict[str, Any]) -> None:
    """A private API answers so to who lacks a key; only the control tells that it is public."""
    found = judged(forbidden(), **more)

    assert proven(found) == ["http-error"]
    assert "public-api-behind-endpoint" in possible(found)


@pytest.mark.parametrize(
    "more",
    [
        {"http_status": 404},
        {"address": PUBLIC},
        {"host": API.replace(".", "-vpce-0123.", 1)},
        {"host": "api.example.com"},
    ],
)
def test_an_api_that_says_something_else_or_is_meant_for_the_endpoint(more: dict[str, Any]) -> None:
    """It is another status, another way, or a name that asks for the endpoint itself."""
    found = judged(forbidden(**more))

    assert "public-api-behind-endpoint" not in (*proven(found), *possible(found))
