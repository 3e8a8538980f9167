"""Numbers for new rules of a network ACL, before the rule that denies; room, where none is left.

The first rule that matches decides, and a number is from 1 to 32766. Below rule 1 there is none:
the rule that denies is made anew behind itself, and the new one takes its number. Whatever has to
stay behind it goes with it, so that no step opens more than the new rule, or closes anything.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

from probe.network.nacl import IMPLICIT_DENY
from probe.network.vpc import Network, NotRead
from probe.remedy import edit
from probe.remedy.proposal import Step
from probe.remedy.steps import filtering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.network.values import Snapshot
    from probe.remedy.edit import Entry
    from probe.remedy.proposal import Context

    Rules = Mapping[int, Entry]  # of one direction, by number

_STEP = 10  # people number their rules by tens or hundreds, to leave room


@dataclass(frozen=True, slots=True)
class Place:
    """Where new rules go, and what it takes to get them there."""

    numbers: tuple[int, ...]
    limit: int  # of the rule that denies, when the new ones are there
    moved: tuple[tuple[Entry, int], ...] = ()  # the rule that denies first; new numbers
    earlier: tuple[Step, ...] = ()  # what the fix of another finding has moved by then

    def steps(self, acl_id: str, rules: Sequence[Entry]) -> tuple[Step, ...]:
        """Put the rules there: what a rule denies or allows, its copy does until it is gone."""
        if not self.moved:
            return (*self.earlier, *(filtering.create_entry(acl_id, rule) for rule in rules))
        (_, *others), (first, *more) = self.moved, rules
        copies = [{**rule, "RuleNumber": number} for rule, number in self.moved]
        return (
            *(filtering.create_entry(acl_id, rule) for rule in (*copies, *more)),
            *(filtering.delete_entry(acl_id, rule) for rule, _ in reversed(others)),
            filtering.replace_entry(acl_id, first),
        )


def place(context: Context, acl_id: str, limit: int, count: int, *, egress: bool) -> Place:
    """Return where so many rules go, before the rule of this number."""
    present = _rules(context.snapshot, acl_id, egress=egress)
    ahead = _rules(context.taken, acl_id, egress=egress)
    moved_to = _moved_to(present, ahead, limit)
    if moved_to is not None:
        numbers = _before(moved_to, ahead, count)
        if numbers is not None:
            return Place(numbers, moved_to, earlier=(_as_in(acl_id, ahead, egress=egress),))
    rules = {**ahead, **present}
    numbers = _behind(rules, count) if limit >= IMPLICIT_DENY else None
    numbers = numbers or _before(limit, rules, count)
    return _with_room(rules, limit, count) if numbers is None else Place(numbers, limit)


def _behind(rules: Rules, count: int) -> tuple[int, ...] | None:
    start = (max(rules, default=0) // _STEP + 1) * _STEP
    return tuple(range(start, start + count)) if start + count <= IMPLICIT_DENY else None


def _before(limit: int, rules: Rules, count: int) -> tuple[int, ...] | None:
    free = [number for number in range(limit - 1, 0, -1) if number not in rules][:count]
    return tuple(sorted(free)) if len(free) == count else None


def _with_room(rules: Rules, limit: int, count: int) -> Place:
    """Move the rule that denies behind itself: past rules that deny as well, and with the others.

    Two rules that deny may change places; one that allows has to stay behind it, and whatever
    follows that one too.
    """
    behind = [rules[number] for number in sorted(rules) if number >= limit]
    ends = [*(_number(rule) for rule in behind[1:]), IMPLICIT_DENY]
    for size, end in enumerate(ends, 1):
        moving = (*behind[:1], *dropwhile(_denies, behind[1:size]))
        free = list(range(_number(behind[size - 1]) + 1, end)) if behind else []
        more, rest = free[: count - 1], free[count - 1 :]
        tens = [number for number in rest if number % _STEP == 0]
        numbers = tens if len(tens) >= len(moving) else rest
        if len(numbers) >= len(moving):
            moved = tuple(zip(moving, numbers, strict=False))
            return Place((limit, *more), numbers[0], moved)
    raise NotRead("a free rule number", f"none is left around {limit}")


def _moved_to(present: Rules, ahead: Rules, limit: int) -> int | None:
    """Return the number that a rule has when the fixes of other findings have moved it."""
    rule = _content(present.get(limit))
    if limit not in ahead or _content(ahead[limit]) == rule:
        return None
    return next((number for number, other in ahead.items() if _content(other) == rule), None)


def _as_in(acl_id: str, rules: Rules, *, egress: bool) -> Step:
    """Give one direction the rules that it has by then; the commands are the other fix's."""

    def change(acl: Entry) -> Entry:
        rest = edit.without_items(acl, "Entries", lambda old: _is_of(old, egress=egress))
        return edit.with_item(rest, "Entries", *rules.values())

    return Step(change=edit.amended("NetworkAcls", acl_id, change))


def _rules(snapshot: Snapshot, acl_id: str, *, egress: bool) -> Rules:
    network = Network(snapshot)
    if not network.has("NetworkAcls"):
        return {}
    acl = network.maybe("NetworkAcls", acl_id, lambda found: found) or {}
    own = (rule for rule in acl.get("Entries") or () if _is_of(rule, egress=egress))
    return {_number(rule): {"Protocol": "-1", **rule, "Egress": egress} for rule in own}


def _is_of(rule: Entry, *, egress: bool) -> bool:
    """Whether a rule is of this direction, and not one of the last, which AWS numbers itself."""
    return bool(rule.get("Egress")) == egress and _number(rule) < IMPLICIT_DENY


def _number(rule: Entry) -> int:
    return int(rule["RuleNumber"])


def _denies(rule: Entry) -> bool:
    return rule.get("RuleAction") == "deny"


def _content(rule: Entry | None) -> dict[str, Any]:
    return {key: value for key, value in (rule or {}).items() if key != "RuleNumber"}
