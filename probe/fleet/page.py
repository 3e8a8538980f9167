"""The fleet's report as one self-contained page: every component, every function behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.fleet import table
from probe.report import summary
from probe.report.page.render import fill
from probe.report.pen import safe

if TYPE_CHECKING:
    from probe.fleet.summary import Component, Fleet


def render(fleet: Fleet) -> str:
    """Give the page."""
    names = {spot.id: spot.functions for spot in fleet.spots}
    return fill(
        "fleet.html.j2",
        status=fleet.status,
        sentence=safe(table.sentence(fleet)),
        tables=[
            (title, [_row(one, names) for one in fleet.components if one.confidence is confidence])
            for confidence, title in table.TITLES.items()
        ],
        lists=[
            ("Not looked at", [safe(str(one)) for one in fleet.missing]),
            ("Not read", [safe(str(one)) for one in fleet.unread]),
        ],
    )


def _row(one: Component, names: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    causes = sorted(one.causes.values(), key=lambda cause: (cause is not one.main, cause.code))
    return {
        "name": safe(one.name or "no component"),
        "functions": one.functions,
        "placements": len(one.spots),
        "scopes": sorted(map(str, one.scopes)),
        "names": [safe(name) for spot in one.spots for name in names.get(spot, ())],
        "causes": [
            {
                "title": safe(cause.title),
                "code": cause.code,
                "targets": [safe(summary.once(target)) for target in sorted(cause.targets)],
                "fix": safe(cause.fix) if cause.fix else None,
            }
            for cause in causes
        ],
    }
