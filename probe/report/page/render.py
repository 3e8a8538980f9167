"""Renders a report as one self-contained page: no request leaves it, and everything is escaped.

Jinja2 belongs to the command line's extra and is not shipped to Lambda.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2

from probe import __version__
from probe.model import Direction, Failure, Stage, Unknown
from probe.report import subnets, summary, table
from probe.report.page import layout, words
from probe.report.page.picture import draw
from probe.report.safe import for_xml, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Observation, Report, Undetermined


class Bar(NamedTuple):
    """One stage in a waterfall; left and width in hundredths of the slowest check."""

    stage: str
    left: float
    width: float
    shown: str
    broken: bool
    over: bool  # it took longer than the scale shows


class Check(NamedTuple):
    """One row of a waterfall."""

    one: Observation
    name: str
    said: str
    total: str
    bars: list[Bar]
    facts: list[str]


def render(report: Report) -> str:
    """Give the report as a page."""
    report = harmless(report)
    script, style = _read("page.js"), _style()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            sentence=summary.sentence(report),
            where=_where(report),
            picture=draw(report),
            checks=_checks(report.observations, report, own=True),
            control=_checks(report.control or (), report, own=False),
            zones=[(subnets.status_of(one), subnets.said(one)) for one in report.subnets],
            stages=list(Stage),
            axis=[table.shown(_scale(report) * part / 4) if part else "0" for part in range(5)],
            tables=[part for part in report.network if part.kind == "route-table"],
            names={part.id: part.name for part in report.network},
            permissions=permissions(report.undetermined),
            taken=dict.fromkeys(sentence for path in report.paths for sentence in path.assumptions),
            layout=layout,
            words=words,
            directions=[(Direction.FORWARD, "there"), (Direction.RETURN, "back")],
            script=script,
            style=style,
            # A browser runs this script and no other, and asks nobody for anything.
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            version=__version__,
        )
    )


def picture(report: Report) -> str | None:
    """Give the picture alone, as an SVG image of the first way; None where nothing was walked."""
    drawn = draw(harmless(report))
    if drawn is None:
        return None
    first = replace(drawn, ways=drawn.ways[:1])
    style = f"{_read('picture.css')}\n.lines.of-way-1, .marks.of-way-1 {{ display: revert; }}"
    template = _environment().get_template("picture.svg.j2")
    return for_xml(template.render(picture=first, layout=layout, words=words, style=style))


def fill(name: str, **values: Any) -> str:
    """Fill another template of this folder, in the page's own style."""
    return _environment().get_template(name).render(style=_style(), **values)


def permissions(gaps: tuple[Undetermined, ...]) -> list[str]:
    """List the IAM actions that would settle what was not read."""
    return sorted({gap.needs for gap in gaps if gap.needs and ":" in gap.needs})


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("probe.report.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = lambda value: f"{value:g}"
    environment.filters["once"] = summary.once
    return environment


def _style() -> str:
    return _read("picture.css") + _read("page.css")


def _read(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


def _where(report: Report) -> list[tuple[str, str]]:
    """Say where the function stands, what was not read included."""
    own = report.placement
    region = [("Region", own.region)] if isinstance(own.region, str) else []
    if own.in_vpc is False:
        return [*region, ("VPC", "none")]
    if isinstance(own.in_vpc, Unknown):
        return region
    return [
        *region,
        ("VPC", _known(own.vpc_id)),
        ("Subnets", _known(own.subnet_ids)),
        ("Security groups", _known(own.security_group_ids)),
    ]


def _known(value: Any) -> str:  # noqa: ANN401 - any field of a placement
    if isinstance(value, Unknown):
        return f"not known ({value.reason})"
    return ", ".join(value) if isinstance(value, tuple) else str(value or "none")


def _scale(report: Report) -> float:
    """Take the slowest that ended by itself: what merely waited would hide all the rest."""
    seen = (*report.observations, *(report.control or ()))
    total = {id(one): sum(step.ms for step in one.steps) for one in seen}
    ended = [total[id(one)] for one in seen if one.failure is not Failure.TIMEOUT]
    return max(ended, default=0.0) or max(total.values(), default=0.0) or 1.0


def _checks(seen: tuple[Observation, ...], report: Report, *, own: bool) -> list[Check]:
    scale = _scale(report)
    return [
        Check(
            one,
            summary.name(one),
            table.said(one),
            table.shown(sum(step.ms for step in one.steps)) if one.steps else "",
            list(_bars(one, scale)),
            table.facts(one, own=own),
        )
        for one in seen
    ]


def _bars(one: Observation, scale: float) -> Iterator[Bar]:
    begun = 0.0
    for step in one.steps:
        broken = one.failure is not None and step is one.steps[-1]
        left = min(100 * begun / scale, 98.0)
        width = 100 * step.ms / scale
        room = 100 - left
        yield Bar(
            step.stage,
            round(left, 2),
            round(min(width, room), 2),
            table.shown(step.ms),
            broken,
            width > room + 0.01,
        )
        begun += step.ms
