"""Snapshots in parts and in the spelling of other tools: pages, directories, bare lists."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Verdict
from probe.network.snapshot import Snapshot, SnapshotError, Unread, load, load_path
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from tests.network.world import World, tcp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}


def test_a_first_page_alone_was_not_read_whole() -> None:
    """AWS says that more follows: what is missing is not absent."""
    first = {"Subnets": [SUBNET], "Vpcs": [], "NextToken": "abc"}

    found = load(json.dumps(first) + json.dumps({"Vpcs": []}), name="x")

    assert found.get("Subnets") == Unread("only its first pages were saved", "ec2:DescribeSubnets")
    assert found.get("Vpcs") == ()


@pytest.mark.parametrize("marker", ["NextToken", "Marker", "NextMarker"])
def test_all_pages_make_a_whole_list(tmp_path: Path, marker: str) -> None:
    """In one file or in several, whichever is read first."""
    pages = ({"Subnets": [SUBNET], marker: "abc"}, {"Subnets": [{**SUBNET, "SubnetId": "b"}]})
    pages[1]["Subnets"][0]["CidrBlock"] = "10.0.2.0/24"
    for name, page in zip("ab", reversed(pages), strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(page))

    for found in (load("".join(map(json.dumps, pages)), name="x"), load_path(tmp_path)):
        rows = found.get("Subnets")
        assert isinstance(rows, tuple)
        assert {row["SubnetId"] for row in rows} == {"subnet-1", "b"}


def test_a_directory_with_lists_that_no_walk_needs(tmp_path: Path) -> None:
    """Other tools save more than a network: that is passed over, as long as some of it is one."""
    (tmp_path / "Addresses.json").write_text(json.dumps({"Addresses": [{"PublicIp": "192.0.2.1"}]}))
    with pytest.raises(SnapshotError, match="none of its keys is a list that AWS describes"):
        load_path(tmp_path)

    (tmp_path / "Subnets.json").write_text(json.dumps({"Subnets": [SUBNET]}))
    assert load_path(tmp_path).get("Subnets") == (SUBNET,)


def spelt(value: Any, spell: Callable[[str], str]) -> Any:
    """Write every key of a document in another way."""
    if isinstance(value, dict):
        return {spell(key): spelt(inner, spell) for key, inner in value.items()}
    return [spelt(inner, spell) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def database() -> World:
    """Build a network in which a function may ask a database on one port."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-db", "10.0.2.0/24")
    world.table("rtb-main", "vpc-a", {}, main=True)
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", "10.0.2.10", "subnet-db", ["sg-db"])
    return world


def verdicts(snapshot: Snapshot) -> list[Verdict]:
    """Walk to the port that is open, and to one that is not."""
    network, source = Network(snapshot), Source("subnet-app", ("sg-fn",))
    return [walk(network, source, Destination("10.0.2.10", port)).verdict for port in (5432, 80)]


FOUND = [Verdict.REACHABLE, Verdict.UNREACHABLE]
SNAKE = re.compile(r"(?<!^)(?=[A-Z])")


@pytest.mark.parametrize(
    "spell",
    [lambda key: SNAKE.sub("_", key).lower(), lambda key: key[:1].lower() + key[1:]],
    ids=["route_tables", "routeTables"],
)
def test_keys_in_the_case_of_other_tools(database: World, spell: Callable[[str], str]) -> None:
    """Ansible writes vpc_id, AWS Config vpcId; also below a list whose name is AWS's own."""
    inside = {name: spelt(entries, spell) for name, entries in database.lists.items()}

    assert verdicts(load(json.dumps(spelt(database.lists, spell)), name="net.json")) == FOUND
    assert verdicts(load(json.dumps(inside), name="net.json")) == FOUND


@pytest.mark.parametrize("name", ["{}", "describe-{}", "ec2-describe-{}", "prod_get_{}"])
def test_bare_lists_are_known_by_their_files(database: World, tmp_path: Path, name: str) -> None:
    """What `--query Subnets` leaves has no name of its own; what is no list of AWS's is left."""
    for key, entries in database.lists.items():
        file = tmp_path / (name.format(SNAKE.sub("-", key).lower()) + ".json")
        file.write_text(json.dumps(entries))
    (tmp_path / "colours.json").write_text('["red", "green"]')
    (tmp_path / "sizes.json").write_text('[{"Size": 3}]')

    assert verdicts(load_path(tmp_path)) == FOUND


def test_answers_in_one_list(database: World, tmp_path: Path) -> None:
    """As `jq -s` collects them, pages among them, and whatever the file is called."""
    *others, last = database.lists["SecurityGroups"]
    pages = [{"SecurityGroups": others, "NextToken": "more"}, {"SecurityGroups": [last]}]
    rest = [{key: some} for key, some in database.lists.items() if key != "SecurityGroups"]
    file = tmp_path / "security-groups.json"
    file.write_text(json.dumps([*pages, *rest]))

    assert verdicts(load_path(file)) == FOUND


def test_a_bare_list_in_a_file_of_any_name(tmp_path: Path) -> None:
    """Nothing tells what it lists."""
    file = tmp_path / "out.json"
    file.write_text('[{"SubnetId": "subnet-1"}]')

    with pytest.raises(SnapshotError, match="expected a JSON object whose keys are list names"):
        load_path(file)


@pytest.mark.parametrize("name", ["FunctionConfiguration", "function_configuration"])
def test_environment_values_are_not_kept_in_any_spelling(name: str) -> None:
    """They may be secrets, whoever wrote them down."""
    inner = {"function_name": "orders", "environment": {"variables": {"PASSWORD": "open-sesame"}}}

    kept = load(json.dumps({name: inner}), name="net.json")

    assert "FunctionConfiguration" in kept.values
    assert "open-sesame" not in str(kept.values)
