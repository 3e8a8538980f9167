"""The JSON form of the fleet's report, written piece by piece: it never is in memory as a whole.

Components name placements by id, placements name their functions: each name stands there once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe.fleet import results
from probe.fleet.summary import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.fleet.results import Missing
    from probe.fleet.summary import Component, Fleet, Unread

SCHEMA = "1"


def chunks(fleet: Fleet) -> Iterator[str]:
    """Give the document as text, one entry a line."""
    yield json.dumps({"schema": SCHEMA, "kind": "fleet", **totals(fleet)})[:-1]
    yield from _list("components", map(component, fleet.components))
    yield from _list("missing", map(missing, fleet.missing))
    yield from _list("unread", map(unread, fleet.unread))
    yield from _list("placements", _placements(fleet))
    yield "}\n"


def totals(fleet: Fleet) -> dict[str, Any]:
    """Give the numbers in which a fleet is told."""
    by_status = total(fleet)
    return {
        "status": fleet.status,
        "functions": fleet.functions,
        "functions_by_status": {status: by_status[status] for status in sorted(by_status)},
        "functions_missing": sum(one.functions or 0 for one in fleet.missing),
        "placements_looked_at": len(fleet.statuses),
        "placements_with_packets": fleet.packets,
        "accounts": len({spot.scope.account for spot in fleet.spots}),
        "proven": len(fleet.proven),
    }


def component(one: Component) -> dict[str, Any]:
    """Give one component and what it breaks."""
    causes = sorted(one.causes.values(), key=lambda cause: (-cause.functions, cause.code))
    return {
        "component": one.name,
        "confidence": one.confidence,
        "functions": one.functions,
        "accounts": sorted({scope.account for scope in one.scopes}),
        "regions": sorted({scope.region for scope in one.scopes}),
        "causes": [
            {
                "code": cause.code,
                "title": cause.title,
                "functions": cause.functions,
                "targets": sorted(cause.targets),
                "fix": cause.fix,
            }
            for cause in causes
        ],
        "placements": one.spots,
    }


def missing(one: Missing) -> dict[str, Any]:
    """Give one line about what could not be looked at."""
    return {
        "where": one.where,
        "reason": one.reason,
        "needs": one.needs,
        "placement": one.spot,
        "functions": one.functions,
    }


def unread(one: Unread) -> dict[str, Any]:
    """Give one line about what could not be read."""
    return {
        "account": one.scope.account,
        "region": one.scope.region,
        "what": one.what,
        "reason": one.reason,
        "needs": one.needs,
        "functions": one.functions,
    }


def _placements(fleet: Fleet) -> Iterator[dict[str, Any]]:
    for spot in fleet.spots:
        yield {**results.spot_to_json(spot), "status": fleet.statuses.get(spot.id)}


def _list(name: str, entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield f',\n"{name}": ['
    for index, entry in enumerate(entries):
        yield f"{',' if index else ''}\n{json.dumps(entry)}"
    yield "]"
