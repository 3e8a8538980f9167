"""What differs between two sets of components, a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.compare.records import Record, Records


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not what it was."""

    component: str
    text: str
    mentions: tuple[str, ...] = ()  # other components that it names


def between(before: Records, after: Records) -> list[Change]:
    """Compare two sets of components; the order is that of the later one."""
    gone = [Change(one, f"{one} is gone") for one in before if one not in after]
    new = [Change(one, f"{one} is new") for one in after if one not in before]
    changed = [
        change for one in after if one in before for change in _within(one, before[one], after[one])
    ]
    return [*changed, *gone, *new]


def _within(component: str, before: Record, after: Record) -> Iterator[Change]:
    for field in dict.fromkeys((*after, *before)):
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        if isinstance(old or new, dict) and not isinstance(old or {}, str):
            yield from _table(component, field, _as_table(old), _as_table(new))
        elif isinstance(old, frozenset) or isinstance(new, frozenset):
            yield from _set(component, field, _as_set(old), _as_set(new))
        else:
            was, now = (_short(value) for value in (old, new))
            yield _change(component, f"{field} of {component} went from {was} to {now}")


def _table(
    component: str, word: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Change]:
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        what = f"{word} {key} in {component}"
        if old is None:
            yield _change(component, f"{what} is new: {new}", new)
        elif new is None:
            yield _change(component, f"{what} is gone: it was {old}", old)
        else:
            yield _change(component, f"{what} went from {old} to {new}", old, new)


def _set(
    component: str, word: str, before: frozenset[str], after: frozenset[str]
) -> Iterator[Change]:
    for one in sorted(before - after):
        yield _change(component, f"{component} lost its {word} {one}", one)
    for one in sorted(after - before):
        yield _change(component, f"{component} has a new {word} {one}", one)


def _change(component: str, text: str, *named: str | None) -> Change:
    words = {word.strip("()") for one in named if one for word in one.split()}
    return Change(component, text, tuple(sorted(word for word in words if "-" in word)))


def _as_table(value: object) -> Mapping[str, str]:
    return value if isinstance(value, dict) else {}


def _as_set(value: object) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
