"""Well-formed inputs with one or more things wrong: events, snapshots, saved reports, scenarios.

Bytes at random seldom get past the first brace; these do. Each trial takes a good document and
puts something else in some of its places.
"""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from tests.fuzz import parsers
from tests.lab import scenario
from tests.lab.reading import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCENARIOS = Path(__file__).parents[1] / "scenarios"

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "0",
            "-1",
            "::",
            "10.0.0.0/33",
            "0.0.0.0/0",
            "\x00",
            "\ud800",
            "a" * 3000,
            "http://u:p@[::1%25lo]:99999/?a=b",
            "169.254.169.254",
            "ação.example",
            float("nan"),
            float("inf"),
            10**400,
            [],
            {},
            [[]],
            {"": {}},
        ]
    ),
)


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the places of a document."""
    yield path
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield from spots(child, (*path, key))


def put(document: Any, path: tuple[Any, ...], new: Any, how: str) -> Any:
    """Replace what is at a place, drop it, or put something beside it."""
    if not path:
        return new
    *way, last = path
    at = document
    for key in way:
        at = at[key]
    if how == "drop":
        del at[last]
    elif how == "beside" and isinstance(at, dict):
        at[f"{last}{new}"[:40]] = new
    elif how == "beside":
        at.insert(last, copy.deepcopy(at[last]))
    else:
        at[last] = new
    return document


@st.composite
def spoilt(draw: st.DrawFn, documents: list[Any]) -> Any:
    """Take a good document and spoil some places."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(spots(document))))
        new = copy.deepcopy(draw(ODD))
        document = put(document, path, new, draw(st.sampled_from(["put", "drop", "beside"])))
    return document


def _written(read: Callable[[bytes], object]) -> Callable[[Any], object]:
    def of(document: Any) -> object:
        return read(json.dumps(document, default=str).encode("utf-8", "surrogatepass"))

    return of


def _scenario(document: Any) -> None:
    try:
        words = yaml.safe_dump(document, allow_unicode=True)
    except (yaml.YAMLError, UnicodeError):
        return
    with suppress(ScenarioError):
        scenario.parse(words, "spoilt")


def kinds() -> dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], object]]]:
    """Give for each kind of document how to spoil it and what reads it."""
    by_name = {one.name: one for one in parsers.all_of_them()}
    made = {
        name: (
            spoilt([json.loads(seed) for seed in by_name[name].seeds]),
            _written(by_name[name].read),
        )
        for name in ("event", "snapshot", "saved report")
    }
    some = sorted(SCENARIOS.glob("*.yaml"), key=lambda path: path.stat().st_size)[:60]
    made["scenario"] = (spoilt([yaml.safe_load(path.read_text()) for path in some]), _scenario)
    return made
