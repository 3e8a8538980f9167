"""A page for each cause, made from the catalogue: `python -m tests.readme` writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probe.causes import CATALOGUE
from tests.command import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probe.causes.cause import Cause

FOLDER = ROOT / "docs" / "causes"


def pages() -> dict[Path, str]:
    """Give every page, and the list of them."""
    found = {FOLDER / f"{code}.md": page(cause) for code, cause in CATALOGUE.items()}
    return {**found, FOLDER / "README.md": "\n".join(_index()) + "\n"}


def page(cause: Cause) -> str:
    """Tell one cause, as `lambda-probe explain` does."""
    return "\n".join(_lines(cause)) + "\n"


def _lines(cause: Cause) -> Iterator[str]:
    also = f" In VPC Reachability Analyzer: `{cause.ra_code}`." if cause.ra_code else ""
    yield f"# {cause.title}\n\n`{cause.code}`, layer {cause.layer}.{also}\n"
    yield f"**What happens.** {cause.happens}\n\n**Why.** {cause.reason}\n"
    yield f"**What to do.** {cause.remedy}\n"
    if cause.needs:
        names = ", ".join(f"`{need}`" for need in cause.needs)
        yield f"**To see it**, the diagnosis needs {names}.\n"
    if cause.confirm:
        command = re.sub(r"\{(\w+)\}", lambda blank: blank[1].upper(), cause.confirm)
        yield f"**To confirm it:**\n\n```console\n$ {command}\n```\n"
    if alike := _alike(cause):
        yield "**Packets cannot tell it from** " + ", ".join(map(_link, alike)) + ".\n"
    yield f"AWS says: <{cause.source}>"


def _alike(cause: Cause) -> list[str]:
    own = set(cause.families)
    return [one.code for one in CATALOGUE.values() if own & set(one.families) and one is not cause]


def _link(code: str) -> str:
    return f"[{code}]({code}.md)"


def _index() -> Iterator[str]:
    yield "# Why a function cannot reach something\n"
    yield f"{len(CATALOGUE)} causes. `lambda-probe explain CODE` tells each of them at a terminal."
    layers: dict[str, list[Cause]] = {}
    for cause in CATALOGUE.values():
        layers.setdefault(cause.layer, []).append(cause)
    for layer, members in layers.items():
        yield f"\n## {layer}\n"
        yield from (f"- {_link(cause.code)}: {cause.title}" for cause in members)


def write() -> None:
    """Write every page, and take away those of causes that are gone."""
    found = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in set(FOLDER.glob("*.md")) - set(found):
        file.unlink()
    for file, text in found.items():
        file.write_text(text, "utf-8")
