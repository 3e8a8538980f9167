"""Questions about paths as users write them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from probe import asking
from probe.asking import AskError, Place
from probe.model import Blocker, Direction, Path, Undetermined, Verdict
from probe.network.vpc import Network
from probe.report import difference, paths
from tests.paths_world import small

if TYPE_CHECKING:
    from probe.network.snapshot import Snapshot

DB = Place("10.0.3.10", 5432)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.2.10:5432", Place("10.0.2.10", 5432)),
        ("db.example.internal:443", Place("db.example.internal", 443)),
        ("[2001:db8::1]:443", Place("2001:db8::1", 443)),
        (" h:1 ", Place("h", 1)),
        ("h:65535", Place("h", 65535)),
    ],
)
def test_a_place_is_read(text: str, place: Place) -> None:
    """Names, addresses and bracketed IPv6 addresses, each with its port; written it reads again."""
    assert place == asking.place(text)
    assert place == asking.place(str(place))


@pytest.mark.parametrize(
    "text",
    [
        "", "h", "h:", ":1", "h:0", "h:65536", "h:-1", "h:1.5", "h:²", "h:http",
        "2001:db8::1:443", "[2001:db8::1]", "[h]:1", "http://h:1", "a b:1", "u@h:1",
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_refused(text: str) -> None:
    """The sentence shows both forms that are accepted."""
    with pytest.raises(AskError, match=r"--to: .* must be a host and a port, like db\.example"):
        asking.place(text)


def test_groups_that_are_named_are_taken() -> None:
    """SUBNET,SG,SG stands as it is written."""
    found = asking.source("subnet-open, sg-fn,sg-other", small().snapshot())

    assert (found.subnet_id, found.security_group_ids) == ("subnet-open", ("sg-fn", "sg-other"))


def test_groups_that_are_not_named_are_the_functions() -> None:
    """In the function's own subnet its groups are known, in another one they are not its."""
    world = small()
    vpc = {"SubnetIds": ["subnet-open"], "SecurityGroupIds": ["sg-fn"]}
    world.lists["FunctionConfiguration"] = {"FunctionName": "fn", "VpcConfig": vpc}

    assert asking.source("subnet-open", world.snapshot()).security_group_ids == ("sg-fn",)
    with pytest.raises(AskError, match="the security groups of subnet-shut are needed"):
        asking.source("subnet-shut", world.snapshot())


def test_groups_that_nobody_knows_are_the_default_group() -> None:
    """As AWS itself does for an interface without any; never that of another VPC."""
    world = small()
    world.vpc("10.9.0.0/16", name="vpc-b")
    for group, vpc in (("sg-default-b", "vpc-b"), ("sg-default-a", "vpc-a")):
        world.group(group, vpc=vpc)
        world.entry("SecurityGroups", group)["GroupName"] = "default"

    found = asking.source("subnet-open", world.snapshot())

    assert found.security_group_ids == ("sg-default-a",)


@pytest.mark.parametrize("text", ["", "sg-fn", "subnet-open,subnet-shut", "subnet-open,"])
def test_a_start_that_is_none_is_refused(text: str) -> None:
    """The sentence shows what is accepted."""
    with pytest.raises(AskError, match=r"--from: .* must be a subnet and its security groups"):
        asking.source(text, small().snapshot())


def test_a_subnet_that_is_not_there_is_named_beside_those_that_are() -> None:
    """A slip of the pen is a mistake of the question, not an unread list."""
    with pytest.raises(AskError, match="subnet-opn is not in world, whose subnets are: subnet-pu"):
        asking.source("subnet-opn,sg-fn", small().snapshot())


def test_a_group_that_is_not_there_is_named_beside_those_that_are() -> None:
    """So is a slip in a group's id, in both forms of the question."""
    read = small().snapshot()

    with pytest.raises(AskError, match="--from: sg-fm is not in world, whose security groups are"):
        asking.source("subnet-open,sg-fn,sg-fm", read)
    with pytest.raises(AskError, match="--security-groups: sg-fm is not in world"):
        asking.preflight(Network(read), asking.Stand(("subnet-open",), ("sg-fm",)), [DB])


def test_a_group_is_believed_where_groups_were_not_read() -> None:
    """Not read is not absent, here as well."""
    read = small().snapshot(without=["SecurityGroups"])
    found = asking.answer(Network(read), asking.source("subnet-open,sg-x", read), DB)

    assert found.verdict is Verdict.UNDETERMINED
    assert "ec2:DescribeSecurityGroups" in {gap.needs for gap in found.undetermined}


def test_a_subnet_is_believed_where_subnets_were_not_read() -> None:
    """Not read is not absent: the walk then says what is missing."""
    read = small().snapshot(without=["Subnets"])
    found = asking.answer(Network(read), asking.source("subnet-x,sg-fn", read), DB)

    assert found.verdict is Verdict.UNDETERMINED
    assert "ec2:DescribeSubnets" in {gap.needs for gap in found.undetermined}


@pytest.mark.parametrize(
    ("start", "to", "verdict"),
    [
        ("subnet-open,sg-fn", "10.0.3.10:5432", Verdict.REACHABLE),
        ("subnet-open,sg-other", "10.0.3.10:5432", Verdict.UNREACHABLE),
        ("subnet-open,sg-fn", "10.0.3.10:5433", Verdict.UNREACHABLE),
        ("subnet-open,sg-fn", "203.0.113.10:443", Verdict.REACHABLE),
        ("subnet-shut,sg-fn", "203.0.113.10:443", Verdict.UNREACHABLE),
    ],
)
def test_a_question_is_answered(start: str, to: str, verdict: Verdict) -> None:
    """Subnet, groups, address and port each decide."""
    found = asking.ask(Network(small().snapshot()), start, to)

    assert (found.verdict, found.target, found.destination) == (verdict, to, to)
    assert bool(found.blockers) == (verdict is Verdict.UNREACHABLE)


def test_a_public_name_is_walked_with_an_address_that_stands_for_it() -> None:
    """What routes and filters do to any address of the internet they do to this one; it is said."""
    read = Network(small().snapshot())
    found = asking.ask(read, "subnet-open,sg-fn", "api.example.com:443")
    shut = asking.ask(read, "subnet-shut,sg-fn", "api.example.com:443")

    assert (found.verdict, shut.verdict) == (Verdict.REACHABLE, Verdict.UNREACHABLE)
    assert "stands for its address" in found.assumptions[0]


def test_a_name_that_may_be_private_is_undetermined_where_zones_were_not_read() -> None:
    """No address is guessed for a name that a private zone may hold."""
    read = small().snapshot(without=["HostedZones"])
    found = asking.ask(Network(read), "subnet-open,sg-fn", "db.example.internal:5432")

    assert found.verdict is Verdict.UNDETERMINED
    assert "route53:ListHostedZonesByVPC" in {gap.needs for gap in found.undetermined}


def test_a_name_is_followed_to_the_address_that_the_vpc_has_for_it() -> None:
    """The DNS way and the packets' way are one answer: both must be open."""
    world = small()
    record = {"Name": "db.example.internal.", "Type": "A"}
    world.lists["HostedZones"] = [
        {"HostedZoneId": "Z1", "Name": "example.internal.", "VPCs": [{"VPCId": "vpc-a"}]}
    ]
    world.lists["ResourceRecordSets"] = [
        {
            "HostedZoneId": "Z1",
            "ResourceRecordSets": [record | {"ResourceRecords": [{"Value": "10.0.3.10"}]}],
        }
    ]
    ask = partial(asking.ask, start="subnet-open,sg-fn", target="db.example.internal:5432")
    found = ask(Network(world.snapshot()))
    world.lists["VpcAttributes"][0]["EnableDnsSupport"] = {"Value": False}
    silent = ask(Network(world.snapshot()))

    assert (found.verdict, found.destination) == (Verdict.REACHABLE, "10.0.3.10:5432")
    assert silent.verdict is Verdict.UNREACHABLE
    assert "vpc-dns-support-off" in {blocker.code for blocker in silent.blockers}


def test_an_address_of_several_that_is_shut_loses_some_packets() -> None:
    """A name with one dead address works sometimes; that is neither open nor closed."""
    blocker = Blocker("blackhole-route", "rtb-1", Direction.FORWARD)
    shut = Path(Verdict.UNREACHABLE, blockers=(blocker,))
    found = asking.joined((Path(Verdict.REACHABLE), shut))

    assert found.verdict is Verdict.UNDETERMINED
    assert found.blockers == (replace(blocker, partial=True),)
    assert asking.joined((shut, shut)) == shut


def test_what_one_address_leaves_open_is_not_lost_beside_another_that_is_closed() -> None:
    """Nobody may say that some connections pass, where that was not seen."""
    gap = Undetermined("NetworkAcls", "AccessDenied")
    open_or_not = Path(Verdict.UNDETERMINED, undetermined=(gap,))
    shut = Path(Verdict.UNREACHABLE)

    assert asking.joined((shut, open_or_not)).undetermined == (gap,)


@pytest.mark.parametrize(
    "text", ["{", "7", "[]", '{"from": "subnet-a"}', '{"from": 1, "to": "h:1"}', '"a"', "null"]
)
def test_a_line_that_is_no_question_is_named_by_its_number(text: str) -> None:
    """A batch of thousands says where its mistake is; empty lines are no questions."""
    batch = f'{{"from": "subnet-a,sg-b", "to": "h:1"}}\n\n{text}\n'

    with pytest.raises(AskError, match=r"b\.jsonl: line 3 must be an object like"):
        list(asking.lines(batch, "b.jsonl"))


def told(snapshot: Snapshot, to: str, *subnets: str) -> str:
    """Say how these subnets differ."""
    stand = asking.Stand(subnets, ("sg-fn",))
    return difference.sentence(asking.preflight(Network(snapshot), stand, [asking.place(to)]))


def test_the_difference_between_subnets_is_one_sentence() -> None:
    """Equal subnets are said at once; of unequal ones, which is which, and why."""
    read = small().snapshot()

    both = ("subnet-open", "subnet-shut")
    assert told(read, str(DB), *both) == "10.0.3.10:5432 can be reached from both subnets."
    assert told(read, str(DB), "subnet-shut") == "10.0.3.10:5432 can be reached from subnet-shut."
    assert told(read, "203.0.113.9:443", *both) == (
        "203.0.113.9:443: reachable from subnet-open; unreachable from subnet-shut"
        " (no-route-to-internet at rtb-main-vpc-a)."
    )
    assert told(read, "10.0.3.10:1", *both) == (
        "10.0.3.10:1 cannot be reached from either subnet: target-security-group-blocks at sg-db."
    )


def test_an_unread_part_is_named_in_the_difference() -> None:
    """What keeps the answer open is part of it."""
    read = small().snapshot(without=["NetworkAcls"])

    sentence = told(read, str(DB), "subnet-open", "subnet-shut")
    assert sentence.startswith("Whether 10.0.3.10:5432 can be reached from both subnets cannot")


@pytest.mark.parametrize(
    ("verdicts", "sum_"),
    [
        ((Verdict.REACHABLE, Verdict.REACHABLE), Verdict.REACHABLE),
        ((Verdict.REACHABLE, Verdict.UNDETERMINED), Verdict.UNDETERMINED),
        ((Verdict.UNDETERMINED, Verdict.UNREACHABLE), Verdict.UNREACHABLE),
    ],
)
def test_a_placement_is_as_good_as_its_worst_subnet(
    verdicts: tuple[Verdict, ...], sum_: Verdict
) -> None:
    """One subnet that is cut off makes some invocations fail."""
    gap = Undetermined("routes", "AccessDenied")
    walked = [Path(verdict, undetermined=(gap,)) for verdict in verdicts]

    assert sum_ is paths.verdict(walked)
