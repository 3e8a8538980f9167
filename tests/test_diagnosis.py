"""Judgement by the rules of the design: proven, possible, silenced, contradicted, undetermined."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from probe.causes import CATALOGUE
from probe.diagnosis import diagnose
from probe.model import (
    Confidence,
    Direction,
    Hop,
    Observation,
    Path,
    Undetermined,
    Unknown,
    Verdict,
)
from tests.causes.build import (
    FUNCTION,
    PLACEMENT,
    UNREAD,
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

SILENT = "connect timeout"
TWO_SUBNETS = replace(PLACEMENT, subnet_ids=("subnet-app", "subnet-b"))
UNKNOWN_SUBNET = replace(TWO_SUBNETS, subnet_id=Unknown("two subnets share the zone"))


# --- proven ---


def test_a_closed_path_explains_a_silent_connection() -> None:
    """Read, closed there, and it explains the stage: proven, with component, code and labels."""
    http = saw("http", SILENT)
    found = evidence(http, paths=[path(http, blocked("no-route-to-internet"))])

    finding = one(found, "no-route-to-internet")

    assert finding.confidence is Confidence.PROVEN
    assert finding.component == "rtb-app"
    assert finding.explains == (http.label,)
    assert finding.ra_code == "NO_ROUTE_TO_DESTINATION"
    assert finding.confirm is None


def test_one_cause_of_several_silences_is_one_finding() -> None:
    """The same cause at the same component is told once, with every label it accounts for."""
    seen = [saw("http", SILENT), saw("dynamodb", SILENT), saw("logs", SILENT)]
    closed = blocked("public-subnet-no-public-ip", "igw-a")
    found = evidence(*seen, paths=[path(o, closed) for o in seen])

    (finding,) = findings(found)

    assert finding.explains == tuple(o.label for o in seen)


def test_the_same_cause_at_two_components_is_two_findings() -> None:
    """Two target groups that admit nobody must both be mended."""
    database, cache = saw("rds", SILENT), saw("tcp", SILENT)
    found = evidence(
        database,
        cache,
        paths=[
            path(database, blocked("target-security-group-blocks", "sg-db")),
            path(cache, blocked("target-security-group-blocks", "sg-cache")),
        ],
    )

    assert [f.component for f in findings(found)] == ["sg-cache", "sg-db"]


def test_two_causes_on_one_path_are_both_proven() -> None:
    """Both must be mended, so neither silences the other."""
    database = saw("rds", SILENT)
    found = evidence(
        database,
        paths=[
            path(
                database,
                blocked("own-security-group-blocks", "sg-fn"),
                blocked("target-security-group-blocks", "sg-db"),
            )
        ],
    )

    assert proven(found) == ["own-security-group-blocks", "target-security-group-blocks"]
    assert possible(found) == []


def test_a_proven_cause_silences_the_possible_ones_of_its_observation() -> None:
    """What else might explain a timeout does not matter once the reason was read."""
    http = saw("http", SILENT)
    closed = path(http, blocked("no-route-to-internet"), unread=UNREAD)

    assert possible(evidence(http, paths=[closed], unread=UNREAD)) == []


def test_a_proven_cause_silences_what_merely_fits() -> None:
    """A host of another Region fits a silence; the missing route is what it is."""
    sts = saw("aws", SILENT, host="sts.us-east-1.amazonaws.com")

    assert "wrong-region" in possible(blind(sts))
    closed = path(sts, blocked("no-route-to-internet"))
    assert possible(evidence(sts, paths=[closed])) == []


def test_a_proven_cause_leaves_the_possible_ones_of_other_observations() -> None:
    """Rule three is about the same observation: what the database does not answer stays open."""
    http, database = saw("http", SILENT), saw("rds", SILENT)
    found = evidence(
        http,
        database,
        paths=[path(http, blocked("no-route-to-internet")), path(database, unread=UNREAD)],
    )

    assert proven(found) == ["no-route-to-internet"]
    assert "target-security-group-blocks" in possible(found)
    assert all(f.explains == (database.label,) for f in findings(found)[1:])


def test_a_cause_that_is_proven_of_one_target_stays_possible_of_another() -> None:
    """The group of one database was read and is closed; that of the other was not read."""
    one_, other = saw("rds", SILENT), saw("rds", SILENT, host="b", address="10.0.2.11")
    stop = blocked("target-security-group-blocks", "sg-db")
    found = evidence(one_, other, paths=[path(one_, stop), path(other, unread=UNREAD)])

    assert proven(found) == ["target-security-group-blocks"]
    guesses = [f for f in findings(found) if f.code == "target-security-group-blocks"][1:]
    assert [f.explains for f in guesses] == [(other.label,)]


# --- the packets decide what a closed path explains ---


@pytest.mark.parametrize(
    "failed",
    ["connect refused", "tls tls_expired", "exchange http_status", "exchange access_denied", None],
)
def test_an_answer_contradicts_a_closed_path(failed: str | None) -> None:
    """A refusal, a TLS error or a status is proof of a path: the configuration must be wrong."""
    http = saw("http", failed)
    found = evidence(http, paths=[path(http, blocked("no-route-to-internet"))])

    finding = one(found, "configuration-closed-packets-arrive")

    assert finding.component == "rtb-app"
    assert finding.explains == (http.label,)
    assert "no-route-to-internet" not in [f.code for f in findings(found)]


def test_a_rejecting_firewall_explains_a_refusal() -> None:
    """A firewall may answer in the target's name: a refusal does not contradict it."""
    http = saw("http", "connect refused")
    found = evidence(http, paths=[path(http, blocked("firewall-rule-blocks", "firewall-a"))])

    assert proven(found) == ["firewall-rule-blocks"]


def test_without_packets_the_configuration_speaks_and_says_so() -> None:
    """A function that is no probe has walks only; they are told with their target's label."""
    found = evidence(paths=[path("tcp 10.0.2.10:5432", blocked("no-route-to-target"))])

    finding = one(found, "no-route-to-target")

    assert finding.confidence is Confidence.PROVEN
    assert finding.explains == ("tcp 10.0.2.10:5432",)
    assert any("No packets were sent" in sentence for sentence in finding.because)


# --- disagreement ---


def test_packets_lost_on_an_open_path_are_a_finding_of_their_own() -> None:
    """Nothing is blamed: the finding says what the walk could not see."""
    database = saw("rds", SILENT)
    open_path = path(database, assumptions=["the host's own firewall lets it in"])

    found = evidence(database, paths=[open_path], DBInstances=[])
    finding = one(found, "configuration-open-packets-lost")

    assert finding.confidence is Confidence.PROVEN
    assert finding.component == database.address
    assert any("host's own firewall" in sentence for sentence in finding.because)


def test_packets_lost_on_an_open_path_prove_nothing_while_a_witness_is_unread() -> None:
    """The database may be stopped, the gateway out of ports: neither was read."""
    database, http = saw("rds", SILENT), saw("http", SILENT)
    found = evidence(database, http, paths=[path(database), path(http, hops=["nat-a"])])

    assert proven(found) == []
    assert possible(found) == ["configuration-open-packets-lost"] * 2


def test_packets_lost_on_a_path_not_wholly_read_are_no_disagreement() -> None:
    """Only a path that is open from end to end can be contradicted."""
    database = saw("rds", SILENT)
    found = evidence(database, paths=[path(database, unread=UNREAD)])

    assert "configuration-open-packets-lost" not in [f.code for f in findings(found)]


def test_packets_on_a_path_closed_for_an_unread_reason_are_a_disagreement() -> None:
    """The walk may know that a path is closed without knowing where."""
    http = saw("http")
    closed = path(http, verdict=Verdict.UNREACHABLE, unread=UNREAD)

    assert proven(evidence(http, paths=[closed])) == ["configuration-closed-packets-arrive"]


# --- the control ---


def test_what_says_why_comes_before_what_only_says_what() -> None:
    """A packet meets the resolver first, and that there is no such name says the least."""
    unknown, http = saw("dns", "resolve name_not_found"), saw("http", SILENT)
    ways = [path(unknown), path(http, blocked("nacl-blocks-return"))]

    codes = [f.code for f in findings(evidence(unknown, http, paths=ways))]

    assert codes == ["nacl-blocks-return", "name-not-found"]


# --- unread ---


def test_unread_things_are_named_once_with_their_permission() -> None:
    """What the walk met first comes first; the same thing is not told twice."""
    http = saw("http", SILENT)
    acl = Undetermined("network ACLs", "Throttled", "ec2:DescribeNetworkAcls")
    found = evidence(http, paths=[path(http, unread=[UNREAD[0], acl])], unread=UNREAD)

    needs = [u.needs for u in diagnose(found).undetermined]

    assert needs == [
        "ec2:DescribeRouteTables",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSecurityGroups",
    ]


def test_what_was_unread_on_the_way_of_a_check_that_passed_is_not_missed() -> None:
    """Packets settled it; only what the collector itself met is told."""
    http = saw("http")
    found = evidence(http, paths=[path(http, unread=[UNREAD[0]])], unread=[UNREAD[1]])

    assert [u.needs for u in diagnose(found).undetermined] == ["ec2:DescribeSecurityGroups"]


def test_only_what_was_not_read_stays_possible() -> None:
    """The route tables were read and lead out; the network ACLs were not, and only they remain."""
    http = saw("http", SILENT)
    acl = Undetermined("network ACLs", "AccessDenied", "ec2:DescribeNetworkAcls")
    found = evidence(http, paths=[path(http, unread=[acl])], unread=[acl])

    assert proven(found) == []
    assert possible(found)[0] == "nacl-blocks-return"
    for code in possible(found):
        assert "ec2:DescribeNetworkAcls" in CATALOGUE[code].needs


def test_a_function_on_managed_instances_proves_nothing_by_its_own_subnets() -> None:
    """Its packets leave by other interfaces: what was walked is a guess."""
    http = saw("http", SILENT)
    found = evidence(
        http,
        paths=[path(http, blocked("no-route-to-internet"))],
        function={**FUNCTION, "CapacityProviderConfig": {"LambdaManagedInstances": {}}},
    )

    assert proven(found) == ["function-on-managed-instances"]


# --- the order ---


def test_what_explains_stands_before_what_was_only_read() -> None:
    """A refusal that was seen comes before a route of a subnet from which nothing was sent."""
    http = saw("http", "connect refused")
    closed = path(http, blocked("no-route-to-internet", "rtb-b"), subnet="subnet-b")
    found = evidence(http, placement=TWO_SUBNETS, paths=[path(http), closed])

    assert proven(found) == ["target-refuses", "no-route-to-internet"]


def test_a_cause_stands_before_a_disagreement() -> None:
    """However many checks disagree with the configuration, a named cause comes first."""
    lost = [saw("http", SILENT, host=host) for host in ("a.example", "b.example")]
    cache = saw("tcp", SILENT)
    closed = path(cache, blocked("target-security-group-blocks", "sg-cache"))
    found = evidence(*lost, cache, paths=[*map(path, lost), closed])

    assert proven(found) == ["target-security-group-blocks", "configuration-open-packets-lost"]
    assert len(findings(found)[1].explains) == 2


# --- the whole ---


def test_nothing_wrong_is_nothing_found() -> None:
    """Checks that pass on open paths give no findings."""
    http = saw("http")

    assert findings(evidence(http, paths=[path(http)])) == ()


def test_a_target_that_was_never_dialled_is_blamed_on_nobody() -> None:
    """Forbidden and not attempted are our own doing."""
    for failure in ("connect forbidden_target", "resolve not_attempted"):
        http = saw("http", failure)

        assert findings(blind(http)) == ()


def mixed() -> list[Observation]:
    """Return observations of many kinds."""
    return [
        saw("http", SILENT),
        saw("rds", "connect refused"),
        saw("dynamodb", "exchange access_denied", message="no identity-based policy allows it"),
        saw("logs", SILENT),
        saw("tcp", SILENT, attempts=["", SILENT]),
        saw("aws", "tls tls_untrusted", certificate={"issuer": "CN=Stranger"}),
    ]


def test_the_order_of_findings_does_not_depend_on_the_order_of_evidence() -> None:
    """Equal evidence in another order gives the same codes in the same order."""
    seen = mixed()
    paths = [path(o, blocked("no-route-to-internet"), unread=UNREAD) for o in seen[3:4]]
    expected = [(f.code, f.component) for f in findings(evidence(*seen, paths=paths))]

    for seed in range(5):
        shuffled = random.Random(seed).sample(seen, len(seen))
        found = findings(evidence(*shuffled, paths=paths))
        assert [(f.code, f.component) for f in found] == expected


def test_texts_say_what_happened_why_and_what_to_do() -> None:
    """A finding begins with what was seen, ends with the rule, and has a remedy; ids are real."""
    seen = mixed()
    found = findings(blind(*seen))

    assert found
    for finding in found:
        assert finding.because[-1] == CATALOGUE[finding.code].reason
        assert finding.fix is not None
        assert finding.fix.text == CATALOGUE[finding.code].remedy
        assert not re.search(r"\{\w+\}", finding.confirm or "")
        for sentence in finding.because:
            assert sentence.endswith((".", '"')), sentence


def test_attempts_are_counted_in_the_words_about_packets() -> None:
    """What happens only sometimes is told as k of n."""
    http = saw("http", SILENT, attempts=[tried(""), tried(SILENT)])
    found = evidence(http, paths=[path(http, blocked("no-route-to-internet", partial=True))])

    assert any("in 1 of 2 attempts" in s for s in one(found, "no-route-to-internet").because)


def test_subnets_that_are_not_known_are_named_also_where_all_passed() -> None:
    """Packets left from one of them, and nothing was tried from the others."""
    o = saw("http")
    gap = Undetermined("subnets of the function", "not read", "lambda:GetFunctionConfiguration")
    nowhere = Path(Verdict.UNDETERMINED, undetermined=(gap,), target=o.label)

    assert diagnose(evidence(o, paths=[nowhere])).undetermined == (gap,)


@pytest.mark.parametrize("failed", ["tls reset", "exchange closed"])
def test_no_failure_goes_without_a_word(failed: str) -> None:
    """What nothing explains is named, with what to look at; what is explained is not."""
    o, silent = saw("tcp", failed), saw("rds", SILENT)
    paths = [path(o), path(silent, blocked("no-route-to-target"))]

    found = diagnose(evidence(o, silent, paths=paths))

    assert [f.explains for f in found.findings] == [(silent.label,)]
    (gap,) = found.undetermined
    assert gap.what == o.label
    assert "its logs" in gap.reason


@pytest.mark.parametrize("also_unread", [False, True])
def test_a_firewall_that_sees_half_a_connection_is_what_is_left(*, also_unread: bool) -> None:
    """Where all else on the way was read as open, nothing else is guessed at."""
    o = saw("rds", SILENT)
    half = Hop(Direction.RETURN, "vpce-b", "one-direction", "unknown", "it sees answers only")
    gaps = (Undetermined("whether vpce-b lets it live", "answers come to it"),)
    way = replace(path(o, unread=(*gaps, *(UNREAD if also_unread else ()))), hops=(half,))

    found = possible(evidence(o, paths=[way]))

    assert found[0] == "firewall-sees-one-direction"
    assert (len(found) > 1) is also_unread
