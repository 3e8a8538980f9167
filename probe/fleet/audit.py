"""The audit: accounts and Regions side by side, each read and walked whole, then summed up.

Sends nothing and changes nothing. One account that denies, hangs or is throttled is one line of the
answer; what is finished is written down before the next begins.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.fleet.network import Found, look
from probe.fleet.placements import Grouped, Scope
from probe.fleet.results import Missing
from probe.fleet.summary import Fleet, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from probe.fleet.ledger import Ledger
    from probe.network.collector.collect import Reader

    ReaderFor = Callable[[Scope], Reader]
    Tell = Callable[[str], None]

# Reading waits for AWS, walking takes a processor: a few at a time keep both busy.
SIDE_BY_SIDE = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be audited."""

    scopes: tuple[Scope, ...]
    targets: Sequence[Mapping[str, Any]] | None = None  # None: guessed in each network
    role: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Say which audit it is, to tell it from another one."""
        return {
            "scopes": [[scope.account, scope.region] for scope in self.scopes],
            "targets": None if self.targets is None else list(self.targets),
            "role": self.role,
        }


def run(plan: Plan, reader_for: ReaderFor, ledger: Ledger, tell: Tell) -> Fleet:
    """Audit everything that was not finished before, and give what all of it comes to.

    The ledger stays until the answer has been given: whoever gives it closes it.
    """
    done = {found.scope: found for found in ledger.finished()}
    if done:
        tell(f"{len(done)} of {len(plan.scopes)} were finished before, and are not repeated")
    todo = [scope for scope in plan.scopes if scope not in done]
    with ExitStack() as stack:
        pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        # Whoever interrupts does not wait for what has not begun.
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        running = {pool.submit(_look, plan, scope, reader_for): scope for scope in todo}
        for future in as_completed(running):
            found = _outcome(future, running[future])
            done[found.scope] = found
            if not _failed(found):
                ledger.keep(found)
            tell(f"{len(done)} of {len(plan.scopes)}: {_told(found)}")
    return summed(done[scope] for scope in plan.scopes)


def summed(everything: Iterable[Found]) -> Fleet:
    """Sum up what was found."""
    found = list(everything)
    summary = Summary(spot for one in found for spot in one.grouped.spots)
    for one in found:
        for missing in one.missing:
            summary.miss(missing)
        for result in one.results:
            summary.add(result)
    return summary.fleet()


def _look(plan: Plan, scope: Scope, reader_for: ReaderFor) -> Found:
    return look(reader_for(scope), scope, plan.targets)


def _outcome(future: Future[Found], scope: Scope) -> Found:
    """Give what was found; a fault of ours in one account must not cost all the others."""
    error = future.exception()
    if error is None:
        return future.result()
    reason = f"a mistake in lambda-probe itself, {type(error).__name__}: {error}"
    return Found(scope, Grouped(()), missing=(Missing(str(scope), reason),))


def _failed(found: Found) -> bool:
    """Whether nothing came of it: the next run tries again."""
    return bool(found.missing) and not found.results


def _told(found: Found) -> str:
    if _failed(found):
        return str(found.missing[0])
    functions = sum(len(spot.functions) for spot in found.grouped.spots)
    return (
        f"{found.scope}: {functions} functions in {len(found.grouped.spots)} placements, "
        f"{found.calls} calls"
    )
