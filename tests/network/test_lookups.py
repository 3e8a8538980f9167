"""Looking things up in a snapshot and its changed copies: indexes are shared, answers are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from probe.network.values import Snapshot
from probe.network.vpc import Network
from probe.remedy import edit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.remedy.edit import Change

NAME = "SecurityGroups"
VPCS, COLOURS, IDS = ("vpc-a", "vpc-b"), ("red", "green", "blue"), [f"sg-{n}" for n in range(8)]


def _entry(identity: str, vpc_id: str, colours: list[str]) -> dict[str, Any]:
    return {"GroupId": identity, "VpcId": vpc_id, "GroupName": identity, "Colours": colours}


def _colours(entry: Mapping[str, Any]) -> list[str]:
    return list(entry["Colours"])


def _same(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return entry


def _answers(network: Network) -> list[object]:
    found: list[object] = [network.maybe(NAME, identity, _same) for identity in IDS]
    for colour in COLOURS:
        found.append(network.where(NAME, "colour", _colours, colour, _same))
        found += [
            network.where_in_vpc(NAME, "colour", _colours, vpc_id=vpc_id, key=colour, read=_same)
            for vpc_id in VPCS
        ]
    return found


COLOURED = st.lists(st.sampled_from(COLOURS), unique=True, max_size=2)
ENTRIES = st.builds(_entry, st.sampled_from(IDS), st.sampled_from(VPCS), COLOURED)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda entry: edit.added(NAME, entry), ENTRIES),
    st.builds(
        lambda entry: edit.amended(NAME, entry["GroupId"], lambda _: entry),
        ENTRIES,
    ),
    st.builds(
        lambda one: edit.removed(NAME, lambda row: row["GroupId"] == one), st.sampled_from(IDS)
    ),
    st.builds(
        lambda one: edit.every(NAME, lambda row: {**row, "VpcId": one}), st.sampled_from(VPCS)
    ),
)


@given(
    st.lists(ENTRIES, max_size=8, unique_by=lambda entry: entry["GroupId"]),
    st.lists(st.tuples(CHANGES, st.booleans(), st.booleans()), max_size=6),
)
def test_a_changed_copy_answers_as_if_it_were_read_anew(
    entries: list[dict[str, Any]], steps: list[tuple[Change, bool, bool]]
) -> None:
    """Whatever was asked before, in whichever copy, and wherever a copy came from."""
    first = snapshot = Snapshot({NAME: tuple(entries)})
    for change, asked, anew in steps:
        if asked:
            _answers(Network(snapshot))
        snapshot = change(first if anew else snapshot)
        fresh = Snapshot(dict(snapshot.values))

        assert _answers(Network(snapshot)) == _answers(Network(fresh))
