"""Reading AWS: what is asked, and what becomes of calls that fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.model import Verdict
from probe.network.collector.collect import collect
from probe.network.snapshot import Unread, dump, load
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.aws import Aws
from tests.network.world import ANYWHERE, INTERNET, World, codes, tcp


@pytest.fixture
def world() -> World:
    """Build a private subnet with NAT, a database, and another VPC that is no business of ours."""
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24", zone="b")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.group("sg-unrelated")
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    world.interface("eni-unrelated", "10.0.2.11", "subnet-data", ["sg-unrelated"])
    world.vpc("10.7.0.0/16", "vpc-other")
    world.subnet("subnet-other", "10.7.1.0/24", vpc="vpc-other")
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "fn",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return world


def verdicts(snapshot: Any) -> dict[str, Verdict]:
    """Walk from the function's subnet to the internet and to the database."""
    network, source = Network(snapshot), Source("subnet-app", ("sg-fn",))
    return {
        "internet": walk(network, source, Destination(INTERNET, 443)).verdict,
        "database": walk(network, source, Destination("10.0.2.10", 5432)).verdict,
    }


def test_what_was_read_is_enough_to_walk(world: World) -> None:
    """The collected snapshot gives the verdicts that the whole account would give."""
    snapshot = collect(Aws(world), function="fn", addresses=[INTERNET, "10.0.2.10"])

    assert verdicts(snapshot) == {"internet": Verdict.REACHABLE, "database": Verdict.REACHABLE}


FRONT = "198.51.100.30"


@pytest.mark.parametrize("vpc", ["vpc-a", "vpc-other"])
@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (tcp(443, group="sg-fn"), ["security-group-reference-lost"]),
        (tcp(443, cidr="192.0.2.0/24"), ["target-security-group-blocks"]),
        (tcp(443, cidr=ANYWHERE), []),
    ],
)
def test_a_public_address_of_our_own_is_looked_for(
    world: World, vpc: str, rule: dict[str, object], found: list[str]
) -> None:
    """A proxy in this VPC, or in another one, has it: its subnet and its group decide."""
    subnet, address = "subnet-public", "10.0.9.30"
    if vpc == "vpc-other":
        world.igw(vpc, "igw-other")
        world.subnet("subnet-front", "10.7.9.0/24", vpc=vpc)
        world.table("rtb-front", vpc, {ANYWHERE: "igw-other"}, subnets=["subnet-front"])
        subnet, address = "subnet-front", "10.7.9.30"
    world.group("sg-front", vpc=vpc, ingress=[rule])
    world.interface("eni-front", address, subnet, ["sg-front"], public=FRONT)

    snapshot = collect(Aws(world), function="fn", addresses=[FRONT])

    path = walk(Network(snapshot), Source("subnet-app", ("sg-fn",)), Destination(FRONT, 443))
    assert codes(path) == found
    assert path.verdict is (Verdict.UNREACHABLE if found else Verdict.REACHABLE)


def test_only_what_the_placement_can_touch_is_read(world: World) -> None:
    """Other VPCs, groups and interfaces stay out of the snapshot."""
    snapshot = collect(Aws(world), function="fn", addresses=["10.0.2.10"])

    text = json.dumps(dump(snapshot))
    assert "vpc-other" not in text
    assert "subnet-other" not in text
    assert "sg-unrelated" not in text
    assert "eni-unrelated" not in text


def test_environment_values_are_never_kept(world: World) -> None:
    """Lambda hands out the environment with the configuration; it is left where it was."""
    snapshot = collect(Aws(world), function="fn")

    assert "Environment" not in json.dumps(dump(snapshot))


def test_calls_are_counted(world: World) -> None:
    """The snapshot says how many calls it took."""
    aws = Aws(world)

    snapshot = collect(aws, function="fn", addresses=["10.0.2.10"])

    assert snapshot.calls == len(aws.asked)


def test_a_denied_call_leaves_its_list_unread_and_touches_no_other(world: World) -> None:
    """The NAT gateways are unknown; the way to the database does not need them."""
    aws = Aws(world, denied=["DescribeNatGateways"])

    snapshot = collect(aws, function="fn", addresses=["10.0.2.10"])

    assert snapshot.get("NatGateways") == Unread("UnauthorizedOperation", "ec2:DescribeNatGateways")
    assert verdicts(snapshot) == {"internet": Verdict.UNDETERMINED, "database": Verdict.REACHABLE}


@pytest.mark.parametrize("answer", [{}, {"NatGateways": "none"}, {"NatGateways": [7]}, [1], None])
def test_garbage_is_an_answer_that_was_not_read(world: World, answer: Any) -> None:
    """What is not of AWS's shape says nothing, and names the call."""
    aws = Aws(world, garbage={"DescribeNatGateways": answer})

    found = collect(aws, function="fn").get("NatGateways")

    assert isinstance(found, Unread)
    assert "DescribeNatGateways" in found.reason
    assert found.needs == "ec2:DescribeNatGateways"


def test_nothing_readable_is_a_snapshot_of_unread_lists(world: World) -> None:
    """Every call denied: every verdict is undetermined, and each list names its permission."""
    snapshot = collect(
        Aws(world, denied="*"), subnet_ids=["subnet-app"], security_group_ids=["sg-fn"]
    )

    assert set(verdicts(snapshot).values()) == {Verdict.UNDETERMINED}
    assert snapshot.get("Subnets") == Unread("UnauthorizedOperation", "ec2:DescribeSubnets")


def test_a_placement_in_words_goes_before_the_functions_own(world: World) -> None:
    """What if it moved: the subnets that are asked about are read, not those it has."""
    snapshot = collect(
        Aws(world), function="fn", subnet_ids=["subnet-other"], security_group_ids=["sg-fn"]
    )

    ids = {entry["SubnetId"] for entry in dump(snapshot)["Subnets"]}
    assert ids == {"subnet-other"}


def test_what_was_collected_can_be_saved_and_loaded(world: World) -> None:
    """A saved snapshot gives the same verdicts without AWS."""
    snapshot = collect(Aws(world), function="fn", addresses=["10.0.2.10"])

    again = load(json.dumps(dump(snapshot)), name="saved.json")

    assert verdicts(again) == verdicts(snapshot)


def test_the_far_vpc_of_a_peering_connection_is_read(world: World) -> None:
    """A private address across a peering connection: its VPC is followed, and no other."""
    world.vpc("10.8.0.0/16", "vpc-b")
    world.subnet("subnet-b", "10.8.1.0/24", vpc="vpc-b")
    world.group("sg-b", vpc="vpc-b", ingress=[tcp(5432, cidr="10.0.0.0/16")])
    world.interface("eni-b", "10.8.1.5", "subnet-b", ["sg-b"])
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    world.table("rtb-b", "vpc-b", {"10.0.0.0/16": "pcx-ab"}, subnets=["subnet-b"])
    world.routes("rtb-app").append(
        {"DestinationCidrBlock": "10.8.0.0/16", "VpcPeeringConnectionId": "pcx-ab"}
    )

    snapshot = collect(Aws(world), function="fn", addresses=["10.8.1.5"])

    path = walk(Network(snapshot), Source("subnet-app", ("sg-fn",)), Destination("10.8.1.5", 5432))
    assert path.verdict is Verdict.REACHABLE, (codes(path), path.undetermined)
    assert "vpc-other" not in json.dumps(dump(snapshot))


def test_group_that_a_target_admits_is_read(world: World) -> None:
    """The function could be given it: whether it guards something itself has to be known."""
    world.group("sg-clients")
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-clients")]

    read = collect(Aws(world), function="fn", addresses=["10.0.2.10"])
    without = collect(Aws(world), function="fn")

    assert '"GroupId": "sg-clients", "GroupName"' in json.dumps(dump(read))
    assert "sg-clients" not in json.dumps(dump(without))


@pytest.mark.parametrize("state", ["blackhole", "active"])
def test_what_may_stand_for_a_lost_nat_instance_is_read(world: World, state: str) -> None:
    """Only where a default route leads nowhere; elsewhere nobody has to know."""
    world.interface("eni-nat", "10.0.9.20", "subnet-public", SourceDestCheck=False)
    world.entry("NetworkInterfaces", "eni-nat")["Attachment"] = {"InstanceId": "i-nat"}
    world.instance("i-nat", "running")
    (default,) = (one for one in world.routes("rtb-app") if one.get("NatGatewayId"))
    default["State"] = state

    found = collect(Aws(world), function="fn", addresses=[INTERNET])

    read = found.get("Instances")
    ids = [one["InstanceId"] for one in read] if isinstance(read, tuple) else []
    assert ids == (["i-nat"] if state == "blackhole" else [])
