"""What rules that match come to: in the order of actions, or in the order in which they stand.

A rule about addresses and ports meets the first packet of a connection. One about names can match
only later, when something has been said: it lets every connection open, whatever stands after it.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PASS, DROP, REJECT, ALERT = "PASS", "DROP", "REJECT", "ALERT"
CLOSED = (DROP, REJECT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule that matches, or could."""

    action: str | None  # None: nobody can say without looking into what packets carry
    name: str
    late: bool = False  # it meets what is said over a connection, never its opening
    why: str = ""  # in place of "NAME drops it"
    facts: Mapping[str, Any] = field(default_factory=dict)


class Undecided(NotRead):
    """A rule could decide, and whether it does was not read or is not told."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(verdict.name, reason)
        self.verdict = verdict


def by_action(found: Iterable[Verdict], otherwise: Verdict) -> Verdict:
    """Return what decides where every pass rule comes first, then drop, then reject."""
    early, late = _parted(found)
    return _by_action(early) or _by_action(late) or otherwise


def _by_action(found: list[Verdict]) -> Verdict | None:
    for wanted in (PASS, *CLOSED):
        for verdict in found:
            if verdict.action == wanted:
                # A pass rule among those nobody can judge would come before a drop.
                _all_known(found if wanted != PASS else [])
                return verdict
    _all_known(found)
    return None


def in_order(found: Iterable[Verdict], otherwise: Verdict) -> Verdict:
    """Return what decides where the first rule that matches does."""
    first: Verdict | None = None  # to decide on what is said, should the connection open
    for verdict in (*found, otherwise):
        if verdict.late:
            first = first or verdict
            continue
        _all_known([verdict])
        if first is None or (verdict.action in CLOSED and verdict is not otherwise):
            return verdict
        if verdict.action == PASS and (verdict is otherwise or first.action == PASS):
            break
        # It meets the connection as it opens. Whether one that a rule passed is looked at again, or
        # an opening that no rule passed is dropped, AWS does not say clearly.
        raise Undecided(first, f"{verdict.name} may decide on the connection before it")
    assert first is not None
    _all_known([first])
    return first


def _parted(found: Iterable[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    verdicts = list(found)
    return [v for v in verdicts if not v.late], [v for v in verdicts if v.late]


def _all_known(found: list[Verdict]) -> None:
    for verdict in found:
        if verdict.action is None:
            raise Undecided(verdict, "it looks into what packets carry")
