"""Snapshots in parts: pages of one answer, and directories that hold more than a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from probe.network.snapshot import SnapshotError, Unread, load, load_path

if TYPE_CHECKING:
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
