"""Which component breaks how many functions: results go in one by one, the fleet's come out.

Pure, and linear in what it is given: of each result it keeps the placement's id under the
components that it names. What was expected and never came is told, one line each.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probe.fleet.results import Missing, missing
from probe.model import Confidence, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.fleet.placements import Scope, Spot
    from probe.fleet.results import Broken, Gap, Result

# What AWS gives an id of its own: it is the same thing from whichever account it is looked at, as
# in a VPC that several share. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html
_OWN_ID = re.compile(r"[a-z]+-[0-9a-f]{8}(?:[0-9a-f]{9})?")
NO_RESULT = "no result was written"


@dataclass(slots=True)
class Cause:
    """One cause at one component."""

    code: str
    title: str
    fix: str | None
    functions: int = 0
    targets: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Component:
    """One component, and everything that it breaks."""

    name: str | None
    confidence: Confidence
    functions: int = 0
    spots: list[str] = field(default_factory=list)
    scopes: set[Scope] = field(default_factory=set)
    causes: dict[str, Cause] = field(default_factory=dict)

    @property
    def main(self) -> Cause:
        """The cause that breaks most here; of equals, the one whose fix mends the others."""
        return max(
            self.causes.values(),
            key=lambda cause: (cause.functions, cause.fix is not None, len(cause.targets)),
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read in one account and Region, and how many functions that concerns."""

    scope: Scope
    what: str
    reason: str
    needs: str | None
    functions: int

    def __str__(self) -> str:
        """Write the line."""
        return str(
            Missing(f"{self.scope} {self.what}", self.reason, self.needs, None, self.functions)
        )


@dataclass(frozen=True, slots=True)
class Fleet:
    """The whole answer."""

    components: tuple[Component, ...]  # proven first, then by functions
    missing: tuple[Missing, ...]
    unread: tuple[Unread, ...]
    spots: tuple[Spot, ...]
    statuses: dict[str, Status]  # of each placement that was looked at
    packets: int  # placements from which packets were sent

    @property
    def proven(self) -> tuple[Component, ...]:
        """The components that break functions for certain."""
        return tuple(one for one in self.components if one.confidence is Confidence.PROVEN)

    @property
    def functions(self) -> int:
        """How many functions were looked at."""
        return sum(len(spot.functions) for spot in self.spots if spot.id in self.statuses)

    @property
    def broken(self) -> int:
        """How many of them do not reach everything."""
        failing = {spot for spot, status in self.statuses.items() if status is Status.FAIL}
        return sum(len(spot.functions) for spot in self.spots if spot.id in failing)

    @property
    def status(self) -> Status:
        """Fail where one fails; pass only where all do, and nothing is missing."""
        seen = set(self.statuses.values())
        if Status.FAIL in seen:
            return Status.FAIL
        return Status.PASS if seen <= {Status.PASS} and not self.missing else Status.UNDETERMINED


class Summary:
    """Takes results in any order."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        self._spots = {spot.id: spot for spot in spots}
        self._components: dict[tuple[str, ...], Component] = {}
        self._gaps: dict[tuple[Scope, str], tuple[Gap, int]] = {}
        self._missing: list[Missing] = []
        self._gone: set[str] = set()
        self._statuses: dict[str, Status] = {}
        self._packets = 0

    def add(self, result: Result) -> None:
        """Take one result; a second one of the same placement changes nothing."""
        spot = self._spots.get(result.spot)
        if spot is None or result.spot in self._statuses:
            return
        self._statuses[result.spot] = result.status
        self._packets += result.packets
        for broken in result.broken:
            self._count(spot, result.spot, broken)
        for key, gap in {gap.needs or gap.what: gap for gap in reversed(result.gaps)}.items():
            known, functions = self._gaps.get((spot.scope, key), (gap, 0))
            self._gaps[spot.scope, key] = (known, functions + len(spot.functions))

    def miss(self, gone: Missing) -> None:
        """Take the word that something could not be looked at."""
        if gone.spot is not None:
            self._gone.add(gone.spot)
        self._missing.append(gone)

    def fail(self, spot: str, reason: str) -> None:
        """Take the word that one placement could not be looked at."""
        known = self._spots.get(spot)
        if known is not None and spot not in self._gone:
            self.miss(missing(known, reason))

    def fleet(self) -> Fleet:
        """Give what all of them come to."""
        silent = [
            missing(spot, NO_RESULT)
            for identity, spot in self._spots.items()
            if identity not in self._statuses and identity not in self._gone
        ]
        unread = [
            Unread(scope, gap.what, gap.reason, gap.needs, functions)
            for (scope, _), (gap, functions) in self._gaps.items()
        ]
        return Fleet(
            tuple(sorted(self._components.values(), key=_order)),
            tuple(sorted((*_by_account(self._missing), *silent), key=str)),
            tuple(sorted(unread, key=lambda one: (-one.functions, str(one)))),
            tuple(self._spots.values()),
            self._statuses,
            self._packets,
        )

    def _count(self, spot: Spot, identity: str, broken: Broken) -> None:
        key = _key(spot, broken)
        found = self._components.get(key)
        if found is None:
            found = self._components[key] = Component(broken.component, broken.confidence)
        functions = 1 if broken.own else len(spot.functions)
        if found.spots[-1:] != [identity]:
            found.spots.append(identity)
            found.functions += functions
            found.scopes.add(spot.scope)
        cause = found.causes.get(broken.code)
        if cause is None:
            cause = found.causes[broken.code] = Cause(broken.code, broken.title, broken.fix)
        cause.functions += functions
        cause.targets.update(broken.targets)


def _by_account(everything: Iterable[Missing]) -> Iterator[Missing]:
    """Make one line of an account whose Regions are all closed for one reason."""
    found: dict[tuple[str, str, str | None], list[Missing]] = {}
    for one in everything:
        if one.spot is not None or one.functions is not None:
            yield one
        else:
            key = (one.where.partition(" ")[0], one.reason, one.needs)
            found.setdefault(key, []).append(one)
    for (account, reason, needs), some in found.items():
        regions = ", ".join(sorted({one.where.partition(" ")[2] for one in some}))
        yield Missing(f"{account} {regions}", reason, needs)


def _key(spot: Spot, broken: Broken) -> tuple[str, ...]:
    name = broken.component or ""
    if _OWN_ID.fullmatch(name):
        return broken.confidence, spot.scope.region, name
    # Any other name means something else in each account; without one, each cause is by itself.
    owner = (spot.scope.account, name, "" if name else broken.code)
    return broken.confidence, spot.scope.region, *owner


def _order(component: Component) -> tuple[bool, int, int, str]:
    return (
        component.confidence is not Confidence.PROVEN,
        -component.functions,
        -len(component.scopes),
        component.name or "",
    )


def total(fleet: Fleet) -> Counter[str]:
    """Count functions by the status of their placement."""
    found: Counter[str] = Counter()
    for spot in fleet.spots:
        if (status := fleet.statuses.get(spot.id)) is not None:
            found[status] += len(spot.functions)
    return found
