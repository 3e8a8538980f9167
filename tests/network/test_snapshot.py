"""Snapshots: what loads, what is refused in one sentence, and what is never kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.network.snapshot import Snapshot, SnapshotError, Unread, dump, load, load_path
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.world import ANYWHERE, World, tcp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}
SOME = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])


def test_output_of_a_describe_call_loads_as_it_is() -> None:
    """One list under its name, with whatever else AWS prints beside it."""
    text = json.dumps({"Subnets": [SUBNET], "NextToken": None, "ResponseMetadata": {}})

    assert load(text, name="x").get("Subnets") == (SUBNET,)


def test_output_pasted_below_its_own_name() -> None:
    """The whole answer under the list's name."""
    assert load({"Subnets": {"Subnets": [SUBNET]}}, name="x").get("Subnets") == (SUBNET,)


def test_several_outputs_one_after_another() -> None:
    """As `cat *.json` gives them; lists of the same name are one list."""
    other = {**SUBNET, "SubnetId": "subnet-2", "CidrBlock": "10.0.2.0/24"}
    text = json.dumps({"Subnets": [SUBNET]}) + "\n" + json.dumps({"Subnets": [other], "Vpcs": []})

    snapshot = load(text, name="x")

    assert snapshot.get("Subnets") == (SUBNET, other)
    assert snapshot.get("Vpcs") == ()


def test_a_directory_of_outputs(tmp_path: Path) -> None:
    """Every *.json file below it, also in folders for accounts and Regions."""
    folder = tmp_path / "111122223333" / "eu-west-1"
    folder.mkdir(parents=True)
    (folder / "Subnets.json").write_text(json.dumps({"Subnets": [SUBNET]}))
    (tmp_path / "Vpcs.json").write_text(json.dumps({"Vpcs": []}))

    snapshot = load_path(tmp_path)

    assert snapshot.get("Subnets") == (SUBNET,)
    assert snapshot.get("Vpcs") == ()


def test_reservations_hold_instances() -> None:
    """DescribeInstances nests them."""
    text = {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}, {"Instances": []}]}

    assert load(text, name="x").get("Instances") == ({"InstanceId": "i-1"},)


def test_listeners_kept_by_load_balancer() -> None:
    """Other tools nest them."""
    listener = {"ListenerArn": "arn:l", "LoadBalancerArn": "arn:lb", "Port": 443}

    text = {"LoadBalancerListeners": [{"LoadBalancerArn": "arn:lb", "Listeners": [listener]}]}

    assert load(text, name="x").get("Listeners") == (listener,)


def test_a_missing_list_was_not_read() -> None:
    """And says what would read it."""
    assert load({"Subnets": []}, name="x").get("RouteTables") == Unread(
        "not in the snapshot", "ec2:DescribeRouteTables"
    )


def test_a_list_that_was_not_read_says_why() -> None:
    """The reason comes from whoever read the rest."""
    snapshot = load({"Subnets": {"unread": "AccessDenied"}}, name="x")

    assert snapshot.get("Subnets") == Unread("AccessDenied", "ec2:DescribeSubnets")
    assert load(dump(snapshot), name="y").get("Subnets") == snapshot.get("Subnets")


def test_environment_values_are_never_kept() -> None:
    """Neither from a file nor from an object."""
    secret = {"FunctionName": "f", "Environment": {"Variables": {"PASSWORD": "hunter2"}}}

    for document in ({"FunctionConfiguration": secret}, {"Configuration": secret}):
        assert "hunter2" not in json.dumps(dump(load(document, name="x")))
        assert "hunter2" not in json.dumps(dump(load(json.dumps(document), name="x")))


def test_dump_and_load_are_the_same_snapshot() -> None:
    """Nothing is lost on the way through a file."""
    world = World()
    world.vpc()
    world.subnet("subnet-1", "10.0.1.0/24")
    snapshot = world.snapshot()

    assert load(json.dumps(dump(snapshot)), name="world").values == snapshot.values


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "net.json: is empty"),
        ("{", "net.json: is not JSON (line 1)"),
        ('{"Subnets": []} trailing', "net.json: is not JSON (line 1)"),
        (b"\xff\xfe\x00", "net.json: is not UTF-8 text"),
        ("[" * 100_000, "net.json: is nested too deeply to be a snapshot"),
        (
            "[]",
            "net.json: expected a JSON object whose keys are list names such as Subnets, got []",
        ),
        (
            '{"Subnetz": []}',
            (
                "net.json: none of its keys is a list that AWS describes; expected names such as "
                "Vpcs, Subnets, RouteTables, SecurityGroups, NetworkAcls"
            ),
        ),
    ],
)
def test_text_that_is_no_snapshot(text: str | bytes, sentence: str) -> None:
    """One sentence that names the file."""
    with pytest.raises(SnapshotError) as error:
        load(text, name="net.json")

    assert str(error.value) == sentence


ROUTE = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"Subnets": {"SubnetId": "x"}}, "Subnets: expected a list, got an object with"),
        ({"Subnets": "x"}, "Subnets: expected a list, got 'x'"),
        ({"Subnets": None}, "Subnets: expected a list, got None"),
        ({"Subnets": [1]}, "Subnets[0]: expected an object, got 1"),
        ({"Subnets": [{}]}, "Subnets[0].SubnetId: expected a string, the id of the entry"),
        ({"Subnets": {"unread": 5}}, "Subnets.unread: expected the reason as a string, got 5"),
        ({"FunctionConfiguration": []}, "FunctionConfiguration: expected an object, got []"),
        (
            {"Subnets": [{**SUBNET, "CidrBlock": "10.0.0.0/33"}]},
            "Subnets[0].CidrBlock: '10.0.0.0/33' is not a CIDR block",
        ),
        (
            {"Subnets": [{**SUBNET, "VpcId": 5}]},
            "Subnets[0].VpcId: expected a string, got 5",
        ),
        (
            {"Vpcs": [{"VpcId": "vpc-1", "CidrBlockAssociationSet": [{"CidrBlock": "x"}]}]},
            "Vpcs[0].CidrBlockAssociationSet[0].CidrBlock: 'x' is not a CIDR block",
        ),
        (
            {"RouteTables": [{"RouteTableId": "rtb-1", "Routes": {}}]},
            "RouteTables[0].Routes: expected a list, got {}",
        ),
        (
            {"RouteTables": [{"RouteTableId": "rtb-1", "Routes": [ROUTE, {"GatewayId": "x"}]}]},
            "RouteTables[0].Routes[1].DestinationCidrBlock: expected a destination",
        ),
        (
            {
                "SecurityGroups": [
                    {
                        "GroupId": "sg-1",
                        "IpPermissions": [
                            {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.300/32"}]}
                        ],
                    }
                ]
            },
            "SecurityGroups[0].IpPermissions[0].IpRanges[0].CidrIp: '10.0.0.300/32' is not a CIDR",
        ),
        (
            {
                "NetworkAcls": [
                    {
                        "NetworkAclId": "acl-1",
                        "Entries": [{"RuleNumber": 1, "RuleAction": "maybe"}],
                    }
                ]
            },
            "NetworkAcls[0].Entries[0].RuleAction: expected allow or deny, got 'maybe'",
        ),
        (
            {
                "Subnets": [
                    SUBNET,
                    {"SubnetId": "subnet-2", "VpcId": "vpc-1", "CidrBlock": "10.0.1.128/25"},
                ]
            },
            "Subnets[1].CidrBlock: 10.0.1.128/25 of subnet-2 overlaps 10.0.1.0/24 of subnet-1",
        ),
    ],
)
def test_what_is_not_of_awss_shape(document: dict[str, Any], sentence: str) -> None:
    """The sentence names the file, the whole way to the value, and what should stand there."""
    with pytest.raises(SnapshotError) as error:
        load(json.dumps(document), name="net.json")

    assert str(error.value).startswith(f"net.json: {sentence}")
    assert "\n" not in str(error.value)


def test_subnets_of_two_vpcs_may_have_the_same_blocks() -> None:
    """The near miss: overlapping is wrong inside one VPC only. The same entry twice is one."""
    other = {**SUBNET, "SubnetId": "subnet-2", "VpcId": "vpc-2"}

    assert load({"Subnets": [SUBNET, other, SUBNET]}, name="x").get("Subnets") != ()


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """One sentence as well."""
    with pytest.raises(SnapshotError, match=r"nothing\.json: No such file or directory"):
        load_path(tmp_path / "nothing.json")
    with pytest.raises(SnapshotError, match=r"holds no \.json file"):
        load_path(tmp_path)


def test_a_long_list_is_checked_where_the_walk_touches_it() -> None:
    """Two thousand groups are not read for the sake of two; the complaint comes with the walk."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24")
    for index in range(2000):
        world.group(f"sg-{index}")
    world.group("sg-bad", ingress=[tcp(443, cidr=ANYWHERE)])
    world.entry("SecurityGroups", "sg-bad")["IpPermissions"][0]["IpRanges"] = [{"CidrIp": "x"}]
    world.interface("eni-1", "10.0.2.10", "subnet-data", ["sg-bad"])

    network = Network(load(dump_lists(world), name="net.json"))

    with pytest.raises(SnapshotError) as error:
        walk(network, Source("subnet-app", ("sg-1",)), Destination("10.0.2.10", 443))
    way = "SecurityGroups[2000].IpPermissions[0].IpRanges[0].CidrIp"
    assert str(error.value) == f"net.json: {way}: 'x' is not a CIDR block"


def dump_lists(world: World) -> dict[str, Any]:
    """Return what a world holds, unread."""
    return dict(world.lists)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KNOWN = sorted({*World().lists, "VpcBlockPublicAccessOptions", "Reservations", "HostedZones"})


def refused(call: Callable[[], object]) -> str | None:
    """Return the sentence with which a call refuses its input; None when it takes it."""
    try:
        call()
    except SnapshotError as error:
        return str(error)
    return None


@SOME
@given(JSON)
def test_any_json_is_a_snapshot_or_one_sentence(document: Any) -> None:
    """It never crashes."""
    complaint = refused(lambda: load(json.dumps(document), name="x"))

    assert complaint is None or "\n" not in complaint


@SOME
@given(
    st.dictionaries(
        st.sampled_from(KNOWN), JSON | st.lists(st.dictionaries(st.text(max_size=8), JSON))
    )
)
def test_any_json_under_awss_names_is_a_snapshot_or_one_sentence(document: Any) -> None:
    """Nor does it below names that mean something."""
    complaint = refused(lambda: load(json.dumps(document), name="x"))

    assert complaint is None or complaint.startswith("x: ")


def whole() -> World:
    """Build one of everything."""
    world = World()
    world.vpc()
    world.vpc("10.8.0.0/16", "vpc-b")
    world.igw()
    world.eigw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-data", "10.0.2.0/24")
    world.subnet("subnet-b", "10.8.1.0/24", vpc="vpc-b")
    world.nat("subnet-data")
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    world.transit("tgw-1", "tgw-rtb-1", vpc_a=["subnet-data"], vpc_b=["subnet-b"])
    world.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-data"])
    world.firewall("vpce-fw", {"StatefulRules": [{"Action": "PASS", "Header": {}}]})
    world.balancer("front")
    world.target("front", "10.0.2.10")
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(443, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"], Description="ELB net/front/1")
    world.prefix_list("pl-1", "dynamodb", ["52.94.5.0/24"])
    world.table(
        "rtb-app",
        "vpc-a",
        {ANYWHERE: "nat-a", "10.8.0.0/16": "tgw-1", "pl-1": "vpce-fw", "::/0": "eigw-a"},
        subnets=["subnet-app"],
    )
    return world


WHOLE = dump(whole().snapshot())


def ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the way to every value inside a document."""
    found = [way] if way else []
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        found += ways(child, (*way, key))
    return found


WAYS = ways(WHOLE)


@settings(max_examples=300)
@given(
    st.sampled_from(WAYS),
    JSON,
    st.sampled_from(["10.0.2.10", "203.0.113.1", "10.8.1.9", "52.94.5.1"]),
)
def test_a_value_of_the_wrong_shape_anywhere_never_crashes_the_walk(
    way: tuple[Any, ...], value: Any, to: str
) -> None:
    """It is refused in one sentence, when it is loaded or when the walk comes to it."""
    document = json.loads(json.dumps(WHOLE))
    place = document
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = value

    def walked() -> None:
        network = Network(load(document, name="x"))
        walk(network, Source("subnet-app", ("sg-fn",)), Destination(to, 443))

    complaint = refused(walked)

    assert complaint is None or (complaint.startswith("x: ") and "\n" not in complaint)


def test_an_empty_object_is_a_snapshot_of_nothing() -> None:
    """Every list is unread."""
    assert load({}, name="x") == Snapshot({}, "x")
