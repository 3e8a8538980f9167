"""Every cause that a walk can find: true when it explains the packets, and not when it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from probe.causes import CATALOGUE
from probe.causes.answers import perhaps_ours
from probe.causes.disagreement import CLOSED_BUT_ARRIVES, OPEN_BUT_LOST
from probe.causes.standing import Standing, standing
from probe.causes.walked import is_told_within_aws
from probe.model import (
    Confidence,
    Direction,
    Failure,
    Hop,
    Observation,
    Path,
    Stage,
    Undetermined,
    Unknown,
    Verdict,
)
from tests.causes.build import PLACEMENT, blocked, evidence, findings, one, path, proven, saw
from tests.network.test_way_out import behind_a_nat_gateway, out
from tests.network.world import route

if TYPE_CHECKING:
    from probe.causes.cause import Cause

WALKED = [
    cause
    for cause in CATALOGUE.values()
    if cause.rule in (None, perhaps_ours) and cause.code not in (OPEN_BUT_LOST, CLOSED_BUT_ARRIVES)
]
STAGES = tuple(Stage)


def failing(symptom: tuple[Stage, Failure]) -> Observation:
    """Return an observation that failed so, without a control and without certificates."""
    return saw("tcp", f"{symptom[0]} {symptom[1]}")


@pytest.mark.parametrize("cause", WALKED, ids=lambda cause: cause.code)
def test_a_closed_place_is_proven_by_what_it_does_to_packets(cause: Cause) -> None:
    """Each of its symptoms is explained by it, and by it alone."""
    for symptom in sorted(cause.symptoms):
        o = failing(symptom)
        found = evidence(o, paths=[path(o, blocked(cause.code, "component-1"))])

        finding = one(found, cause.code)

        assert finding.confidence is Confidence.PROVEN, symptom
        assert finding.explains == (o.label,)
        assert finding.title == cause.title


@pytest.mark.parametrize("cause", WALKED, ids=lambda cause: cause.code)
def test_a_closed_place_that_packets_pass_is_a_disagreement(cause: Cause) -> None:
    """The same walk beside a check that passed blames nothing."""
    o = saw("tcp")
    found = evidence(o, paths=[path(o, blocked(cause.code, "component-1"))])

    assert proven(found) == [CLOSED_BUT_ARRIVES]


@pytest.mark.parametrize("cause", WALKED, ids=lambda cause: cause.code)
def test_a_closed_place_never_explains_another_symptom(cause: Cause) -> None:
    """Near misses: whatever else can happen to a connection is not put down to it."""
    for stage in STAGES:
        for failure in (Failure.TIMEOUT, Failure.RESET, Failure.NAME_NOT_FOUND):
            if (stage, failure) in cause.symptoms:
                continue
            o = failing((stage, failure))
            for finding in findings(evidence(o, paths=[path(o, blocked(cause.code, "c"))])):
                explained = finding.code == cause.code and o.label in finding.explains
                assert not (explained and finding.confidence is Confidence.PROVEN), (stage, failure)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (None, Standing.UNSEEN),
        (saw("tcp"), Standing.CONTRADICTED),
        (saw("tcp", "connect timeout"), Standing.EXPLAINS),
        (saw("tcp", "connect refused"), Standing.CONTRADICTED),
        (saw("tcp", "connect unreachable"), Standing.UNFIT),
        (saw("tcp", "resolve no_answer"), Standing.UNSEEN),
        (saw("tcp", "tls timeout"), Standing.CONTRADICTED),
        (saw("tcp", "exchange http_status"), Standing.CONTRADICTED),
        (saw("tcp", "connect forbidden_target"), Standing.UNSEEN),
        (saw("tcp", "connect not_attempted"), Standing.UNSEEN),
        (saw("tcp", "connect unclassified"), Standing.UNSEEN),
    ],
)
def test_what_packets_say_of_a_silent_drop(seen: Observation | None, expected: Standing) -> None:
    """Only silence while connecting is what a route, a group or a network ACL brings about."""
    assert standing(CATALOGUE["no-route-to-internet"].symptoms, seen) is expected


def test_a_code_that_nobody_knows_is_left_alone() -> None:
    """A walk of a later version may name what this catalogue lacks: nothing is made up."""
    o = saw("http", "connect timeout")

    assert proven(evidence(o, paths=[path(o, blocked("a-code-of-tomorrow"))])) == []


def test_the_same_place_is_whole_when_any_walk_says_so() -> None:
    """Partly closed from one subnet and wholly from another is closed."""
    o = saw("http", "connect timeout")
    unsure = replace(PLACEMENT, subnet_ids=("subnet-app", "subnet-b"), subnet_id=Unknown("two"))
    found = evidence(
        o,
        placement=unsure,
        paths=[
            path(o, blocked("nacl-blocks-return", "acl-a", partial=True)),
            path(o, blocked("nacl-blocks-return", "acl-a"), subnet="subnet-b"),
        ],
    )

    assert proven(found) == ["nacl-blocks-return"]


def test_the_walks_own_words_and_ids_are_in_the_reasons() -> None:
    """The rule that decided stands beside the component that it belongs to."""
    o = saw("http", "connect timeout")
    closed = blocked("nacl-blocks-request", "acl-7", why="rule 90 denies tcp 443 to 0.0.0.0/0")

    because = one(evidence(o, paths=[path(o, closed)]), "nacl-blocks-request").because

    assert "acl-7: rule 90 denies tcp 443 to 0.0.0.0/0." in because
    assert because[0].startswith(f"{o.label} (203.0.113.10 port 443): on connecting, nothing came")


SUPPOSED = blocked("block-public-access", partial=True, supposing="pl-1 does not hold it")


@pytest.mark.parametrize("attempts", [(), ("connect timeout", "", "connect timeout")])
def test_a_place_on_a_way_that_was_only_supposed_is_possible(attempts: tuple[str, ...]) -> None:
    """Also where some attempts were lost: a route that was not read loses all, or none."""
    o = saw("http", "connect timeout", attempts=attempts)

    finding = one(evidence(o, paths=[path(o, SUPPOSED)]), "block-public-access")

    assert finding.confidence is Confidence.POSSIBLE
    assert "This is so only if pl-1 does not hold it." in finding.because


@pytest.mark.parametrize("seen", [saw("http"), saw("http", "connect refused")])
def test_packets_that_came_through_did_not_go_the_supposed_way(seen: Observation) -> None:
    """Nothing is said of it, and no disagreement either."""
    assert "block-public-access" not in {
        f.code for f in findings(evidence(seen, paths=[path(seen, SUPPOSED)]))
    }


def test_a_supposed_way_from_another_subnet_says_nothing() -> None:
    """What is only supposed there did not stop the packets from here."""
    o = saw("http", "connect timeout")
    found = evidence(o, paths=[path(o), path(o, SUPPOSED, subnet="subnet-b")])

    assert "block-public-access" not in {f.code for f in findings(found)}


def premises(*others: Undetermined) -> Path:
    """Walk to a machine behind a virtual private gateway, and leave other things open too."""
    world = behind_a_nat_gateway()
    world.lists["VpnGateways"].append(
        {"VpnGatewayId": "vgw-a", "VpcAttachments": [{"VpcId": "vpc-a", "State": "attached"}]}
    )
    world.routes("rtb-app").append(route("192.168.0.0/16", "vgw-a"))
    found: Path = out(world, to="192.168.7.7")
    return replace(found, undetermined=(*found.undetermined, *others))


def test_what_lies_outside_aws_leaves_nothing_of_aws_open() -> None:
    """The function's own group and ACL were judged, both ways."""
    assert premises().verdict is Verdict.UNDETERMINED
    assert is_told_within_aws(premises())


@pytest.mark.parametrize("needs", ["ec2:DescribeNetworkAcls", None])
def test_anything_else_that_is_open_is_a_matter_of_aws(needs: str | None) -> None:
    """Whether a permission would settle it, or only time."""
    assert not is_told_within_aws(premises(Undetermined("it", "its state is pending", needs)))


@pytest.mark.parametrize("code", ["no-route-to-internet", "public-subnet-no-public-ip"])
@pytest.mark.parametrize(("subnet", "said"), [("subnet-wall", True), ("subnet-app", False)])
def test_a_subnet_further_on_is_not_called_the_functions(
    code: str, subnet: str, said: bool
) -> None:
    """Title and reason name it; what is in the function's own subnet is told as ever."""
    o, cause = saw("tcp", "connect timeout"), CATALOGUE[code]
    found = evidence(o, paths=[path(o, blocked(cause.code, "rtb-main", subnet_id=subnet))])

    finding = one(found, cause.code)

    assert ("subnet-wall" in finding.title) is said
    assert (finding.title == cause.title) is not said
    assert (cause.reason in finding.because) is not said


@pytest.mark.parametrize("action", ["unknown", "allow"])
def test_an_instance_of_which_nobody_knows_whether_it_runs_is_looked_at_first(action: str) -> None:
    """Packets lost on an open path may be its own; where it runs, they are proven lost."""
    o = saw("tcp", "connect timeout", address="10.0.2.9")
    hop = Hop(Direction.FORWARD, "i-svc", "instance", action, "")
    way = replace(path(o), hops=(hop,))

    finding = one(evidence(o, paths=[way]), OPEN_BUT_LOST)

    unread = action == "unknown"
    assert finding.confidence is (Confidence.POSSIBLE if unread else Confidence.PROVEN)
    assert ("describe-instances" in (finding.confirm or "")) is unread
    assert ("target-instance-stopped" in finding.same_symptom) is unread


@pytest.mark.parametrize(
    ("failed", "expected"),
    [("connect timeout", "describe-vpn-connections"), ("connect refused", None)],
)
def test_nobody_looks_for_an_interface_of_what_is_outside_aws(
    failed: str, expected: str | None
) -> None:
    """There is none, and that would tell nothing of the host."""
    o = saw("tcp", failed, address="172.18.40.21")
    gap = Undetermined("the way from vgw-a to 172.18.40.21", "not told")
    hop = Hop(Direction.FORWARD, "vgw-a", "network", "unknown", f"{gap.what}: {gap.reason}")
    way = replace(path(o, unread=[gap]), hops=(hop,))

    (finding,) = findings(evidence(o, paths=[way]))

    assert (finding.confirm is None) if expected is None else (expected in str(finding.confirm))


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("pg.corp.example", "Correct the record of pg.corp.example, which names 10.0.2.10"),
        ("10.0.2.10", "Call the target by a name"),
        ("pg.abc.eu-west-1.rds.amazonaws.com", "Call the target by a name"),
    ],
)
def test_who_asked_by_a_name_is_told_of_its_record(host: str, says: str) -> None:
    """The near misses: a literal address has no record, and those of AWS's names are AWS's."""
    tcp = saw("tcp", "connect timeout", host=host, address="10.0.2.10")
    unused = blocked("target-address-unused", "10.0.2.10", supposing="nothing is hidden")

    finding = one(evidence(tcp, paths=[path(tcp, unused)]), "target-address-unused")

    assert finding.fix
    assert finding.fix.text.startswith(says)
