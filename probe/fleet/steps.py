"""The steps of the fleet's state machine: find the placements, diagnose one, sum all of them up.

What travels in the state is small: placements, reports and results are in a bucket, under the name
of the run. A step that cannot do its work raises, and the state machine tries again or goes on.
"""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from probe import investigation
from probe.fleet import document, results, stream, table, targets
from probe.fleet.network import functions_of, vpcs_of
from probe.fleet.placements import Grouped
from probe.fleet.reading import Once
from probe.fleet.results import Gap, Missing
from probe.fleet.summary import Summary
from probe.network.collector.gathering import filters
from probe.network.values import ReadFailed
from probe.report.document import to_document
from probe.report.pen import Pen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from probe.fleet.orders import Order
    from probe.fleet.placements import Scope, Spot
    from probe.fleet.summary import Fleet
    from probe.investigation import Invoke
    from probe.network.collector.collect import Reader

# A state's input or output: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
STATE_BYTES = 256 * 1024
# Far below it: a state holds its input, too, and the results of many are read one after another.
RESULT_BYTES = 64 * 1024
SIDE_BY_SIDE = 16  # accounts and Regions that are asked for their functions at once
_MOST_NEAR = 900  # databases and caches in one event, which holds a thousand targets
MOST_TRIES = 4  # of what was throttled, after the first; as the state machine's Retry has it
_THROTTLED = ("Throttling", "TooManyRequests", "RequestLimitExceeded", "SlowDown")


class Storage(Protocol):
    """Where a run's files are."""

    def read(self, key: str) -> Iterator[bytes]:
        """Yield a file in pieces."""
        ...

    def write(self, key: str, text: Iterable[str], kind: str = "application/json") -> None:
        """Write a file."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """List files."""
        ...


class Denied(Exception):  # noqa: N818 - its name is what the state machine and people read
    """The account does not let us read; trying again would not help."""


class Throttled(Exception):  # noqa: N818 - see above
    """AWS asks to come back later; the state machine does."""


class Unreadable(Exception):  # noqa: N818 - see above
    """The placement could not be read, for another reason."""


@dataclass(frozen=True, slots=True)
class Access:
    """How an account and Region is reached."""

    read: Reader
    invoke: Invoke


def discover(
    order: Order, storage: Storage, access_to: Callable[[Scope], Access]
) -> dict[str, Any]:
    """Find the placements of all accounts, and write one item for each."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = list(pool.map(lambda scope: _functions(access_to(scope).read, scope), order.scopes))
    spots = [spot for one in found if isinstance(one, Grouped) for spot in one.spots]
    if order.functions is not None:
        spots = [kept for spot in spots if (kept := _only(spot, order.functions)) is not None]
    missing = [one for one in found if isinstance(one, Missing)]
    missing += _not_found(order, spots, {one.where for one in missing})
    run = order.run
    storage.write(f"{run}/order.json", [json.dumps({"targets": order.targets})])
    storage.write(f"{run}/spots.json", stream.lines(map(results.spot_to_json, spots)))
    storage.write(f"{run}/missing.json", stream.lines(map(document.missing, missing)))
    storage.write(f"{run}/items.json", stream.array(_item(spot, order) for spot in spots))
    return {
        "run": run,
        "items": f"{run}/items.json",
        "results": f"{run}/results",
        "placements": len(spots),
        "missing": len(missing),
        "concurrency": order.concurrency,
        "tolerated_percentage": order.tolerated_percentage,
    }


def _functions(read: Reader, scope: Scope) -> Grouped | Missing:
    try:
        return functions_of(read, scope)
    except ReadFailed as failed:
        return Missing(str(scope), failed.reason, failed.needs)


def _only(spot: Spot, wanted: frozenset[tuple[Scope, str]]) -> Spot | None:
    """Leave the functions that were asked for; None if there are none of them."""
    names = tuple(name for name in spot.functions if (spot.scope, name) in wanted)
    return replace(spot, functions=names) if names else None


def _not_found(order: Order, spots: list[Spot], closed: set[str]) -> Iterator[Missing]:
    """Name the functions that were asked for and have no placement, each in one line."""
    found = {(spot.scope, name) for spot in spots for name in spot.functions}
    for scope, name in sorted((order.functions or frozenset()) - found):
        if str(scope) not in closed:
            yield Missing(
                f"{scope} {name}", "has no VPC, or there is no such function", functions=1
            )


def _item(spot: Spot, order: Order) -> dict[str, Any]:
    """Write what one execution gets: no list of functions, which may be long."""
    return {
        "run": order.run,
        "spot": spot.id,
        "account": spot.scope.account,
        "region": spot.scope.region,
        "function": spot.functions[0],
        "probe": spot.probe,
        "timeout_s": order.timeout_s,
    }


def diagnose(
    item: Mapping[str, Any], storage: Storage, access: Access, *, deadline: float, tries: int = 0
) -> dict[str, Any]:
    """Diagnose one placement: with packets where a probe stands there, else by configuration.

    What AWS throttled on the way is worth another try; after the last, what is known is the answer.
    """
    read = Once(access.read)
    run, function = item["run"], item["function"]
    try:
        configuration = read("lambda", "GetFunctionConfiguration", FunctionName=function)
        wanted, gaps = _wanted(run, storage, read, configuration)
    except ReadFailed as failed:
        raise _failure(failed) from None
    world = investigation.World(
        read=read,
        invoke=access.invoke if item["probe"] else None,
        probe=item["probe"],
        control=False,
        deadline=deadline,
        environment={"AWS_REGION": item["region"]},
    )
    try:
        report, _ = investigation.investigate(function, {"targets": wanted}, world)
    except investigation.FunctionError as error:
        raise Unreadable(str(error)) from None
    key = f"{run}/reports/{item['spot']}.json"
    storage.write(key, [json.dumps(to_document(report))])
    result = results.of_report(item["spot"], report, key)
    result = replace(result, gaps=(*result.gaps, *gaps))
    throttled = [gap for gap in result.gaps if gap.reason.startswith(_THROTTLED)]
    if throttled and tries < MOST_TRIES:
        raise Throttled(f"{throttled[0].what}: {throttled[0].reason}")
    return fitted(result)


def _wanted(
    run: str, storage: Storage, read: Reader, configuration: Mapping[str, Any]
) -> tuple[Sequence[Mapping[str, Any]], tuple[Gap, ...]]:
    """Return the targets of the run, or those that are guessed, and what kept from guessing."""
    given = json.loads(b"".join(storage.read(f"{run}/order.json")))["targets"]
    if given is not None:
        return given, ()
    subnets = (configuration.get("VpcConfig") or {}).get("SubnetIds") or ()
    vpcs = set(vpcs_of(read, **filters(subnet_id=subnets)).values())
    near = targets.neighbours(read)
    found = [target for vpc_id in sorted(vpcs) for target in near.of(vpc_id)][:_MOST_NEAR]
    gaps = tuple(Gap("targets", one.reason, one.needs) for one in near.unread)
    return (*targets.SERVICES, *found), gaps


def _failure(failed: ReadFailed) -> Exception:
    missing = Missing("", failed.reason, failed.needs)
    if failed.reason.startswith(results.DENIED):
        return Denied(missing.why)
    return (Throttled if failed.reason.startswith(_THROTTLED) else Unreadable)(missing.why)


def fitted(result: results.Result) -> dict[str, Any]:
    """Give a result's JSON form, and leave out what makes it too large: the report has it all."""
    found = results.to_json(result)
    for lighten in (_without_fixes, _fewer_targets, _fewer_findings):
        if len(json.dumps(found)) <= RESULT_BYTES:
            break
        lighten(found)
    return found


def _without_fixes(found: dict[str, Any]) -> None:
    for broken in found["broken"]:
        broken["fix"] = None


def _fewer_targets(found: dict[str, Any]) -> None:
    for broken in found["broken"]:
        broken["targets"] = broken["targets"][:20]
    found["gaps"] = found["gaps"][:20]


def _fewer_findings(found: dict[str, Any]) -> None:
    found["broken"] = found["broken"][:20]


def summarise(run: str, storage: Storage, results_key: str) -> tuple[Fleet, dict[str, Any]]:
    """Sum up everything that was written of a run, and write the fleet's report."""
    fleet = _summed(run, storage, results_key)
    storage.write(f"{run}/fleet.json", document.chunks(fleet))
    storage.write(f"{run}/fleet.txt", [table.render(fleet, Pen(width=100))], "text/plain")
    keys = {"report": f"{run}/fleet.json", "text": f"{run}/fleet.txt"}
    return fleet, {"run": run, **document.totals(fleet), **keys}


def _summed(run: str, storage: Storage, results_key: str) -> Fleet:
    spots = map(results.spot_from_json, stream.entries(storage.read(f"{run}/spots.json")))
    summary = Summary(spots)
    for one in stream.entries(storage.read(f"{run}/missing.json")):
        summary.miss(Missing(one["where"], one["reason"], one["needs"]))
    for key in sorted(storage.keys(f"{results_key}/")):
        if not key.endswith("manifest.json"):
            for entry in stream.entries(storage.read(key)):
                _take(summary, entry)
    return summary.fleet()


def _take(summary: Summary, entry: Mapping[str, Any]) -> None:
    """Take one execution, as ResultWriter tells it.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    if entry.get("Status") == "SUCCEEDED":
        summary.add(results.from_json(json.loads(entry["Output"])))
        return
    spot = json.loads(entry["Input"])["spot"]
    summary.fail(spot, why(str(entry.get("Status")), entry.get("Error"), entry.get("Cause")))


def why(status: str, error: str | None, cause: str | None) -> str:
    """Say in one line why an execution brought nothing."""
    if error in ("States.Timeout", "Sandbox.Timedout"):
        return f"no answer within its time ({error})"
    words = cause or ""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        words = str(json.loads(words)["errorMessage"])
    words = " ".join(words.split())[:300]
    if error in {kind.__name__ for kind in (Denied, Throttled, Unreadable)}:
        return words
    return ": ".join(filter(None, (error or status, words)))
